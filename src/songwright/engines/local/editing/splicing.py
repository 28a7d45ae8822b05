"""Puts new sound into a song's files and leaves every sample outside it as it was.

Everything is done in 24-bit integers, and crossfades lie inside the new stretch, so what is outside stays
bit-identical and the stems go on to sum to the master exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac_pieces
from songwright.audio.flac_frames import replace_frames
from songwright.audio.pcm import SAMPLE_RATE_HZ, Samples
from songwright.disk import flush_to_disk
from songwright.engines.base import MASTER_FILE, Source, stem_file
from songwright.engines.local.mixing.levels import JUMP_SAMPLES, Levels, level_jumps_db
from songwright.music.actions import StemName

__all__ = ["Splice", "splice_master", "splice_song"]

_FADES_IN_SECONDS = (0.012, 0.03, 0.06, 0.12, 0.25, 0.5)
_FADES_OUT_SECONDS = (0.06, 0.12, 0.25, 0.5)
_PIECE = 2**18
# A beat at a slow tempo; the old sound rings on no longer than that.
_LONGEST_ENTRY_SECONDS = 1.0
_HOP_SECONDS = 0.01
_BEGUN_DB = 6.0


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
    source: Source, stems: dict[StemName, Samples], first: int, splice: Splice, own: Levels, folder: Path
) -> dict[StemName, str]:
    """Write master and stems of a song that is the source's outside a stretch.

    Args:
        source: The song.
        stems: New sound, shape (2, samples) each.
        first: The place in the song of their first sample.
        splice: The stretch.
        own: The song's levels: crossfades are as long as it takes for no seam to jump further than they do.
        folder: Where to write ``master.flac`` and the stems.

    Returns:
        File names of the stems.
    """
    stop = None if splice.stop is None else splice.stop - first
    cut = {stem: audio[:, splice.start - first : stop] for stem, audio in stems.items()}
    mix = sum(cut.values(), start=np.zeros_like(next(iter(cut.values()))))
    fades = _fade_in(source.master, mix, splice, own), _fade_out(source.master, mix, splice, own)
    names: dict[StemName, str] = {stem: stem_file(stem) for stem in get_args(StemName)}
    parts = {stem: _crossfaded(source.stems[stem], cut[stem], splice, *fades) for stem in names}
    master = sum(parts.values(), start=np.zeros_like(mix))

    def write(new: tuple[Path, Path, Samples]) -> None:
        _write_spliced(*new, splice)
        # Whoever keeps the files waits until the disk has them; it may as well begin now.
        Thread(target=_begin_to_flush, args=(new[1],), daemon=True).start()

    files = [(source.stems[stem], folder / name, parts[stem]) for stem, name in names.items()]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(write, [(source.master, folder / MASTER_FILE, master), *files]))
    return names


def splice_master(parent: Path, mix: Samples, first: int, splice: Splice, own: Levels, folder: Path) -> None:
    """Write the master of a recording that has no stems, with new sound in a stretch.

    Args:
        parent: The recording's master.
        mix: New sound, shape (2, samples).
        first: The place in the song of its first sample.
        splice: The stretch.
        own: The song's levels, as for ``splice_song``.
        folder: Where to write ``master.flac``.
    """
    cut = mix[:, splice.start - first : None if splice.stop is None else splice.stop - first]
    fades = _fade_in(parent, cut, splice, own), _fade_out(parent, cut, splice, own)
    _write_spliced(parent, folder / MASTER_FILE, _crossfaded(parent, cut, splice, *fades), splice)


def _begin_to_flush(path: Path) -> None:
    with suppress(OSError):
        flush_to_disk(path)


def _write_spliced(parent: Path, child: Path, fresh: Samples, splice: Splice) -> None:
    try:
        replace_frames(parent, child, splice.start, fresh, splice.stop)
    except ValueError:
        # Not as this version writes its files.
        write_flac_pieces(child, _pieces(parent, fresh, splice))


def _fade_in(parent: Path, mix: Samples, splice: Splice, own: Levels) -> int:
    """How many samples the new sound takes to come in."""
    if splice.start == 0:
        return 0
    before = read_flac(parent, max(0, splice.start - JUMP_SAMPLES), splice.start)
    least = _least_fade(
        _FADES_IN_SECONDS,
        mix.shape[1],
        lambda fade: np.concatenate(
            [before, _crossfaded(parent, mix[:, : max(fade, JUMP_SAMPLES)], splice, fade, 0)], axis=1
        )[:, : before.shape[1] + JUMP_SAMPLES],
        own,
    )
    return max(least, _entry(before, mix))


def _entry(before: Samples, new: Samples) -> int:
    """How many samples the old sound rings on: until the new one has begun, which may wait for a beat."""
    hop = round(_HOP_SECONDS * SAMPLE_RATE_HZ)
    count = min(new.shape[1] // 2, round(_LONGEST_ENTRY_SECONDS * SAMPLE_RATE_HZ)) // hop
    if not count:
        return 0
    hops = new[:, : count * hop].astype(np.float64).reshape(2, count, hop)
    powers = np.square(hops).mean(axis=(0, 2))
    old = float(np.square(before.astype(np.float64)).mean()) if before.size else 0.0
    wanted = min(old, float(powers.mean())) * 10 ** (-_BEGUN_DB / 10)
    return int(np.argmax(powers >= wanted)) * hop


def _fade_out(parent: Path, mix: Samples, splice: Splice, own: Levels) -> int:
    """How many samples the new sound takes to give way to the old."""
    if splice.stop is None:
        return 0
    stop = splice.stop
    behind = read_flac(parent, stop, stop + JUMP_SAMPLES)

    def seam(fade: int) -> Samples:
        near = mix[:, -max(fade, JUMP_SAMPLES) :]
        faded = _crossfaded(parent, near, Splice(stop - near.shape[1], stop), 0, fade)
        return np.concatenate([faded[:, -JUMP_SAMPLES:], behind], axis=1)

    return _least_fade(_FADES_OUT_SECONDS, mix.shape[1], seam, own)


def _least_fade(seconds: Sequence[float], samples: int, seam: Callable[[int], Samples], own: Levels) -> int:
    """The shortest of some fades with which the level at a seam jumps no further than within the song."""
    fades = [min(round(fade * SAMPLE_RATE_HZ), samples // 2) for fade in seconds]
    for fade in fades:
        if float(level_jumps_db(seam(fade)).max(initial=0.0)) <= own.largest_jump_db:
            return fade
    return fades[-1]


def _crossfaded(parent: Path, new: Samples, splice: Splice, fade_in: int, fade_out: int) -> Samples:
    """The stretch itself: new sound, faded in from the old and out into the old."""
    fresh = new.copy()
    length = fresh.shape[1]
    if fade_in:
        _mix_in(fresh[:, :fade_in], read_flac(parent, splice.start, splice.start + fade_in), _rising(fade_in))
    if fade_out:
        start = splice.start + length - fade_out
        old = read_flac(parent, start, start + fade_out)
        _mix_in(fresh[:, length - fade_out :], old, _rising(fade_out)[::-1])
    return fresh


def _mix_in(new: Samples, old: Samples, weight: NDArray[np.float64]) -> None:
    # The old song may end within the fade; what follows it is silence.
    missing = new.shape[1] - old.shape[1]
    old = np.pad(old, ((0, 0), (0, missing)))
    new[:] = np.rint(old + weight * (new - old))


def _rising(samples: int) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = np.square(np.sin(np.pi / 2 * (np.arange(samples) + 0.5) / samples))
    return weight


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
