"""Writes an engine's reports to the ledger, at a bearable rate and never losing the last one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from songwright.engines.base import Report
from songwright.music.task import Progress

__all__ = ["reporter"]

_INTERVAL_SECONDS = 0.25
_MAX_STAGE_CHARACTERS = 80


@asynccontextmanager
async def reporter(write: Callable[[Progress], None]) -> AsyncIterator[Report]:
    """A report function, callable from any thread while the block lasts.

    Args:
        write: Stores progress; may block. Called at most four times a second, with the newest report.
    """
    loop = asyncio.get_running_loop()
    newest: Progress | None = None
    arrived = asyncio.Event()

    def note(progress: Progress) -> None:
        nonlocal newest
        newest = progress
        arrived.set()

    def report(fraction: float, stage: str) -> None:
        progress = Progress(fraction=min(1.0, max(0.0, fraction)), stage=stage[:_MAX_STAGE_CHARACTERS])
        with contextlib.suppress(RuntimeError):  # the loop has closed, and nobody wants to know any more
            loop.call_soon_threadsafe(note, progress)

    async def keep_writing() -> None:
        while True:
            await arrived.wait()
            arrived.clear()
            if newest is not None:
                await asyncio.to_thread(write, newest)
            await asyncio.sleep(_INTERVAL_SECONDS)

    writing = asyncio.create_task(keep_writing())
    try:
        yield report
    finally:
        writing.cancel()
        await asyncio.wait([writing])
