"""Measures what an edit promised, on the files that it wrote."""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import ceil, log10
from pathlib import Path

import numpy as np

from songwright.audio.flac import read_flac
from songwright.audio.flac_frames import Frames, mapped
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ
from songwright.engines.local.mixing.levels import JUMP_SAMPLES, NOTHING_DBFS, Levels, level_jumps_db
from songwright.music.song import EditPromise

__all__ = ["Kept", "measure_promise"]

_NEAR_SEAM = SAMPLE_RATE_HZ // 1000
_PIECE = 2**18


@dataclass(frozen=True, slots=True)
class Kept:
    """What was to stay.

    Attributes:
        words: Such as "outside 31.20-47.20 s".
        files: Pairs of old and new files that must agree.
        start: Where the stretch begins in which they need not, in samples; None where they must agree whole.
        stop: Behind its end; None where all that followed was replaced.
        seams: Where old meets new in the master, in samples.
    """

    words: str
    files: Sequence[tuple[Path, Path]] = ()
    start: int | None = None
    stop: int | None = None
    seams: Sequence[int] = ()


def measure_promise(
    kept: Kept, own: Levels, child: Path, stems: Sequence[Path], notes_kept: float | None = None
) -> EditPromise:
    """Read the files again and measure.

    Args:
        kept: What was to stay.
        own: The levels of the old master.
        child: The new master.
        stems: The new stems; none where the song has none. Where only a stretch of the files is new, their
            sum is measured there: around it all of them were found to be the old ones.
        notes_kept: Share of the sung notes that stayed, where that was promised.
    """
    with ThreadPoolExecutor(2) as pool:
        residual = pool.submit(_residual_dbfs, child, stems, kept.start or 0, kept.stop) if stems else None
        differences = list(pool.map(lambda pair: _difference(pair[0], pair[1], kept), kept.files))
    steps = [_step_at(child, seam) for seam in kept.seams]
    jumps = [_jump_at(child, seam) for seam in kept.seams]
    return EditPromise(
        kept=kept.words,
        outside_max_abs_diff=max(differences, default=None),
        seam_max_step=max(steps, default=None),
        song_max_step=own.largest_step if kept.seams else None,
        seam_max_jump_db=max(jumps, default=None),
        song_max_jump_db=own.largest_jump_db if kept.seams else None,
        stems_residual_dbfs=residual.result() if residual else None,
        notes_kept=notes_kept,
    )


def _difference(old: Path, new: Path, kept: Kept) -> float:
    """The largest difference of two files where they must agree, full scale 1.0.

    Frames that are the same bytes hold the same samples; only others are decoded.
    """
    with mapped(old) as before, mapped(new) as behind:
        if kept.start is None:
            same = _are_same(before, behind, (0, 0), (len(before), len(behind)))
            return 0.0 if same else _decoded_difference(old, new, 0, None)
        try:
            frames, others = Frames(before), Frames(behind)
            block = frames.block_samples
            first = kept.start // block
            ends = frames.offset(first), others.offset(first)
            same = _are_same(before, behind, (frames.first, others.first), ends)
            same_until = first * block if same else 0
            same_from = None
            if kept.stop is not None:
                last = ceil(kept.stop / block)
                starts = frames.offset(last), others.offset(last)
                same = _are_same(before, behind, starts, (len(before), len(behind)))
                same_from = last * block if same else None
        except ValueError:
            same_until, same_from = 0, None
    largest = _decoded_difference(old, new, same_until, kept.start)
    if kept.stop is not None:
        largest = max(largest, _decoded_difference(old, new, kept.stop, same_from))
    return largest


def _are_same(one: mmap.mmap, other: mmap.mmap, starts: tuple[int, int], ends: tuple[int, int]) -> bool:
    """Whether two stretches of bytes are the same."""
    if ends[0] - starts[0] != ends[1] - starts[1]:
        return False
    count = ends[0] - starts[0]
    first = np.frombuffer(one, np.uint8, count, starts[0])
    second = np.frombuffer(other, np.uint8, count, starts[1])
    return bool(np.array_equal(first, second))


def _decoded_difference(old: Path, new: Path, first: int, last: int | None) -> float:
    largest = 0
    start = first
    while last is None or start < last:
        stop = start + _PIECE if last is None else min(start + _PIECE, last)
        before, behind = read_flac(old, start, stop), read_flac(new, start, stop)
        if before.shape != behind.shape:
            return 1.0
        if not before.shape[1]:
            break
        largest = max(largest, int(np.abs(before - behind).max()))
        start = stop
    return largest / FULL_SCALE_INT24


def _residual_dbfs(master: Path, stems: Sequence[Path], start: int, stop: int | None) -> float:
    """The largest sample of the master minus its stems."""
    largest = 0
    while stop is None or start < stop:
        last = start + _PIECE if stop is None else min(start + _PIECE, stop)
        rest = read_flac(master, start, last)
        if not rest.shape[1]:
            break
        for stem in stems:
            rest -= read_flac(stem, start, last)
        largest = max(largest, int(np.abs(rest).max()))
        start = last
    return 20 * log10(largest / FULL_SCALE_INT24) if largest else NOTHING_DBFS


def _step_at(path: Path, seam: int) -> float:
    near = read_flac(path, max(0, seam - _NEAR_SEAM - 1), seam + _NEAR_SEAM)
    return float(np.abs(np.diff(near, axis=1)).max(initial=0)) / FULL_SCALE_INT24


def _jump_at(path: Path, seam: int) -> float:
    around = read_flac(path, max(0, seam - JUMP_SAMPLES), seam + JUMP_SAMPLES)
    return round(float(level_jumps_db(around).max(initial=0.0)), 2)
