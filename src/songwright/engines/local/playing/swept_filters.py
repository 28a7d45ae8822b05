"""The instruments' low-pass filter, standing still or swept."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.waveforms import Signal

__all__ = ["lowpass_sections", "resonant_lowpass", "swept_lowpass"]


_STEP_CENTS = 800.0
_WARM_UP_FRAMES = 1_024
_LOWEST_CENTS, _HIGHEST_CENTS = 1_500.0, 13_500.0


def lowpass_sections(cutoff_cents: float, resonance_db: float) -> NDArray[np.float32]:
    """One second-order low-pass section.

    The bilinear low-pass of R. Bristow-Johnson's "Audio EQ Cookbook". As in FluidSynth, a resonance of 0 dB
    is a Q of -3.01 dB, and half of the resonance's height is taken off the whole.

    Args:
        cutoff_cents: Above 8.176 Hz, as in SoundFonts; held within 1,500..13,500.
        resonance_db: 0 or more.
    """
    cents = min(max(cutoff_cents, _LOWEST_CENTS), _HIGHEST_CENTS)
    angle = 2 * np.pi * min(8.175799 * 2 ** (cents / 1200), 0.45 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    quality = 10 ** ((resonance_db - 3.01) / 20)
    alpha, cosine = np.sin(angle) / (2 * quality), np.cos(angle)
    gain = 10 ** (-resonance_db / 40) / (1 + alpha)
    edge = (1 - cosine) / 2 * gain
    return np.array(
        [[edge, 2 * edge, edge, 1, -2 * cosine / (1 + alpha), (1 - alpha) / (1 + alpha)]], np.float32
    )


def resonant_lowpass(sound: Signal, cutoff_cents: float, resonance_db: float) -> Signal:
    """Filter (..., frames) with a cutoff that stands still."""
    return _through(lowpass_sections(cutoff_cents, resonance_db), sound)


def _through(section: NDArray[np.float32], sound: Signal) -> Signal:
    """One section over (..., frames). For a single section ``lfilter`` is faster than ``sosfilt``."""
    filtered: Signal = lfilter(section[0, :3], section[0, 3:], sound)
    return filtered


def swept_lowpass(
    sound: Signal, cutoff_cents: NDArray[np.float64], resonance_db: float, rest_cents: float = _LOWEST_CENTS
) -> Signal:
    """Filter (..., frames) with a cutoff that moves.

    Fades between filters that stand still, two thirds of an octave apart, each run only where it is heard:
    smooth at any speed of the sweep, and as fast as the filters themselves.

    Args:
        sound: The signal.
        cutoff_cents: (frames,) above 8.176 Hz.
        resonance_db: 0 or more.
        rest_cents: Where the cutoff comes to rest, if it does. A filter stands there, so that rest needs one
            filter and not two.
    """
    cents = np.clip(cutoff_cents[: sound.shape[-1]], _LOWEST_CENTS, _HIGHEST_CENTS)
    if not cents.size:
        return sound
    # The filters stand at fixed cutoffs, so that a longer sound begins with the bytes of a shorter one.
    rest = min(max(rest_cents, _LOWEST_CENTS), _HIGHEST_CENTS)
    place = ((cents - rest) / _STEP_CENTS).astype(np.float32)
    result = np.zeros_like(sound)
    for number in range(math.floor(place.min()), math.ceil(place.max()) + 1):
        weight = 1 - np.abs(place - np.float32(number))
        heard = np.flatnonzero(weight > 0)
        if not heard.size:
            continue
        first, stop = int(heard[0]), int(heard[-1]) + 1
        warm = max(0, first - _WARM_UP_FRAMES)
        sections = lowpass_sections(rest + _STEP_CENTS * number, resonance_db)
        filtered = _through(sections, sound[..., warm:stop])
        np.maximum(weight, 0, out=weight)
        result[..., first:stop] += filtered[..., first - warm :] * weight[first:stop]
    return result
