"""The studio's tasks, as the Tasks extension shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, assert_never

import mcp_types as wire

from songwright.music.task import Cancelled, Failed, Queued, Running, Succeeded, Task
from songwright.server.task_extension import CallTask, Ended, Stopped, Working
from songwright.server.tool import Call

__all__ = ["StudioTaskBook", "working"]


@dataclass(frozen=True, slots=True)
class StudioTaskBook:
    """Looks tasks up in the studio.

    Attributes:
        result_of: The result of a call whose task has ended.
    """

    result_of: Callable[[Call, Task], Awaitable[wire.CallToolResult]]

    async def get(self, call: Call, task_id: str) -> CallTask:
        """The task as it is now."""
        task = await (await call.studio()).task(task_id, principal=call.principal)
        match task.state:
            case Queued() | Running():
                return working(task)
            case Succeeded(finished_at=since) | Failed(finished_at=since):
                return CallTask(task.id, task.created_at, since, Ended(await self.result_of(call, task)))
            case Cancelled(finished_at=since):
                return CallTask(task.id, task.created_at, since, Stopped())
            case _:
                assert_never(task.state)

    async def answer(self, call: Call, task_id: str, _: dict[str, Any]) -> None:
        """Songs are made without questions, so there is nothing to answer."""
        await (await call.studio()).task(task_id, principal=call.principal)

    async def cancel(self, call: Call, task_id: str) -> None:
        """Stop the work."""
        await (await call.studio()).cancel(task_id, principal=call.principal)


def working(task: Task) -> CallTask:
    """A task that has not ended."""
    match task.state:
        case Running(started_at=since, progress=progress):
            message = f"{progress.fraction:.0%}, {progress.stage}"
            return CallTask(task.id, task.created_at, since, Working(message))
        case _:
            return CallTask(task.id, task.created_at, task.created_at, Working("waiting for its turn"))
