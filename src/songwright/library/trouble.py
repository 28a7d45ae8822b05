"""What a database's error means for who must act."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from songwright.errors import ConfigurationError, StorageError

__all__ = ["damaged_library", "told"]

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)
_POSTGRES_DISK_FULL = "53100"


@contextmanager
def told() -> Iterator[None]:
    """Say what went wrong with the database in songwright's own errors; whatever else it was passes through.

    Raises:
        StorageError: It has no room, can't be written to, or doesn't answer.
        ConfigurationError: It is damaged.
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        meant = _meant(error)
        if meant is None:
            raise
        raise meant from error
    except sa.exc.TimeoutError as error:
        raise _away() from error


def damaged_library() -> ConfigurationError:
    """The library's database is damaged."""
    return ConfigurationError(
        "the library's database in there (library.db) is damaged; stop every songwright that uses it and run "
        "'songwright check --repair', which saves what can be read and puts the damaged file aside",
        setting="SONGWRIGHT_HOME",
    )


def _meant(error: sa.exc.DBAPIError) -> ConfigurationError | StorageError | None:
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the kind, the others say more about it. The driver leaves it out of its own errors.
        code = getattr(error.orig, "sqlite_errorcode", sqlite3.SQLITE_OK) & 0xFF
        if code in _DAMAGED:
            return damaged_library()
        if code not in _PASSING:
            return None
        return _full() if code == sqlite3.SQLITE_FULL else _away()
    if getattr(error.orig, "sqlstate", None) == _POSTGRES_DISK_FULL:
        return _full()
    if error.connection_invalidated or isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError):
        return _away()
    return None


def _full() -> StorageError:
    return StorageError(
        "there is no room left where songs and tasks are kept; make room on that disk, then ask again",
        full=True,
    )


def _away() -> StorageError:
    return StorageError(
        "the database of songs and tasks can't be read or written to now; see to it that its disk works and "
        "may be written to, then ask again"
    )
