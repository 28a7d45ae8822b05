"""Waveforms: band-limited loops of detuned voices, reading at a moving pitch, and envelopes."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal, assert_never

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, next_fast_len

from songwright.audio.pcm import SAMPLE_RATE_HZ

__all__ = ["Shape", "Signal", "decaying", "read_along", "unison_loop", "unrolled"]

Signal = NDArray[np.float32]
Shape = Literal["saw", "square", "sine"]

_HIGHEST_HARMONIC_HZ = 19_500.0
_SHORTEST_LOOP, _LONGEST_LOOP = 2.2, 3.2


@lru_cache(maxsize=1)
def _fast_lengths() -> NDArray[np.int64]:
    """Even lengths of loops whose Fourier transform is fast."""
    lengths = []
    length = int(_SHORTEST_LOOP * SAMPLE_RATE_HZ)
    while length < _LONGEST_LOOP * SAMPLE_RATE_HZ:
        length = next_fast_len(length + 1, real=True)
        if length % 2 == 0:
            lengths.append(length)
    return np.array(lengths, np.int64)


def unison_loop(
    frequency_hz: float,
    shape: Shape,
    detune_cents: tuple[float, ...],
    phases: NDArray[np.float64],
    spread: float,
) -> Signal:
    """Several detuned voices of one waveform as a seamless loop of about three seconds.

    Each harmonic is one bin of an inverse Fourier transform, so nothing aliases, and every voice makes a
    whole number of turns, so nothing clicks. The loop's length is the one at which the frequency comes out
    nearest to what is asked for (within half a cent).

    Args:
        frequency_hz: Of a voice without detuning.
        shape: Of every voice.
        detune_cents: One number a voice.
        phases: (voices,) starting phases in turns, 0..1.
        spread: 0 all voices in the middle, 1 spread from left to right.

    Returns:
        (2, frames) float32; each voice has its natural amplitude, divided by the root of their number.
    """
    lengths = _fast_lengths()
    turns = np.rint(frequency_hz * lengths / SAMPLE_RATE_HZ)
    best = int(np.argmin(np.abs(turns * SAMPLE_RATE_HZ / lengths / frequency_hz - 1)))
    frames, centre = int(lengths[best]), int(turns[best])
    spectrum = np.zeros((2, frames // 2 + 1), np.complex128)
    voices = len(detune_cents)
    order = np.argsort(np.argsort(detune_cents, kind="stable"), kind="stable")
    for voice, cents in enumerate(detune_cents):
        cycles = centre + round(centre * (2 ** (cents / 1200) - 1))
        count = max(1, int(_HIGHEST_HARMONIC_HZ * frames / SAMPLE_RATE_HZ / cycles))
        harmonics, amplitudes = _harmonics(shape, count)
        waves = amplitudes * np.exp(2j * np.pi * (harmonics * phases[voice] - 0.25))
        # Neighbours in pitch stand on opposite sides, so that neither side sounds sharp.
        side = spread * (-1) ** int(order[voice]) * abs(2 * order[voice] / max(1, voices - 1) - 1)
        angle = (side + 1) * np.pi / 4
        spectrum[0, harmonics * cycles] += waves * np.cos(angle)
        spectrum[1, harmonics * cycles] += waves * np.sin(angle)
    spectrum *= frames / 2 / np.sqrt(voices)
    return np.asarray(irfft(spectrum.astype(np.complex64), frames), np.float32)


def _harmonics(shape: Shape, count: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Numbers and amplitudes of a waveform's harmonics up to a highest one."""
    match shape:
        case "saw":
            numbers = np.arange(1, count + 1)
        case "square":
            numbers = np.arange(1, count + 1, 2)
        case "sine":
            numbers = np.arange(1, 2)
        case _:
            assert_never(shape)
    return numbers, 1 / numbers


def unrolled(data: Signal, loop: Signal | None, frames: int) -> Signal:
    """A waveform (..., n) with its loop repeated behind it until it has ``frames`` frames, if it loops."""
    length = data.shape[-1]
    if loop is None or length >= frames:
        return data[..., :frames]
    turns = -(-(frames - length) // loop.shape[-1])
    return np.concatenate([data, np.tile(loop, turns)], axis=-1)[..., :frames]


def read_along(data: Signal, loop: Signal | None, steps: NDArray[np.float64]) -> Signal:
    """Read a waveform at a moving speed, with four-point Hermite interpolation.

    Args:
        data: (..., n) frames.
        loop: What repeats after ``data``, or None.
        steps: Frames of the waveform to go on at each frame of the result.

    Returns:
        (..., frames), shorter than ``steps`` where a waveform without loop ends.
    """
    position = np.cumsum(steps) - steps[:1]
    source = unrolled(data, loop, int(position[-1]) + 8 if len(position) else 8)
    position = position[position < source.shape[-1] - 3]
    index = position.astype(np.int32)
    part = (position - index).astype(np.float32)
    before, here = source[..., np.maximum(index - 1, 0)], source[..., index]
    after, beyond = source[..., index + 1], source[..., index + 2]
    slope = 0.5 * (after - before)
    bow = before - 2.5 * here + 2 * after - 0.5 * beyond
    twist = 0.5 * (beyond - before) + 1.5 * (here - after)
    sound: Signal = ((twist * part + bow) * part + slope) * part + here
    return sound


def decaying(frames: int, seconds_to_60_db: float) -> Signal:
    """An exponential fall from 1, by 60 dB in the given time."""
    rate = -3 * np.log(10) / max(seconds_to_60_db, 1e-3) / SAMPLE_RATE_HZ
    fall: Signal = np.exp(np.arange(frames, dtype=np.float32) * np.float32(rate))
    return fall
