"""Levels of new sound beside old sound that must stay as it is."""

from __future__ import annotations

from math import log10

import numpy as np
from numpy.typing import NDArray

from songwright.audio.loudness import SILENT_DB, integrated_loudness, weighted_energies
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.levels import STEP_SAMPLES

__all__ = [
    "energies_of",
    "gain_for_loudness_db",
    "gain_to_be_as_loud_db",
    "loudness_of",
    "voice_over_backing_db",
]

_FURTHEST_DB = 3.0


def energies_of(audio: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.float64]:
    """The weighted energy of every tenth of a second."""
    return weighted_energies(audio, SAMPLE_RATE_HZ, STEP_SAMPLES)


def voice_over_backing_db(voice: NDArray[np.float64], backing: NDArray[np.float64]) -> float | None:
    """How far a voice stands over its backing while it sings; None where either is silent.

    Args:
        voice: From ``energies_of``.
        backing: The same, of one length.
    """
    singing = voice > 0.05 * voice.max(initial=0.0)
    if not singing.any():
        return None
    sung, behind = float(voice[singing].mean()), float(backing[singing].mean())
    return 10 * log10(sung / behind) if behind > 0 else None


def gain_for_loudness_db(
    changed: NDArray[np.float64], kept: NDArray[np.float64], integrated_lufs: float
) -> float:
    """The gain of new sound with which it and the kept sound together are so loud, 3 dB at most.

    Args:
        changed: From ``energies_of``.
        kept: The same, of one length.
        integrated_lufs: Of the two together.
    """

    def miss(gain_db: float) -> float:
        both = kept + changed * 10 ** (gain_db / 10)
        return integrated_loudness(both, STEP_SAMPLES, SAMPLE_RATE_HZ) - integrated_lufs

    if integrated_loudness(changed, STEP_SAMPLES, SAMPLE_RATE_HZ) <= SILENT_DB:
        return 0.0
    low, high = -_FURTHEST_DB, _FURTHEST_DB
    for _ in range(24):
        middle = (low + high) / 2
        low, high = (middle, high) if miss(middle) < 0 else (low, middle)
    return (low + high) / 2


def gain_to_be_as_loud_db(new: NDArray[np.float64], lufs: float) -> float:
    """The gain with which new sound has an integrated loudness; 0 for silence.

    Args:
        new: From ``energies_of``.
        lufs: The loudness that is wanted.
    """
    now = loudness_of(new)
    return 0.0 if now <= SILENT_DB else lufs - now


def loudness_of(energies: NDArray[np.float64]) -> float:
    """The integrated loudness in LUFS of what ``energies_of`` measured."""
    return integrated_loudness(energies, STEP_SAMPLES, SAMPLE_RATE_HZ)
