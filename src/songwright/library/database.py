"""The connection to the database, its schema, and what a transaction promises."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa

# Loaded whole before any thread works: the job engine loads it later, while threads here build statements,
# and SQLAlchemy can't build one while its object mapper is half loaded.
import sqlalchemy.orm

from songwright.disk import is_in_the_way, private_folder
from songwright.errors import ConfigurationError, StorageError
from songwright.library import search
from songwright.library.schema import schema_version
from songwright.library.trouble import FileInPlace, named_trouble
from songwright.library.upgrading import is_up_to_date, refuse_unreadable, upgrade

__all__ = ["Database"]

_BUSY_TIMEOUT_SECONDS = 30
_RETRY_SECONDS = 0.02

_Result = TypeVar("_Result")
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
        self._file = FileInPlace(None)
        try:
            self._engine = _create_engine(url)
            with _closed_when_it_fails(self._engine):
                self._open()
            file = self._engine.url.database if self._engine.dialect.name == "sqlite" else None
            self._file = FileInPlace(Path(file) if file and file != ":memory:" else None)
        except (sa.exc.SQLAlchemyError, ImportError):
            raise _not_opened() from None
        except StorageError as error:
            if error.full:
                raise
            raise _not_opened() from error

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
            StorageError: The disk or the database can't be used now, or the database's file was replaced.
        """
        with named_trouble():
            self._file.check()
            with self._engine.connect() as connection:
                yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises.

        Raises:
            StorageError: As for :meth:`read`; trouble of the block's own work with files too.
        """
        with named_trouble():
            self._file.check()
            with self._begun() as connection, connection.get_transaction() or connection.begin():
                yield connection

    def _begun(self) -> sa.Connection:
        """A connection that has the write lock, which it waits for."""

        def begun() -> sa.Connection:
            connection = self._engine.execution_options(songwright_write=True).connect()
            try:
                connection.begin()
            except BaseException:
                connection.close()
                raise
            return connection

        return _once_nobody_is_in_the_way(begun)

    def probe(self) -> None:
        """Commit a change that nobody sees, to find out whether one could be kept.

        Raises:
            StorageError: It could not.
        """
        with self.write() as connection:
            # There and back: a value that stays what it was, alone, would not be written at all.
            for step in (1, -1):
                connection.execute(schema_version.update().values(version=schema_version.c.version + step))

    def close(self) -> None:
        """Close every connection; one that is in use is closed when it is given back."""

        def close(connection: Any, _record: object) -> None:
            if connection is not None:
                connection.close()

        sa.event.listen(self._engine.pool, "checkin", close)
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


@contextmanager
def _closed_when_it_fails(engine: sa.Engine) -> Iterator[None]:
    try:
        yield
    except BaseException:
        engine.dispose()
        raise


def _not_opened() -> ConfigurationError:
    return ConfigurationError(
        "the library's database can't be opened; check that it exists and may be written to",
        setting="SONGWRIGHT_HOME",
    )


def _once_nobody_is_in_the_way(work: Callable[[], _Result]) -> _Result:
    """Do work, again and again while another transaction is in its way.

    SQLite waits by itself, but not where it foresees a deadlock, while a log is recovered, or while several
    open a new database and its journal is changed.
    """
    deadline = time.monotonic() + _BUSY_TIMEOUT_SECONDS
    while True:
        try:
            return work()
        except (sqlite3.OperationalError, sa.exc.DBAPIError) as error:
            if not is_in_the_way(error) or time.monotonic() > deadline:
                raise
        time.sleep(_RETRY_SECONDS)


def _create_engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(
        url, connect_args={"timeout": _BUSY_TIMEOUT_SECONDS, "check_same_thread": False}
    )

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # the driver must not begin transactions behind our back
        _once_nobody_is_in_the_way(lambda: connection.execute("PRAGMA journal_mode=WAL"))
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        # A write lock taken late fails at once when another process has written since; taken first, it waits.
        writes = connection.get_execution_options().get("songwright_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
