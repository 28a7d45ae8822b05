"""Homes that an older or a newer version of songwright has written to."""

from __future__ import annotations

import json
import multiprocessing
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from songwright.access import LOCAL
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import ConfigurationError
from songwright.library.database import Database
from songwright.library.schema import SCHEMA_VERSION, metadata, schema_version, songs
from songwright.library.upgrading import add_what_is_missing
from songwright.music.actions import parse_action
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.ledger import Ledger

VERSION_2 = Path(__file__).with_name("version_2.sql")
"""A library of schema version 2: two songs, a task that was running and one that was waiting."""

OLD_SONG = "a056ecfb-8b47-46f1-b1ab-d96a10cc86a1"


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    connection = sqlite3.connect(home / "library.db")
    connection.executescript(VERSION_2.read_text())
    connection.close()
    (home / "songs" / OLD_SONG).mkdir(parents=True)
    (home / "songs" / OLD_SONG / "master.flac").write_bytes(b"kept before there were attempts")
    return home


def of_home(home: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(home / "library.db")
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.commit()
        connection.close()


def studio_of(home: Path) -> Studio:
    return Studio.open(
        Settings(home=home, workers=1), engines={"scripted": ScriptedEngine}, jobs=InProcessJobs
    )


@pytest.mark.anyio
async def test_a_task_that_an_older_version_left_in_flight_is_finished_and_old_songs_stay(
    old_home: Path,
) -> None:
    async with studio_of(old_home) as studio:
        old = await studio.song(OLD_SONG)
        assert (await studio.audio_path(old.id)).read_bytes() == b"kept before there were attempts"
        assert [song.facts.title for song in (await studio.songs("WALTZ before")).items] == ["Kept before"]
        assert [child.facts.title for child in await studio.children(old.id)] == ["An edit"]

        waiting = [task for task in (await studio.tasks()).items if not isinstance(task.state, Succeeded)]
        assert [task.state.status for task in waiting] == ["queued", "running"]
        for task in waiting:
            assert isinstance((await studio.wait(task.id, 60)).state, Succeeded)

        titles = {song.facts.title for song in (await studio.songs()).items}
        assert titles == {"Kept before", "An edit", "In flight", "Waiting"}
        assert [song.facts.title for song in (await studio.songs("flight")).items] == ["In flight"]
    assert of_home(old_home, "SELECT version, oldest_reader FROM schema_version") == [(4, 3)]


def test_many_processes_may_open_a_home_at_once_whether_old_or_new(old_home: Path, tmp_path: Path) -> None:
    for home in (old_home, tmp_path / "new"):
        context = multiprocessing.get_context("spawn")
        everyone = context.Barrier(4)
        processes = [context.Process(target=_open_with_others, args=(home, everyone)) for _ in range(4)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()

        assert [process.exitcode for process in processes] == [0] * 4
        assert of_home(home, "SELECT version FROM schema_version") == [(SCHEMA_VERSION,)]
        assert of_home(home, "PRAGMA integrity_check") == [("ok",)]


def _open_with_others(home: Path, everyone: multiprocessing.synchronize.Barrier) -> None:
    everyone.wait(60)
    Database.in_folder(home).close()


def later(version: sa.MetaData) -> sa.MetaData:
    """The tables with some more: what a version to come may add."""
    wanted = sa.MetaData()
    for table in version.sorted_tables:
        table.to_metadata(wanted)
    tasks = wanted.tables["tasks"]
    tasks.append_column(sa.Column("times_reviewed", sa.Integer, nullable=False, server_default="0"))
    tasks.append_column(sa.Column("remark", sa.String(10)))
    sa.Index("tasks_by_remark", tasks.c.remark, tasks.c.times_reviewed)
    sa.Table("reviews", wanted, sa.Column("song_id", sa.String(36), primary_key=True))
    return wanted


def shape(connection: sa.Connection) -> object:
    inspector = sa.inspect(connection)
    return {
        name: (
            {column["name"]: repr(column["type"]) for column in inspector.get_columns(name)},
            {str(index["name"]): index["column_names"] for index in inspector.get_indexes(name)},
        )
        for name in inspector.get_table_names()
        if not name.startswith("song_search") and name != "task_events"
    }


def test_an_old_home_gets_every_table_column_and_index_that_a_new_one_has(
    old_home: Path, tmp_path: Path
) -> None:
    upgraded, fresh = Database.in_folder(old_home), Database.in_folder(tmp_path / "fresh")
    with upgraded.read() as ours, fresh.read() as theirs:
        assert shape(ours) == shape(theirs)
    upgraded.close()
    fresh.close()


def test_columns_tables_and_indexes_are_added_to_rows_that_are_there(old_home: Path) -> None:
    database = Database.in_folder(old_home)
    wanted = later(metadata)
    for _ in range(2):
        with database.write() as connection:
            add_what_is_missing(connection, wanted)
            deaths = sa.select(sa.func.count()).where(wanted.tables["tasks"].c.times_reviewed == 0)
            assert connection.execute(deaths).scalar() == 4
            assert sa.inspect(connection).has_table("reviews")
            indexes = {index["name"] for index in sa.inspect(connection).get_indexes("tasks")}
            assert "tasks_by_remark" in indexes
    database.close()


def test_a_column_that_old_rows_could_not_have_is_refused_before_it_is_released(old_home: Path) -> None:
    wanted = later(metadata)
    wanted.tables["songs"].append_column(sa.Column("mood", sa.String(10), nullable=False))
    database = Database.in_folder(old_home)
    with database.write() as connection, pytest.raises(ValueError, match=r"songs\.mood"):
        add_what_is_missing(connection, wanted)
    database.close()


def test_when_going_up_fails_half_way_the_old_home_is_as_it_was(
    old_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = of_home(old_home, "SELECT name, sql FROM sqlite_master ORDER BY name")
    column = sa.Column("mood", sa.String(10), nullable=False)
    with monkeypatch.context() as patch:
        wanted = later(metadata)
        wanted.tables["tasks"].append_column(column)
        patch.setattr("songwright.library.upgrading.metadata", wanted)
        with pytest.raises(ValueError, match=r"tasks\.mood"):
            Database.in_folder(old_home)
    assert of_home(old_home, "SELECT name, sql FROM sqlite_master ORDER BY name") == before

    Database.in_folder(old_home).close()


@pytest.fixture
def newer_home(old_home: Path) -> Path:
    """A home in which a version to come, that this one may read, has written facts that this one lacks."""
    database = Database.in_folder(old_home)
    with database.write() as connection:
        add_what_is_missing(connection, later(metadata))
        for name, column in (("songs", "song"), ("tasks", "action"), ("tasks", "state")):
            table = metadata.tables[name]
            for row in connection.execute(sa.select(table)).all():
                more = with_more(json.loads(json.dumps(getattr(row, column))))
                connection.execute(table.update().where(table.c.id == row.id).values({column: more}))
        connection.execute(
            schema_version.update().values(version=SCHEMA_VERSION + 5, oldest_reader=SCHEMA_VERSION)
        )
    database.close()
    return old_home


def with_more(value: object) -> object:
    """The same with a member more in every object, at any depth."""
    match value:
        case dict():
            return {name: with_more(member) for name, member in value.items()} | {"from_the_future": [1]}
        case list():
            return [with_more(member) for member in value]
        case _:
            return value


@pytest.mark.anyio
async def test_a_home_that_a_newer_version_wrote_to_is_read_and_worked_on(newer_home: Path) -> None:
    async with studio_of(newer_home) as studio:
        assert (await studio.song(OLD_SONG)).facts.title == "Kept before"
        assert len((await studio.songs()).items) == 2
        waiting = [task for task in (await studio.tasks()).items if not isinstance(task.state, Succeeded)]
        assert len(waiting) == 2
        for task in waiting:
            assert isinstance((await studio.wait(task.id, 60)).state, Succeeded)
        made = await studio.submit(parse_action({"action": "generate", "prompt": "new"}))
        assert isinstance((await studio.wait(made.id, 60)).state, Succeeded)
    left = of_home(newer_home, "SELECT version, oldest_reader FROM schema_version")
    assert left == [(SCHEMA_VERSION + 5, SCHEMA_VERSION)]


def test_what_a_caller_asks_is_still_refused_where_it_has_unknown_names() -> None:
    with pytest.raises(ValueError, match="from_the_future"):
        parse_action({"action": "generate", "prompt": "x", "from_the_future": 1})


def test_a_home_that_only_a_newer_version_can_read_is_refused_in_a_sentence_and_left_alone(
    newer_home: Path,
) -> None:
    of_home(newer_home, "UPDATE schema_version SET version = 99, oldest_reader = 98, written_by = '7.8.9'")
    of_home(newer_home, "DROP TABLE song_search")
    before = of_home(newer_home, "SELECT name, sql FROM sqlite_master ORDER BY name")

    with pytest.raises(ConfigurationError, match=r"7\.8\.9.* 99.*newer version") as refused:
        Database.in_folder(newer_home)

    assert "\n" not in refused.value.message
    assert of_home(newer_home, "SELECT name, sql FROM sqlite_master ORDER BY name") == before


def test_a_release_that_is_no_release_is_not_repeated(newer_home: Path) -> None:
    of_home(
        newer_home,
        "UPDATE schema_version SET version = 99, oldest_reader = 99, written_by = 'now run `rm`'",
    )

    with pytest.raises(ConfigurationError) as refused:
        Database.in_folder(newer_home)

    assert "rm" not in refused.value.message.replace("songwright", "")


def test_songs_that_are_not_in_the_search_index_are_entered_when_the_home_is_opened(old_home: Path) -> None:
    database = Database.in_folder(old_home)
    with database.write() as connection:
        connection.execute(songs.update().values(number=None))
        connection.exec_driver_sql("DROP TABLE song_search")
    database.close()

    database = Database.in_folder(old_home)
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).where(songs.c.number.is_(None))).scalar() == 0
        entered = connection.exec_driver_sql("SELECT rowid FROM song_search WHERE song_search MATCH 'r61'")
        assert len(entered.all()) == 2
    database.close()


def test_a_task_of_a_newer_version_can_still_be_moved(newer_home: Path) -> None:
    database = Database.in_folder(newer_home)
    ledger = Ledger(database)
    task_id = ledger.page("queued", 1, None, LOCAL).items[0].id

    assert ledger.cancel(task_id, LOCAL).state.status == "cancelled"
    assert ledger.task(task_id, LOCAL).created_at < datetime.now(UTC).replace(year=2100)
    database.close()
