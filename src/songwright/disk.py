"""What must be on the disk before anybody is told that it is kept, and what a full or failing disk says."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Collection
from pathlib import Path

from songwright.errors import StorageError

__all__ = ["flush_to_disk", "remove_left_behind", "storage_trouble", "trouble_writing_to", "write_durably"]

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_DISK = frozenset({errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ENODEV, errno.ESTALE})
# An engine that ran out of room may have left less than this, and can't have needed less.
_PROBE_BYTES = 256 * 1024


def flush_to_disk(path: Path) -> None:
    """Wait until a file's or folder's content would survive a power cut, where the platform can say so."""
    if os.name == "nt" and path.is_dir():
        return
    flags = os.O_RDWR if os.name == "nt" else os.O_RDONLY
    descriptor = os.open(path, flags)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, content: bytes) -> None:
    """Write a file that is there whole or not at all, also after a power cut.

    Raises:
        OSError: The disk is full or can't be written to; a file that was there before stays.
    """
    unfinished = path.with_name(f".{path.name}.tmp")
    try:
        unfinished.write_bytes(content)
        flush_to_disk(unfinished)
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    flush_to_disk(path.parent)


def storage_trouble(error: BaseException) -> StorageError | None:
    """What an error says of the disk; None where it is about something else.

    The message names no path.
    """
    match error:
        case StorageError():
            return error
        case OSError(errno=code) if code in _NO_ROOM:
            return StorageError(
                "there is no room on the disk of the home folder; make room, then ask again", full=True
            )
        case OSError(errno=code) if code in _NO_DISK:
            name = errno.errorcode.get(code or 0, "")
            return StorageError(
                f"the home folder can't be written to ({name}); make it writable, then ask again"
            )
        case _:
            return None


def trouble_writing_to(folder: Path) -> StorageError | None:
    """What keeps a file from being written to a folder, as a try shows; None where nothing does.

    Some libraries hide what the system said when a write failed.
    """
    probe = folder / ".probe"
    try:
        try:
            with probe.open("wb") as file:
                file.write(bytes(_PROBE_BYTES))
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return storage_trouble(error)
    return None


def remove_left_behind(folder: Path, wanted: Collection[str]) -> None:
    """Remove the files of a folder that have none of some names."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in wanted and path.is_file():
            # One that is being read stays where the system forbids its removal; the next sweep looks again.
            with contextlib.suppress(OSError):
                path.unlink()
