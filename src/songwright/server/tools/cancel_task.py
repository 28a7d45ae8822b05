"""cancel_task: stop work under way."""

from __future__ import annotations

import mcp_types as wire

from songwright.music.base import Model
from songwright.music.task import Cancelled, is_terminal
from songwright.server.parameters import TaskId
from songwright.server.replies import cancellation_reply
from songwright.server.results import Cancellation
from songwright.server.task_choice import meant_task
from songwright.server.tool import Call, Tool

__all__ = ["CANCEL_TASK"]


class CancelTask(Model):
    """What cancel_task takes."""

    task_id: TaskId


async def cancel_task(call: Call, arguments: CancelTask) -> wire.CallToolResult:
    """Cancel a task and say whether that stopped anything."""
    studio = await call.studio()
    meant = await meant_task(call, arguments.task_id)
    task = await studio.cancel(meant.id, principal=call.principal)
    stopped = isinstance(task.state, Cancelled) and not is_terminal(meant.state)
    return cancellation_reply(task, cancelled=stopped)


CANCEL_TASK = Tool(
    name="cancel_task",
    title="Cancel a task",
    description=(
        "Stops a task permanently: aborts the running work for good and frees the processor. What has ended"
        " already stays. To look at a task without stopping it use get_task."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True
    ),
    inputs=(CancelTask,),
    output=Cancellation,
    handler=cancel_task,
)
