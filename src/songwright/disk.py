"""What must be on the disk before anybody is told that it is kept, and who may read it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

__all__ = ["flush_to_disk", "private_folder"]


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
