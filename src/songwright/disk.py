"""What must be on the disk before anybody is told that it is kept."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["flush_to_disk"]


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
