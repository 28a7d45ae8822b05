"""What marks the beats and the bars? Curves in time that are strong where beats, bars and chords begin."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from songwright.hearing.note_activity import FRAME_RATE_HZ, LOWEST_MIDI_PITCH, NoteActivity
from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples, magnitudes
from songwright.hearing.tempo import onset_strength

__all__ = ["Marks", "bass_classes", "hear_marks", "pitch_classes"]

Curve = NDArray[np.float64]

_WINDOW, _HOP = 1_024, 256
_KICK_HZ = (20.0, 130.0)
_SNARE_HZ = (1_500.0, 9_000.0)
_BASS_BELOW_MIDI = 56
_BASS_STARTS_BELOW_MIDI = 51
_CHANGE_SECONDS = (0.25, 0.5, 1.0)
_BASS_WEIGHT = 0.6
_REACH_FRAMES = 3


@dataclass(frozen=True, slots=True)
class Marks:
    """Curves of shape (frames,), ``FRAME_RATE_HZ`` frames a second; all but the first have mean 0, spread 1.

    Attributes:
        onsets: How strongly notes begin, as in ``onset_strength``.
        harmony: How much the harmony behind a moment differs from that before it.
        bass: How surely a bass note begins.
        kick: Onsets below 130 Hz.
        snare: Onsets above 1500 Hz.
        any_onset: ``onsets``, widened like the rest.
    """

    onsets: Curve
    harmony: Curve
    bass: Curve
    kick: Curve
    snare: Curve
    any_onset: Curve


def pitch_classes(sounding: NDArray[np.float32]) -> Curve:
    """Sum over octaves: shape (frames, 88) to (frames, 12), C first."""
    result = np.zeros((len(sounding), 12))
    for column in range(sounding.shape[1]):
        result[:, (column + LOWEST_MIDI_PITCH) % 12] += sounding[:, column]
    return result


def bass_classes(sounding: NDArray[np.float32]) -> Curve:
    """The same of the low pitches alone."""
    return pitch_classes(sounding[:, : _BASS_BELOW_MIDI - LOWEST_MIDI_PITCH])


def hear_marks(samples: Samples, activity: NoteActivity) -> Marks:
    """Measure what marks beats and bars.

    Args:
        samples: One channel at the analysis rate.
        activity: Of the same samples.
    """
    frames = len(activity.sounding)
    onsets = _of_length(onset_strength(samples), frames)
    low = activity.beginning[:, : _BASS_STARTS_BELOW_MIDI - LOWEST_MIDI_PITCH].max(axis=1)
    return Marks(
        onsets=onsets,
        harmony=_standardised(_harmonic_change(activity)),
        bass=_widened(low.astype(np.float64)),
        kick=_widened(_of_length(_band_onsets(samples, *_KICK_HZ), frames)),
        snare=_widened(_of_length(_band_onsets(samples, *_SNARE_HZ), frames)),
        any_onset=_widened(onsets),
    )


def _harmonic_change(activity: NoteActivity) -> Curve:
    """One less the likeness of the pitch classes before and behind each frame, over several spans."""
    count = len(activity.sounding)
    change = np.zeros(count)
    here = np.arange(count)
    for classes, weight in (
        (pitch_classes(activity.sounding), 1.0),
        (bass_classes(activity.sounding), _BASS_WEIGHT),
    ):
        total = np.concatenate([np.zeros((1, 12)), np.cumsum(classes, axis=0)])
        for seconds in _CHANGE_SECONDS:
            reach = int(seconds * FRAME_RATE_HZ)
            before = _mean(total, np.clip(here - reach, 0, count), here)
            behind = _mean(total, np.clip(here + 2, 0, count), np.clip(here + 2 + reach, 0, count))
            sizes = np.linalg.norm(before, axis=1), np.linalg.norm(behind, axis=1)
            likeness = (before * behind).sum(axis=1) / np.maximum(sizes[0] * sizes[1], 1e-6)
            both = (sizes[0] > 0.2) & (sizes[1] > 0.2)
            change += weight * np.where(both, 1.0 - likeness, 0.0)
    return gaussian_filter1d(change, 2.0)


def _mean(total: Curve, first: NDArray[np.intp], last: NDArray[np.intp]) -> Curve:
    result: Curve = np.sqrt((total[last] - total[first]) / np.maximum(last - first, 1)[:, None])
    return result


def _band_onsets(samples: Samples, low_hz: float, high_hz: float) -> Curve:
    step_hz = ANALYSIS_RATE_HZ / _WINDOW
    bins = slice(round(low_hz / step_hz), round(high_hz / step_hz) + 1)
    level = np.log10(1.0 + 10_000.0 * magnitudes(samples, _WINDOW, _HOP, bins=bins))
    flux = np.zeros(len(level))
    flux[2:] = np.maximum(level[2:] - level[:-2], 0.0).mean(axis=1)
    result: Curve = np.maximum(flux - uniform_filter1d(flux, round(0.5 * FRAME_RATE_HZ)), 0.0)
    return result


def _of_length(curve: Curve, frames: int) -> Curve:
    return curve[:frames] if len(curve) >= frames else np.pad(curve, (0, frames - len(curve)))


def _widened(curve: Curve) -> Curve:
    return _standardised(maximum_filter1d(curve, 2 * _REACH_FRAMES + 1))


def _standardised(curve: Curve) -> Curve:
    result: Curve = (curve - curve.mean()) / max(float(curve.std()), 1e-9)
    return result
