"""What does a single voice sing? Its pitch over time, how far that is from a score, and when vowels begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d

from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples, magnitudes, mel_bank

__all__ = [
    "HOP_SECONDS",
    "HeardPitch",
    "PitchError",
    "WantedNote",
    "hear_pitch",
    "pitch_error",
    "vowel_onset_errors_seconds",
]

_HOP = 220
HOP_SECONDS = _HOP / ANALYSIS_RATE_HZ
"""Time from one pitch frame to the next, about 10 ms."""

_WINDOW = 1_024
_LOWEST_HZ, _HIGHEST_HZ = 65.0, 1_100.0
_CANDIDATES = 4
_FRAMES_AT_ONCE = 1_024
_UNVOICED = 0.30
_SILENT_BELOW_PEAK_DB = 45.0
_JUMP_COST = 0.6
_GLIDE_BEFORE_SECONDS = 0.10
_GLIDE_AFTER_SECONDS = 0.05
_ONSET_WINDOW = 512
_ONSET_REACH_SECONDS = 0.15
_OBSTRUENT_THEN_VOWEL = re.compile(r"(?!th)[bcdfghjkpqstvxz]+[aeiouy]")
_ROWS = np.arange(_CANDIDATES)


@dataclass(frozen=True, slots=True)
class HeardPitch:
    """The pitch of one voice, a frame every ``HOP_SECONDS``, frame 0 at time 0.

    Attributes:
        midi_pitch: Shape (frames,), fractional MIDI note numbers; NaN where nothing is sung.
        level_db: Shape (frames,), level relative to full scale.
    """

    midi_pitch: NDArray[np.float64]
    level_db: NDArray[np.float64]

    @property
    def voiced(self) -> NDArray[np.bool_]:
        """Shape (frames,), where a pitch is heard."""
        return ~np.isnan(self.midi_pitch)


@dataclass(frozen=True, slots=True)
class WantedNote:
    """A note that should be sung. ``syllable`` is empty where it carries the syllable before on."""

    start_seconds: float
    duration_seconds: float
    midi_pitch: float
    syllable: str = ""


@dataclass(frozen=True, slots=True)
class PitchError:
    """How far a voice is from its score.

    Attributes:
        voiced_frames: Frames that were compared: those with a pitch, inside a note.
        within_50_cents: Share of them less than a quarter tone from the score, 0..1.
        median_cents: Middle of the errors; positive is sharp.
        mean_absolute_cents: Mean of the errors' sizes, an octave counting as 1200.
    """

    voiced_frames: int
    within_50_cents: float
    median_cents: float
    mean_absolute_cents: float


def hear_pitch(samples: Samples) -> HeardPitch:
    """Follow the pitch of a single voice between 65 and 1100 Hz.

    Candidates are the dips of the cumulative mean normalised difference (de Cheveigne and Kawahara,
    "YIN", 2002); the path through them that pays least for depth and for leaps is taken, as in Mauch and
    Dixon, "pYIN" (2014).

    Args:
        samples: One voice alone, one channel at the analysis rate.
    """
    frames = len(samples) // _HOP + 1
    shortest = int(ANALYSIS_RATE_HZ / _HIGHEST_HZ)
    longest = int(ANALYSIS_RATE_HZ / _LOWEST_HZ) + 1
    span = _WINDOW + longest
    padded = np.pad(samples, (span // 2, span - span // 2 + _HOP))
    windows = np.lib.stride_tricks.sliding_window_view(padded, span)[::_HOP][:frames]
    total = np.concatenate([[0.0], np.cumsum(np.square(padded, dtype=np.float64))])
    energies = np.lib.stride_tricks.sliding_window_view(total[_WINDOW:] - total[:-_WINDOW], longest + 1)
    energies = energies[::_HOP][:frames]
    level = _level_db(samples, frames)
    sounding = np.flatnonzero(level > max(-70.0, float(level.max(initial=-120.0)) - _SILENT_BELOW_PEAK_DB))
    pitch = np.full(frames, np.nan)
    if not len(sounding):
        return HeardPitch(pitch, level)
    lags = np.zeros((len(sounding), _CANDIDATES))
    depths = np.full((len(sounding), _CANDIDATES), np.inf)
    for start in range(0, len(sounding), _FRAMES_AT_ONCE):
        chosen = slice(start, start + _FRAMES_AT_ONCE)
        at = sounding[chosen]
        dips = _normalised_difference(windows[at], energies[at])
        lags[chosen], depths[chosen] = _deepest(dips, shortest)
    midi = 69.0 + 12.0 * np.log2(ANALYSIS_RATE_HZ / np.maximum(lags, 1.0) / 440.0)
    path = _cheapest_path(midi, depths, sounding)
    row = np.arange(len(sounding))
    voiced = depths[row, path] < _UNVOICED
    pitch[sounding[voiced]] = midi[row, path][voiced]
    return HeardPitch(pitch, level)


def _level_db(samples: Samples, frames: int) -> NDArray[np.float64]:
    square = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    centre = np.arange(frames) * _HOP
    low = np.clip(centre - _WINDOW // 2, 0, len(samples))
    high = np.clip(centre + _WINDOW // 2, 0, len(samples))
    mean = (square[high] - square[low]) / _WINDOW
    result: NDArray[np.float64] = 10.0 * np.log10(np.maximum(mean, 1e-12))
    return result


def _normalised_difference(
    windows: NDArray[np.float32], energies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """YIN's d'(lag) for the lags of ``energies``, the energy of each frame's window moved by a lag.

    Returns:
        Shape (frames, lags), as ``energies``.
    """
    longest = energies.shape[1] - 1
    # No lag reaches beyond the span, so a transform of its length does not wrap around.
    size = fft.next_fast_len(windows.shape[1], real=True)
    product = fft.rfft(windows, size, axis=1) * np.conj(fft.rfft(windows[:, :_WINDOW], size, axis=1))
    correlation = fft.irfft(product, size, axis=1)[:, : longest + 1].astype(np.float64)
    shifted = energies
    difference = np.maximum(shifted[:, :1] + shifted - 2.0 * correlation, 0.0)
    running = np.cumsum(difference[:, 1:], axis=1)
    normalised = np.ones_like(difference)
    numbers = np.arange(1, longest + 1)
    # What hardly moves at all, such as a constant, has no period.
    still = 1e-4 * numbers * shifted[:, :1] + 1e-12
    normalised[:, 1:] = difference[:, 1:] * numbers / np.maximum(running, still)
    normalised[:, 1:][running <= still] = 1.0
    return normalised


def _deepest(curve: NDArray[np.float64], shortest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The deepest dips of each frame: fractional lags and depths, shape (frames, candidates)."""
    middle = curve[:, shortest:-1]
    left, right = curve[:, shortest - 1 : -2], curve[:, shortest + 1 :]
    # A small charge on long lags stands for YIN's rule that the first deep dip is the period.
    charge = 0.04 * np.log2(np.arange(shortest, curve.shape[1] - 1) / shortest)
    cost = np.where((middle < left) & (middle <= right), middle + charge, np.inf)
    order = np.argpartition(cost, _CANDIDATES, axis=1)[:, :_CANDIDATES]
    depth = np.take_along_axis(cost, order, axis=1)
    before, at, after = (np.take_along_axis(side, order, axis=1) for side in (left, middle, right))
    bend = before - 2 * at + after
    shift = np.where(bend > 1e-12, 0.5 * (before - after) / np.where(bend > 1e-12, bend, 1.0), 0.0)
    return order + shortest + np.clip(shift, -1.0, 1.0), depth


