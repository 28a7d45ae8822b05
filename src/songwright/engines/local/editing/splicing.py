"""Puts new sound into a song's files and leaves every sample outside it as it was.

Everything is done in 24-bit integers, and crossfades lie inside the new stretch, so what is outside stays
bit-identical and the stems go on to sum to the master exactly.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from songwright.engines.base import Source
from songwright.engines.local.audio_files import read_flac, write_flac_pieces
from songwright.engines.local.performance import SAMPLE_RATE_HZ
from songwright.music.actions import StemName

__all__ = ["Splice", "keep_file", "splice_song"]

_FADE_IN_SECONDS = 0.012
_FADE_OUT_SECONDS = 0.06
_PIECE = 2**18

Samples = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Splice:
    """Where new sound goes, in samples from the start of the song.

    Attributes:
        start: The first sample that may change.
        stop: Behind the last; None where all that followed is replaced and the song may change its length.
    """

    start: int
    stop: int | None

    @property
    def seams(self) -> tuple[int, ...]:
        """Where old and new meet."""
        return tuple(seam for seam in (self.start, self.stop) if seam)


def splice_song(
    source: Source, stems: dict[StemName, Samples], first: int, splice: Splice, folder: Path
) -> dict[StemName, str]:
    """Write master and stems of a song that is the source's outside a stretch.

    Args:
        source: The song.
        stems: New sound, shape (2, samples) each.
        first: The place in the song of their first sample.
        splice: The stretch.
        folder: Where to write ``master.flac`` and the stems.

    Returns:
        File names of the stems.
    """
    names: dict[StemName, str] = {stem: f"{stem}.flac" for stem in get_args(StemName)}
    parts = {stem: _crossfaded(source.stems[stem], stems[stem], first, splice) for stem in names}
    master = sum(parts.values(), start=np.zeros_like(next(iter(parts.values()))))

    def write(new: tuple[Path, Path, Samples]) -> None:
        parent, child, fresh = new
        write_flac_pieces(child, _pieces(parent, fresh, splice))

    files = [(source.stems[stem], folder / name, parts[stem]) for stem, name in names.items()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [(source.master, folder / "master.flac", master), *files]))
    return names


def keep_file(parent: Path, child: Path) -> None:
    """The same file once more, without a second copy on the disk where the system allows it."""
    try:
        child.hardlink_to(parent)
    except OSError:
        shutil.copyfile(parent, child)


def _crossfaded(parent: Path, new: Samples, first: int, splice: Splice) -> Samples:
    """The stretch itself: new sound, faded in from the old and out into the old."""
    stop = first + new.shape[1] if splice.stop is None else splice.stop
    fresh = new[:, splice.start - first : stop - first].copy()
    length = fresh.shape[1]
    # Where a song begins or ends there is nothing to fade from or into.
    if splice.start > 0:
        _fade(fresh, parent, splice.start, 0, min(round(_FADE_IN_SECONDS * SAMPLE_RATE_HZ), length // 2))
    if splice.stop is not None:
        fade = min(round(_FADE_OUT_SECONDS * SAMPLE_RATE_HZ), length // 2)
        _fade(fresh, parent, splice.start, length - fade, fade, falling=True)
    return fresh


def _fade(
    fresh: Samples, parent: Path, start: int, offset: int, length: int, *, falling: bool = False
) -> None:
    old = read_flac(parent, start + offset, start + offset + length)
    length = old.shape[1]
    weight = np.square(np.sin(np.pi / 2 * (np.arange(length) + 0.5) / max(1, length)))
    if falling:
        weight = weight[::-1]
    new = fresh[:, offset : offset + length]
    new[:] = np.rint(old + weight * (new - old))


def _pieces(parent: Path, fresh: Samples, splice: Splice) -> Iterator[Samples]:
    for start in range(0, splice.start, _PIECE):
        yield read_flac(parent, start, min(start + _PIECE, splice.start))
    yield fresh
    if splice.stop is not None:
        yield from _rest(parent, splice.stop)


def _rest(parent: Path, start: int) -> Iterator[Samples]:
    while (piece := read_flac(parent, start, start + _PIECE)).shape[1]:
        yield piece
        start += piece.shape[1]
