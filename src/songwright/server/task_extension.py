"""The Tasks extension (SEP-2663, ``io.modelcontextprotocol/tasks``): calls that answer with a task at once.

A client that declares it gets a task from every tool that starts work, and asks for it with ``tasks/get``.
What stands behind it are the tasks that get_task shows, so neither a restart nor another replica loses one.
The extension belongs to protocol revision 2026-07-28; older clients have get_task.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, assert_never

import mcp_types as wire
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import Field

from songwright.errors import RequestError, SongwrightError
from songwright.server.tool import Call

__all__ = [
    "EXTENSION_ID",
    "CallTask",
    "Ended",
    "NeedsInput",
    "Refused",
    "Stopped",
    "TaskBook",
    "Working",
    "created",
    "serve_task_extension",
    "takes_tasks",
]

EXTENSION_ID = "io.modelcontextprotocol/tasks"

_POLL_MILLISECONDS = 1000

_Context = ServerRequestContext[Any, Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Working:
    """Not ended; ``message`` says what is being done."""

    message: str


@dataclass(frozen=True, slots=True)
class NeedsInput:
    """Waits for answers to requests, which are given by the key each answer must come under."""

    requests: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ended:
    """The call has its result, be it a success or a tool's error."""

    result: wire.CallToolResult


@dataclass(frozen=True, slots=True)
class Refused:
    """The call ended with an error of the protocol."""

    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """Cancelled."""


@dataclass(frozen=True, slots=True)
class CallTask:
    """A call of a tool as the extension shows it."""

    id: str
    created_at: datetime
    updated_at: datetime
    state: Working | NeedsInput | Ended | Refused | Stopped


class TaskBook(Protocol):
    """Where the extension looks tasks up. Each method raises ``NotFoundError`` for a task unknown to it."""

    async def get(self, call: Call, task_id: str) -> CallTask:
        """The task as it is now."""
        ...

    async def answer(self, call: Call, task_id: str, responses: dict[str, Any]) -> None:
        """Take answers to a task's requests; those nobody asked for are ignored."""
        ...

    async def cancel(self, call: Call, task_id: str) -> None:
        """Stop a task; one that has ended stays as it is."""
        ...


class _TaskParams(wire.RequestParams):
    task_id: str = Field(alias="taskId")


class _UpdateParams(_TaskParams):
    input_responses: dict[str, Any] = Field(default_factory=dict, alias="inputResponses")


def takes_tasks(context: _Context) -> bool:
    """Whether the client of a request has declared the extension on a revision that has it."""
    capabilities = context.session.client_capabilities
    declared = capabilities.extensions if capabilities else None
    return context.protocol_version in MODERN_PROTOCOL_VERSIONS and EXTENSION_ID in (declared or {})


def created(task: CallTask) -> dict[str, Any]:
    """The result of a call that became a task."""
    return {"resultType": "task", **_heading(task)}


def serve_task_extension(server: Server[Any], book: TaskBook, call_for: Callable[[_Context], Call]) -> None:
    """Let a server answer ``tasks/get``, ``tasks/update`` and ``tasks/cancel``."""

    async def get(context: _Context, params: _TaskParams) -> dict[str, Any]:
        return _details(await _asked(context, params, lambda: book.get(call_for(context), params.task_id)))

    async def update(context: _Context, params: _UpdateParams) -> dict[str, Any]:
        responses = params.input_responses
        await _asked(context, params, lambda: book.answer(call_for(context), params.task_id, responses))
        return {}

    async def cancel(context: _Context, params: _TaskParams) -> dict[str, Any]:
        await _asked(context, params, lambda: book.cancel(call_for(context), params.task_id))
        return {}

    server.add_request_handler("tasks/get", _TaskParams, get)
    server.add_request_handler("tasks/update", _UpdateParams, update)
    server.add_request_handler("tasks/cancel", _TaskParams, cancel)
    server.extensions[EXTENSION_ID] = {}


async def _asked(context: _Context, params: _TaskParams, ask: Callable[[], Awaitable[_T]]) -> _T:
    if context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
        raise MCPError(wire.METHOD_NOT_FOUND, "Method not found; get_task and cancel_task do the same.")
    require_client_extension(context, EXTENSION_ID)
    headers = getattr(context.request, "headers", None)
    if headers is not None and headers.get("mcp-name") != params.task_id:
        raise MCPError(wire.HEADER_MISMATCH, "The Mcp-Name header must be the request's taskId.")
    try:
        return await ask()
    except RequestError as error:
        raise MCPError(wire.INVALID_PARAMS, error.message) from None
    except SongwrightError as error:
        raise MCPError(wire.INTERNAL_ERROR, error.message) from None


def _heading(task: CallTask) -> dict[str, Any]:
    heading = {
        "taskId": task.id,
        "status": _status(task),
        "createdAt": _timestamp(task.created_at),
        "lastUpdatedAt": _timestamp(task.updated_at),
        # Tasks are kept as long as the library is.
        "ttlMs": None,
        "pollIntervalMs": _POLL_MILLISECONDS,
    }
    match task.state:
        case Working(message=message) | Refused(message=message):
            return heading | {"statusMessage": message}
        case _:
            return heading


def _status(task: CallTask) -> str:
    match task.state:
        case Working():
            return "working"
        case NeedsInput():
            return "input_required"
        case Ended():
            return "completed"
        case Refused():
            return "failed"
        case Stopped():
            return "cancelled"
        case _:
            assert_never(task.state)


def _details(task: CallTask) -> dict[str, Any]:
    details = {"resultType": "complete", **_heading(task)}
    match task.state:
        case Ended(result=result):
            dumped = result.model_dump(by_alias=True, mode="json", exclude_none=True)
            return details | {"result": dumped}
        case Refused(code=code, message=message):
            return details | {"error": {"code": code, "message": message}}
        case NeedsInput(requests=requests):
            return details | {"inputRequests": requests}
        case Working() | Stopped():
            return details
        case _:
            assert_never(task.state)


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
