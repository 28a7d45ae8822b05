"""The studio opens when first needed, and soon in any case, to go on with unfinished songs."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
import pytest

from songwright.engines.scripted import ScriptedEngine
from songwright.errors import ConfigurationError
from songwright.music.actions import Generate
from songwright.music.task import Succeeded
from songwright.server.door import StudioDoor
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


def opener(settings: Settings, engine: ScriptedEngine) -> AbstractAsyncContextManager[Studio]:
    return Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)


async def test_unfinished_songs_go_on_though_no_tool_is_called(settings: Settings) -> None:
    begun = threading.Event()

    def hold() -> bool:
        begun.set()
        return True

    async with opener(settings, ScriptedEngine(hold=hold)) as studio:
        task = await studio.submit(Generate(prompt="folk"), engine="scripted")
        await anyio.to_thread.run_sync(begun.wait, 20)
    begun.clear()
    second = ScriptedEngine(hold=lambda: begun.set() or False)
    async with StudioDoor.hinged(lambda: opener(settings, second), resume_after_seconds=0):
        assert await anyio.to_thread.run_sync(begun.wait, 20)
    async with opener(settings, ScriptedEngine()) as studio:
        assert isinstance((await studio.wait(task.id, 20)).state, Succeeded)


async def test_everyone_gets_the_same_studio_and_it_is_opened_once(settings: Settings) -> None:
    opened = 0

    @asynccontextmanager
    async def open_once() -> AsyncIterator[Studio]:
        nonlocal opened
        opened += 1
        async with opener(settings, ScriptedEngine()) as studio:
            yield studio

    async with StudioDoor.hinged(open_once, resume_after_seconds=3600) as door:
        assert opened == 0
        found: list[Studio] = []

        async def enter() -> None:
            found.append(await door.studio())

        async with anyio.create_task_group() as group:
            group.start_soon(enter)
            group.start_soon(enter)
        assert found[0] is found[1]
    assert opened == 1


async def test_a_door_that_did_not_open_is_tried_again(settings: Settings) -> None:
    tries = 0

    @asynccontextmanager
    async def sticking() -> AsyncIterator[Studio]:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise ConfigurationError("is not a folder", setting="SONGWRIGHT_HOME")
        async with opener(settings, ScriptedEngine()) as studio:
            yield studio

    async with StudioDoor.hinged(sticking, resume_after_seconds=3600) as door:
        with pytest.raises(ConfigurationError):
            await door.studio()
        assert await door.studio()


async def test_a_studio_that_breaks_while_it_resumes_leaves_the_server_running() -> None:
    tried = anyio.Event()

    @asynccontextmanager
    async def breaking() -> AsyncIterator[Studio]:
        tried.set()
        raise OSError("the disk is gone")
        yield

    async with StudioDoor.hinged(breaking, resume_after_seconds=0):
        await tried.wait()
        await anyio.lowlevel.checkpoint()
