"""Disks and databases that are full, out of order, or small."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa


@contextmanager
def full_databases() -> Iterator[None]:
    """As long as the block lasts, no SQLite database of this process grows: it says that it is full."""

    def limit(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # the least: as many as it has

    def lift(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1073741823")

    sa.event.listen(sa.pool.Pool, "checkout", limit)
    try:
        yield
    finally:
        sa.event.remove(sa.pool.Pool, "checkout", limit)
        sa.event.listen(sa.pool.Pool, "checkout", lift)


@contextmanager
def no_room_for_files() -> Iterator[None]:
    """As long as the block lasts, this process can write no byte to any file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own at a folder; the test is skipped where none may be mounted."""
    folder.mkdir()
    mount = shutil.which("mount")
    umount = shutil.which("umount")
    if mount is None or umount is None:
        pytest.skip("mounting a small disk needs `mount`")
    mounted = subprocess.run(
        [mount, "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("mounting a small disk needs the right to")
    try:
        yield folder
    finally:
        subprocess.run([umount, "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """Fill a disk to its last byte with one file, which is returned."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1024**2, 4096, 1):
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                continue
    return filler
