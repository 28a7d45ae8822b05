"""The files of songs: complete or absent, never half written."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, get_args

from songwright.disk import flush_to_disk
from songwright.music.actions import StemName

__all__ = ["BlobName", "Blobs", "stem_blob"]

BlobName = Literal["master.flac", "vocals.flac", "drums.flac", "bass.flac", "other.flac", "score.json"]
"""Every name that a file of a song can have."""

_ARRIVING = ".arriving-"
_NAMES = frozenset(get_args(BlobName))
_STEMS: dict[StemName, BlobName] = {
    "vocals": "vocals.flac",
    "drums": "drums.flac",
    "bass": "bass.flac",
    "other": "other.flac",
}


def stem_blob(stem: StemName) -> BlobName:
    """The name of a stem's file."""
    return _STEMS[stem]


class Blobs:
    """Keeps the files of each song in a folder named by the song's id.

    A song's files appear together: they are flushed to disk in a folder that no reader looks into, which
    is then renamed to its final name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, song_id: str, files: Mapping[BlobName, Path]) -> None:
        """Take files into the store; they are moved. Doing it again changes nothing.

        Args:
            song_id: A UUID.
            files: Where each file is now, on the same file system for speed.

        Raises:
            OSError: The disk is full or a file is missing; nothing is visible then.
        """
        final = self._song_folder(song_id)
        if final.exists():
            return
        arriving = self._folder / f"{_ARRIVING}{uuid.uuid4()}"
        arriving.mkdir(parents=True)
        try:
            for name, source in files.items():
                target = arriving / _checked(name)
                shutil.move(source, target)
                flush_to_disk(target)
            flush_to_disk(arriving)
            arriving.rename(final)
            flush_to_disk(self._folder)
        except BaseException:
            shutil.rmtree(arriving, ignore_errors=True)
            raise

    def path(self, song_id: str, name: BlobName) -> Path:
        """Where a file of a song is, or would be.

        Raises:
            ValueError: The id is not a UUID or the name is not one of ``BlobName``.
        """
        return self._song_folder(song_id) / _checked(name)

    def discard(self, song_id: str) -> None:
        """Remove the files of a song that did not come to be."""
        shutil.rmtree(self._song_folder(song_id), ignore_errors=True)

    def clear_up(self) -> None:
        """Remove what was left half written; for the one process that keeps songs."""
        if self._folder.is_dir():
            for left in self._folder.glob(f"{_ARRIVING}*"):
                shutil.rmtree(left, ignore_errors=True)

    def _song_folder(self, song_id: str) -> Path:
        return self._folder / str(uuid.UUID(song_id))


def _checked(name: BlobName) -> str:
    if name not in _NAMES:
        raise ValueError("not the name of a song's file")
    return name
