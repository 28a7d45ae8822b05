"""The bytes of recordings, kept in the home folder from the moment a request is made until its task ends."""

from __future__ import annotations

import contextlib
import os
import time
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from songwright.disk import storage_trouble
from songwright.errors import ConfigurationError, NotFoundError, RequestError

__all__ = ["Incoming"]

_ARRIVING = "arriving-"
_PIECE_BYTES = 1024**2
# Longer than any request takes from its first byte to its task.
_ABANDONED_SECONDS = 3600.0


class Incoming:
    """A folder with one file a task, readable by the server's user alone.

    A file arrives under a receipt, before there is a task, and is then assigned to its task.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def receive(self, source: BinaryIO, *, max_bytes: int, field: str) -> str:
        """Copy a file; it would survive a power cut when this returns.

        Returns:
            Its receipt.

        Raises:
            RequestError: It is empty, or has more than ``max_bytes``; nothing is kept.
            ConfigurationError: The home folder can't be written to.
        """
        receipt = uuid.uuid4().hex
        path = self.arrived(receipt)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
            )
            with os.fdopen(descriptor, "wb") as target:
                size = _copy(source, target, max_bytes)
                if not size:
                    raise RequestError("is empty", field=field)
                if size > max_bytes:
                    raise RequestError(
                        f"is larger than {max_bytes // 1024**2} MB, which SONGWRIGHT_MAX_IMPORT_MB allows; "
                        "give a shorter or a compressed recording",
                        field=field,
                    )
                target.flush()
                os.fsync(target.fileno())
        except OSError as error:
            path.unlink(missing_ok=True)
            raise storage_trouble(error) or ConfigurationError(
                "a recording can't be kept there; make room, or name a folder that can be written to",
                setting="SONGWRIGHT_HOME",
            ) from None
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return receipt

    def arrived(self, receipt: str) -> Path:
        """Where a file is that has arrived and has no task yet."""
        return self._folder / f"{_ARRIVING}{receipt}"

    def assign(self, receipt: str, task_id: str) -> None:
        """Keep a file that has arrived until its task ends.

        Raises:
            NotFoundError: None has arrived under that receipt, or it has its task already.
        """
        try:
            self.arrived(receipt).rename(self._folder / task_id)
        except FileNotFoundError:
            raise NotFoundError("was not received; send it again", field="source") from None

    def recording(self, task_id: str) -> Path:
        """Where the file of a task is, or would be."""
        return self._folder / task_id

    def turn_away(self, receipt: str) -> None:
        """Remove a file whose request was refused."""
        self.arrived(receipt).unlink(missing_ok=True)

    def forget(self, task_id: str) -> None:
        """Remove the file of a task that has ended."""
        # One that is still being read is removed by the next :meth:`clear_up`, where the system says so.
        with contextlib.suppress(OSError):
            self.recording(task_id).unlink(missing_ok=True)

    def clear_up(self, unfinished: Collection[str]) -> None:
        """Remove what was left behind by processes that went: all but the files of some tasks."""
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            # A young one may belong to a request that another process is about to accept.
            if path.name not in unfinished and _age_seconds(path) > _ABANDONED_SECONDS:
                path.unlink(missing_ok=True)


def _copy(source: BinaryIO, target: BinaryIO, max_bytes: int) -> int:
    """Copy at most one piece more than ``max_bytes``; how many bytes that were."""
    size = 0
    while size <= max_bytes and (piece := source.read(_PIECE_BYTES)):
        target.write(piece)
        size += len(piece)
    return size


def _age_seconds(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
