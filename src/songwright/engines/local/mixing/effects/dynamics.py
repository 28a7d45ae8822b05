"""Gains that follow sound or the score: compression, side-chain ducking, de-essing.

All of them are computed for hops of 64 samples and given as nodes for ``blocks.apply_gain``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import Audio, apply_gain, hop_peaks
from songwright.engines.local.mixing.effects.equaliser import Band, equalise

__all__ = ["HOP_SAMPLES", "Compression", "compression_db", "de_ess", "ducking_db", "smoothed"]

HOP_SAMPLES = 64
"""Samples between the nodes of every gain curve in this module: 1.5 ms."""

_HOPS_A_SECOND = SAMPLE_RATE_HZ / HOP_SAMPLES
_QUIET_DB = -120.0
_SHELF_DB = 12.0


@dataclass(frozen=True, slots=True)
class Compression:
    """Settings of a compressor with a soft knee.

    Attributes:
        threshold_db: Peak level at which it begins, dBFS.
        ratio: Decibels in for one decibel out, above the threshold.
        attack_seconds: Time constant of closing.
        release_seconds: Time constant of opening.
        knee_db: Width of the knee.
    """

    threshold_db: float
    ratio: float
    attack_seconds: float
    release_seconds: float
    knee_db: float = 6.0


def levels_db(peaks: NDArray[np.floating]) -> NDArray[np.float64]:
    """Magnitudes as dBFS, at least -120."""
    levels: NDArray[np.float64] = 20 * np.log10(np.maximum(peaks.astype(np.float64), 10 ** (_QUIET_DB / 20)))
    return levels


def compression_db(peaks: NDArray[np.floating], setting: Compression) -> NDArray[np.float64]:
    """The gain of a compressor.

    The detector is the smooth, decoupled one of D. Giannoulis, M. Massberg and J. D. Reiss, "Digital dynamic
    range compressor design", JAES 60(6), 2012, sections 2.3 and 3.1: an exponential release on the
    reduction, then an attack.

    Args:
        peaks: Of hops of 64 samples, from ``blocks.hop_peaks``.
        setting: How to compress.

    Returns:
        Decibels, 0 or less, shape (hops + 1,).
    """
    over = levels_db(peaks) - setting.threshold_db
    knee = setting.knee_db
    bent = np.clip(over + knee / 2, 0, knee) ** 2 / (2 * knee)
    reduction = (1 - 1 / setting.ratio) * np.where(over > knee / 2, over, bent)
    # An exponential release is a straight fall of the logarithm, so a running maximum computes it.
    slope = np.arange(reduction.size) / (_HOPS_A_SECOND * setting.release_seconds)
    held = np.exp(np.maximum.accumulate(np.log(np.maximum(reduction, 1e-6)) + slope) - slope)
    reduction = smoothed(held, setting.attack_seconds)
    return -np.append(reduction, reduction[-1:])


def smoothed(curve: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """A one-pole average over a curve of hops, from rest, with a time constant."""
    keep = float(np.exp(-1 / (_HOPS_A_SECOND * seconds)))
    average: NDArray[np.float64] = lfilter([1 - keep], [1, -keep], curve)
    return average


def ducking_db(
    kick_seconds: Sequence[float], depth_db: float, recovery_seconds: float, samples: int
) -> NDArray[np.float64]:
    """The gain of a side chain that the score drives: down at each kick, back up along a half cosine.

    Args:
        kick_seconds: When the kick strikes, from the first sample; those outside are ignored.
        depth_db: How far down, 0 or more.
        recovery_seconds: From the kick until the gain is back.
        samples: Length of the sound.

    Returns:
        Decibels, 0 or less, shape (hops + 1,).
    """
    nodes = np.zeros(-(-samples // HOP_SAMPLES) + 1)
    # Closing takes 4 ms and begins ahead of the kick, so that its attack stands clear.
    closing = np.linspace(0, 1, 4)[1:]
    opening = 0.5 + 0.5 * np.cos(np.linspace(0, np.pi, max(2, round(recovery_seconds * _HOPS_A_SECOND))))
    dip = -depth_db * np.concatenate([closing, opening])
    for kick in kick_seconds:
        start = round(kick * _HOPS_A_SECOND) - closing.size
        first, last = max(start, 0), min(start + dip.size, nodes.size)
        if first < last:
            np.minimum(nodes[first:last], dip[first - start : last - start], out=nodes[first:last])
    return nodes


def de_ess(audio: Audio, reference_peak: float, corner_hz: float = 5500.0) -> Audio:
    """Lower the hiss of s and sh where it stands out of the voice, in place.

    The voice is faded towards a copy whose treble a shelf has lowered by 12 dB, only while that treble
    peaks above a fifth of the voice. What the shelf takes away tells how much treble there is.

    Args:
        audio: Shape (channels, samples).
        reference_peak: Magnitude of the voice's usual peaks.
        corner_hz: Where the hiss begins.
    """
    taken = 1 - 10 ** (-_SHELF_DB / 20)
    setting = Compression(20 * log10(0.2 * reference_peak * taken), 4.0, 0.001, 0.04)
    change = equalise(audio.copy(), (Band("high_shelf", corner_hz, -_SHELF_DB),))
    change -= audio
    gains_db = np.maximum(compression_db(hop_peaks(change, HOP_SAMPLES), setting), -_SHELF_DB)
    audio += apply_gain(change, (1 - 10 ** (gains_db / 20)) / taken, HOP_SAMPLES)
    return audio
