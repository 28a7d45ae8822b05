"""What a database says when its disk or its file is not as it should be, and who may look into its folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from songwright.errors import ConfigurationError, StorageError
from songwright.library.database import Database

POSIX = pytest.mark.skipif(os.name == "nt", reason="there are no such permissions")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path / "home")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE notes (words TEXT)")
    yield database
    database.close()


def note(database: Database, words: str = "x") -> None:
    with database.write() as connection:
        connection.exec_driver_sql("INSERT INTO notes VALUES (?)", (words,))


def notes(database: Database) -> int:
    with database.read() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM notes").scalar_one())


def test_a_full_disk_is_told_as_such_and_work_goes_on_when_there_is_room(database: Database) -> None:
    def limit(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages}")  # type: ignore[attr-defined]

    pages = 1  # as many as there are
    sa.event.listen(database._engine, "checkout", limit)
    with pytest.raises(StorageError, match="no room left") as told:
        note(database, "x" * 1_000_000)
    pages = 1_000_000

    assert told.value.full
    assert notes(database) == 0
    note(database, "x" * 1_000_000)
    assert notes(database) == 1


def test_a_database_that_may_only_be_read_is_told_as_trouble_with_storage(database: Database) -> None:
    def forbid(connection: object, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA query_only = {forbidden}")  # type: ignore[attr-defined]

    forbidden = 1
    sa.event.listen(database._engine, "checkout", forbid)
    with pytest.raises(StorageError) as told:
        note(database)
    assert not told.value.full
    assert notes(database) == 0
    forbidden = 0
    note(database)
    assert notes(database) == 1


def test_what_is_no_trouble_with_storage_is_not_told_as_such(database: Database) -> None:
    with pytest.raises(sa.exc.OperationalError), database.read() as connection:
        connection.exec_driver_sql("SELECT nothing FROM nowhere")
    with database.write() as connection:
        connection.exec_driver_sql("CREATE UNIQUE INDEX one_of_each ON notes (words)")
    note(database)
    with pytest.raises(sa.exc.IntegrityError):
        note(database)


def test_damage_that_shows_while_a_library_is_open_names_the_way_out(
    database: Database, tmp_path: Path
) -> None:
    for number in range(200):
        note(database, str(number) * 1000)
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    path = tmp_path / "home" / "library.db"
    database.close()
    opened = Database.in_folder(tmp_path / "home")
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(b"\xa5" * 100_000)

    def read_everything() -> None:
        with opened.read() as connection:
            connection.exec_driver_sql("SELECT sum(length(words)) FROM notes").scalar()

    with pytest.raises(ConfigurationError, match=r"is damaged.*songwright check --repair"):
        read_everything()
    opened.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@POSIX
def test_a_new_home_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        Database.in_folder(tmp_path / "new" / "home").close()
    finally:
        os.umask(before)

    assert mode(tmp_path / "new" / "home") == 0o700


@POSIX
@pytest.mark.parametrize(
    ("there", "then"), [(0o755, 0o700), (0o770, 0o700), (0o2775, 0o2700), (0o700, 0o700)]
)
def test_a_home_that_others_may_look_into_is_closed_to_them(tmp_path: Path, there: int, then: int) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(there)

    Database.in_folder(home).close()

    assert mode(home) == then


@POSIX
def test_a_home_of_another_user_is_left_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: home.stat().st_uid + 1)

    Database.in_folder(home).close()

    assert mode(home) == 0o755
