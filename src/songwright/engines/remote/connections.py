"""One pooled HTTP client for all work under way, closed when there is none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

__all__ = ["SharedClient"]


@dataclass(slots=True)
class _Open:
    client: httpx.AsyncClient
    users: int = 0


class SharedClient:
    """Lends one client to everyone who works on the same event loop at the same time.

    A client belongs to the loop that it was first used on, and a job engine that stops and starts again
    brings another loop; so the client lives as long as somebody uses it, and no longer.
    """

    def __init__(self, make: Callable[[], httpx.AsyncClient]) -> None:
        self._make = make
        self._open: dict[asyncio.AbstractEventLoop, _Open] = {}

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[httpx.AsyncClient]:
        """The client, open for as long as the block lasts."""
        loop = asyncio.get_running_loop()
        opened = self._open.get(loop)
        if opened is None:
            opened = self._open[loop] = _Open(self._make())
        opened.users += 1
        try:
            yield opened.client
        finally:
            opened.users -= 1
            if opened.users == 0:
                del self._open[loop]
                await opened.client.aclose()
