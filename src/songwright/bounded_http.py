"""HTTP clients whose answers can't fill the memory: read as they were sent, and no further than a bound.

A few kilobytes of compressed zeros unpack to gigabytes, and a library that unpacks them does so before
anybody can count. So the clients ask for bodies as they are (RFC 9110, 12.5.3: ``identity``), and a body that
comes encoded all the same is refused when it is read. Answers of which only the status is read pass.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx

__all__ = [
    "MAX_REPLY_BYTES",
    "UNBOUNDED",
    "EncodedBodyError",
    "LongBodyError",
    "bounded_async_client",
    "bounded_client",
]

MAX_REPLY_BYTES = 4 * 1024**2
"""The longest answer of a service that answers in JSON. The longest documented ones, a task of two songs with
lyrics and word timings, are some 100 kB."""

_MAX_BYTES = "songwright.max_bytes"
UNBOUNDED: dict[str, Any] = {_MAX_BYTES: None}
"""Extensions of a request whose answer is read part by part, by somebody who counts."""

_IDENTITY = "identity"


class EncodedBodyError(httpx.RemoteProtocolError):
    """A server encoded a body although it was asked not to."""


class LongBodyError(httpx.RemoteProtocolError):
    """A body is longer than anything that is expected."""


def bounded_client(*, max_bytes: int | None = MAX_REPLY_BYTES, **options: Any) -> httpx.Client:
    """A client that asks for bodies as they are and reads no more than ``max_bytes`` of one.

    Reading raises :class:`EncodedBodyError` or :class:`LongBodyError`.

    Args:
        max_bytes: The longest body of an answer; None where whoever reads counts.
        options: As for :class:`httpx.Client`; no event hooks.
    """

    def bind(response: httpx.Response) -> None:
        _bind(response, max_bytes)

    return httpx.Client(event_hooks={"request": [_ask_for_identity], "response": [bind]}, **options)


def bounded_async_client(*, max_bytes: int | None = MAX_REPLY_BYTES, **options: Any) -> httpx.AsyncClient:
    """The same for :class:`httpx.AsyncClient`."""

    async def ask(request: httpx.Request) -> None:
        _ask_for_identity(request)

    async def bind(response: httpx.Response) -> None:
        _bind(response, max_bytes)

    return httpx.AsyncClient(event_hooks={"request": [ask], "response": [bind]}, **options)


def _ask_for_identity(request: httpx.Request) -> None:
    request.headers["accept-encoding"] = _IDENTITY


def _bind(response: httpx.Response, max_bytes: int | None) -> None:
    response.stream = _BoundBody(response, response.request.extensions.get(_MAX_BYTES, max_bytes))


class _BoundBody(httpx.AsyncByteStream, httpx.SyncByteStream):
    """A body that is counted as it comes."""

    def __init__(self, response: httpx.Response, max_bytes: int | None) -> None:
        self._stream = response.stream
        self._encodings = response.headers.get("content-encoding", "")
        self._max_bytes = max_bytes
        self._received = 0

    def __iter__(self) -> Iterator[bytes]:
        assert isinstance(self._stream, httpx.SyncByteStream)  # noqa: S101 - a client's answers are of its kind
        self._refuse_encoding()
        for part in self._stream:
            self._count(part)
            yield part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        assert isinstance(self._stream, httpx.AsyncByteStream)  # noqa: S101
        self._refuse_encoding()
        async for part in self._stream:
            self._count(part)
            yield part

    def close(self) -> None:
        assert isinstance(self._stream, httpx.SyncByteStream)  # noqa: S101
        self._stream.close()

    async def aclose(self) -> None:
        assert isinstance(self._stream, httpx.AsyncByteStream)  # noqa: S101
        await self._stream.aclose()

    def _refuse_encoding(self) -> None:
        if any(name.strip().lower() not in ("", _IDENTITY) for name in self._encodings.split(",")):
            raise EncodedBodyError("the body is encoded")

    def _count(self, part: bytes) -> None:
        self._received += len(part)
        if self._max_bytes is not None and self._received > self._max_bytes:
            raise LongBodyError("the body is longer than anything expected")
