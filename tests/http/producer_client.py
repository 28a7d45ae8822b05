"""Calls an application in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import httpx
from starlette.applications import Starlette

__all__ = ["BASE", "Serve", "calling", "ended", "made"]

BASE = "http://127.0.0.1:8765"

Serve = Callable[..., AbstractAsyncContextManager[Starlette]]
"""Opens an application: ``serve(settings, engine, studio)``."""


@asynccontextmanager
async def calling(app: Starlette, token: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers=headers, timeout=30) as client:
        yield client


async def made(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    """The song that a body makes, over a held connection."""
    answer = await client.post("/producer/audios", json={"action": "generate", "prompt": "folk", **body})
    assert answer.status_code == 200, answer.text
    song: dict[str, Any] = answer.json()["data"][0]
    return song


async def ended(client: httpx.AsyncClient, task_id: str) -> dict[str, Any]:
    """A task's record once it has ended."""
    with anyio.fail_after(30):
        while True:
            told: dict[str, Any] = (await client.post("/producer/tasks", json={"id": task_id})).json()
            if told["finished_at"] is not None:
                return told
            assert "response" not in told
            await anyio.sleep(0.01)
