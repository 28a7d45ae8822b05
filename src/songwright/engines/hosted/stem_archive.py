"""Stems from the ZIP that the service makes, whose members' names nobody documents."""

from __future__ import annotations

import re
import shutil
import zipfile
from pathlib import Path

import numpy as np

from songwright.audio.pcm import Samples
from songwright.engines.remote.errors import DownloadError
from songwright.engines.remote.masters import read_as_master
from songwright.music.actions import StemName

__all__ = ["read_archive"]

_MAX_MEMBERS = 64
_MAX_BYTES = 2 * 1024**3
_AUDIO = frozenset({".wav", ".mp3", ".flac", ".m4a", ".ogg", ".aac", ".opus"})
_WORDS: tuple[tuple[StemName, re.Pattern[str]], ...] = (
    ("drums", re.compile(r"drum|percussion|beat|kick|snare")),
    ("bass", re.compile(r"bass")),
    ("vocals", re.compile(r"vocal|voice|lead|choir|acapella")),
)
_NO_VOICE = re.compile(r"no[ _-]?vocal|instrumental|without")


def read_archive(path: Path, folder: Path, *, frames: int, longest_seconds: float) -> dict[StemName, Samples]:
    """The stems in a ZIP; members that are neither voice, drums nor bass are summed as ``other``.

    Args:
        path: The ZIP.
        folder: Where to unpack it.
        frames: How long the song is; stems are cut or filled up with silence to that.
        longest_seconds: Longer members are refused.

    Raises:
        DownloadError: It is no ZIP, damaged, too large, or holds no audio.
    """
    stems: dict[StemName, Samples] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if Path(one.filename).suffix.lower() in _AUDIO]
            if len(members) > _MAX_MEMBERS or sum(one.file_size for one in members) > _MAX_BYTES:
                raise DownloadError("the archive of stems is too large and was not kept", retryable=False)
            for number, member in enumerate(members):
                # The member's own name is never a path here.
                unpacked = folder / f"member-{number}"
                with archive.open(member) as packed, unpacked.open("wb") as out:
                    shutil.copyfileobj(packed, out)
                samples = _as_long_as(frames, read_as_master(unpacked, longest_seconds=longest_seconds))
                unpacked.unlink()
                name = _stem_of(Path(member.filename).stem)
                stems[name] = stems[name] + samples if name in stems else samples
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise DownloadError("the archive of stems is damaged", retryable=True) from error
    if not stems:
        raise DownloadError("the archive of stems holds no audio", retryable=False)
    return stems


def _stem_of(name: str) -> StemName:
    words = name.lower()
    if _NO_VOICE.search(words):
        return "other"
    for stem, pattern in _WORDS:
        if pattern.search(words):
            return stem
    return "other"


def _as_long_as(frames: int, samples: Samples) -> Samples:
    short = frames - samples.shape[1]
    return np.pad(samples, ((0, 0), (0, short))) if short > 0 else samples[:, :frames]
