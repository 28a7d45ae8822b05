"""Equalisers and the half-band filter that changes the sample rate by two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import cos, pi, sin, sqrt
from typing import Literal, assert_never

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.signal import firwin, sosfilt

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import BLOCK_SAMPLES, Audio

__all__ = ["Band", "double_rate", "equalise", "halve_rate", "sections"]

BandKind = Literal["low_pass", "high_pass", "band_pass", "peak", "low_shelf", "high_shelf"]

_ROW = 64
_GROUP = 32


@dataclass(frozen=True, slots=True)
class Band:
    """One second-order filter.

    Attributes:
        kind: Its shape; "band_pass" has 0 dB at its centre.
        frequency_hz: Corner or centre.
        gain_db: For peaks and shelves.
        q: Quality factor; 0.707 is maximally flat for passes.
    """

    kind: BandKind
    frequency_hz: float
    gain_db: float = 0.0
    q: float = 0.707


def sections(bands: tuple[Band, ...], sample_rate_hz: float = SAMPLE_RATE_HZ) -> NDArray[np.float64]:
    """The bands' coefficients as ``scipy.signal.sosfilt`` takes them, shape (bands, 6).

    Formulas: R. Bristow-Johnson, "Cookbook formulae for audio equalizer biquad filter coefficients"
    (W3C Note "Audio EQ Cookbook").
    """
    return np.array([_section(band, sample_rate_hz) for band in bands])


def _section(band: Band, sample_rate_hz: float) -> list[float]:
    amplitude = 10 ** (band.gain_db / 40)
    omega = 2 * pi * band.frequency_hz / sample_rate_hz
    cosine, alpha = cos(omega), sin(omega) / (2 * band.q)
    passing = [1 + alpha, -2 * cosine, 1 - alpha]
    match band.kind:
        case "low_pass":
            b, a = [(1 - cosine) / 2, 1 - cosine, (1 - cosine) / 2], passing
        case "high_pass":
            b, a = [(1 + cosine) / 2, -(1 + cosine), (1 + cosine) / 2], passing
        case "band_pass":
            b, a = [alpha, 0.0, -alpha], passing
        case "peak":
            b = [1 + alpha * amplitude, -2 * cosine, 1 - alpha * amplitude]
            a = [1 + alpha / amplitude, -2 * cosine, 1 - alpha / amplitude]
        case "low_shelf":
            b, a = _shelf(amplitude, cosine, alpha)
        case "high_shelf":
            # The cookbook's high shelf is its low shelf mirrored at a quarter of the sample rate.
            b, a = _shelf(amplitude, -cosine, alpha)
            b[1], a[1] = -b[1], -a[1]
        case _:
            assert_never(band.kind)
    return [value / a[0] for value in (*b, *a)]


def _shelf(amplitude: float, cosine: float, alpha: float) -> tuple[list[float], list[float]]:
    up, down, slope = amplitude + 1, amplitude - 1, 2 * sqrt(amplitude) * alpha
    b = [
        amplitude * (up - down * cosine + slope),
        2 * amplitude * (down - up * cosine),
        amplitude * (up - down * cosine - slope),
    ]
    a = [up + down * cosine + slope, -2 * (down + up * cosine), up + down * cosine - slope]
    return b, a


@dataclass(frozen=True, slots=True)
class _Rows:
    """A recursive filter as matrices that work on rows of 64 samples.

    Attributes:
        direct: (64, 64), from a row's samples to the row's output.
        ring: (order, 64), from the state before a row to the row's output.
        drive: (64, order), from a row's samples to the state behind it.
        carry: (order, order), from state to state over one row.
        scan: (32 * order, 32 * order), from what drives 32 rows to the states before each of them,
            when the state before the first is zero.
    """

    direct: Audio
    ring: Audio
    drive: Audio
    carry: NDArray[np.float64]
    scan: NDArray[np.float64]


@lru_cache(maxsize=256)
def _rows(bands: tuple[Band, ...]) -> _Rows:
    sos = sections(bands)
    order = 2 * len(bands)
    impulse = np.zeros(_ROW)
    impulse[0] = 1.0
    response = sosfilt(sos, impulse)
    direct = np.zeros((_ROW, _ROW))
    for row in range(_ROW):
        direct[row, row:] = response[: _ROW - row]

    shape = (len(bands), 2)
    horizon = np.zeros((order, SAMPLE_RATE_HZ // 4))
    carry = np.zeros((order, order))
    for index in range(order):
        state = np.zeros(order)
        state[index] = 1.0
        _, behind = sosfilt(sos, np.zeros(_ROW), zi=state.reshape(shape))
        carry[index] = behind.reshape(-1)
        horizon[index], _ = sosfilt(sos, np.zeros(horizon.shape[1]), zi=state.reshape(shape))

    drive = np.zeros((_ROW, order))
    state = np.zeros(shape)
    for row in range(_ROW - 1, -1, -1):
        _, state = sosfilt(sos, impulse[_ROW - 1 - row : _ROW - row], zi=state)
        drive[row] = state.reshape(-1)

    # In the basis in which states sound alone and equally loud, nothing cancels, so single precision
    # is enough; states that cannot be heard drop out.
    left, size, right = np.linalg.svd(horizon, full_matrices=False)
    kept = size > 1e-10 * size[0]
    into, out = left[:, kept] * size[kept], left[:, kept] / size[kept]
    carry = out.T @ carry @ into
    drive = drive @ into
    order = int(kept.sum())
    scan = np.zeros((_GROUP, order, _GROUP, order))
    power = np.eye(order)
    for distance in range(1, _GROUP):
        for row in range(_GROUP - distance):
            scan[row, :, row + distance, :] = power
        power = power @ carry
    return _Rows(
        direct=direct.astype(np.float32),
        ring=np.ascontiguousarray(right[kept, :_ROW], np.float32),
        drive=drive.astype(np.float32),
        carry=carry,
        scan=scan.reshape(_GROUP * order, _GROUP * order),
    )


def equalise(audio: Audio, bands: tuple[Band, ...]) -> Audio:
    """Filter sound through bands in series, in place, from rest.

    A recursive filter over a row of samples is a matrix product plus what the state before the row rings
    out; the states of all rows follow from a scan. Matrix products make this several times faster than
    stepping from sample to sample.

    Args:
        audio: Shape (channels, samples) or (samples,).
        bands: Any number; none leaves the sound alone.
    """
    heard = tuple(band for band in bands if band.gain_db or band.kind.endswith("pass"))
    if not heard or not audio.size:
        return audio
    rows = _rows(heard)
    for channel in np.atleast_2d(audio):
        _filter_channel(channel, rows)
    return audio


def _filter_channel(channel: Audio, rows: _Rows) -> None:
    samples, order = channel.size, rows.carry.shape[0]
    over_group = np.linalg.matrix_power(rows.carry, _GROUP)
    state = np.zeros(order)
    for start in range(0, samples, BLOCK_SAMPLES):
        part = channel[start : start + BLOCK_SAMPLES]
        step = _ROW * _GROUP
        padded = part if part.size % step == 0 else np.pad(part, (0, -part.size % step))
        x = padded.reshape(-1, _ROW)
        driven = (x @ rows.drive).astype(np.float64).reshape(-1, _GROUP * order)
        states = (driven @ rows.scan).reshape(-1, _GROUP, order)
        last = states[:, -1] @ rows.carry + driven.reshape(-1, _GROUP, order)[:, -1]
        entering = np.empty((len(states), order))
        for group, behind in enumerate(last):
            entering[group] = state
            state = state @ over_group + behind
        for row in range(_GROUP):
            states[:, row] += entering
            entering = entering @ rows.carry
        y = x @ rows.direct
        y += states.reshape(-1, order).astype(np.float32) @ rows.ring
        channel[start : start + part.size] = y.reshape(-1)[: part.size]


_HALF_BAND_TAPS = 63
_SIDE = (_HALF_BAND_TAPS + 1) // 4


@lru_cache(maxsize=1)
def _half_band() -> tuple[Audio, int]:
    """The odd taps of a half-band low-pass filter as a banded matrix, and the width of its rows."""
    odd = firwin(_HALF_BAND_TAPS, 0.5, window=("kaiser", 7.0))[::2]
    taps = odd / odd.sum()
    width = _ROW + taps.size - 1
    matrix = np.zeros((width, _ROW), np.float32)
    for column in range(_ROW):
        matrix[column : column + taps.size, column] = taps
    return matrix, width


def _between(channel: Audio) -> Audio:
    """The values half a sample behind each sample of a channel, band-limited. Same shape."""
    matrix, width = _half_band()
    length = -(-channel.size // _ROW) * _ROW
    padded = np.zeros(length + width - _ROW, np.float32)
    padded[_SIDE - 1 : _SIDE - 1 + channel.size] = channel
    windows = sliding_window_view(padded, width)[::_ROW]
    out = np.empty((length // _ROW, _ROW), np.float32)
    for start in range(0, len(out), 1024):
        np.matmul(np.ascontiguousarray(windows[start : start + 1024]), matrix, out=out[start : start + 1024])
    return out.reshape(-1)[: channel.size]


def double_rate(channel: Audio) -> Audio:
    """One channel at twice its sample rate, shape (2 * samples,)."""
    out = np.empty(2 * channel.size, np.float32)
    out[::2] = channel
    out[1::2] = _between(channel)
    return out


def halve_rate(channel: Audio) -> Audio:
    """One channel at half its sample rate, band-limited, shape (samples // 2,)."""
    pairs = channel[: channel.size // 2 * 2].reshape(-1, 2)
    # The odd sample half a step before each even one belongs to the pair in front of it.
    odd = np.concatenate([np.zeros(1, np.float32), pairs[:-1, 1]]) if len(pairs) else pairs[:, 1]
    return 0.5 * (pairs[:, 0] + _between(np.ascontiguousarray(odd)))
