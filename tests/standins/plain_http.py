"""A server on this machine that gives prepared answers, byte for byte."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["answering", "bomb", "found", "moved", "pouring"]


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[str]:
    """A server that gives these answers, in order, and hangs when there are none left; its URL."""
    left = list(answers)
    closing = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            if not left:
                await closing.wait()
                return
            writer.write(left.pop(0).replace(b"PORT", str(port).encode()))
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}/a.mp3"
    finally:
        closing.set()
        server.close()
        await server.wait_closed()


def found(content: bytes) -> bytes:
    """An answer that holds a file."""
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + content


def moved(to: bytes) -> bytes:
    """An answer that sends the client on."""
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + to + b"\r\n\r\n"


@asynccontextmanager
async def pouring(head: bytes, part: bytes) -> AsyncIterator[str]:
    """A server that sends ``part`` again and again as long as somebody reads; its URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            while True:
                writer.write(part)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a.mp3"
    finally:
        server.close()
        await server.wait_closed()


def bomb(mebibytes: int) -> bytes:
    """An answer of some hundred bytes that unpacks, in two steps, to so much."""
    packed = gzip.compress(gzip.compress(bytes(mebibytes * 1024**2)))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(packed)}\r\nContent-Encoding: gzip, gzip\r\n\r\n"
    return head.encode() + packed
