"""Breaths between phrases."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ

__all__ = ["breath"]

_GAP_AFTER_SECONDS = 0.05
# Resonances of an open vocal tract while air streams in, and their widths, in hertz; measured breaths of
# singers peak near 1.6 kHz with a second hump above 4 kHz (Nakano et al., Interspeech 2008).
_RESONANCES = ((1600.0, 500.0, 1.0), (4300.0, 1500.0, 0.5), (8500.0, 3000.0, 0.18))


def breath(
    room_seconds: float, energy: float, chance: np.random.Generator
) -> tuple[NDArray[np.float32], float]:
    """An intake of breath.

    Args:
        room_seconds: The silence that it may use.
        energy: 0..1; more energy takes more air.
        chance: Draws the noise and its length.

    Returns:
        Samples at 44,100 Hz, and how many seconds before the next line they start.
    """
    seconds = float(np.clip(0.45 * room_seconds, 0.12, 0.42)) * (0.85 + 0.3 * chance.random())
    count = int(seconds * SAMPLE_RATE_HZ)
    spectrum = np.fft.rfft(chance.standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / SAMPLE_RATE_HZ)
    shape = np.zeros(len(frequencies))
    for centre, width, height in _RESONANCES:
        shape += height / (1 + ((frequencies - centre) / width) ** 2)
    shape[frequencies < 300] = 0
    noise = np.fft.irfft(spectrum * shape, count)
    way = np.linspace(0, 1, count)
    envelope = np.sin(np.pi * way**1.4) ** 1.5
    level = 0.012 * (0.7 + 0.6 * energy)
    noise *= envelope * level / (np.sqrt(np.mean(noise**2)) + 1e-12)
    return noise.astype(np.float32), seconds + _GAP_AFTER_SECONDS
