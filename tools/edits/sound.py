"""Measures of edits, taken from the FLAC files alone: nothing here comes from the engine's own figures."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from math import log10
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

__all__ = ["SILENT_DBFS", "Samples", "difference", "jump_db", "read", "residual_dbfs", "step"]

SAMPLE_RATE_HZ = 44_100
SILENT_DBFS = -200.0

_FULL_SCALE = 2**31
_LEVEL = SAMPLE_RATE_HZ // 20
_HOP = 220
_FLOOR_DB = -60.0

Samples = NDArray[np.int32]


def read(path: Path) -> Samples:
    """All samples, shape (samples, channels), as 32-bit integers."""
    samples, rate = soundfile.read(path, dtype="int32", always_2d=True)
    if rate != SAMPLE_RATE_HZ:
        raise ValueError(f"{path.name}: at {rate} Hz")
    return samples


def difference(old: Samples, new: Samples, outside: Sequence[tuple[int, int | None]] = ((0, None),)) -> float:
    """The largest difference within some stretches, full scale 1.0."""
    largest = 0.0
    for start, stop in outside:
        one, other = old[start:stop], new[start:stop]
        if one.shape != other.shape:
            return 1.0
        if one.size:
            largest = max(largest, float(np.abs(one.astype(np.int64) - other).max()) / _FULL_SCALE)
    return largest


def residual_dbfs(master: Samples, stems: Sequence[Samples]) -> float:
    """The peak of the master minus the sum of its stems."""
    rest = master.astype(np.int64)
    for stem in stems:
        rest -= stem
    peak = float(np.abs(rest).max()) / _FULL_SCALE
    return 20 * log10(peak) if peak else SILENT_DBFS


def step(samples: Samples, near: int | None = None) -> float:
    """The largest step from one sample to the next: of all, or within 1 ms of a place."""
    if near is not None:
        reach = SAMPLE_RATE_HZ // 1000
        samples = samples[max(0, near - reach - 1) : near + reach]
    return float(np.abs(np.diff(samples.astype(np.int64), axis=0)).max(initial=0)) / _FULL_SCALE


def jump_db(samples: Samples, at: int | None = None) -> float:
    """The largest change of level from 50 ms to the next 50 ms: of all, or at a place."""
    if at is not None:
        before, behind = samples[max(0, at - _LEVEL) : at], samples[at : at + _LEVEL]
        return abs(_level_db(behind) - _level_db(before))
    levels = [_level_db(samples[start : start + _LEVEL]) for start in range(0, len(samples) - _LEVEL, _HOP)]
    apart = round(_LEVEL / _HOP)
    return max(
        (abs(b - a) for a, b in zip(levels, itertools.islice(levels, apart, None), strict=False)), default=0.0
    )


def _level_db(samples: Samples) -> float:
    if not samples.size:
        return _FLOOR_DB
    power = float(np.square(samples / _FULL_SCALE).mean())
    return max(_FLOOR_DB, 10 * log10(max(power, 1e-20)))
