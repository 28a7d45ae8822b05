"""Waiting for a task while telling the client how far it has come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio

from songwright.music.task import Progress, Queued, Running, Task, is_terminal
from songwright.server.tool import Call

if TYPE_CHECKING:
    from songwright.studio import Studio

__all__ = ["wait_with_progress"]

HEARTBEAT_SECONDS = 8.0


async def wait_with_progress(call: Call, studio: Studio, task: Task, wait_seconds: float) -> Task:
    """Wait until a task has ended, at most ``wait_seconds``; return it as it then is.

    Progress goes to the client at every change and at least every ten seconds, because some clients
    give a silent call up. Cancelling the wait leaves the task alone.
    """
    if is_terminal(task.state) or wait_seconds <= 0:
        return task
    latest = _progress_of(task)

    async def on_progress(progress: Progress) -> None:
        nonlocal latest
        latest = progress
        await call.report(progress)

    async def heartbeat() -> None:
        while True:
            await anyio.sleep(HEARTBEAT_SECONDS)
            await call.report(latest)

    async with anyio.create_task_group() as group:
        group.start_soon(heartbeat)
        await call.report(latest)
        ended = await studio.wait(task.id, wait_seconds, on_progress=on_progress, principal=call.principal)
        group.cancel_scope.cancel()
    return ended


def _progress_of(task: Task) -> Progress:
    match task.state:
        case Running(progress=progress):
            return progress
        case Queued():
            return Progress(fraction=0, stage="waiting for its turn")
        case _:
            return Progress(fraction=1, stage="done")
