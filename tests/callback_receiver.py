"""A receiver of callbacks on loopback that answers as told, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def value(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """What came, and how it is answered: by a status, or by a whole head such as a redirect's."""

    port: int = 0
    answer: Callable[[int], int | str | None] = lambda _: 200
    received: list[Received] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/hook"

    async def until(self, count: int, timeout_seconds: float = 20) -> list[Received]:
        with anyio.fail_after(timeout_seconds):
            while len(self.received) < count:  # noqa: ASYNC110 - what comes, comes from a socket
                await anyio.sleep(0.01)
        return self.received

    async def _handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.split("\r\n")
            headers = dict(_header(line) for line in lines if line)
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.received.append(Received(first.split(" ")[1], headers, body))
            answer = self.answer(len(self.received))
            if answer is None:
                await asyncio.sleep(3600)
            start = answer if isinstance(answer, str) else f"HTTP/1.1 {answer} Told\r\n"
            writer.write(f"{start}Content-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
        finally:
            writer.close()


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


@asynccontextmanager
async def receiving(answer: Callable[[int], int | str | None] | None = None) -> AsyncIterator[Receiver]:
    """A receiver; ``answer`` is asked with the number of the request, and None hangs."""
    receiver = Receiver()
    if answer is not None:
        receiver.answer = answer
    handlers: set[asyncio.Task[None]] = set()

    def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(receiver._handle(reader, writer))
        handlers.add(task)
        task.add_done_callback(handlers.discard)

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
        await server.wait_closed()