def _cheapest_path(
    midi: NDArray[np.float64], depths: NDArray[np.float64], frames: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Which candidate of each frame to take."""
    count = len(midi)
    cost = np.minimum(depths, 2.0)
    back = np.zeros((count, _CANDIDATES), dtype=np.intp)
    total = cost[0]
    leap = _JUMP_COST * np.minimum(np.abs(midi[1:, :, None] - midi[:-1, None, :]) / 12.0, 1.0)
    leap[np.diff(frames) > 1] = 0.0
    for frame in range(1, count):
        step = leap[frame - 1] + total
        choice = step.argmin(axis=1)
        back[frame] = choice
        total = step[_ROWS, choice] + cost[frame]
    path = np.zeros(count, dtype=np.intp)
    path[-1] = int(total.argmin())
    for frame in range(count - 1, 0, -1):
        path[frame - 1] = back[frame, path[frame]]
    return path


def pitch_error(heard: HeardPitch, notes: Sequence[WantedNote]) -> PitchError | None:
    """Compare what is heard with what should be sung.

    Every voiced frame inside a note counts. Where one note gives way to another a voice must glide, and
    the consonants before a vowel already have its pitch: from 100 ms before a note to 50 ms after its start,
    a frame is only wrong by as much as it lies outside the two notes and what is between them.

    Args:
        heard: What is sung.
        notes: What should be sung, in order, not overlapping.

    Returns:
        None where no voiced frame lies inside a note.
    """
    errors = []
    for number, note in enumerate(notes):
        end = note.start_seconds + note.duration_seconds
        frames = np.arange(
            max(0, int(np.ceil(note.start_seconds / HOP_SECONDS))),
            min(len(heard.midi_pitch), int(np.ceil(end / HOP_SECONDS))),
        )
        frames = frames[heard.voiced[frames]]
        times = frames * HOP_SECONDS
        low = np.full(len(frames), note.midi_pitch)
        high = low.copy()
        for neighbour, near in (
            (notes[number - 1] if number else None, times < note.start_seconds + _GLIDE_AFTER_SECONDS),
            (notes[number + 1] if number + 1 < len(notes) else None, times >= end - _GLIDE_BEFORE_SECONDS),
        ):
            if neighbour is not None and _touch(note, neighbour):
                low = np.where(near, np.minimum(low, neighbour.midi_pitch), low)
                high = np.where(near, np.maximum(high, neighbour.midi_pitch), high)
        pitch = heard.midi_pitch[frames]
        errors.append(100.0 * np.where(low < high, pitch - np.clip(pitch, low, high), pitch - low))
    counted = np.concatenate(errors) if errors else np.zeros(0)
    if not len(counted):
        return None
    return PitchError(
        voiced_frames=len(counted),
        within_50_cents=float(np.mean(np.abs(counted) < 50.0)),
        median_cents=float(np.median(counted)),
        mean_absolute_cents=float(np.mean(np.abs(counted))),
    )


def _touch(one: WantedNote, other: WantedNote) -> bool:
    first, second = (one, other) if one.start_seconds <= other.start_seconds else (other, one)
    return second.start_seconds - first.start_seconds - first.duration_seconds < _GLIDE_BEFORE_SECONDS


def vowel_onset_errors_seconds(
    samples: Samples, heard: HeardPitch, notes: Sequence[WantedNote]
) -> NDArray[np.float64]:
    """How far after its note each sung vowel begins; negative is early.

    A vowel begins where the level between 250 and 3500 Hz last rises through half of what it reaches in
    the note's first 150 ms. That instant exists only behind a stop or a hiss: notes that carry a syllable
    on, and syllables that begin with a vowel or lead into it through l, m, n, r, w or y, are left out, as
    are those where nothing rises within 150 ms of the note. So are those that begin with th: in "the", the
    most frequent of them, it is voiced, and the vowel grows out of it.

    Args:
        samples: The voice alone, one channel at the analysis rate.
        heard: Its pitch.
        notes: What should be sung.

    Returns:
        Shape (notes with an onset,), in seconds.
    """
    if not notes or not heard.voiced.any():
        return np.zeros(0)
    hop = _HOP // 2
    hop_seconds = hop / ANALYSIS_RATE_HZ
    power = magnitudes(samples, _ONSET_WINDOW, hop) ** 2 @ mel_bank(16, _ONSET_WINDOW, 250.0, 3_500.0)
    level = gaussian_filter1d(np.sqrt(power.mean(axis=1)), 2.0)
    reach = round(_ONSET_REACH_SECONDS / hop_seconds)
    errors: list[float] = []
    for note in notes:
        if not _OBSTRUENT_THEN_VOWEL.match(note.syllable.lower()):
            continue
        start = round(note.start_seconds / hop_seconds)
        first = max(0, start - reach)
        ahead = min(reach, round(0.8 * note.duration_seconds / hop_seconds))
        span = level[start : start + ahead + 1]
        if not len(span) or not heard.voiced[start // 2 : (start + ahead) // 2 + 1].any():
            continue
        peak = start + int(span.argmax())
        below = np.flatnonzero(level[first:peak] < 0.5 * level[peak])
        if len(below):
            errors.append((first + below[-1] + 1) * hop_seconds - note.start_seconds)
    return np.array(errors)
