"""What every listener shares: one channel at a moderate rate, short-time spectra, mel bands."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from songwright.audio.pcm import FULL_SCALE_INT24

__all__ = [
    "ANALYSIS_RATE_HZ",
    "Audio",
    "Samples",
    "magnitudes",
    "mel_bank",
    "to_analysis_rate",
    "to_channels",
    "to_mono",
]

ANALYSIS_RATE_HZ = 22_050
"""The sample rate at which tempo, key, sections and pitch are heard."""

Audio = NDArray[np.generic]
"""Shape (channels, samples) or (samples,): floats, full scale 1.0, or 24-bit integers in an integer type."""

Samples = NDArray[np.float32]
"""One channel, full scale at 1.0."""

_FRAMES_AT_ONCE = 2_048
_SAMPLES_AT_ONCE = 2**18
_MOST_CHANNELS = 16


def to_channels(audio: Audio) -> NDArray[np.float32]:
    """The channels as floats with full scale 1.0; what is not a number counts as silence.

    Returns:
        Shape (channels, samples).

    Raises:
        ValueError: The array has another shape.
    """
    if audio.ndim not in (1, 2) or (audio.ndim == 2 and len(audio) > _MOST_CHANNELS):
        raise ValueError("audio must have the shape (channels, samples), at most 16 channels, or (samples,)")
    if np.issubdtype(audio.dtype, np.integer):
        floats = np.atleast_2d(audio).astype(np.float32)
        floats /= np.float32(FULL_SCALE_INT24)
        return floats
    channels = np.atleast_2d(audio).astype(np.float32, copy=False)
    if np.isfinite(channels).all():
        return channels
    return np.nan_to_num(channels, nan=0.0, posinf=0.0, neginf=0.0)


def to_mono(audio: Audio) -> Samples:
    """One channel, shape (samples,): the mean of all, or of two in opposite phase half their difference.

    Whichever of middle and side carries more is taken, so that a widened or inverted recording is not
    cancelled.

    Raises:
        ValueError: The array has another shape.
    """
    channels = to_channels(audio[..., :0])
    if len(channels) == 0:
        return np.zeros(0, np.float32)
    weights = np.full(len(channels), 1 / len(channels), np.float32)
    if len(channels) == 2 and _is_in_opposite_phase(audio):
        weights[1] = -weights[1]
    mono = np.empty(audio.shape[-1], np.float32)
    for start in range(0, mono.size, _SAMPLES_AT_ONCE):
        piece = to_channels(audio[..., start : start + _SAMPLES_AT_ONCE])
        mono[start : start + _SAMPLES_AT_ONCE] = piece[0] if len(piece) == 1 else weights @ piece
    return mono


def _is_in_opposite_phase(audio: Audio) -> bool:
    """Whether the difference of two channels carries more than their sum."""
    together = 0.0
    for start in range(0, audio.shape[-1], _SAMPLES_AT_ONCE):
        left, right = to_channels(audio[..., start : start + _SAMPLES_AT_ONCE])
        together += float(np.dot(left, right))
    return together < 0.0


def to_analysis_rate(audio: Audio, sample_rate_hz: int) -> Samples:
    """One channel at ``ANALYSIS_RATE_HZ``."""
    mono = to_mono(audio)
    if sample_rate_hz == ANALYSIS_RATE_HZ or mono.size == 0:
        return mono
    import soxr

    return np.asarray(soxr.resample(mono, sample_rate_hz, ANALYSIS_RATE_HZ, quality="MQ"), dtype=np.float32)


def magnitudes(samples: Samples, window: int, hop: int, *, bins: slice = slice(None)) -> NDArray[np.float32]:
    """Magnitude spectra through a Hann window, frame ``i`` centred on sample ``i * hop``.

    Args:
        samples: One channel.
        window: Length of the window and of the transform, in samples.
        hop: Samples from frame to frame.
        bins: Which of the ``window // 2 + 1`` frequency bins to keep.

    Returns:
        Shape (frames, bins). A sine at full scale has a magnitude near 1.
    """
    padded = np.pad(samples, (window // 2, window // 2))
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    hann = np.hanning(window + 1)[:-1].astype(np.float32)
    hann *= 2.0 / hann.sum()
    blocks = [
        np.abs(fft.rfft(frames[start : start + _FRAMES_AT_ONCE] * hann, axis=1)[:, bins])
        for start in range(0, len(frames), _FRAMES_AT_ONCE)
    ]
    return np.concatenate(blocks).astype(np.float32, copy=False)


@cache
def mel_bank(bands: int, window: int, lowest_hz: float, highest_hz: float) -> NDArray[np.float32]:
    """Triangular filters, evenly spaced on the mel scale, at the analysis rate.

    The scale is O'Shaughnessy's: mel = 2595 log10(1 + f / 700).

    Returns:
        Shape (window // 2 + 1, bands); each filter sums to 1.
    """
    mel_low, mel_high = 2595 * np.log10(1 + np.array([lowest_hz, highest_hz]) / 700)
    edges_hz = 700 * (10 ** (np.linspace(mel_low, mel_high, bands + 2) / 2595) - 1)
    frequencies_hz = np.fft.rfftfreq(window, 1 / ANALYSIS_RATE_HZ)[:, None]
    rising = (frequencies_hz - edges_hz[:-2]) / np.diff(edges_hz)[:-1]
    falling = (edges_hz[2:] - frequencies_hz) / np.diff(edges_hz)[1:]
    bank = np.clip(np.minimum(rising, falling), 0.0, None)
    bank /= np.maximum(bank.sum(axis=0), 1e-9)
    result: NDArray[np.float32] = bank.astype(np.float32)
    result.setflags(write=False)
    return result
