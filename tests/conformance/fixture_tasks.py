"""Tools whose calls become tasks, for the suite's ``tasks-*`` scenarios.

They go through songwright's own Tasks extension; only what the tasks do is made up here.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import anyio
import mcp_types as wire
from anyio.abc import TaskGroup
from fixtures import Context, ToolFixture, arguments, content_of, elicitation, form, said
from mcp.server.context import HandlerResult
from mcp.server.mcpserver import require_client_extension
from mcp.shared.exceptions import MCPError

from songwright.server.task_extension import (
    EXTENSION_ID,
    CallTask,
    Ended,
    NeedsInput,
    Refused,
    Stopped,
    TaskBook,
    Working,
    created,
    takes_tasks,
)
from songwright.server.tool import Call

Work = Callable[["_Job"], Awaitable[wire.CallToolResult]]
WorkWithArguments = Callable[["_Job", dict[str, Any]], Awaitable[wire.CallToolResult]]


@dataclass
class _Job:
    task: CallTask
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)
    answers: dict[str, Any] = field(default_factory=dict)
    answered: anyio.Event = field(default_factory=anyio.Event)

    def move(self, state: Working | NeedsInput | Ended | Refused | Stopped) -> None:
        if isinstance(self.task.state, Working | NeedsInput):
            self.task = replace(self.task, state=state, updated_at=datetime.now(UTC))

    async def ask(self, **questions: str) -> dict[str, Any]:
        """The answers to yes-or-no questions, asked all at once."""
        open_questions = {
            key: elicitation(words, form(confirm="boolean")).model_dump(
                by_alias=True, mode="json", exclude_none=True
            )
            for key, words in questions.items()
        }
        self.answered = anyio.Event()
        self.move(NeedsInput(open_questions))
        await self.answered.wait()
        self.move(Working("answered"))
        return self.answers


class FixtureTasks:
    """Tasks that live in this process, before those of another book."""

    def __init__(self, group: TaskGroup, otherwise: TaskBook) -> None:
        self._group = group
        self._otherwise = otherwise
        self._jobs: dict[str, _Job] = {}

    async def get(self, call: Call, task_id: str) -> CallTask:
        job = self._jobs.get(task_id)
        return job.task if job else await self._otherwise.get(call, task_id)

    async def answer(self, call: Call, task_id: str, responses: dict[str, Any]) -> None:
        job = self._jobs.get(task_id)
        if job is None:
            await self._otherwise.answer(call, task_id, responses)
        elif isinstance(job.task.state, NeedsInput):
            still = {key: asked for key, asked in job.task.state.requests.items() if key not in responses}
            job.answers |= responses
            job.move(NeedsInput(still))
            if not still:
                job.answered.set()

    async def cancel(self, call: Call, task_id: str) -> None:
        job = self._jobs.get(task_id)
        if job is None:
            await self._otherwise.cancel(call, task_id)
        else:
            job.move(Stopped())
            job.scope.cancel()

    async def begin(self, work: Work) -> dict[str, Any]:
        """Start work in the background; the result of the call that did."""
        now = datetime.now(UTC)
        job = _Job(CallTask(str(uuid.uuid4()), now, now, Working("begun")))
        self._jobs[job.task.id] = job

        async def run() -> None:
            with job.scope:
                try:
                    job.move(Ended(await work(job)))
                except MCPError as error:
                    job.move(Refused(error.error.code, error.error.message))

        self._group.start_soon(run)
        return created(job.task)

    def tools(self) -> dict[str, tuple[ToolFixture, dict[str, Any]]]:
        """The tools by name, each with the schema of its arguments."""
        two = form(seconds="number", label="string")
        return {
            "greet": (_greet, arguments(name="string")),
            "slow_compute": (self._tool(_slow_compute), two | {"required": []}),
            "failing_job": (self._tool(_failing_job, required=True), arguments()),
            "protocol_error_job": (self._tool(_protocol_error_job), arguments()),
            "confirm_delete": (self._tool(_confirm_delete), form(filename="string") | {"required": []}),
            "multi_input": (self._tool(_multi_input), arguments()),
            "test_tool_with_task": (self._ask_then_work, arguments()),
        }

    def _tool(
        self,
        work: Callable[[_Job, dict[str, Any]], Awaitable[wire.CallToolResult]],
        *,
        required: bool = False,
    ) -> ToolFixture:
        async def call(context: Context, params: wire.CallToolRequestParams) -> HandlerResult:
            given = params.arguments or {}
            if takes_tasks(context):
                return await self.begin(lambda job: work(job, given))
            if required:
                require_client_extension(context, EXTENSION_ID)
            now = datetime.now(UTC)
            return await work(_Job(CallTask("none", now, now, Working("begun"))), given)

        return call

    async def _ask_then_work(self, context: Context, params: wire.CallToolRequestParams) -> HandlerResult:
        require_client_extension(context, EXTENSION_ID)
        name = content_of((params.input_responses or {}).get("user_name")).get("name")
        if not name:
            question = elicitation("What is your name?", form(name="string"))
            return wire.InputRequiredResult(input_requests={"user_name": question})

        async def work(_: _Job) -> wire.CallToolResult:
            return said(f"Hello, {name}!")

        return await self.begin(work)


async def _greet(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    return said(f"Hello, {(params.arguments or {}).get('name')}!")


async def _slow_compute(_: _Job, given: dict[str, Any]) -> wire.CallToolResult:
    await anyio.sleep(float(given.get("seconds", 0)))
    return said(f"Computed {given.get('label', '')}.")


async def _failing_job(_: _Job, __: dict[str, Any]) -> wire.CallToolResult:
    await anyio.sleep(1)
    return said("The job failed.", is_error=True)


async def _protocol_error_job(_: _Job, __: dict[str, Any]) -> wire.CallToolResult:
    raise MCPError(wire.INTERNAL_ERROR, "The job broke.")


async def _confirm_delete(job: _Job, given: dict[str, Any]) -> wire.CallToolResult:
    answers = await job.ask(confirm=f"Delete {given.get('filename', 'the file')}?")
    return said(f"Answered: {answers['confirm']}")


async def _multi_input(job: _Job, __: dict[str, Any]) -> wire.CallToolResult:
    answers = await job.ask(first="The first?", second="The second?")
    return said(f"Answered: {sorted(answers)}")
