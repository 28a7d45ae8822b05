"""get_task: where a task stands."""

from __future__ import annotations

import mcp_types as wire
from pydantic import Field

from songwright.music.base import Model
from songwright.server.parameters import TaskId, WaitSeconds
from songwright.server.progress import wait_with_progress
from songwright.server.results import Outcome
from songwright.server.task_choice import meant_task
from songwright.server.tool import Call, Tool
from songwright.server.tools.submission import outcome_of

__all__ = ["GET_TASK"]


class GetTask(Model):
    """What get_task takes."""

    task_id: TaskId | None = Field(default=None, description="Task id; left out or 'last': the newest")
    wait_seconds: WaitSeconds = Field(
        default=0, description="Longest time to wait for the task to end, in seconds, 0 to 300."
    )


async def get_task(call: Call, arguments: GetTask) -> wire.CallToolResult:
    """Show a task, after waiting for its end if asked to."""
    studio = await call.studio()
    task = await meant_task(call, arguments.task_id)
    task = await wait_with_progress(call, studio, task, arguments.wait_seconds)
    return await outcome_of(call, task)


GET_TASK = Tool(
    name="get_task",
    title="Get a task",
    description=(
        "Shows a task's status: where it stands, running or ended, its progress, and its song once "
        "finished. Set `wait_seconds` to 45 to keep waiting for the end instead of asking again and again "
        "how far it is. Only needed after a call that returned song: null. To stop the work use "
        "cancel_task."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(GetTask,),
    output=Outcome,
    handler=get_task,
    has_player=True,
)
