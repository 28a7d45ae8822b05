"""A song's level through time, kept with it, so that an edit knows the whole without hearing it again."""

from __future__ import annotations

from math import log10
from typing import Self

import numpy as np
from numpy.typing import NDArray

from songwright.audio.loudness import SILENT_DB, integrated_loudness, true_peak_curve, weighted_energies
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ
from songwright.music.base import Model
from songwright.music.song import Loudness

__all__ = ["JUMP_SAMPLES", "NOTHING_DBFS", "STEP_SAMPLES", "Levels", "level_jumps_db", "measure_levels"]

STEP_SAMPLES = SAMPLE_RATE_HZ // 10
"""The levels' steps: tenths of a second."""

NOTHING_DBFS = -200.0
"""Stands for digital silence."""

JUMP_SAMPLES = SAMPLE_RATE_HZ // 20

_RUN_SAMPLES = 32
_HOP_SAMPLES = 220
_HOPS_A_LEVEL = 10
_PIECE_SAMPLES = 2**18
_HOPS_A_PIECE = _PIECE_SAMPLES // _HOP_SAMPLES
_FLOOR_DB = -60.0


class Levels(Model):
    """What was measured on a master in 24-bit integers.

    Attributes:
        energies: The K-weighted energy of every tenth of a second.
        peaks: Its true peak, full scale 1.0.
        largest_step: From one sample to the next, full scale 1.0.
        largest_jump_db: Of the level, from the 50 ms before to the 50 ms behind a moment.
        stems_residual_dbfs: Peak of the master minus the sum of its stems.
    """

    energies: tuple[float, ...] = ()
    peaks: tuple[float, ...] = ()
    largest_step: float = 0.0
    largest_jump_db: float = 0.0
    stems_residual_dbfs: float = NOTHING_DBFS

    @property
    def loudness(self) -> Loudness:
        """Integrated loudness and true peak of the whole."""
        peak = max(self.peaks, default=0.0)
        return Loudness(
            integrated_lufs=integrated_loudness(np.array(self.energies), STEP_SAMPLES, SAMPLE_RATE_HZ),
            true_peak_dbtp=max(SILENT_DB, 20 * log10(max(peak, 1e-12))),
        )

    def spliced(self, new: Levels, first: int, last: int | None) -> Self:
        """These levels with others in a stretch.

        Args:
            new: Of the stretch from step ``first``.
            first: The first step that is new.
            last: Behind the last one; None where all that followed is new.
        """
        count = len(new.energies) if last is None else last - first

        def put(old: tuple[float, ...], fresh: tuple[float, ...]) -> tuple[float, ...]:
            return (*old[:first], *fresh[:count], *(() if last is None else old[last:]))

        return self.model_copy(
            update={
                "energies": put(self.energies, new.energies),
                "peaks": put(self.peaks, new.peaks),
                "largest_step": max(self.largest_step, new.largest_step),
                "largest_jump_db": max(self.largest_jump_db, new.largest_jump_db),
                "stems_residual_dbfs": max(self.stems_residual_dbfs, new.stems_residual_dbfs),
            }
        )


def measure_levels(master: NDArray[np.int32], stems_residual_dbfs: float | None = None) -> Levels:
    """Measure a master, or a stretch of one that begins on a step.

    Args:
        master: Shape (2, samples), 24-bit integers.
        stems_residual_dbfs: What was measured of its stems.
    """
    energies = weighted_energies(master, SAMPLE_RATE_HZ, STEP_SAMPLES)
    loudest = max(int(master.max(initial=0)), -int(master.min(initial=0))) / FULL_SCALE_INT24
    runs = true_peak_curve(master, floor=loudest / 2)
    steps = np.minimum(np.arange(runs.size) * _RUN_SAMPLES // STEP_SAMPLES, energies.size - 1)
    peaks = np.zeros(energies.size)
    np.maximum.at(peaks, steps, runs)
    # A piece at a time: whole copies would be the largest thing in memory while a song is saved.
    pieces = range(0, master.shape[1], _PIECE_SAMPLES)
    step = max(
        (
            int(np.abs(np.diff(master[:, start : start + _PIECE_SAMPLES + 1])).max(initial=0))
            for start in pieces
        ),
        default=0,
    )
    return Levels(
        energies=tuple(float(f"{energy:.6g}") for energy in energies),
        peaks=tuple(float(f"{peak:.6g}") for peak in peaks),
        largest_step=step / FULL_SCALE_INT24,
        stems_residual_dbfs=NOTHING_DBFS if stems_residual_dbfs is None else stems_residual_dbfs,
        largest_jump_db=round(float(level_jumps_db(master).max(initial=0.0)), 2),
    )


def level_jumps_db(master: NDArray[np.int32]) -> NDArray[np.float64]:
    """The change of level from the 50 ms before to the 50 ms behind every 5 ms.

    Levels below a floor under which nobody hears a jump count as the floor.
    """
    count = master.shape[1] // _HOP_SAMPLES
    powers = np.zeros(count)
    for channel in master:
        whole = channel[: count * _HOP_SAMPLES].reshape(count, _HOP_SAMPLES)
        for first in range(0, count, _HOPS_A_PIECE):
            frames = whole[first : first + _HOPS_A_PIECE].astype(np.float32)
            powers[first : first + _HOPS_A_PIECE] += np.einsum("ij,ij->i", frames, frames)
    sums = np.cumsum(np.insert(powers / (2 * _HOP_SAMPLES * FULL_SCALE_INT24**2), 0, 0.0))
    if sums.size < 2 * _HOPS_A_LEVEL + 1:
        return np.zeros(0)
    means = (sums[_HOPS_A_LEVEL:] - sums[:-_HOPS_A_LEVEL]) / _HOPS_A_LEVEL
    levels = 10 * np.log10(np.maximum(means, 10 ** (_FLOOR_DB / 10)))
    jumps: NDArray[np.float64] = np.abs(levels[_HOPS_A_LEVEL:] - levels[:-_HOPS_A_LEVEL])
    return jumps
