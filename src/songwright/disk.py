"""What must be on the disk before anybody is told that it is kept, and what its failures are called."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path

from songwright.errors import StorageError

__all__ = [
    "away",
    "flush_to_disk",
    "is_in_the_way",
    "out_of_order",
    "private_folder",
    "probe_folder",
    "remove_left_behind",
    "storage_trouble",
    "write_durably",
]

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_OUT_OF_ORDER = frozenset({errno.EROFS, errno.EIO, errno.EACCES, errno.EPERM, errno.ENODEV, errno.ESTALE})

# SQLite's primary result codes, https://sqlite.org/rescode.html. By number, because the module that names
# them takes time to load, and most who ask here have no database.
_SQLITE_FULL = 13
_SQLITE_BUSY, _SQLITE_LOCKED = 5, 6
_SQLITE_OUT_OF_ORDER = frozenset({3, 8, 10, 14, 15, 22, 23})

# PostgreSQL's, https://www.postgresql.org/docs/current/errcodes-appendix.html.
_DISK_FULL = "53100"
_AWAY_CLASSES = ("08", "53", "57P", "58")
_IN_THE_WAY = ("40001", "40P01", "55P03")

# As much as accepting a task takes: a piece of the database's log, a folder, a file with a token or a name.
_PROBE_BYTES = 1024**2


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


def private_folder(path: Path) -> None:
    """Create a folder that its owner alone can look into; close one that others can, if it is this user's.

    Where the system has no such permissions, the folder is created.

    Raises:
        OSError: It can't be created.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "nt":
        return
    found = path.stat()
    if found.st_uid == os.geteuid() and stat.S_IMODE(found.st_mode) & 0o077:
        path.chmod(stat.S_IMODE(found.st_mode) & ~0o077)


def remove_left_behind(folder: Path, wanted: Collection[str]) -> None:
    """Remove the files of a folder that have none of some names."""
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        if path.name not in wanted and path.is_file():
            # One that is being read stays where the system forbids its removal; the next sweep looks again.
            with contextlib.suppress(OSError):
                path.unlink()


def probe_folder(folder: Path) -> None:
    """Find out whether a file of 1 MiB can be written to a folder that exists. It is gone afterwards.

    Raises:
        StorageError: It can't.
    """
    # One name for every process: what a crash leaves behind is overwritten and removed by the next.
    file = folder / ".room"
    try:
        try:
            file.write_bytes(os.urandom(_PROBE_BYTES))
            flush_to_disk(file)
        finally:
            file.unlink(missing_ok=True)
    except FileNotFoundError:
        if not folder.is_dir():
            raise StorageError(
                "the home folder is gone; its operator must put it back and start the server again"
            ) from None
        # Another process has removed it after the same probe, so there was room.
    except OSError as error:
        raise storage_trouble(error) or out_of_order() from None


def storage_trouble(error: BaseException) -> StorageError | None:
    """What a failure of the disk or the database is called; None where the failure is another.

    A file that does not exist is no trouble with storage by itself.

    Args:
        error: What was raised: an ``OSError``, a driver's error, or SQLAlchemy's around one.
    """
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, StorageError):
        return cause
    if isinstance(cause, OSError):
        return _trouble_of_disk(cause)
    if isinstance(code := getattr(cause, "sqlite_errorcode", None), int):
        return _trouble_of_sqlite(code & 0xFF)
    if isinstance(state := getattr(cause, "sqlstate", None), str):
        return _trouble_of_postgres(state)
    return None


def is_in_the_way(error: BaseException) -> bool:
    """Whether the database only asks to try the transaction again, because another one was in the way."""
    cause = getattr(error, "orig", None) or error
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return code & 0xFF in (_SQLITE_BUSY, _SQLITE_LOCKED)
    return getattr(cause, "sqlstate", None) in _IN_THE_WAY


def out_of_order() -> StorageError:
    """The disk does not do what it should."""
    return StorageError(
        "the home folder can't be read or written now; the same request succeeds once the server's operator "
        "has brought its disk back"
    )


def _no_room() -> StorageError:
    return StorageError(
        "there is no room left on the disk of the home folder; the same request succeeds once the server's "
        "operator has made some",
        full=True,
    )


def away() -> StorageError:
    """The database does not answer."""
    return StorageError(
        "the database does not answer now; the same request succeeds once the server's operator has brought "
        "it back"
    )


def _busy() -> StorageError:
    return StorageError("the database is busy with other work; the same request succeeds in a moment")


def _trouble_of_disk(error: OSError) -> StorageError | None:
    if error.errno in _NO_ROOM:
        return _no_room()
    return out_of_order() if error.errno in _OUT_OF_ORDER else None


def _trouble_of_sqlite(code: int) -> StorageError | None:
    if code == _SQLITE_FULL:
        return _no_room()
    if code in (_SQLITE_BUSY, _SQLITE_LOCKED):
        return _busy()
    return out_of_order() if code in _SQLITE_OUT_OF_ORDER else None


def _trouble_of_postgres(state: str) -> StorageError | None:
    if state == _DISK_FULL:
        return _no_room()
    if state in _IN_THE_WAY:
        return _busy()
    return away() if state.startswith(_AWAY_CLASSES) else None
