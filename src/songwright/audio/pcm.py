"""Linear PCM as songs are kept: 24-bit integers at 44.1 kHz; full scale is 1.0 where it is floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["FULL_SCALE_INT24", "SAMPLE_RATE_HZ", "Samples", "to_float", "to_int24"]

SAMPLE_RATE_HZ = 44_100
"""The sample rate of every song, and of everything inside the embedded engine."""

Samples = NDArray[np.int32]
"""Sound as it is kept: shape (channels, samples), 24-bit integers."""

FULL_SCALE_INT24 = 2**23
"""The integer that stands for full scale, 1.0; the largest sample is one less."""


def to_int24(audio: NDArray[np.floating]) -> NDArray[np.int32]:
    """Round sound to 24-bit integers, ties to even.

    Args:
        audio: Any shape, full scale 1.0.

    Raises:
        ValueError: A sample is beyond full scale, or not a number.
    """
    scaled = np.rint(audio * FULL_SCALE_INT24)
    if scaled.size and not (scaled.min() >= -FULL_SCALE_INT24 and scaled.max() < FULL_SCALE_INT24):
        raise ValueError("audio: beyond full scale; lower its gain before it is made 24-bit")
    whole: NDArray[np.int32] = scaled.astype(np.int32)
    return whole


def to_float(samples: NDArray[np.int32]) -> NDArray[np.float32]:
    """24-bit integers as sound with full scale 1.0. Exact."""
    return samples.astype(np.float32) * np.float32(1 / FULL_SCALE_INT24)
