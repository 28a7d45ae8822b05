"""Measures what an edit promised, on the files that it wrote."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import log10
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.audio_files import FULL_SCALE_INT24, read_flac
from songwright.engines.local.performance import SAMPLE_RATE_HZ
from songwright.music.song import EditPromise

__all__ = ["Kept", "measure_promise"]

_NEAR_SEAM = SAMPLE_RATE_HZ // 1000
_HOP = 220
_HOPS_A_LEVEL = 10
_FLOOR_DB = -60.0
_PIECE = _HOP * 1000
_SILENT_DBFS = -200.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What was to stay.

    Attributes:
        words: Such as "outside 31.20-47.20 s".
        files: Pairs of old and new files that must agree.
        outside: Stretches of these in which they must, in samples; None for the end.
        seams: Where old meets new in the master, in samples.
    """

    words: str
    files: Sequence[tuple[Path, Path]] = ()
    outside: Sequence[tuple[int, int | None]] = ((0, None),)
    seams: Sequence[int] = ()


def measure_promise(
    kept: Kept, parent: Path, child: Path, stems: Sequence[Path], notes_kept: float | None = None
) -> EditPromise:
    """Read the files again and measure.

    Args:
        kept: What was to stay.
        parent: The old master.
        child: The new master.
        stems: The new stems.
        notes_kept: Share of the sung notes that stayed, where that was promised.
    """
    with ThreadPoolExecutor(2) as pool:
        residual = pool.submit(_residual_dbfs, child, stems)
        own = pool.submit(_largest_changes, parent) if kept.seams else None
        differences = list(pool.map(lambda pair: _difference(pair[0], pair[1], kept.outside), kept.files))
        steps, jumps = _at_seams(child, kept.seams)
        song_step, song_jump = own.result() if own else (None, None)
        return EditPromise(
            kept=kept.words,
            outside_max_abs_diff=max(differences) if differences else None,
            seam_max_step=max(steps, default=None),
            song_max_step=song_step,
            seam_max_jump_db=max(jumps, default=None),
            song_max_jump_db=song_jump,
            stems_residual_dbfs=residual.result(),
            notes_kept=notes_kept,
        )


def _difference(old: Path, new: Path, outside: Sequence[tuple[int, int | None]]) -> float:
    """The largest difference of two files within some stretches, full scale 1.0."""
    largest = 0
    for first, last in outside:
        start = first
        while last is None or start < last:
            stop = start + _PIECE if last is None else min(start + _PIECE, last)
            before, behind = read_flac(old, start, stop), read_flac(new, start, stop)
            if before.shape != behind.shape:
                # A file that ends early differs by all that is missing.
                longest = max(before, behind, key=lambda piece: piece.shape[1])
                return float(np.abs(longest).max(initial=0)) / FULL_SCALE_INT24 or 1.0
            if not before.shape[1]:
                break
            largest = max(largest, int(np.abs(before - behind).max()))
            start = stop
    return largest / FULL_SCALE_INT24


def _residual_dbfs(master: Path, stems: Sequence[Path]) -> float:
    """The largest sample of the master minus its stems."""
    largest = 0
    start = 0
    while True:
        rest = read_flac(master, start, start + _PIECE)
        if not rest.shape[1]:
            break
        for stem in stems:
            rest = rest - read_flac(stem, start, start + _PIECE)
        largest = max(largest, int(np.abs(rest).max()))
        start += _PIECE
    return 20 * log10(largest / FULL_SCALE_INT24) if largest else _SILENT_DBFS


def _largest_changes(path: Path) -> tuple[float, float]:
    """A song's largest step from sample to sample, and its largest change of level, in dB."""
    step = 0
    start = 0
    powers: list[NDArray[np.float64]] = []
    while (piece := read_flac(path, start, start + _PIECE)).shape[1]:
        step = max(step, int(np.abs(np.diff(piece, axis=1)).max(initial=0)))
        powers.append(_powers(piece))
        start += piece.shape[1]
    jump = float(_jumps(np.concatenate(powers)).max(initial=0.0)) if powers else 0.0
    return step / FULL_SCALE_INT24, round(jump, 2)


def _powers(piece: NDArray[np.int32]) -> NDArray[np.float64]:
    """The mean power of every 5 ms."""
    count = piece.shape[1] // _HOP
    powers = np.zeros(count)
    for channel in piece:
        frames = channel[: count * _HOP].reshape(count, _HOP).astype(np.float32)
        powers += np.einsum("ij,ij->i", frames, frames, dtype=np.float64)
    return powers / (2 * _HOP * FULL_SCALE_INT24**2)


def _jumps(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The change of level, in dB, from the 50 ms before to the 50 ms behind every 5 ms.

    Levels below a floor under which nobody hears a jump count as the floor.
    """
    sums = np.cumsum(np.insert(powers, 0, 0.0))
    means = (sums[_HOPS_A_LEVEL:] - sums[:-_HOPS_A_LEVEL]) / _HOPS_A_LEVEL
    levels = 10 * np.log10(np.maximum(means, 10 ** (_FLOOR_DB / 10)))
    jumps: NDArray[np.float64] = np.abs(levels[_HOPS_A_LEVEL:] - levels[:-_HOPS_A_LEVEL])
    return jumps


def _at_seams(path: Path, seams: Sequence[int]) -> tuple[list[float], list[float]]:
    steps, jumps = [], []
    reach = _HOP * _HOPS_A_LEVEL
    for seam in seams:
        near = read_flac(path, max(0, seam - _NEAR_SEAM - 1), seam + _NEAR_SEAM)
        steps.append(float(np.abs(np.diff(near, axis=1)).max(initial=0)) / FULL_SCALE_INT24)
        around = read_flac(path, max(0, seam - reach), seam + reach)
        jumps.append(round(float(_jumps(_powers(around)).max(initial=0.0)), 2))
    return steps, jumps
