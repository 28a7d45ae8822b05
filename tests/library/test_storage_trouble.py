"""Trouble with the disk or the database has one name, passes with its cause, and leaves nothing behind."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from songwright.disk import probe_folder, storage_trouble
from songwright.errors import ConfigurationError, StorageError
from songwright.library.database import Database
from songwright.library.probe import StorageProbe
from songwright.library.schema import songs
from songwright.library.trouble import is_damage
from standins.disks import fill, full_databases, no_room_for_files, small_disk


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path / "home")
    yield database
    database.close()


def keep(database: Database, song_id: str, kilobytes: int = 1) -> None:
    with database.write() as connection:
        connection.execute(
            songs.insert().values(
                {column.name: _filling(column, song_id, kilobytes) for column in songs.columns}
            )
        )


def _filling(column: sa.Column[Any], song_id: str, kilobytes: int) -> Any:
    if column.name == "id":
        return song_id
    if column.nullable:
        return None
    return 1 if isinstance(column.type, sa.Integer) else "x" * kilobytes * 1024


def count(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(songs)).scalar_one()


def test_a_full_database_is_full_and_takes_writes_again_when_there_is_room(database: Database) -> None:
    with full_databases():
        with pytest.raises(StorageError, match="no room left") as refused:
            keep(database, "first", kilobytes=100)
        assert refused.value.full
        assert count(database) == 0
    keep(database, "first", kilobytes=100)
    assert count(database) == 1


def test_a_write_waits_for_another_ones_lock_even_where_sqlite_does_not(
    database: Database, tmp_path: Path
) -> None:
    tries = 0
    with closing(sqlite3.connect(tmp_path / "home" / "library.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")

        def let_go_at_the_third(connection: Any, *_: object) -> None:
            nonlocal tries
            connection.execute("PRAGMA busy_timeout = 0")
            tries += 1
            if tries == 3:
                other.execute("ROLLBACK")

        sa.event.listen(sa.pool.Pool, "checkout", let_go_at_the_third)
        try:
            keep(database, "first")
        finally:
            sa.event.remove(sa.pool.Pool, "checkout", let_go_at_the_third)
    assert tries == 3
    assert count(database) == 1


def test_trouble_with_files_in_the_midst_of_a_transaction_has_its_name_too(database: Database) -> None:
    with pytest.raises(StorageError) as refused, database.write():
        raise OSError(errno.ENOSPC, "No space left on device", "/home/me/secret")
    assert refused.value.full
    assert "secret" not in str(refused.value)


def test_what_is_no_trouble_with_storage_keeps_its_own_name(database: Database) -> None:
    keep(database, "first")
    with pytest.raises(sa.exc.IntegrityError):
        keep(database, "first")
    with pytest.raises(KeyError), database.write():
        raise KeyError


def test_a_database_that_was_deleted_or_replaced_keeps_nothing_and_one_put_back_does(
    database: Database, tmp_path: Path
) -> None:
    keep(database, "first")
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    home.rename(elsewhere)
    for use in (lambda: keep(database, "second"), lambda: count(database)):
        with pytest.raises(StorageError, match="deleted or replaced"):
            use()
    Database.in_folder(home).close()
    with pytest.raises(StorageError, match="deleted or replaced"):
        keep(database, "second")
    (home / "library.db").unlink()
    for file in elsewhere.iterdir():
        file.rename(home / file.name)
    keep(database, "second")
    assert count(database) == 2


@pytest.mark.parametrize(
    ("number", "full"),
    [
        (errno.ENOSPC, True),
        (errno.EDQUOT, True),
        (errno.EROFS, False),
        (errno.EIO, False),
        (errno.EACCES, False),
        (errno.ENOENT, None),
        (errno.ECONNREFUSED, None),
        (errno.EPIPE, None),
    ],
)
def test_errors_of_the_system_are_told_apart(number: int, full: bool | None) -> None:
    trouble = storage_trouble(OSError(number, "words"))
    assert (None if trouble is None else trouble.full) == full


class _PostgresError(Exception):
    def __init__(self, sqlstate: str) -> None:
        super().__init__("words")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("53100", "no room left"),
        ("08006", "does not answer"),
        ("57P01", "does not answer"),
        ("40001", "busy"),
        ("23505", None),
    ],
)
def test_errors_of_a_database_server_are_told_apart(state: str, words: str | None) -> None:
    wrapped = sa.exc.OperationalError("select", {}, _PostgresError(state))
    trouble = storage_trouble(wrapped)
    assert words is None if trouble is None else words and words in trouble.message


def test_a_damaged_database_is_called_damaged(tmp_path: Path) -> None:
    file = tmp_path / "library.db"
    file.write_bytes(b"no database" * 1000)
    with closing(sqlite3.connect(file)) as connection, pytest.raises(sqlite3.DatabaseError) as error:
        connection.execute("select 1 from sqlite_master")
    assert is_damage(error.value)
    assert storage_trouble(error.value) is None
    with pytest.raises(ConfigurationError, match="is damaged"):
        Database.in_folder(tmp_path)


def test_the_probe_really_writes_and_changes_nothing(database: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "home" / "library.db")) as other:

        def look() -> tuple[int, list[Any]]:
            version = other.execute("PRAGMA data_version").fetchone()[0]
            return version, other.execute("select * from schema_version").fetchall()

        before = look()
        database.probe()
        after = look()
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_probing_a_folder_leaves_nothing_there(tmp_path: Path) -> None:
    probe_folder(tmp_path)
    with no_room_for_files(), pytest.raises(StorageError) as refused:
        probe_folder(tmp_path)
    assert refused.value.full
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StorageError, match="is gone"):
        probe_folder(tmp_path / "nowhere")


def test_the_disk_is_asked_now_and_then_and_sooner_where_it_was_full(tmp_path: Path) -> None:
    now = [0.0]
    probe = StorageProbe(tmp_path, lambda: now[0])
    probe.check()
    with no_room_for_files():
        probe.check()
        now[0] += 5
        with pytest.raises(StorageError):
            probe.check()
    with pytest.raises(StorageError):
        probe.check()
    now[0] += 0.5
    probe.check()
    probe.close()


def test_a_home_whose_database_alone_is_full_is_in_trouble(tmp_path: Path) -> None:
    probe = StorageProbe(tmp_path, lambda: 0.0)
    with full_databases(), pytest.raises(StorageError):
        probe.check()
    probe.close()


def test_a_small_disk_that_is_full_is_full_for_the_database_and_for_files(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 4) as disk:
        database = Database.in_folder(disk)
        probe = StorageProbe(disk)
        filler = fill(disk)
        with pytest.raises(StorageError) as refused:
            keep(database, "first", kilobytes=500)
        assert refused.value.full
        with pytest.raises(StorageError) as refused:
            probe.check()
        assert refused.value.full
        filler.unlink()
        keep(database, "first", kilobytes=500)
        StorageProbe(disk).check()
        database.close()


def test_a_library_that_finds_no_room_at_all_says_so(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        fill(disk)
        with pytest.raises(StorageError) as refused:
            Database.in_folder(disk)
        assert refused.value.full
