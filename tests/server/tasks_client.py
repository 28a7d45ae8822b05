"""A client's side of the Tasks extension."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from mcp import Client
from mcp.types import Request, RequestParams, Result
from pydantic import ConfigDict, Field

EXTENSION_ID = "io.modelcontextprotocol/tasks"


class TaskParams(RequestParams):
    task_id: str = Field(alias="taskId")


class _TaskRequest(Request[TaskParams, str]):
    name_param: ClassVar[str | None] = "taskId"
    method: str
    params: TaskParams


class TaskResult(Result):
    """Whatever a tasks/* request or a created task answers."""

    model_config = ConfigDict(extra="allow")
    result_type: Literal["task", "complete"] = Field(default="complete", alias="resultType")


class CreatedTask(Result):
    """A call's answer that is a task."""

    model_config = ConfigDict(extra="allow")
    result_type: Literal["task"] = Field(default="task", alias="resultType")


async def ask(client: Client, method: str, task_id: str) -> dict[str, Any]:
    """Send one of the extension's requests."""
    request = _TaskRequest(method=method, params=TaskParams(taskId=task_id))
    answer = await client.session.send_request(request, TaskResult)
    return answer.model_dump(mode="json", by_alias=True)
