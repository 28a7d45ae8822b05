"""Limits hold over MCP as they do over the Producer API, and odd requests get answers that say why."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import anyio
import httpx
import httpx2
import pytest
import uvicorn
from mcp import Client, MCPError
from mcp.client.streamable_http import streamable_http_client
from mcp_answers import Connect, Serve, facts, refusal
from pydantic import SecretStr

from songwright.engines.scripted import ScriptedEngine
from songwright.http import producer_api
from songwright.rates import RequestRates
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from standins.disks import full_databases

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up
OTHER = "another-token-of-some-length"
HEADERS = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
PING = {"jsonrpc": "2.0", "id": 1, "method": "ping"}


@asynccontextmanager
async def client_of(address: str, **headers: str) -> AsyncIterator[Client]:
    async with (
        httpx2.AsyncClient(headers=headers, timeout=30) as http,
        Client(streamable_http_client(f"{address}/mcp", http_client=http)) as client,
    ):
        yield client


@asynccontextmanager
async def whole(settings: Settings, engine: ScriptedEngine, rates: RequestRates | None = None) -> Any:
    """MCP and the Producer API on one address."""
    async with (
        StudioDoor.hinged(
            lambda: Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)
        ) as door,
        producer_api(door.studio, settings, "http://127.0.0.1", rates=rates) as routes,
    ):
        app = build_app(door, settings, parse_bind("127.0.0.1:0", ()), routes, rates=rates)
        config = uvicorn.Config(app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1)
        running = uvicorn.Server(config)
        listener = config.bind_socket()
        async with anyio.create_task_group() as group:
            group.start_soon(running.serve, [listener])
            while not running.started:
                await anyio.lowlevel.checkpoint()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                running.should_exit = True


async def test_unfinished_tasks_are_counted_together_whichever_way_they_came(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    narrow = settings.model_copy(
        update={"unfinished_tasks": 2, "tokens": (SecretStr(TOKEN), SecretStr(OTHER))}
    )
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    async with (
        whole(narrow, engine) as address,
        client_of(address, **bearer) as mine,
        client_of(address, Authorization=f"Bearer {OTHER}") as theirs,
        httpx.AsyncClient(base_url=address, headers=bearer) as rest,
    ):
        waits = {"wait_seconds": 0}
        facts(await mine.call_tool("generate_song", {"prompt": "folk", **waits}))
        body = {"action": "generate", "prompt": "folk", "async": True}
        assert (await rest.post("/producer/audios", json=body)).status_code == 200
        for tool, arguments in {
            "generate_song": {"prompt": "folk"},
            "import_audio": {"url": "https://example.com/a.wav"},
        }.items():
            told = refusal(await mine.call_tool(tool, {**arguments, **waits}))
            assert told == "2 tasks are unfinished; wait until one has ended, then ask again"
        assert (await rest.post("/producer/audios", json=body)).status_code == 429
        facts(await theirs.call_tool("generate_song", {"prompt": "folk", **waits}))
        gate.set()


async def test_over_stdio_the_limit_holds_only_where_the_operator_set_it(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())

    async def accepted(settings: Settings) -> int:
        async with (
            StudioDoor.hinged(
                lambda: Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)
            ) as door,
            Client(build_server(door)) as client,
        ):
            calls = [
                await client.call_tool("generate_song", {"prompt": "folk", "wait_seconds": 0})
                for _ in range(34)
            ]
            return sum(not call.is_error for call in calls)

    assert "unfinished_tasks" not in settings.model_fields_set
    assert await accepted(settings) == 34
    set_by_operator = settings.model_copy(update={"unfinished_tasks": 40})
    assert await accepted(set_by_operator) == 6
    gate.set()


async def test_requests_are_counted_together_whichever_way_they_come(settings: Settings) -> None:
    rates = RequestRates(3, lambda: 0.0)
    guarded = settings.model_copy(update={"tokens": (SecretStr(TOKEN), SecretStr(OTHER))})
    async with whole(guarded, ScriptedEngine(), rates) as address, httpx.AsyncClient() as http:

        async def ask(path: str, token: str) -> httpx.Response:
            headers = HEADERS | {"Authorization": f"Bearer {token}"}
            return await http.post(f"{address}{path}", json=PING, headers=headers)

        statuses = [(await ask(path, TOKEN)).status_code for path in ("/mcp", "/producer/tasks", "/mcp")]
        assert 429 not in statuses
        refused = await ask("/mcp", TOKEN)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) >= 1
        told = refused.json()
        assert (told["jsonrpc"], told["id"]) == ("2.0", None)
        assert told["error"]["message"] == "At most 3 requests a second; wait before the next."
        assert (await ask("/producer/tasks", TOKEN)).status_code == 429
        assert (await ask("/mcp", OTHER)).status_code == 200


async def test_a_client_hears_in_words_that_it_asks_too_often(serve: Serve, settings: Settings) -> None:
    slow = settings.model_copy(update={"requests_per_second": 0.001})
    async with serve(slow) as address:
        with pytest.raises((MCPError, ExceptionGroup)) as refused:
            await _ask_three_times(address)
        assert "requests a second" in _words(refused.value)


async def _ask_three_times(address: str) -> None:
    async with client_of(address) as client:
        for _ in range(3):
            await client.list_tools()


def _words(error: BaseException) -> str:
    inner = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return " ".join([str(error), *(_words(each) for each in inner)])


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Forwarded-Host", "X-Real-IP"])
async def test_a_client_behind_a_proxy_is_told_no_paths_of_this_machine(
    serve: Serve, settings: Settings, header: str
) -> None:
    async with serve(settings) as address:
        async with client_of(address, **{header: "for=203.0.113.7"}) as client:
            made = await client.call_tool("generate_song", {"prompt": "folk"})
            song_id = facts(made)["song"]["id"]
            exported = await client.call_tool("export_song", {"audio_id": song_id, "format": "midi"})
            found = await client.call_tool("get_song", {"audio_id": song_id})
            imported = refusal(await client.call_tool("import_audio", {"path": "/etc/passwd"}))
        for result in (made, exported, found):
            assert str(settings.home) not in result.model_dump_json()
        assert "reads no files for clients elsewhere" in imported
        async with client_of(address) as client:
            assert facts(await client.call_tool("get_song", {"audio_id": song_id}))["file"]


@pytest.mark.parametrize("given", ["1.5", "1e3", "null", "true", "[1]", "{}"])
async def test_a_request_whose_id_is_none_is_answered(serve: Serve, settings: Settings, given: str) -> None:
    content = f'{{"jsonrpc":"2.0","id":{given},"method":"ping"}}'
    async with serve(settings) as address, httpx.AsyncClient() as http:
        answer = await http.post(f"{address}/mcp", content=content, headers=HEADERS)
    assert answer.status_code == 400
    assert answer.json()["id"] is None
    assert answer.json()["error"]["code"] == -32600
    assert "an id that is a string or an integer" in answer.json()["error"]["message"]


async def test_a_stream_that_is_to_go_on_after_an_event_begins_anew(serve: Serve, settings: Settings) -> None:
    headers = {"Accept": "text/event-stream", "Last-Event-ID": "1"}
    async with (
        serve(settings) as address,
        httpx.AsyncClient() as http,
        http.stream("GET", f"{address}/mcp", headers=headers) as standing,
    ):
        assert standing.status_code == 200


async def test_who_sends_30_mb_before_it_listens_hears_that_it_is_too_much(
    serve: Serve, settings: Settings
) -> None:
    def send(address: str) -> bytes:
        host, port = urlsplit(address).hostname, urlsplit(address).port
        head = (
            f"POST /mcp HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 30000000\r\n"
            "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n\r\n"
        )
        with socket.create_connection((host, port), timeout=60) as connection:
            connection.sendall(head.encode())
            for _ in range(300):
                connection.sendall(b"x" * 100_000)
            answer = b""
            while received := connection.recv(65_536):
                answer += received
            return answer

    async with serve(settings) as address:
        answer = await anyio.to_thread.run_sync(send, address)
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 413")
    assert json.loads(body)["error"]["message"] == "The body is too long; send at most 4 MB."


async def test_a_full_disk_is_told_in_one_sentence(connect: Connect) -> None:
    async with connect(ScriptedEngine()) as client:
        facts(await client.call_tool("generate_song", {"prompt": "folk"}))
        with full_databases():
            for _ in range(100):
                lyric = "[Verse]\n" + "Woke up early in the rain\n" * 100
                told = await client.call_tool("generate_song", {"lyric": lyric, "wait_seconds": 0})
                if told.is_error:
                    break
        assert refusal(told) == (
            "there is no room left on the disk of the home folder; the same request succeeds once the "
            "server's operator has made some"
        )
