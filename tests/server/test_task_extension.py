"""The Tasks extension, over the same tasks that get_task shows."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp.client.extension import ClaimContext, ClientExtension, ResultClaim
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, METHOD_NOT_FOUND, CallToolResult
from mcp_answers import facts
from tasks_client import EXTENSION_ID, CreatedTask, ask

from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

MISSING_CAPABILITY = -32021


class TakesTasks(ClientExtension):
    """Notes each created task; the call itself then has no result."""

    identifier = EXTENSION_ID

    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []

    def claims(self) -> Sequence[ResultClaim[Any]]:
        return [ResultClaim(result_type="task", model=CreatedTask, resolve=self._note)]

    async def _note(self, created: CreatedTask, _: ClaimContext) -> CallToolResult:
        self.created.append(created.model_dump(mode="json", by_alias=True))
        return CallToolResult(content=[], is_error=True)


@asynccontextmanager
async def connected(
    settings: Settings, engine: ScriptedEngine, extension: TakesTasks | None, mode: str = "auto"
) -> AsyncIterator[Client]:
    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)

    extensions = [extension] if extension else []
    async with (
        StudioDoor.hinged(open_studio) as door,
        Client(build_server(door), mode=mode, extensions=extensions) as client,
    ):
        yield client


async def ended(client: Client, task_id: str) -> dict[str, Any]:
    await client.call_tool("get_task", {"task_id": task_id, "wait_seconds": 30})
    return await ask(client, "tasks/get", task_id)


async def test_a_call_becomes_a_task_whose_result_is_the_song(settings: Settings) -> None:
    gate, tasks = threading.Event(), TakesTasks()
    async with connected(settings, ScriptedEngine(hold=lambda: not gate.is_set()), tasks) as client:
        await client.call_tool("generate_song", {"prompt": "folk", "title": "Later"})
        created = tasks.created[0]
        assert created["status"] == "working"
        assert created["pollIntervalMs"] > 0
        assert created["ttlMs"] is None
        assert (await ask(client, "tasks/get", created["taskId"]))["status"] == "working"
        gate.set()
        done = await ended(client, created["taskId"])
    assert done["status"] == "completed"
    assert done["result"]["structuredContent"]["song"]["title"] == "Later"
    assert done["lastUpdatedAt"] >= done["createdAt"] == created["createdAt"]


async def test_a_task_outlives_the_server_that_accepted_it(settings: Settings) -> None:
    gate, tasks = threading.Event(), TakesTasks()
    async with connected(settings, ScriptedEngine(hold=lambda: not gate.is_set()), tasks) as client:
        await client.call_tool("generate_song", {"prompt": "folk"})
    async with connected(settings, ScriptedEngine(), TakesTasks()) as client:
        done = await ended(client, tasks.created[0]["taskId"])
    assert done["status"] == "completed"


async def test_cancelling_a_task_stops_the_work(settings: Settings) -> None:
    tasks = TakesTasks()
    async with connected(settings, ScriptedEngine(hold=lambda: True), tasks) as client:
        await client.call_tool("generate_song", {"prompt": "folk"})
        task_id = tasks.created[0]["taskId"]
        for _ in range(2):
            assert (await ask(client, "tasks/cancel", task_id))["resultType"] == "complete"
        assert (await ask(client, "tasks/get", task_id))["status"] == "cancelled"
        shown = facts(await client.call_tool("get_task", {"task_id": task_id}))
        assert shown["task"]["status"] == "cancelled"


async def test_a_failed_song_is_a_completed_call_with_an_error(settings: Settings) -> None:
    tasks = TakesTasks()
    broken = ScriptedEngine(failures=[EngineError("the script is torn", retryable=False)])
    async with connected(settings, broken, tasks) as client:
        await client.call_tool("generate_song", {"prompt": "folk"})
        done = await ended(client, tasks.created[0]["taskId"])
    assert done["status"] == "completed"
    assert done["result"]["isError"] is True
    assert done["result"]["content"][0]["text"].startswith("the script is torn")


async def test_an_update_is_acknowledged_though_nothing_was_asked(settings: Settings) -> None:
    tasks = TakesTasks()
    async with connected(settings, ScriptedEngine(hold=lambda: True), tasks) as client:
        await client.call_tool("generate_song", {"prompt": "folk"})
        assert (await ask(client, "tasks/update", tasks.created[0]["taskId"]))["resultType"] == "complete"


async def test_what_has_ended_already_is_answered_at_once(settings: Settings) -> None:
    tasks, request = TakesTasks(), {"prompt": "folk", "request_id": "once"}
    async with connected(settings, ScriptedEngine(), tasks) as client:
        await client.call_tool("generate_song", request)
        await ended(client, tasks.created[0]["taskId"])
        song = facts(await client.call_tool("generate_song", request))["song"]
        assert song["title"]
        assert len(tasks.created) == 1


async def test_reading_tools_never_become_tasks(settings: Settings) -> None:
    async with connected(settings, ScriptedEngine(), TakesTasks()) as client:
        assert facts(await client.call_tool("list_songs", {}))["songs"] == []


async def test_clients_that_did_not_declare_it_wait_for_the_song_and_are_told_what_is_missing(
    settings: Settings,
) -> None:
    async with connected(settings, ScriptedEngine(), None) as client:
        made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
        assert made["song"]
        with pytest.raises(MCPError) as caught:
            await ask(client, "tasks/get", made["task"]["id"])
    assert caught.value.error.code == MISSING_CAPABILITY
    assert EXTENSION_ID in caught.value.error.data["requiredCapabilities"]["extensions"]


@pytest.mark.parametrize("method", ["tasks/get", "tasks/update", "tasks/cancel"])
async def test_a_task_that_is_not_there_is_named_as_such(settings: Settings, method: str) -> None:
    async with connected(settings, ScriptedEngine(), TakesTasks()) as client:
        with pytest.raises(MCPError, match="no such task") as caught:
            await ask(client, method, "nothing")
    assert caught.value.error.code == INVALID_PARAMS


async def test_older_revisions_do_not_have_it(settings: Settings) -> None:
    async with connected(settings, ScriptedEngine(), None, mode="legacy") as client:
        made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
        with pytest.raises(MCPError) as caught:
            await ask(client, "tasks/get", made["task"]["id"])
    assert caught.value.error.code == METHOD_NOT_FOUND
