"""The top octave that the network does not give: it ends at 12 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ

__all__ = ["add_air"]

_BAND_HZ = (5500.0, 9500.0)
_AIR_HZ = (11_500.0, 18_000.0)
_ENVELOPE_SAMPLES = 221


def add_air(samples: NDArray[np.float32], amount: float = 0.35) -> NDArray[np.float32]:
    """Add what lies above 11.5 kHz, made from the band below.

    The band is squared, which doubles its frequencies, and divided by its envelope, which keeps its
    loudness: an exciter whose level follows the voice.

    Args:
        samples: Mono at 44,100 Hz.
        amount: Level of the new band relative to the band that it is made from.
    """
    count = len(samples)
    if count < 2 * _ENVELOPE_SAMPLES:
        return samples
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.ndimage import uniform_filter1d

    length = next_fast_len(count, real=True)
    hertz = (np.arange(length // 2 + 1) * (SAMPLE_RATE_HZ / length)).astype(np.float32)
    band = irfft(rfft(samples, length) * _window(hertz, _BAND_HZ), length)
    squared = np.square(band)
    doubled = squared / (np.sqrt(uniform_filter1d(squared, _ENVELOPE_SAMPLES)) + np.float32(1e-5))
    air = irfft(rfft(doubled) * _window(hertz, _AIR_HZ), length)[:count]
    return np.asarray(samples + np.float32(amount) * air, np.float32)


def _window(hertz: NDArray[np.float32], band_hz: tuple[float, float]) -> NDArray[np.float32]:
    """A band with slopes of 800 Hz."""
    rising = np.clip((hertz - band_hz[0]) / 800 + 0.5, 0, 1)
    falling = np.clip((band_hz[1] - hertz) / 800 + 0.5, 0, 1)
    return np.asarray(rising * falling, np.float32)
