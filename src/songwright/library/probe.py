"""Whether what is accepted now could be kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

from songwright.disk import probe_folder
from songwright.errors import StorageError
from songwright.library.database import Database

__all__ = ["StorageProbe"]

# Load balancers ask every few seconds, each for itself; the disk is asked this often, whoever asks.
_GOOD_FOR_SECONDS = 2.0
# Less, so that a server whose disk has room again is asked for work again at once.
_BAD_FOR_SECONDS = 0.25


class StorageProbe:
    """Writes to a home folder and its database, now and then. Safe to share between threads."""

    def __init__(self, home: Path, clock_seconds: Callable[[], float] = time.monotonic) -> None:
        """Look at a home folder's state by a clock that never goes back. Nothing is opened yet."""
        self._home = home
        self._clock_seconds = clock_seconds
        self._lock = threading.Lock()
        self._database: Database | None = None
        self._found: StorageError | None = None
        self._good_until = float("-inf")

    def check(self) -> None:
        """Write, or say what the last write a moment ago came to.

        Raises:
            StorageError: The disk is full or out of order, the database is away, or the home was replaced.
            ConfigurationError: The database can't be opened.
        """
        with self._lock:
            if self._clock_seconds() >= self._good_until:
                self._found = self._look()
                pause = _GOOD_FOR_SECONDS if self._found is None else _BAD_FOR_SECONDS
                self._good_until = self._clock_seconds() + pause
            if self._found is not None:
                # A copy: an error that is raised again and again would gather tracebacks.
                raise StorageError(self._found.message, full=self._found.full)

    def close(self) -> None:
        """Close the database."""
        if self._database is not None:
            self._database.close()

    def _look(self) -> StorageError | None:
        try:
            if self._database is None:
                self._database = Database.in_folder(self._home)
            probe_folder(self._home)
            self._database.probe()
        except StorageError as trouble:
            return trouble
        return None
