"""Finds every durable operation of a process, and lets one of them go wrong.

An operation is a commit of a database, a change of the file system below the home folder, a flush, or the
hand-over of a job. They are counted where Python and SQLAlchemy tell of them, below songwright's own code, so
that none is left out because its author did not think of it.
"""

from __future__ import annotations

import errno
import os
import signal
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa

__all__ = ["FAULTS", "Fault", "Operations"]

Fault = Literal["kill", "full disk", "database away"]
FAULTS: tuple[Fault, ...] = ("kill", "full disk", "database away")

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC
# Longer than a retry takes, shorter than patience lasts.
_TROUBLE_SECONDS = 0.7
_FILE_EVENTS = {
    "os.rename": "move",
    "os.link": "link",
    "os.mkdir": "make folder",
    "os.remove": "remove",
    "shutil.rmtree": "remove folder",
}
_NEEDS_ROOM = frozenset({"link", "make folder", "open to write", "flush", "commit"})


@dataclass
class Operations:
    """Counts the operations of this process, and makes the one of a number fail.

    Attributes:
        home: Only what is below it counts.
        fault: What happens; None lets everything pass.
        at: The number of the operation at which it happens, counted from 0.
        on_removal: Told of every file that is removed, before it is.
    """

    home: Path
    fault: Fault | None = None
    at: int = -1
    on_removal: Callable[[Path], None] = lambda _path: None
    names: list[str] = field(default_factory=list)
    _until: float = 0.0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def watch(self) -> None:
        """Begin to count. It can't be ended: use it in a process of its own."""
        sys.addaudithook(self._audit)
        sa.event.listen(sa.Engine, "commit", self._commit)
        sa.event.listen(sa.Engine, "before_cursor_execute", self._statement)
        flush = os.fsync

        def fsync(descriptor: int) -> None:
            self.happens("flush")
            flush(descriptor)

        os.fsync = fsync

    def happens(self, kind: str, what: str = "") -> None:
        """An operation is about to be done."""
        with self._lock:
            number = len(self.names)
            self.names.append(f"{kind} {what}".strip())
            begins = number == self.at
            if begins and self.fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if begins:
                self._until = time.monotonic() + _TROUBLE_SECONDS
            trouble = time.monotonic() < self._until
        if not trouble:
            return
        if self.fault == "full disk" and kind in _NEEDS_ROOM:
            if kind == "commit":
                raise _database_error("database or disk is full", sqlite3.SQLITE_FULL)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self.fault == "database away" and kind == "commit":
            raise _database_error("disk I/O error", sqlite3.SQLITE_IOERR)

    def _commit(self, connection: sa.Connection) -> None:
        if connection.get_execution_options().get("songwright_write", False):
            self.happens("commit")

    def _statement(self, *_: Any) -> None:
        if self.fault == "database away" and time.monotonic() < self._until:
            raise _database_error("disk I/O error", sqlite3.SQLITE_IOERR)

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITING and self._is_ours(path):
                self.happens("open to write", self._told(path))
        elif (kind := _FILE_EVENTS.get(event)) is not None and self._is_ours(arguments[0]):
            if kind == "remove":
                self.on_removal(Path(os.fsdecode(arguments[0])))
            self.happens(kind, self._told(arguments[0]))

    def _is_ours(self, path: object) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return False
        text = os.fsdecode(path)
        # Databases write by themselves, and locks are no data.
        return text.startswith(f"{self.home}{os.sep}") and not text.endswith((".lock", ".db", "-wal", "-shm"))

    def _told(self, path: Any) -> str:
        """A path with its ids left out, so that the same operation has the same name in every run."""
        parts = Path(os.fsdecode(path)).relative_to(self.home).parts
        return "/".join("*" if len(part) > 30 else part for part in parts)


def _database_error(words: str, code: int) -> sa.exc.OperationalError:
    error = sqlite3.OperationalError(words)
    error.sqlite_errorcode = code
    return sa.exc.OperationalError("", None, error)
