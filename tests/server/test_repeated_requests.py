"""A request that a client makes again, because it gave up before the answer came."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from mcp_answers import Connect, facts, text

from songwright.engines.scripted import ScriptedEngine
from songwright.library.database import Database
from songwright.library.schema import songs, tasks, to_microseconds
from songwright.settings import Settings

ASKED = {"prompt": "folk", "title": "Lantern Light", "wait_seconds": 0}


def let_pass(settings: Settings, age: timedelta) -> None:
    """As if every task had been asked for so long ago."""
    database = Database.in_folder(settings.home)
    with database.write() as connection:
        connection.execute(tasks.update().values(created_at=to_microseconds(datetime.now(UTC) - age)))
    database.close()


def keep_one_more_song(settings: Settings) -> None:
    """As if another process had made a song meanwhile."""
    database = Database.in_folder(settings.home)
    with database.write() as connection:
        kept = dict(connection.execute(sa.select(songs)).mappings().one())
        newer = {"id": str(UUID(int=1)), "number": None, "created_at": kept["created_at"] + 1}
        song = {**kept["song"], "id": newer["id"]}
        connection.execute(songs.insert().values({**kept, **newer, "song": song}))
    database.close()


def tasks_there(settings: Settings) -> int:
    database = Database.in_folder(settings.home)
    with database.read() as connection:
        count = connection.execute(sa.select(sa.func.count()).select_from(tasks)).scalar()
    database.close()
    assert count is not None
    return int(count)


def task_of(answer: Any) -> str:
    return str(facts(answer)["task"]["id"])


async def test_a_repeated_request_joins_the_task_under_way_and_says_so(
    connect: Connect, settings: Settings
) -> None:
    gate = threading.Event()
    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        first = task_of(await client.call_tool("generate_song", ASKED))
        let_pass(settings, timedelta(seconds=60))

        again = await client.call_tool("generate_song", ASKED)
        assert task_of(again) == first
        for told in (text(again), facts(again)["next_steps"]):
            assert f"already under way as task {first}" in told
            assert "another seed or a request_id" in told

        gate.set()


async def test_what_differs_or_is_sent_together_or_long_after_is_made_beside_it(
    connect: Connect, settings: Settings
) -> None:
    gate = threading.Event()
    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        found = [task_of(await client.call_tool("generate_song", ASKED)) for _ in range(2)]
        let_pass(settings, timedelta(hours=1))
        found.append(task_of(await client.call_tool("generate_song", ASKED)))
        let_pass(settings, timedelta(seconds=60))
        for more in ({"seed": "8"}, {"request_id": "another"}, {"prompt": "jazz"}, {"engine": "scripted"}):
            beside = await client.call_tool("generate_song", {**ASKED, **more})
            found.append(task_of(beside))
        assert len(set(found)) == len(found) == tasks_there(settings)
        gate.set()


async def test_a_song_that_is_finished_is_made_anew(connect: Connect, settings: Settings) -> None:
    async with connect(ScriptedEngine()) as client:
        done = {**ASKED, "wait_seconds": 20}
        first = await client.call_tool("generate_song", done)
        let_pass(settings, timedelta(seconds=60))
        second = await client.call_tool("generate_song", done)
        assert task_of(second) != task_of(first)
        assert "already under way" not in text(second)


async def test_the_last_song_may_be_another_one_by_now(connect: Connect, settings: Settings) -> None:
    gate = threading.Event()
    gate.set()
    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        await client.call_tool("generate_song", {**ASKED, "wait_seconds": 20})
        gate.clear()
        varied = {"audio_id": "last", "wait_seconds": 0}
        first = task_of(await client.call_tool("vary_song", varied))
        let_pass(settings, timedelta(seconds=60))
        assert task_of(await client.call_tool("vary_song", varied)) == first

        keep_one_more_song(settings)
        assert task_of(await client.call_tool("vary_song", varied)) != first
        gate.set()
