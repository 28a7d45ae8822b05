"""Answers of services are read as they were sent, and no further than a bound."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx
import pytest

from songwright.bounded_http import (
    UNBOUNDED,
    EncodedBodyError,
    LongBodyError,
    bounded_async_client,
    bounded_client,
)
from standins.plain_http import answering, bomb, found, pouring

pytestmark = pytest.mark.anyio

ENDLESS = b"HTTP/1.1 200 OK\r\n\r\n"


async def get(url: str, client: str, max_bytes: int | None = 1000) -> httpx.Response:
    """What a client of either kind answers."""
    if client == "asynchronous":
        async with bounded_async_client(max_bytes=max_bytes, trust_env=False) as asynchronous:
            return await asynchronous.get(url)

    def ask() -> httpx.Response:
        with bounded_client(max_bytes=max_bytes, trust_env=False) as blocking:
            return blocking.get(url)

    return await anyio.to_thread.run_sync(ask)


both = pytest.mark.parametrize("client", ["asynchronous", "blocking"])


@both
async def test_an_answer_within_the_bound_is_read_whole(client: str) -> None:
    async with answering(found(json.dumps({"status": "ok"}).encode())) as url:
        assert (await get(url, client)).json() == {"status": "ok"}
    async with answering(found(bytes(1000))) as url:
        assert (await get(url, client)).content == bytes(1000)


@both
async def test_an_answer_beyond_the_bound_is_not_read_to_its_end(client: str) -> None:
    async with answering(found(bytes(1001))) as url:
        with pytest.raises(LongBodyError):
            await get(url, client)
    async with pouring(ENDLESS, bytes(4096)) as url:
        with pytest.raises(LongBodyError):
            await get(url, client)


@both
async def test_an_encoded_answer_is_refused_although_it_is_short(client: str) -> None:
    async with answering(bomb(1)) as url:
        with pytest.raises(EncodedBodyError):
            await get(url, client, max_bytes=None)


@both
async def test_servers_are_asked_for_bodies_as_they_are(client: str) -> None:
    async with asked_for_encodings() as (url, asked):
        await get(url, client)
    assert asked == ["identity"]


async def test_the_status_of_an_answer_counts_whatever_its_body_is() -> None:
    async with (
        answering(bomb(1)) as url,
        bounded_async_client(trust_env=False) as client,
        client.stream("POST", url) as response,
    ):
        assert response.status_code == 200


async def test_who_counts_alone_reads_as_far_as_it_likes() -> None:
    async with (
        answering(found(bytes(5000))) as url,
        bounded_async_client(max_bytes=10, trust_env=False) as client,
    ):
        response = await client.get(url, extensions=UNBOUNDED)
    assert len(response.content) == 5000


@asynccontextmanager
async def asked_for_encodings() -> AsyncIterator[tuple[str, list[str]]]:
    asked: list[str] = []

    async def serve(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            lines = (await stream.receive()).decode().lower().split("\r\n")
            asked.extend(line.split(": ")[1] for line in lines if line.startswith("accept-encoding"))
            await stream.send(found(b"{}"))

    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, serve)
        port: int = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - not Django's
        yield f"http://127.0.0.1:{port}/", asked
        group.cancel_scope.cancel()
