"""Trouble of the database with what lies below it, by its name; and whether its file is still there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from songwright.disk import away, storage_trouble
from songwright.errors import ConfigurationError, StorageError

__all__ = ["FileInPlace", "damaged_library", "is_damage", "named_trouble"]

# SQLite's result codes SQLITE_CORRUPT and SQLITE_NOTADB, https://sqlite.org/rescode.html.
_DAMAGED = frozenset({11, 26})


@contextmanager
def named_trouble() -> Iterator[None]:
    """Let failures of the disk and the database leave the block as what they are.

    Raises:
        StorageError: The disk is full or out of order, or the database does not answer.
        ConfigurationError: The database is damaged.
    """
    try:
        yield
    except (sa.exc.DBAPIError, OSError) as error:
        if is_damage(error):
            raise damaged_library() from error
        trouble = storage_trouble(error)
        if trouble is None and isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
            trouble = away()
        if trouble is None:
            raise
        raise trouble from error
    except sa.exc.TimeoutError as error:
        # Every connection of the pool is in use, as when the database hangs.
        raise away() from error


def damaged_library() -> ConfigurationError:
    """The library's database is damaged."""
    return ConfigurationError(
        "the library's database in there (library.db) is damaged; stop every songwright that uses it and run "
        "'songwright check --repair', which saves what can be read and puts the damaged file aside",
        setting="SONGWRIGHT_HOME",
    )


class FileInPlace:
    """A file that must stay the one that it was.

    A process that has a database open goes on working in the file after somebody has deleted or replaced it,
    and all that it then keeps is gone with the process.
    """

    def __init__(self, path: Path | None) -> None:
        """Watch a file that exists; None watches nothing."""
        self._path = path
        self._identity = None if path is None else _identity(path)

    def check(self) -> None:
        """Look once.

        Raises:
            StorageError: The file is gone, or is another one.
        """
        if self._path is not None and _identity(self._path) != self._identity:
            raise StorageError(
                "the home folder was deleted or replaced while the server ran; its operator must put it "
                "back, or start the server again"
            )


def is_damage(error: Exception) -> bool:
    """Whether SQLite, or SQLAlchemy in its name, says that a file is damaged, or no database at all."""
    code = getattr(getattr(error, "orig", error), "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF in _DAMAGED


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(path)  # noqa: PTH116 - called before every transaction: half the time of Path's
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
