"""Hearing of changes: tasks while they run, and the library when a song is done."""

from __future__ import annotations

import threading
import warnings
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.subscriptions import ResourcesListChanged
from mcp.types import ResourceListChangedNotification, ResourceUpdatedNotification
from mcp_answers import facts

from songwright.engines.scripted import ScriptedEngine
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

WAIT_SECONDS = 20


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songwright.server.subscriptions.LIBRARY_POLL_SECONDS", 0.01)


@asynccontextmanager
async def connected(
    settings: Settings, engine: ScriptedEngine, mode: str, **client: Any
) -> AsyncIterator[Client]:
    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)

    async with (
        StudioDoor.hinged(open_studio) as door,
        Client(build_server(door, stands=True), mode=mode, **client) as connection,
    ):
        yield connection


async def test_a_listener_hears_of_its_task_and_of_the_new_song(settings: Settings) -> None:
    gate = threading.Event()
    async with connected(settings, ScriptedEngine(hold=lambda: not gate.is_set()), "auto") as client:
        task = facts(await client.call_tool("generate_song", {"prompt": "folk", "wait_seconds": 0}))["task"]
        with anyio.fail_after(WAIT_SECONDS):
            async with client.listen(resource_subscriptions=[task["uri"], "library://songs"]) as events:
                gate.set()
                heard: set[str] = set()
                async for event in events:
                    heard.add(event.uri)
                    if len(heard) == 2:
                        break
        assert facts(await client.call_tool("get_task", {"task_id": task["id"], "wait_seconds": 20}))["song"]


async def test_an_address_where_nothing_is_is_watched_in_silence(settings: Settings) -> None:
    async with connected(settings, ScriptedEngine(), "auto") as client:
        watched = ["task://nothing", "song://nothing", "library://songs"]
        with anyio.fail_after(WAIT_SECONDS):
            async with client.listen(resource_subscriptions=watched) as events:
                await client.call_tool("generate_song", {"prompt": "folk"})
                async for event in events:
                    assert event.uri == "library://songs"
                    break


async def test_a_stream_that_asks_for_too_many_addresses_is_refused(settings: Settings) -> None:
    async with connected(settings, ScriptedEngine(), "auto") as client:
        with anyio.fail_after(WAIT_SECONDS), pytest.raises(MCPError, match="at most 100 addresses"):
            async with client.listen(resource_subscriptions=[f"song://{n}" for n in range(101)]):
                pass


async def test_older_clients_subscribe_and_unsubscribe_on_a_standing_connection(settings: Settings) -> None:
    gate, heard = threading.Event(), anyio.Event()

    async def note(message: Any) -> None:
        if isinstance(message, ResourceUpdatedNotification) and message.params.uri.startswith("task://"):
            heard.set()

    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    async with connected(settings, engine, "legacy", message_handler=note) as client:
        assert client.server_capabilities.resources
        assert client.server_capabilities.resources.subscribe
        task = facts(await client.call_tool("generate_song", {"prompt": "folk", "wait_seconds": 0}))["task"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            await client.unsubscribe_resource(task["uri"])
            await client.subscribe_resource(task["uri"])
            await client.subscribe_resource(task["uri"])
            gate.set()
            with anyio.fail_after(WAIT_SECONDS):
                await heard.wait()
            await client.unsubscribe_resource(task["uri"])


async def test_a_listener_hears_that_the_list_of_resources_names_a_new_song(settings: Settings) -> None:
    async with connected(settings, ScriptedEngine(), "auto") as client:
        assert client.server_capabilities.resources
        assert client.server_capabilities.resources.list_changed
        with anyio.fail_after(WAIT_SECONDS):
            async with client.listen(resources_list_changed=True) as events:
                made = facts(await client.call_tool("generate_song", {"prompt": "folk", "title": "River"}))
                async for event in events:
                    assert isinstance(event, ResourcesListChanged)
                    break
        listed = {item.uri: item for item in (await client.list_resources()).resources}
        song = listed[made["song"]["uri"]]
        assert song.title == "River"
        assert song.description
        assert "generate" in song.description


async def test_older_clients_that_have_listed_the_resources_hear_of_a_new_song(settings: Settings) -> None:
    heard = anyio.Event()

    async def note(message: Any) -> None:
        if isinstance(message, ResourceListChangedNotification):
            heard.set()

    async with connected(settings, ScriptedEngine(), "legacy", message_handler=note) as client:
        assert client.server_capabilities.resources
        assert client.server_capabilities.resources.list_changed
        before = await client.list_resources()
        await client.list_resources()
        made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
        with anyio.fail_after(WAIT_SECONDS):
            await heard.wait()
        after = await client.list_resources()
        assert {item.uri for item in after.resources} - {item.uri for item in before.resources} == {
            made["song"]["uri"]
        }


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_no_news_is_promised_of_lists_that_never_change(settings: Settings, mode: str) -> None:
    async with connected(settings, ScriptedEngine(), mode) as client:
        assert client.server_capabilities.tools
        assert client.server_capabilities.prompts
        assert not client.server_capabilities.tools.list_changed
        assert not client.server_capabilities.prompts.list_changed


async def test_where_no_connection_stands_older_clients_are_promised_nothing(settings: Settings) -> None:
    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

    async with (
        StudioDoor.hinged(open_studio) as door,
        Client(build_server(door), mode="legacy") as client,
    ):
        assert client.server_capabilities.resources
        assert not client.server_capabilities.resources.subscribe
        assert not client.server_capabilities.resources.list_changed
