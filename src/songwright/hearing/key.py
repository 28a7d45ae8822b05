"""Which key is it in? A tuned, percussion-free chroma against the profiles of the 24 keys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples, magnitudes
from songwright.music.score import Key

__all__ = ["CHROMA_RATE_HZ", "Chroma", "HeardKey", "hear_chroma", "hear_key"]

_WINDOW = 8_192
_HOP = 2_048
CHROMA_RATE_HZ = ANALYSIS_RATE_HZ / _HOP
"""Frames a second of a chroma."""

_LOWEST_HZ, _HIGHEST_HZ = 60.0, 1_400.0
_BASS_HIGHEST_HZ = 240.0
_SHORTEST_SECONDS = 2.0
_MARGIN_SECONDS = 2.5
_FAINTEST = 1e-4
_FLATTEST = 0.25

# Kostka-Payne profiles of Temperley, "Music and Probability" (2007), table 6.1, tonic first.
_MAJOR = (0.748, 0.060, 0.488, 0.082, 0.670, 0.460, 0.096, 0.715, 0.104, 0.366, 0.057, 0.400)
_MINOR = (0.712, 0.084, 0.474, 0.618, 0.049, 0.460, 0.105, 0.747, 0.404, 0.067, 0.133, 0.330)
# A flat seventh is the rule in the minor of popular music, where those profiles, counted on the common
# practice, expect the raised one: de Clercq and Temperley, "A corpus analysis of rock harmony" (2011).
_POPULAR_MINOR = (*_MINOR[:10], 0.330, 0.133)


@dataclass(frozen=True, slots=True)
class Chroma:
    """How much of each pitch class sounds.

    Attributes:
        frames: Shape (frames, 12), C first, ``CHROMA_RATE_HZ`` frames a second; compressed loudness.
        bass: The same for what sounds below 240 Hz.
        tuning_cents: How far the music lies above A4 = 440 Hz, -50..50.
    """

    frames: NDArray[np.float64]
    bass: NDArray[np.float64]
    tuning_cents: float


@dataclass(frozen=True, slots=True)
class HeardKey:
    """The key as heard.

    Attributes:
        key: Major or minor, or None where no key is heard. Other modes count as the one of the two that
            shares their third: dorian and phrygian as minor, mixolydian and lydian as major.
        confidence: 0..1, from the fit of the key's profile and its lead over the runner-up.
        runner_up: The next best key.
    """

    key: Key | None
    confidence: float
    runner_up: Key | None


def hear_chroma(samples: Samples) -> Chroma:
    """Measure the pitch classes.

    A median over time takes drums away (Fitzgerald, "Harmonic/percussive separation using median
    filtering", 2010); only spectral peaks count, at frequencies refined by a parabola, against the tuning
    that the peaks themselves agree on.

    Args:
        samples: One channel at the analysis rate.
    """
    step_hz = ANALYSIS_RATE_HZ / _WINDOW
    first, last = int(_LOWEST_HZ / step_hz), int(_HIGHEST_HZ / step_hz) + 2
    spectrum = magnitudes(samples, _WINDOW, _HOP, bins=slice(first, last))
    steady = median_filter(spectrum, size=(5, 1), mode="nearest")
    middle = steady[:, 1:-1]
    floor = max(_FAINTEST, 0.01 * float(steady.max(initial=0.0)))
    peaks = (middle > steady[:, :-2]) & (middle >= steady[:, 2:]) & (middle > floor)
    frame, place = np.nonzero(peaks)
    left, centre, right = (np.log(steady[frame, place + shift] + 1e-9) for shift in range(3))
    bend = left - 2 * centre + right
    offset = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0)
    frequency_hz = (first + 1 + place + np.clip(offset, -0.5, 0.5)) * step_hz
    strength = np.log1p(middle[frame, place].astype(np.float64) / floor)
    pitch = 69.0 + 12.0 * np.log2(frequency_hz / 440.0)
    # Bins are wider than a semitone at the bottom, so only higher peaks can tell the tuning.
    tells = strength * (frequency_hz > 250.0)
    tuning = float(np.angle(np.sum(tells * np.exp(2j * np.pi * pitch)))) / (2 * np.pi) if tells.any() else 0.0
    tuned = pitch - tuning
    # A peak far from every semitone is a glide or noise.
    strength *= np.clip(2.0 - 4.0 * np.abs(tuned - np.round(tuned)), 0.0, 1.0)
    cell = frame * 12 + np.round(tuned).astype(np.intp) % 12
    low = frequency_hz < _BASS_HIGHEST_HZ
    size = 12 * len(spectrum)
    return Chroma(
        np.bincount(cell, strength, size).astype(np.float64, copy=False).reshape(-1, 12),
        np.bincount(cell[low], strength[low], size).astype(np.float64, copy=False).reshape(-1, 12),
        100.0 * tuning,
    )


def hear_key(chroma: Chroma) -> HeardKey:
    """Find the key by correlation with key profiles (Krumhansl, "Cognitive Foundations", 1990, ch. 4).

    What sounds in the bass, at the beginning and at the end counts extra, since it tells a key from its
    relative, which has the same notes.
    """
    frames = chroma.frames
    if len(frames) < _SHORTEST_SECONDS * CHROMA_RATE_HZ or not frames.any():
        return HeardKey(None, 0.0, None)
    whole = _share(frames.sum(axis=0))
    if float(whole.std() / whole.mean()) < _FLATTEST:
        return HeardKey(None, 0.0, None)
    sounding = np.flatnonzero(frames.sum(axis=1) > 0.1 * frames.sum(axis=1).max())
    margin = round(_MARGIN_SECONDS * CHROMA_RATE_HZ)
    opening = frames[sounding[0] : sounding[0] + margin].sum(axis=0)
    close = frames[max(0, sounding[-1] + 1 - margin) : sounding[-1] + 1].sum(axis=0)
    fits = _fits(whole)
    hints = 0.15 * _of_peak(chroma.bass.sum(axis=0)) + 0.10 * _of_peak(opening) + 0.10 * _of_peak(close)
    total = fits + np.tile(hints, 2)
    best, second = (int(at) for at in np.argsort(-total, kind="stable")[:2])
    lead = float(total[best] - total[second])
    confidence = float(np.clip(fits[best], 0.0, 1.0)) * min(1.0, lead / 0.15) ** 0.5
    return HeardKey(_key(best), confidence, _key(second))


def _share(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    total = float(weights.sum())
    return weights / total if total > 0 else np.full(12, 1 / 12)


def _of_peak(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    return weights / max(float(weights.max()), 1e-12)


def _fits(whole: NDArray[np.float64]) -> NDArray[np.float64]:
    """Correlations with the 12 major keys and then the 12 minor ones."""
    rotated = np.stack([np.roll(whole, -tonic) for tonic in range(12)])
    return np.concatenate(
        [
            _correlation(rotated, np.array(_MAJOR)),
            np.maximum(
                _correlation(rotated, np.array(_MINOR)), _correlation(rotated, np.array(_POPULAR_MINOR))
            ),
        ]
    )


def _correlation(rows: NDArray[np.float64], profile: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = rows - rows.mean(axis=1, keepdims=True)
    target = profile - profile.mean()
    norm = np.linalg.norm(centred, axis=1) * np.linalg.norm(target)
    result: NDArray[np.float64] = centred @ target / np.maximum(norm, 1e-12)
    return result


def _key(index: int) -> Key:
    mode: Literal["major", "minor"] = "major" if index < 12 else "minor"
    return Key(tonic=index % 12, mode=mode)
