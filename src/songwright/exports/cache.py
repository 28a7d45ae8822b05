"""Keeps the folder of finished exports from filling the disk: what was used longest ago goes first."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["LARGEST_BYTES", "SPARED_SECONDS", "mark_used", "prune"]

LARGEST_BYTES = 4 * 2**30
"""How much the exports may take together, some twenty songs of three minutes in every format."""

SPARED_SECONDS = 3600.0
"""An export that was asked for so recently stays: its caller may be about to read it."""


def mark_used(export: Path) -> None:
    """Note that an export was asked for now.

    Args:
        export: Its folder.
    """
    with suppress(OSError):
        os.utime(export)


def prune(
    folder: Path, *, largest_bytes: int = LARGEST_BYTES, spared_seconds: float = SPARED_SECONDS
) -> None:
    """Delete exports until what is left fits, those first that were asked for longest ago.

    Args:
        folder: Holds a folder for each song, and in that a folder for each export.
        largest_bytes: What is left may take so much, unless it was asked for recently.
        spared_seconds: What counts as recently.
    """
    found: list[tuple[float, int, Path]] = []
    for export in folder.glob("*/*"):
        # Others delete here too.
        with suppress(OSError):
            size = sum(file.stat().st_size for file in export.iterdir())
            found.append((export.stat().st_mtime, size, export))
    total = sum(size for _, size, _ in found)
    for used, size, export in sorted(found):
        if total <= largest_bytes or used > time.time() - spared_seconds:
            return
        shutil.rmtree(export, ignore_errors=True)
        total -= size
