"""Saves what can be read of a damaged database into a new one."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import sqlalchemy as sa

from songwright.library.database import Database
from songwright.library.schema import metadata, schema_version

__all__ = ["put_aside", "salvage"]

_BESIDE = ("-wal", "-shm", "-journal")


def put_aside(path: Path) -> Path:
    """Rename a database and what belongs to it, so that a new one can take its place."""
    kept = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    for suffix in _BESIDE:
        beside = path.with_name(path.name + suffix)
        with suppress(FileNotFoundError):
            beside.rename(kept.with_name(kept.name + suffix))
    path.rename(kept)
    return kept


def salvage(path: Path) -> tuple[int, int]:
    """Put a new database in the place of a damaged one, with every row that can still be read.

    Rows are looked for in the order of their numbers from both ends, and by every index, so that a page that
    can't be read hides little. The damaged file is put aside.

    Returns:
        How many rows were saved, and how many were seen that could not be read.
    """
    fresh = path.with_name(f"{path.name}.saved")
    for leftover in (fresh, *(fresh.with_name(fresh.name + suffix) for suffix in _BESIDE)):
        leftover.unlink(missing_ok=True)
    Database(sa.URL.create("sqlite", database=str(fresh)).render_as_string()).close()
    saved = lost = 0
    with closing(sqlite3.connect(fresh)) as target, closing(sqlite3.connect(path)) as source:
        for table in metadata.sorted_tables:
            if table is not schema_version:
                kept, missed = _copy(source, target, table.name)
                saved += kept
                lost += missed
        # They are counted as missing in the search index until it is opened.
        target.execute("UPDATE songs SET number = NULL")
        target.commit()
        target.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    put_aside(path)
    fresh.rename(path)
    for suffix in _BESIDE:
        fresh.with_name(fresh.name + suffix).unlink(missing_ok=True)
    return saved, lost


def _copy(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> tuple[int, int]:
    columns = [name for name in _columns(target, table) if name in _columns(source, table)]
    if not columns:
        return 0, 0
    names = ", ".join(columns)
    into = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608
    kept = missed = 0
    for number in sorted(_row_numbers(source, table)):
        try:
            row = source.execute(f"SELECT {names} FROM {table} WHERE rowid = ?", (number,)).fetchone()  # noqa: S608
            kept += target.execute(into, row).rowcount if row is not None else 0
        except (sqlite3.DatabaseError, UnicodeDecodeError):
            missed += 1
    return kept, missed


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    try:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    except sqlite3.DatabaseError:
        return []


def _row_numbers(source: sqlite3.Connection, table: str) -> set[int]:
    found: set[int] = set()
    for order in ("NOT INDEXED ORDER BY rowid", "NOT INDEXED ORDER BY rowid DESC", *_by_index(source, table)):
        with suppress(sqlite3.DatabaseError):
            for row in source.execute(f"SELECT rowid FROM {table} {order}"):  # noqa: S608
                found.add(row[0])
    return found


def _by_index(source: sqlite3.Connection, table: str) -> Iterator[str]:
    try:
        names = [row[1] for row in source.execute(f"PRAGMA index_list({table})")]
    except sqlite3.DatabaseError:
        return
    yield from (f"INDEXED BY {name}" for name in names)
