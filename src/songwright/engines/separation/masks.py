"""Sound through masks over time and frequency, chunk by chunk, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import median_filter

from songwright.audio.pcm import SAMPLE_RATE_HZ

__all__ = [
    "BINS",
    "Masks",
    "Spectrum",
    "frequencies_hz",
    "percussive_share",
    "through_masks",
]

WINDOW, HOP = 4_096, 1_024
BINS = WINDOW // 2 + 1
CHUNK_FRAMES = 512
_MARGIN_FRAMES = 32
_KEPT_FRAMES = CHUNK_FRAMES - 2 * _MARGIN_FRAMES
# Frames centred before the start and behind the end still reach into the sound.
_LEAD_FRAMES = 2
# The squared Hann window, a quarter of its length apart, sums to this.
_OVERLAP_GAIN = 1.5
_MEDIAN_FRAMES, _MEDIAN_BINS = 17, 17

Stereo = NDArray[np.float32]
"""Shape (2, samples)."""

Spectrum = NDArray[np.complex64]
"""Shape (2, frames, bins): ``CHUNK_FRAMES`` frames, not normalised."""

Masks = tuple[NDArray[np.float32], ...]
"""One a sound to make, each 0..1 and of a shape that broadcasts to the spectrum's."""


def through_masks(
    audio: Stereo, masks_of: Callable[[Spectrum], Masks], count: int, report: Callable[[float], None]
) -> tuple[Stereo, ...]:
    """Filter sound by masks.

    Args:
        audio: Shape (2, samples) at 44.1 kHz.
        masks_of: Gives ``count`` masks for a chunk of the spectrum.
        count: How many sounds to make.
        report: Receives the share that is done, 0..1.
    """
    samples = audio.shape[1]
    frames = samples // HOP + 2 * _LEAD_FRAMES
    window = np.hanning(WINDOW + 1)[:-1].astype(np.float32)
    sounds = tuple(np.zeros((2, samples + 3 * WINDOW), np.float32) for _ in range(count))
    for first in range(0, frames, _KEPT_FRAMES):
        spectrum = _spectrum(audio, first - _LEAD_FRAMES - _MARGIN_FRAMES, window)
        kept = slice(_MARGIN_FRAMES, _MARGIN_FRAMES + min(_KEPT_FRAMES, frames - first))
        for sound, mask in zip(sounds, masks_of(spectrum), strict=True):
            masked = spectrum[:, kept] * np.broadcast_to(mask, spectrum.shape)[:, kept]
            pieces = fft.irfft(masked, WINDOW, axis=2).astype(np.float32) * (window / _OVERLAP_GAIN)
            for number in range(pieces.shape[1]):
                at = (first + number) * HOP
                room = min(WINDOW, sound.shape[1] - at)
                sound[:, at : at + room] += pieces[:, number, :room]
        report(min(1.0, (first + _KEPT_FRAMES) / frames))
    # The first frame is centred _LEAD_FRAMES before the start and begins half a window before that.
    begin = _LEAD_FRAMES * HOP + WINDOW // 2
    return tuple(sound[:, begin : begin + samples].copy() for sound in sounds)


def _spectrum(audio: Stereo, first_frame: int, window: NDArray[np.float32]) -> Spectrum:
    begin = first_frame * HOP - WINDOW // 2
    length = (CHUNK_FRAMES - 1) * HOP + WINDOW
    chunk = np.zeros((2, length), np.float32)
    heard = audio[:, max(0, begin) : max(0, begin + length)]
    offset = max(0, -begin)
    chunk[:, offset : offset + heard.shape[1]] = heard
    frames = np.lib.stride_tricks.sliding_window_view(chunk, WINDOW, axis=1)[:, ::HOP]
    return np.asarray(fft.rfft(frames * window, axis=2), np.complex64)


def frequencies_hz() -> NDArray[np.float64]:
    """The frequency of every bin."""
    return np.fft.rfftfreq(WINDOW, 1 / SAMPLE_RATE_HZ).astype(np.float64, copy=False)


def percussive_share(magnitude: NDArray[np.float32]) -> NDArray[np.float32]:
    """How percussive each place is, 0..1, by medians along time and frequency.

    Fitzgerald, "Harmonic/percussive separation using median filtering" (2010), with his soft masks.

    Args:
        magnitude: Shape (frames, bins).
    """
    steady = median_filter(magnitude, size=(_MEDIAN_FRAMES, 1), mode="nearest")
    struck = median_filter(magnitude, size=(1, _MEDIAN_BINS), mode="nearest")
    share: NDArray[np.float32] = struck**2 / np.maximum(struck**2 + steady**2, 1e-12)
    return share
