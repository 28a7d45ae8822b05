"""Loudness and true peak after ITU-R BS.1770-4, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from math import log10
from typing import TypeVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import bilinear, firwin, sosfilt

from songwright.audio.pcm import FULL_SCALE_INT24
from songwright.music.song import Loudness

__all__ = [
    "SILENT_DB",
    "integrated_loudness",
    "level_curve",
    "measure_loudness",
    "true_peak_curve",
    "true_peak_db",
    "weighted_energies",
]

SILENT_DB = -120.0
"""What stands for the level of silence, whose logarithm has no value."""

_Number = TypeVar("_Number", bound=np.generic)

_OFFSET_LU = -0.691
_ABSOLUTE_GATE_LUFS = -70.0
_RELATIVE_GATE_LU = -10.0
_GATE_SECONDS = 0.4
_STEP_SECONDS = 0.1
_BLOCK = 65_536
_LONG_SAMPLES = 20 * _BLOCK


def measure_loudness(audio: NDArray[np.generic], sample_rate_hz: int) -> Loudness:
    """Measure a whole piece.

    Args:
        audio: Shape (channels, samples) or (samples,): floats with full scale 1.0, or 24-bit integers
            in an integer type. One or two channels.
        sample_rate_hz: Samples a second.

    Returns:
        Integrated loudness and true peak; silence reads -120.
    """
    step = round(_STEP_SECONDS * sample_rate_hz)
    return Loudness(
        integrated_lufs=integrated_loudness(
            weighted_energies(audio, sample_rate_hz, step), step, sample_rate_hz
        ),
        true_peak_dbtp=true_peak_db(audio),
    )


@lru_cache(maxsize=8)
def _k_weighting(sample_rate_hz: int) -> NDArray[np.float64]:
    """The two stages of K-weighting as second-order sections, shape (2, 6).

    The standard tabulates them for 48 kHz. The analogue prototypes that reproduce its tables at that
    rate, and so carry them to others, are from F. De Man, "Evaluation of implementations of the EBU R128
    loudness measurement", AES Convention 145, 2018.
    """
    sections = []
    # A shelf for the head's effect: corner, quality, gain at high frequencies.
    corner_hz, quality, gain = 1681.974450955533, 0.7071752369554196, 10 ** (3.999843853973347 / 20)
    omega = 2 * sample_rate_hz * np.tan(np.pi * corner_hz / sample_rate_hz)
    band = gain**0.4996667741545416
    numerator = [gain, band * omega / quality, omega**2]
    sections.append(np.concatenate(bilinear(numerator, [1, omega / quality, omega**2], sample_rate_hz)))
    # A high-pass, whose numerator the standard leaves at 1, -2, 1.
    corner_hz, quality = 38.13547087602444, 0.5003270373238773
    omega = 2 * sample_rate_hz * np.tan(np.pi * corner_hz / sample_rate_hz)
    _, denominator = bilinear([1, 0, 0], [1, omega / quality, omega**2], sample_rate_hz)
    sections.append(np.concatenate([[1.0, -2.0, 1.0], denominator]))
    return np.array(sections)


def weighted_energies(
    audio: NDArray[np.generic], sample_rate_hz: int, hop_samples: int
) -> NDArray[np.float64]:
    """The K-weighted energy of each hop: squares summed over samples and channels.

    Args:
        audio: As for ``measure_loudness``.
        sample_rate_hz: Samples a second.
        hop_samples: Length of a hop.

    Returns:
        Shape (ceil(samples / hop_samples),); the last hop may be short.
    """
    channels = np.atleast_2d(audio)
    scale = 1 / FULL_SCALE_INT24 if np.issubdtype(channels.dtype, np.integer) else 1.0
    sections = _k_weighting(sample_rate_hz)
    energies = np.zeros(-(-channels.shape[1] // hop_samples))
    for heard in _each(channels, lambda channel: _filtered_energies(channel, sections, hop_samples)):
        energies += heard
    return energies * scale**2


def _filtered_energies(
    channel: NDArray[np.generic], sections: NDArray[np.float64], hop_samples: int
) -> NDArray[np.float64]:
    energies = np.zeros(-(-channel.size // hop_samples))
    length = max(1, _BLOCK // hop_samples) * hop_samples
    state = np.zeros((2, 2))
    for start in range(0, channel.size, length):
        part = channel[start : start + length].astype(np.float64)
        if not part.any() and np.abs(state).max() < 1e-9:
            state[:] = 0.0
            continue
        heard, state = sosfilt(sections, part, zi=state)
        if heard.size % hop_samples:
            heard = np.pad(heard, (0, -heard.size % hop_samples))
        rows = heard.reshape(-1, hop_samples)
        first = start // hop_samples
        energies[first : first + len(rows)] = np.einsum("ij,ij->i", rows, rows)
    return energies


def _each(
    channels: NDArray[np.generic], work: Callable[[NDArray[np.generic]], NDArray[_Number]]
) -> list[NDArray[_Number]]:
    """The same of every channel; side by side where that is worth a thread."""
    if len(channels) == 1 or channels.shape[1] < _LONG_SAMPLES:
        return [work(channel) for channel in channels]
    with ThreadPoolExecutor(len(channels)) as pool:
        return list(pool.map(work, channels))


def integrated_loudness(energies: NDArray[np.float64], hop_samples: int, sample_rate_hz: int) -> float:
    """Gated loudness from the weighted energies of hops.

    Args:
        energies: From ``weighted_energies``, possibly times the square of a gain for each hop.
        hop_samples: Length of a hop; much shorter than 400 ms.
        sample_rate_hz: Samples a second.

    Returns:
        LUFS; -120 for silence. A piece shorter than one gating block of 400 ms is taken as one block.
    """
    if not energies.size:
        return SILENT_DB
    total = np.concatenate([[0.0], np.cumsum(energies)])
    width = min(round(_GATE_SECONDS * sample_rate_hz / hop_samples), energies.size)
    steps = np.arange(0, energies.size - width + 1e-9, _STEP_SECONDS * sample_rate_hz / hop_samples)
    starts = np.round(steps).astype(np.int64)
    powers = (total[starts + width] - total[starts]) / (width * hop_samples)
    gate = 10 ** ((_ABSOLUTE_GATE_LUFS - _OFFSET_LU) / 10)
    loud = powers[powers > gate]
    if not loud.size:
        return SILENT_DB
    gate = max(gate, float(loud.mean()) * 10 ** (_RELATIVE_GATE_LU / 10))
    return _OFFSET_LU + 10 * log10(float(loud[loud > gate].mean()))


def level_curve(
    audio: NDArray[np.generic], sample_rate_hz: int, hop_seconds: float = 0.1
) -> NDArray[np.float64]:
    """The K-weighted level of each hop in LUFS, without gating, at least -120.

    Args:
        audio: As for ``measure_loudness``.
        sample_rate_hz: Samples a second.
        hop_seconds: Length of a hop.

    Returns:
        Shape (ceil(samples / hop),).
    """
    hop = max(1, round(hop_seconds * sample_rate_hz))
    powers = weighted_energies(audio, sample_rate_hz, hop) / hop
    return np.maximum(_OFFSET_LU + 10 * np.log10(np.maximum(powers, 1e-30)), SILENT_DB)


_ROW = 32
_TAPS_A_PHASE = 32


@lru_cache(maxsize=1)
def _between_samples() -> NDArray[np.float32]:
    """From 63 samples to the values a quarter, a half and three quarters behind each of the middle 32.

    A 4-times interpolator with 32 taps a phase, longer than the standard's example of 12, written as a
    banded matrix so that a matrix product computes it. Shape (63, 96).
    """
    taps = firwin(4 * _TAPS_A_PHASE + 1, 0.25, window=("kaiser", 7.0)) * 4
    matrix = np.zeros((_ROW + _TAPS_A_PHASE - 1, 3 * _ROW), np.float32)
    for phase in (1, 2, 3):
        # Tap k of a phase weighs the sample k - 15 steps ahead.
        weights = taps[phase : phase + 4 * _TAPS_A_PHASE : 4][::-1]
        for column in range(_ROW):
            matrix[column : column + _TAPS_A_PHASE, (phase - 1) * _ROW + column] = weights
    return matrix


def true_peak_curve(audio: NDArray[np.generic], floor: float = 0.0) -> NDArray[np.float32]:
    """The true peak of each run of 32 samples over all channels, four times oversampled.

    Args:
        audio: As for ``measure_loudness``.
        floor: Runs whose samples (with the next run's) stay below this magnitude are not oversampled;
            they give their sample peak. Between samples a signal can rise above them, so keep the floor
            6 dB below what matters.

    Returns:
        Shape (ceil(samples / 32),), full scale 1.0. A run includes what lies between its last sample and
        the next one.
    """
    channels = np.atleast_2d(audio)
    scale = np.float32(1 / FULL_SCALE_INT24 if np.issubdtype(channels.dtype, np.integer) else 1.0)
    peaks = np.zeros(-(-channels.shape[1] // _ROW), np.float32)
    for curve in _each(channels, lambda channel: _channel_peaks(channel, scale, floor)):
        np.maximum(peaks, curve, out=peaks)
    return peaks


def _channel_peaks(channel: NDArray[np.generic], scale: np.float32, floor: float) -> NDArray[np.float32]:
    samples = channel.size
    peaks = np.zeros(-(-samples // _ROW), np.float32)
    before = _TAPS_A_PHASE // 2 - 1
    for start in range(0, samples, _BLOCK):
        stop = min(start + _BLOCK, samples)
        rows = -(-(stop - start) // _ROW)
        window = np.zeros(rows * _ROW + _TAPS_A_PHASE - 1, np.float32)
        left, right = max(0, start - before), min(samples, start - before + window.size)
        offset = left - (start - before)
        np.multiply(channel[left:right], scale, out=window[offset : offset + right - left], casting="unsafe")
        middle = np.abs(window[before : before + rows * _ROW].reshape(-1, _ROW)).max(axis=1)
        here = peaks[start // _ROW : start // _ROW + rows]
        here[:] = middle
        near = middle.copy()
        near[:-1] = np.maximum(near[:-1], middle[1:])
        near[-1] = max(near[-1], float(np.abs(window[before + rows * _ROW :]).max()))
        wanted = np.flatnonzero((near >= floor) & (near > 0))
        if wanted.size:
            views = sliding_window_view(window, _ROW + _TAPS_A_PHASE - 1)[::_ROW]
            between = views[wanted] @ _between_samples()
            here[wanted] = np.maximum(here[wanted], np.abs(between).max(axis=1))
    return peaks


def true_peak_db(audio: NDArray[np.generic]) -> float:
    """The true peak of a whole piece in dBTP, at least -120.

    Args:
        audio: As for ``measure_loudness``.
    """
    if not audio.size:
        return SILENT_DB
    scale = 1 / FULL_SCALE_INT24 if np.issubdtype(audio.dtype, np.integer) else 1.0
    loudest = max(float(audio.max()), -float(audio.min())) * scale
    peak = float(true_peak_curve(audio, floor=loudest * 10 ** (-6 / 20)).max())
    return max(20 * log10(max(peak, 1e-30)), SILENT_DB)
