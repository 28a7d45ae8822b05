"""The files of songs: complete or absent, never half written."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast, get_args

from songwright.disk import flush_to_disk
from songwright.music.actions import StemName

if sys.platform != "win32":
    import fcntl

__all__ = ["LOOSE", "BlobName", "Blobs", "StoredFile", "stem_blob"]

BlobName = Literal["master.flac", "vocals.flac", "drums.flac", "bass.flac", "other.flac", "score.json"]
"""Every name that a file of a song can have."""

LOOSE = 0
"""Stands for an attempt where files lie directly in the song's folder, as older versions kept them."""

_NAMES = frozenset(get_args(BlobName))
_STEMS: dict[StemName, BlobName] = {
    "vocals": "vocals.flac",
    "drums": "drums.flac",
    "bass": "bass.flac",
    "other": "other.flac",
}
_ARRIVING = ".arriving-"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a song as it was kept.

    Attributes:
        attempt: Which try at the task made it, from 1; ``LOOSE`` where an older version kept it.
        sha256: Hexadecimal digest of its bytes.
    """

    name: BlobName
    attempt: int
    size_bytes: int
    sha256: str


def stem_blob(stem: StemName) -> BlobName:
    """The name of a stem's file."""
    return _STEMS[stem]


class Blobs:
    """Keeps the files of each song in a folder named by the song's id, with a folder in it for each attempt.

    The files of an attempt appear together: they are flushed to disk in a folder that no reader looks into,
    which is then renamed to its final name.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, song_id: str, attempt: int, files: Mapping[BlobName, Path]) -> dict[BlobName, StoredFile]:
        """Put files into the store. What is given stays where it is, and must not be written to any more.

        Safe to repeat after an end at any point: what is there whole already is looked at and accepted.

        Args:
            song_id: A UUID.
            attempt: Which try at the task made them, from 1.
            files: Where each file is now. On the same file system they are linked, elsewhere copied.

        Returns:
            The size and the digest of each.

        Raises:
            OSError: The disk is full or a file is missing; nothing is visible then.
        """
        final = self._attempt_folder(song_id, attempt)
        kept = self._found(final, attempt)
        if kept and _are_of(kept, final, files):
            return kept
        self._folder.mkdir(parents=True, exist_ok=True)
        arriving = self._folder / f"{_ARRIVING}{uuid.uuid4()}"
        arriving.mkdir()
        try:
            with _written(arriving):
                for name, source in files.items():
                    target = arriving / _checked(name)
                    _link_or_copy(source, target)
                    flush_to_disk(target)
                kept = self._found(arriving, attempt)
                flush_to_disk(arriving)
                final.parent.mkdir(exist_ok=True)
                # No song names an attempt before it is whole, so nobody misses what stands there broken.
                shutil.rmtree(final, ignore_errors=True)
                arriving.rename(final)
                flush_to_disk(final.parent)
                flush_to_disk(self._folder)
        except BaseException:
            shutil.rmtree(arriving, ignore_errors=True)
            raise
        return kept

    def path(self, song_id: str, name: BlobName, attempt: int) -> Path:
        """Where a file of a song is, or would be.

        Raises:
            ValueError: The id is not a UUID, the name is not one of ``BlobName``, or the attempt is negative.
        """
        return self._attempt_folder(song_id, attempt) / _checked(name)

    def stored(self, song_id: str, attempt: int) -> dict[BlobName, StoredFile]:
        """The files of an attempt as they are now; reads each of them whole.

        Raises:
            OSError: One of them can't be read.
        """
        return self._found(self._attempt_folder(song_id, attempt), attempt)

    def discard(self, song_id: str, attempt: int) -> None:
        """Remove the files of an attempt that did not become a song. May be repeated."""
        folder = self._attempt_folder(song_id, attempt)
        if attempt == LOOSE:
            for name in _NAMES:
                (folder / name).unlink(missing_ok=True)
        else:
            shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # there are other attempts, or none was ever kept
            self._song_folder(song_id).rmdir()

    def discard_up_to(self, song_id: str, attempt: int) -> None:
        """Remove the files of an attempt and of all before it. May be repeated."""
        with suppress(OSError), os.scandir(self._song_folder(song_id)) as entries:
            earlier = [int(entry.name) for entry in entries if _is_attempt(entry.name)]
            for number in earlier:
                if number <= attempt:
                    self.discard(song_id, number)

    def attempts(self) -> Iterator[tuple[str, int]]:
        """Song id and attempt of everything that is kept, in no order."""
        for song_id in self._song_ids():
            with suppress(OSError), os.scandir(self._folder / song_id) as entries:
                names = {entry.name for entry in entries}
                if names & _NAMES or not names:
                    yield song_id, LOOSE
                yield from ((song_id, int(name)) for name in names if _is_attempt(name))

    def arrivals(self) -> int:
        """How many folders a process that is gone was putting into the store when it ended."""
        return len(self._left_arriving())

    def sweep_arrivals(self) -> int:
        """Remove what :meth:`arrivals` counts; how many folders. Cheap, however many songs there are."""
        left = self._left_arriving()
        for folder in left:
            shutil.rmtree(folder, ignore_errors=True)
        return len(left)

    def sweep(self, keep: Callable[[str, int], bool]) -> int:
        """Remove every attempt that no song names, and what :meth:`sweep_arrivals` removes.

        Args:
            keep: Whether a song's attempt is wanted. It must say yes to the attempts under way.

        Returns:
            How many folders were removed. Reads no file, but looks into the folder of every song.
        """
        removed = self.sweep_arrivals()
        for song_id, attempt in list(self.attempts()):
            if not keep(song_id, attempt):
                self.discard(song_id, attempt)
                removed += 1
        return removed

    def _left_arriving(self) -> list[Path]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            arriving = [Path(entry.path) for entry in entries if entry.name.startswith(_ARRIVING)]
            return [folder for folder in arriving if not _is_being_written(folder)]
        return []

    def _found(self, folder: Path, attempt: int) -> dict[BlobName, StoredFile]:
        names = [cast("BlobName", name) for name in sorted(_NAMES) if (folder / name).is_file()]
        return {name: _stored(name, attempt, folder / name) for name in names}

    def _song_ids(self) -> list[str]:
        with suppress(FileNotFoundError), os.scandir(self._folder) as entries:
            return [entry.name for entry in entries if _is_song_id(entry.name)]
        return []

    def _song_folder(self, song_id: str) -> Path:
        return self._folder / str(uuid.UUID(song_id))

    def _attempt_folder(self, song_id: str, attempt: int) -> Path:
        if attempt < LOOSE:
            raise ValueError("attempts are counted from 1")
        folder = self._song_folder(song_id)
        return folder if attempt == LOOSE else folder / str(attempt)


def _checked(name: BlobName) -> str:
    if name not in _NAMES:
        raise ValueError("not the name of a song's file")
    return name


def _is_song_id(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False


def _is_attempt(name: str) -> bool:
    return name.isascii() and name.isdigit() and str(int(name)) == name and int(name) > LOOSE


def _stored(name: BlobName, attempt: int, path: Path) -> StoredFile:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return StoredFile(name=name, attempt=attempt, size_bytes=file.tell(), sha256=digest)


def _are_of(kept: Mapping[BlobName, StoredFile], folder: Path, files: Mapping[BlobName, Path]) -> bool:
    """Whether files in a folder are those that are to be kept, as far as these are still there."""
    return kept.keys() == files.keys() and all(
        not source.exists()
        or source.samefile(folder / name)
        or _stored(name, kept[name].attempt, source) == kept[name]
        for name, source in files.items()
    )


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        # Another file system, or one without links. What else is wrong shows here too.
        shutil.copyfile(source, target)


@contextmanager
def _written(folder: Path) -> Iterator[None]:
    """Let other processes see that this one is writing a folder, for as long as it lives."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _is_being_written(folder: Path) -> bool:
    """Whether a living process writes a folder. Where the system can't tell, the worker's lock has to do."""
    if sys.platform == "win32":
        return False
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False
