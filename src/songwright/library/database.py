"""The connection to the database, its schema, and what a transaction promises."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa

# Loaded whole before any thread works: the job engine loads it later, while threads here build statements,
# and SQLAlchemy can't build one while its object mapper is half loaded.
import sqlalchemy.orm

from songwright.disk import private_folder
from songwright.errors import ConfigurationError, StorageError
from songwright.library import search
from songwright.library.trouble import told
from songwright.library.upgrading import is_up_to_date, refuse_unreadable, upgrade

__all__ = ["Database"]

_BUSY_TIMEOUT_SECONDS = 30
_ENTERED_AT_ONCE = 500  # songs a transaction, some 0.2 s, so that other processes need not wait


class Database:
    """Opens transactions. Safe to share between threads.

    On SQLite the write-ahead log lets readers and one writer work side by side, and every commit is
    flushed to disk before it returns (``synchronous=FULL``), so what was acknowledged survives a power cut.
    """

    def __init__(self, url: str) -> None:
        """Connect, and give the database the tables and columns that it lacks.

        Args:
            url: A SQLAlchemy URL, such as ``sqlite:////home/me/library.db``.

        Raises:
            ConfigurationError: The database can't be opened, is damaged, or was written by a version that
                this one is too old for.
            StorageError: Its disk is full.
        """
        try:
            self._engine = _create_engine(url)
            with told():
                self._open()
        except (sa.exc.SQLAlchemyError, ImportError):
            raise _not_opened() from None
        except StorageError as error:
            if error.full:
                raise
            raise _not_opened() from error
        self._path = _file_of(self._engine)
        self._identity = _identity(self._path)

    @classmethod
    def in_folder(cls, home: Path) -> Database:
        """The SQLite database of a home folder, which is created where it is missing.

        The folder is its owner's alone: one that others may look into is closed to them.

        Raises:
            ConfigurationError: The folder can't be written to.
        """
        try:
            private_folder(home)
        except OSError:
            raise ConfigurationError(
                "the home folder can't be created; name one that can be written to",
                setting="SONGWRIGHT_HOME",
            ) from None
        return cls(sa.URL.create("sqlite", database=str(home / "library.db")).render_as_string())

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database and changes nothing.

        Raises:
            StorageError: The database can't be read now.
            ConfigurationError: It is damaged.
        """
        with told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises.

        Raises:
            StorageError: The database can't be written to now, or has no room.
            ConfigurationError: It is damaged.
        """
        with (
            told(),
            self._engine.execution_options(songwright_write=True).connect() as connection,
            connection.begin(),
        ):
            yield connection

    def is_in_place(self) -> bool:
        """Whether the file that is open is still the one at its path.

        It is not where the home folder was removed, or another put in its place; what is written goes nowhere
        then. A database that is no file is always in its place.
        """
        return self._path is None or _identity(self._path) == self._identity

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _open(self) -> None:
        with self.read() as connection:
            known = is_up_to_date(connection)
            if known:
                refuse_unreadable(connection)
            ready = known and search.is_there(connection)
        if not ready:
            with self.write() as connection:
                upgrade(connection)
                search.prepare(connection)
        with self.read() as connection:
            refuse_unreadable(connection)
            indexed = search.is_there(connection)
            missing = indexed and search.has_missing(connection)
        self._engine = search.with_index(self._engine, there=indexed)
        while missing:
            with self.write() as connection:
                missing = search.enter_missing(connection, _ENTERED_AT_ONCE) > 0


def _not_opened() -> ConfigurationError:
    return ConfigurationError(
        "the library's database can't be opened; check that it exists and may be written to",
        setting="SONGWRIGHT_HOME",
    )


def _file_of(engine: sa.Engine) -> Path | None:
    """The database's file; None where it has none."""
    name = engine.url.database
    return Path(name) if engine.dialect.name == "sqlite" and name and name != ":memory:" else None


def _identity(path: Path | None) -> tuple[int, int] | None:
    """What tells a file from every other of its machine; None where there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _create_engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A write lock taken late fails at once when another process has written since; taken first, it waits.
        writes = connection.get_execution_options().get("songwright_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
