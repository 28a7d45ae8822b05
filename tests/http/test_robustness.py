"""The server keeps answering whatever clients and receivers do, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import httpx
import pytest
import uvicorn
from documented import ERROR, mismatches
from producer_client import Serve, ended
from starlette.applications import Starlette

from callback_receiver import receiving
from songwright.engines.scripted import ScriptedEngine
from songwright.http import reading
from songwright.settings import Settings

BODY = {"action": "generate", "prompt": "folk"}
# More than the server's threads and its database's connections; a thousand takes five times as long.
MANY = pytest.mark.parametrize("count", [200, pytest.param(1000, marks=pytest.mark.evidence)])
HEAD = b"POST /producer/audios HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

Listen = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@asynccontextmanager
async def listening(app: Starlette) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application on a free port of this machine."""
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    config.port = 0
    listener = config.bind_socket()
    listener.listen(2048)
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with anyio.create_task_group() as group:
        group.start_soon(server.serve, [listener])
        while not server.started:
            await anyio.lowlevel.checkpoint()
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=base, timeout=60, limits=limits, trust_env=False) as client:
            yield client
        server.should_exit = True


@pytest.fixture
def listen(serve: Serve, settings: Settings) -> Listen:
    @asynccontextmanager
    async def opened(
        engine: ScriptedEngine | None = None, **changes: object
    ) -> AsyncIterator[httpx.AsyncClient]:
        async with (
            serve(settings.model_copy(update=changes), engine) as app,
            listening(app) as client,
        ):
            yield client

    return opened


async def answers(client: httpx.AsyncClient) -> bool:
    told = await client.post("/producer/tasks", json={"id": "x"})
    return told.status_code == 200


async def raw(client: httpx.AsyncClient) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", client.base_url.port)


async def test_a_body_that_never_ends_is_given_up(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_BODY_SECONDS", 1.0)
    async with listen() as client:
        reader, writer = await raw(client)
        writer.write(HEAD + b'Content-Length: 1000\r\n\r\n{"action":')
        await writer.drain()
        assert await answers(client)
        with anyio.fail_after(10):
            told = (await reader.read()).decode()
        assert told.startswith("HTTP/1.1 408")
        assert '"code":"timeout"' in told
        writer.close()


async def test_a_body_that_comes_letter_by_letter_is_read(listen: Listen) -> None:
    async with listen() as client:
        reader, writer = await raw(client)
        body = b'{"action":"generate","prompt":"folk","async":true}'
        writer.write(HEAD + f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        for letter in body:
            writer.write(bytes([letter]))
            await writer.drain()
        assert (await reader.read()).startswith(b"HTTP/1.1 200")
        writer.close()


async def test_a_client_that_leaves_in_the_middle_of_its_body_leaves_no_task(listen: Listen) -> None:
    async with listen() as client:
        _, writer = await raw(client)
        writer.write(HEAD + b'Content-Length: 1000\r\n\r\n{"action":"generate","prompt":"x"}')
        await writer.drain()
        writer.close()
        assert await answers(client)
        listed = await client.post("/producer/tasks", json={"action": "retrieve_batch"})
        assert listed.json()["count"] == 0


@pytest.mark.parametrize("length_is_told", [True, False])
async def test_fifty_megabytes_are_refused_and_not_kept(listen: Listen, *, length_is_told: bool) -> None:
    async with listen() as client:
        size = 50 * 1024 * 1024

        async def parts() -> AsyncIterator[bytes]:
            for _ in range(50):
                yield b"x" * (size // 50)

        headers = {"Content-Length": str(size)} if length_is_told else {}
        told = await client.post("/producer/audios", content=parts(), headers=headers)
        assert told.status_code == 413
        assert mismatches(told.json(), ERROR) == []
        assert await answers(client)


async def test_a_client_that_does_not_read_holds_up_no_other(listen: Listen) -> None:
    async with listen() as client:
        song = (await client.post("/producer/audios", json=BODY)).json()["data"][0]
        path = httpx.URL(song["audio_url"]).path
        idle = []
        for _ in range(20):
            _, writer = await raw(client)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            await writer.drain()
            idle.append(writer)
        assert await answers(client)
        assert (await client.get(path)).status_code == 200
        for writer in idle:
            writer.close()


async def test_a_client_that_leaves_while_it_is_held_loses_nothing(listen: Listen) -> None:
    done: list[bool] = []
    async with listen(ScriptedEngine(hold=lambda: not done)) as client:
        key = {"Idempotency-Key": "mine"}
        impatient = httpx.Timeout(60, read=0.5)
        with pytest.raises(httpx.ReadTimeout):
            await client.post("/producer/audios", json=BODY, headers=key, timeout=impatient)
        done.append(True)
        again = await client.post("/producer/audios", json=BODY, headers=key)
        assert again.json()["data"]
        listed = await client.post("/producer/tasks", json={"action": "retrieve_batch"})
        assert listed.json()["count"] == 1


@MANY
async def test_many_calls_held_at_once_all_get_their_song(listen: Listen, count: int) -> None:
    done: list[bool] = []
    async with listen(ScriptedEngine(hold=lambda: not done)) as client:
        key = {"Idempotency-Key": "one song"}
        statuses: list[int] = []

        async def hold() -> None:
            told = await client.post("/producer/audios", json=BODY, headers=key)
            statuses.append(told.status_code)

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(hold)
            assert await answers(client)
            done.append(True)
        assert statuses == [200] * count


@MANY
async def test_many_polls_at_once_are_all_answered(listen: Listen, count: int) -> None:
    done: list[bool] = []
    async with listen(ScriptedEngine(hold=lambda: not done)) as client:
        task_id = (await client.post("/producer/audios", json={**BODY, "async": True})).json()["task_id"]
        told: list[dict[str, object]] = []

        async def poll() -> None:
            told.append((await client.post("/producer/tasks", json={"id": task_id})).json())

        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(poll)
        assert {(record["id"], record["finished_at"]) for record in told} == {(task_id, None)}
        assert len(told) == count
        done.append(True)


async def test_receivers_that_hang_fail_or_redirect_inwards_lose_no_task(listen: Listen) -> None:
    async with receiving() as inside, receiving(lambda _: None) as hanging:
        redirect = f"HTTP/1.1 302 Elsewhere\r\nLocation: http://127.0.0.1:{inside.port}/\r\n"
        async with (
            receiving(lambda _: redirect) as redirecting,
            receiving(lambda _: 500) as failing,
            receiving() as receiver,
        ):
            others = (hanging, redirecting, failing)
            hosts = tuple(other.host for other in (*others, receiver))
            async with listen(allowed_hosts=hosts) as client:
                tasks = [
                    (await client.post("/producer/audios", json={**BODY, "callback_url": other.url})).json()
                    for other in (*others, receiver)
                ]
                await receiver.until(1)
                for other in others:
                    await other.until(1)
                for task in tasks:
                    told = await ended(client, task["task_id"])
                    assert told["response"]["success"] is True
                assert inside.received == []
                pending = (await ended(client, tasks[2]["task_id"]))["callback"]
                assert (pending["status"], pending["last_outcome"]) == ("pending", "HTTP 500")
                assert pending["next_attempt_at"] > 0
