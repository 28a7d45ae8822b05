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

from songwright.errors import ConfigurationError
from songwright.library.schema import SCHEMA_VERSION, metadata, schema_version

__all__ = ["Database"]

_BUSY_TIMEOUT_SECONDS = 30


class Database:
    """Opens transactions. Safe to share between threads.

    On SQLite the write-ahead log lets readers and one writer work side by side, and every commit is
    flushed to disk before it returns (``synchronous=FULL``), so what was acknowledged survives a power cut.
    """

    def __init__(self, url: str) -> None:
        """Connect, and create the tables where there are none.

        Args:
            url: A SQLAlchemy URL, such as ``sqlite:////home/me/library.db``.

        Raises:
            ConfigurationError: The database can't be opened, or is of another schema version.
        """
        try:
            self._engine = _create_engine(url)
            self._create_schema()
        except (sa.exc.SQLAlchemyError, ImportError):
            raise ConfigurationError(
                "the library's database can't be opened; check that it exists and may be written to",
                setting="SONGWRIGHT_HOME",
            ) from None

    @classmethod
    def in_folder(cls, home: Path) -> Database:
        """The SQLite database of a home folder, which is created where it is missing.

        Raises:
            ConfigurationError: The folder can't be written to.
        """
        try:
            home.mkdir(parents=True, exist_ok=True)
        except OSError:
            raise ConfigurationError(
                "the home folder can't be created; name one that can be written to",
                setting="SONGWRIGHT_HOME",
            ) from None
        return cls(sa.URL.create("sqlite", database=str(home / "library.db")).render_as_string())

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the database and changes nothing."""
        with self._engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """A transaction that commits when the block ends and leaves nothing behind when it raises."""
        with (
            self._engine.execution_options(songwright_write=True).connect() as connection,
            connection.begin(),
        ):
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    def _create_schema(self) -> None:
        with self.read() as connection:
            found = _stored_version(connection)
        if found is None:
            with self.write() as connection:
                metadata.create_all(connection)
                if _stored_version(connection) is None:
                    connection.execute(schema_version.insert().values(only_row=1, version=SCHEMA_VERSION))
            found = SCHEMA_VERSION
        if found < SCHEMA_VERSION:
            # Every version so far has only added tables.
            with self.write() as connection:
                metadata.create_all(connection)
                connection.execute(schema_version.update().values(version=SCHEMA_VERSION))
            found = SCHEMA_VERSION
        if found != SCHEMA_VERSION:
            raise ConfigurationError(
                f"the library was written by another version of songwright (its schema is {found}, this "
                f"version reads {SCHEMA_VERSION}); use that version, or name another home folder",
                setting="SONGWRIGHT_HOME",
            )


def _stored_version(connection: sa.Connection) -> int | None:
    if not sa.inspect(connection).has_table(schema_version.name):
        return None
    return connection.execute(sa.select(schema_version.c.version)).scalar()


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
