"""Fits a new stem beside others that must stay as they are, sample for sample."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from songwright.audio.loudness import true_peak_curve
from songwright.audio.pcm import FULL_SCALE_INT24, to_float
from songwright.engines.local.mixing.effects.blocks import Audio, apply_gain, blocks
from songwright.engines.local.mixing.mastering import LIMITER_HOP_SAMPLES, limiter_gains
from songwright.music.actions import StemName

__all__ = ["fit_all_beside", "fit_beside"]

_RELEASE_DB_A_SECOND = 60.0
_AIM_BELOW_CEILING_DB = 0.1


def fit_beside(stem: Audio, beside: NDArray[np.int32], true_peak_dbtp: float = -1.0) -> NDArray[np.int32]:
    """Limit a stem alone so that its sum with what is beside it keeps under a ceiling.

    Args:
        stem: Shape (2, samples), at its wanted level. **Used up**: its memory becomes the result's.
        beside: Shape (2, samples), 24-bit integers, the sum of what stays.
        true_peak_dbtp: The ceiling. Where ``beside`` alone exceeds it, the stem falls silent at most.

    Returns:
        The stem as 24-bit integers, shape (2, samples).
    """
    return _quantised(stem, _gains_beside(stem, beside, true_peak_dbtp))


def fit_all_beside(
    stems: Mapping[StemName, Audio], beside: NDArray[np.int32], true_peak_dbtp: float = -1.0
) -> dict[StemName, NDArray[np.int32]]:
    """Limit several stems alike, as :func:`fit_beside` does one.

    Args:
        stems: Shape (2, samples) each. **Used up**.
        beside: As there.
        true_peak_dbtp: As there.

    Returns:
        The stems as 24-bit integers.
    """
    together = np.zeros_like(beside, np.float32)
    for audio in stems.values():
        together += audio
    gains = _gains_beside(together, beside, true_peak_dbtp)
    return {name: _quantised(audio, gains) for name, audio in stems.items()}


def _gains_beside(stem: Audio, beside: NDArray[np.int32], true_peak_dbtp: float) -> NDArray[np.float64]:
    """A gain curve for a stem with which its sum with what is beside it keeps under a ceiling.

    The peak of ``beside + gain * stem`` is a convex function of the gain, so it lies below the straight
    line from the peak without the stem to the peak with all of it. That line says how much gain is safe.
    """
    ceiling = 10 ** ((true_peak_dbtp - _AIM_BELOW_CEILING_DB) / 20)
    both = to_float(beside)
    without = true_peak_curve(both, floor=ceiling / 4).astype(np.float64)
    both += stem
    full = true_peak_curve(both, floor=ceiling / 2).astype(np.float64)
    room = np.maximum(ceiling - without, 0.0)
    needed = np.where(full > ceiling, room / np.maximum(full - without, 1e-9), 1.0)
    return limiter_gains(np.clip(needed, 1e-3, 1.0), _RELEASE_DB_A_SECOND)


def _quantised(stem: Audio, gains: NDArray[np.float64]) -> NDArray[np.int32]:
    apply_gain(stem, gains, LIMITER_HOP_SAMPLES)
    whole = stem.view(np.int32)
    largest = FULL_SCALE_INT24 - 1
    for start, stop in blocks(stem.shape[1]):
        scaled = stem[:, start:stop] * np.float32(FULL_SCALE_INT24)
        whole[:, start:stop] = np.rint(np.clip(scaled, -largest, largest))
    return whole
