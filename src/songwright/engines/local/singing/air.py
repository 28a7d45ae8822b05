"""The top octave that the network does not give: it ends at 12 kHz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.performance import SAMPLE_RATE_HZ

__all__ = ["add_air"]

_BAND_HZ = (5500.0, 9500.0)
_AIR_HZ = (11_500.0, 18_000.0)
_ENVELOPE_SAMPLES = 441


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
    frequencies = np.arange(count // 2 + 1) * (SAMPLE_RATE_HZ / count)
    band = np.fft.irfft(np.fft.rfft(samples) * _window(frequencies, _BAND_HZ), count)
    power = np.convolve(band**2, np.hanning(_ENVELOPE_SAMPLES) * 2 / _ENVELOPE_SAMPLES, "same")
    doubled = band**2 / (np.sqrt(np.maximum(power, 0)) + 1e-5)
    air = np.fft.irfft(np.fft.rfft(doubled) * _window(frequencies, _AIR_HZ), count)
    return np.asarray(samples + amount * air, np.float32)


def _window(frequencies: NDArray[np.float64], band_hz: tuple[float, float]) -> NDArray[np.float64]:
    """A band with slopes of 800 Hz."""
    rising = np.clip((frequencies - band_hz[0]) / 800 + 0.5, 0, 1)
    falling = np.clip((band_hz[1] - frequencies) / 800 + 0.5, 0, 1)
    return rising * falling
