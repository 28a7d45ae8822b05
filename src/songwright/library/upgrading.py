"""Brings the tables of a database up to what this version knows, and says what it can't read."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn

import songwright
from songwright.errors import ConfigurationError
from songwright.library.schema import (
    LYRICS_ARE_SEARCHED,
    OLDEST_READER,
    SCHEMA_VERSION,
    metadata,
    schema_version,
)
from songwright.library.search import rewrite_texts

__all__ = ["add_what_is_missing", "is_up_to_date", "refuse_unreadable", "upgrade"]

_LOCK_NUMBER = 0x736F6E67  # any number that nothing else in a Postgres database locks


def is_up_to_date(connection: sa.Connection) -> bool:
    """Whether a database has all the tables and columns that this version knows."""
    if not sa.inspect(connection).has_table(schema_version.name):
        return False
    version = connection.execute(sa.select(schema_version.c.version)).scalar()
    return version is not None and version >= SCHEMA_VERSION


def upgrade(connection: sa.Connection) -> None:
    """Give a database the tables and columns that this version knows, within a write transaction.

    Of several processes that do it at once, one does; the others find it done.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
    if is_up_to_date(connection):
        return
    add_what_is_missing(connection, metadata)
    before = connection.execute(sa.select(schema_version.c.version)).scalar()
    if before is not None and before < LYRICS_ARE_SEARCHED:
        rewrite_texts(connection)
    now = {
        "version": SCHEMA_VERSION,
        "oldest_reader": OLDEST_READER,
        "written_by": songwright.__version__,
    }
    if connection.execute(schema_version.update().values(now)).rowcount == 0:
        connection.execute(schema_version.insert().values(only_row=1, **now))


def refuse_unreadable(connection: sa.Connection) -> None:
    """Refuse a database that a version wrote which this one is too old for.

    Raises:
        ConfigurationError: It is such a one; names both versions.
    """
    row = connection.execute(sa.select(schema_version)).one()
    if row.version > SCHEMA_VERSION and row.oldest_reader > SCHEMA_VERSION:
        raise ConfigurationError(
            f"the library was written by a newer songwright{_release(row.written_by)} (its schema is "
            f"{row.version}, which this version, {songwright.__version__}, can't read: it reads up to "
            f"{SCHEMA_VERSION}); use the newer version, or name another home folder",
            setting="SONGWRIGHT_HOME",
        )


def add_what_is_missing(connection: sa.Connection, wanted: sa.MetaData) -> None:
    """Create the tables, columns and indexes that a database lacks; what it has more is left alone.

    Raises:
        ValueError: A column that is missing has no value for the rows there are: it needs a server default,
            or has to be nullable.
    """
    wanted.create_all(connection)
    inspector = sa.inspect(connection)
    for table in wanted.sorted_tables:
        columns = {column["name"] for column in inspector.get_columns(table.name)}
        for column in table.columns:
            if column.name not in columns:
                _add_column(connection, table, column)
        indexes = {index["name"] for index in inspector.get_indexes(table.name)}
        for index in table.indexes:
            if index.name not in indexes:
                index.create(connection)


def _add_column(connection: sa.Connection, table: sa.Table, column: sa.Column[object]) -> None:
    if column.primary_key or not (column.nullable or column.server_default is not None):
        raise ValueError(f"{table.name}.{column.name} can't join a table that has rows")
    name = connection.dialect.identifier_preparer.format_table(table)
    specification = CreateColumn(column).compile(dialect=connection.dialect)
    connection.exec_driver_sql(f"ALTER TABLE {name} ADD COLUMN {specification}")


def _release(written_by: str) -> str:
    """The release as words, if it is one: what a database says is not repeated unseen."""
    known = len(written_by) <= 20 and written_by.isascii() and written_by.replace(".", "").isalnum()
    return f", {written_by}" if known else ""
