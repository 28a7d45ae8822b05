"""The bytes of recordings, kept in the home folder from the moment a request is made until its task ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from songwright.disk import flush_to_disk, remove_left_behind, storage_trouble
from songwright.errors import ConfigurationError, NotFoundError, RequestError

__all__ = ["Incoming"]

_ARRIVING = "arriving-"
_LOCK = ".lock"
_PIECE_BYTES = 1024**2


class Incoming:
    """A folder with one file a task, readable by the server's user alone.

    A file arrives under a receipt, before there is a task, in a folder of this process, and is then assigned
    to its task. The process holds a lock on its folder, so what one left behind is told from what one is
    about to accept.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._arriving = folder / f"{_ARRIVING}{uuid.uuid4().hex}"
        self._presence = FileLock(self._arriving.with_suffix(_LOCK), thread_local=False)
        self._coming_and_going = threading.Lock()

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
            with self._made(path) as target:
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
            self.turn_away(receipt)
            raise storage_trouble(error) or ConfigurationError(
                "a recording can't be kept there; make room, or name a folder that can be written to",
                setting="SONGWRIGHT_HOME",
            ) from None
        except BaseException:
            self.turn_away(receipt)
            raise
        return receipt

    def arrived(self, receipt: str) -> Path:
        """Where a file is that has arrived and has no task yet."""
        return self._arriving / receipt

    def assign(self, receipt: str, task_id: str) -> None:
        """Keep a file that has arrived until its task ends.

        Raises:
            NotFoundError: None has arrived under that receipt, or it has its task already.
        """
        try:
            self.arrived(receipt).rename(self._folder / task_id)
            flush_to_disk(self._folder)
        except FileNotFoundError:
            raise NotFoundError("was not received; send it again", field="source") from None

    def recording(self, task_id: str) -> Path:
        """Where the file of a task is, or would be."""
        return self._folder / task_id

    def turn_away(self, receipt: str) -> None:
        """Remove a file whose request was refused; nothing is done to one that has its task."""
        self.arrived(receipt).unlink(missing_ok=True)
        with self._coming_and_going:
            try:
                self._arriving.rmdir()
            except OSError:
                return  # others are arriving, or none ever did
            self._let_go()

    def forget(self, task_id: str) -> None:
        """Remove the file of a task that has ended."""
        # One that is still being read is removed by the next :meth:`clear_up`, where the system says so.
        with contextlib.suppress(OSError):
            self.recording(task_id).unlink(missing_ok=True)

    def clear_up(self, unfinished: Collection[str]) -> None:
        """Remove what was left behind by processes that went: all but the files of some tasks.

        Call it while no task is being accepted.
        """
        remove_left_behind(
            self._folder, {*unfinished, *(path.name for path in self._folder.glob(f"*{_LOCK}"))}
        )
        arriving = {path.with_suffix("") for path in self._folder.glob(f"{_ARRIVING}*")}
        for folder in arriving - {self._arriving}:
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Let go of this process's folder, and remove it."""
        with self._coming_and_going:
            shutil.rmtree(self._arriving, ignore_errors=True)
            self._let_go()

    def _made(self, path: Path) -> BinaryIO:
        """A new file of this process's folder, which nobody takes for abandoned."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with self._coming_and_going:
            self._be_present()
            return os.fdopen(os.open(path, flags, 0o600), "wb")

    def _let_go(self) -> None:
        if self._presence.is_locked:
            with contextlib.suppress(OSError):  # Windows removes no file that is open; the next sweep does
                Path(self._presence.lock_file).unlink(missing_ok=True)
            self._presence.release(force=True)

    def _be_present(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = Path(self._presence.lock_file)
        # Another process that looks whether this one has gone may remove the file before it is locked.
        while not (self._presence.is_locked and lock.exists()):
            self._presence.release(force=True)
            self._presence.acquire()
        self._arriving.mkdir(mode=0o700, exist_ok=True)


def _copy(source: BinaryIO, target: BinaryIO, max_bytes: int) -> int:
    """Copy at most one piece more than ``max_bytes``; how many bytes that were."""
    size = 0
    while size <= max_bytes and (piece := source.read(_PIECE_BYTES)):
        target.write(piece)
        size += len(piece)
    return size


def _is_abandoned(folder: Path) -> bool:
    """Whether the process that made a folder has gone. Its lock is removed then."""
    lock = FileLock(folder.with_suffix(_LOCK))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    Path(lock.lock_file).unlink(missing_ok=True)
    return True
