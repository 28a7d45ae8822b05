"""Where are the beats and the bar lines, and what is the meter?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from songwright.hearing.note_activity import FRAME_RATE_HZ
from songwright.hearing.pulse import Marks
from songwright.hearing.tempo import HeardTempo, TempoCandidate, track_beats
from songwright.music.score import TimeSignature

__all__ = ["HeardMeter", "hear_meter", "steady_grid"]

Frames = NDArray[np.float64]

_FALLBACK_BPM = 100.0
_SLOWEST_BPM, _FASTEST_BPM = 50.0, 200.0
_PREFERRED_BPM = 105.0
_PREFERENCE_OCTAVES = 0.6
# Other readings of a heard pulse: half, double, and the quarters of a pulse of dotted quarters, or of a
# pulse that groups in threes what groups in twos.
_READINGS = ((1.0, 1.0), (0.5, 0.7), (2.0, 0.7), (2 / 3, 0.5), (4 / 3, 0.4), (1.5, 0.4))
_SAME_TEMPO = 0.03
_STEADY = 0.75
_ON_GRID_FRAMES = 2.2
_FAINT_ONSET, _STRONGEST_ONSET = 0.5, 4.0

_WEIGHT_EXPLAINED = 20.0
_WEIGHT_PRIOR = 1.5
# What few bars agree on may be chance: with so many the agreement counts half.
_FEW_BARS = 4
# How much better a reading must fit that is neither the pulse as it is heard nor its half or double. On
# recordings by people the others were right in 1 of 9 where they fitted better by less.
_OTHER_PULSE_MARGIN = 4.0
# How much better the patterns must fit to move the beats to between those of the pulse, where drums play the
# off-beat louder.
_OFF_PULSE_MARGIN = 2.0
# Right readings of recordings by people lead by 2 to 10.
_CLEAR_LEAD = 2.0
_WEIGHTS = {"harmony": 4.0, "bass": 1.0, "kick": 0.7, "snare": 0.5, "any_onset": 0.7}
_LESS_USUAL = 0.3

# What is expected at each eighth of a bar, by meter: chords and bass notes at the bar line, kick and snare
# as drummers play them. Where there are several usual patterns, the one that fits best counts.
_PATTERNS: dict[TimeSignature, dict[str, tuple[tuple[float, ...], ...]]] = {
    TimeSignature(4, 4): {
        "harmony": ((1, -0.3, -0.1, -0.3, 0.1, -0.3, -0.1, -0.3),),
        "bass": ((1, -0.3, -0.1, -0.3, 0.2, -0.2, -0.1, -0.2),),
        "kick": (
            (1, -0.4, -0.4, -0.4, 0.6, -0.3, -0.4, -0.3),
            (0.8, -0.5, 0.5, -0.5, 0.6, -0.5, 0.5, -0.5),
            (1, -0.2, -0.2, -0.2, -0.2, -0.2, 0, 0),
        ),
        "snare": (
            (-0.5, -0.4, 1, -0.4, -0.5, -0.4, 1, -0.4),
            (-0.3, -0.3, -0.3, -0.3, 1, -0.3, -0.3, -0.3),
        ),
        "any_onset": ((0.6, -0.5, 0.5, -0.5, 0.5, -0.5, 0.5, -0.5),),
    },
    TimeSignature(3, 4): {
        "harmony": ((1, -0.3, -0.2, -0.3, -0.2, -0.3),),
        "bass": ((1, -0.4, -0.2, -0.4, -0.2, -0.3),),
        "kick": ((1, -0.4, -0.1, -0.4, -0.1, -0.4),),
        "snare": ((-0.5, -0.4, 0.7, -0.4, 0.7, -0.4),),
        "any_onset": ((0.6, -0.5, 0.5, -0.5, 0.5, -0.5),),
    },
    TimeSignature(6, 8): {
        "harmony": ((1, -0.2, -0.2, 0.1, -0.2, -0.2),),
        "bass": ((1, -0.3, -0.3, 0.3, -0.3, -0.2),),
        "kick": ((1, -0.4, -0.4, 0.2, -0.2, -0.2),),
        "snare": ((-0.4, -0.4, -0.4, 1, -0.4, -0.4),),
        "any_onset": ((0.6, -0.25, -0.25, 0.5, -0.25, -0.25),),
    },
}


@dataclass(frozen=True, slots=True)
class HeardMeter:
    """Beats that start at a bar line at or before 0 and end at one at or behind the end.

    Attributes:
        beat_seconds: One quarter note from each to the next.
        confidence: 0..1, how many of the onsets lie on the grid, beyond chance, less where another reading of
            the pulse fits nearly as well; 0 for a grid that was set
            because no pulse was heard.
    """

    beat_seconds: tuple[float, ...]
    time_signature: TimeSignature
    confidence: float


@dataclass(frozen=True, slots=True)
class _Grid:
    """Eighths in frames, their usual distance, and the share of onsets that they or sixteenths explain."""

    eighths: Frames
    step: float
    explained: float


def hear_meter(tempo: HeardTempo, marks: Marks, end_seconds: float) -> HeardMeter:
    """Choose tempo, meter and place of the bar line together.

    Each reading of the pulse gives a grid of eighths. A grid is good that explains the onsets; a meter and a
    first bar line on it are good where harmony changes and bass notes begin at bar lines and the drums play
    what drums play there (for the cues compare Goto, "An audio-based real-time beat tracking system", 2001).

    Args:
        tempo: As heard.
        marks: Of the same sound.
        end_seconds: Where the music ends, zero or more.
    """
    best: tuple[float, _Grid, TimeSignature, int] | None = None
    peaks = np.flatnonzero(
        (marks.onsets == maximum_filter1d(marks.onsets, 7)) & (marks.onsets > _FAINT_ONSET)
    )
    weights = np.minimum(marks.onsets[peaks], _STRONGEST_ONSET)
    readings = _readings(tempo.candidates) if len(peaks) else {}
    scores: dict[float, float] = {}
    for tempo_bpm, share in readings.items():
        grid = _grid(marks.onsets, tempo_bpm, peaks, weights)
        octaves = np.log2(tempo_bpm / _PREFERRED_BPM) / _PREFERENCE_OCTAVES
        fit = _WEIGHT_EXPLAINED * grid.explained
        fit += _WEIGHT_PRIOR * float(0.3 * np.log(share) - 0.5 * octaves**2)
        fit -= 0.0 if _is_octave(tempo_bpm, tempo.candidates[0].tempo_bpm) else _OTHER_PULSE_MARGIN
        off_pulse = _off_pulse(grid, tempo.beats_seconds)
        for meter, shift, agreement in _placed(grid, marks):
            total = fit + agreement - _OFF_PULSE_MARGIN * off_pulse[shift % 2]
            scores[tempo_bpm] = max(total, scores.get(tempo_bpm, total))
            if best is None or total > best[0]:
                best = (total, grid, meter, shift)
    if best is None:
        return steady_grid(end_seconds)
    _, grid, meter, shift = best
    beats = _whole_bars(grid.eighths[shift::2] / FRAME_RATE_HZ, meter, end_seconds)
    ranked = sorted(scores.values(), reverse=True)
    lead = ranked[0] - ranked[1] if len(ranked) > 1 else _CLEAR_LEAD
    sure = min(1.0, (1.0 + lead) / (1.0 + _CLEAR_LEAD))
    return HeardMeter(beats, meter, float(np.clip(grid.explained * sure, 0.01, 1.0)))


def _readings(candidates: tuple[TempoCandidate, ...]) -> dict[float, float]:
    """Tempi to try, each with the share of the evidence for the pulse that it comes from."""
    found: dict[float, float] = {}
    for candidate in candidates:
        for factor, likely in _READINGS:
            tempo_bpm = candidate.tempo_bpm * factor
            if not _SLOWEST_BPM <= tempo_bpm <= _FASTEST_BPM:
                continue
            same = next((each for each in found if abs(np.log(each / tempo_bpm)) < _SAME_TEMPO), tempo_bpm)
            found[same] = max(found.get(same, 0.0), candidate.confidence * likely)
    return found


def _is_octave(tempo_bpm: float, heard_bpm: float) -> bool:
    return any(abs(np.log(tempo_bpm / heard_bpm / factor)) < _SAME_TEMPO for factor in (1.0, 0.5, 2.0))


def _off_pulse(grid: _Grid, beats_seconds: Frames) -> tuple[float, float]:
    """The share of heard beats that are no beats, if those are the even eighths of a grid, and if the odd."""
    places = np.interp(beats_seconds * FRAME_RATE_HZ, grid.eighths, np.arange(len(grid.eighths)))
    odd = float((np.round(places) % 2).mean()) if len(places) else 0.5
    return odd, 1.0 - odd


def _grid(onsets: Frames, tempo_bpm: float, peaks: NDArray[np.intp], weights: Frames) -> _Grid:
    beats = track_beats(onsets, 60.0 * FRAME_RATE_HZ / tempo_bpm)
    period = 60.0 * FRAME_RATE_HZ / tempo_bpm
    steadiness = 0.0
    centre = complex(1.0)
    # Tracked beats may slip to the off-beats for a while, so the steady grid is sought in half beats.
    for width in (6e-3, 3e-4):
        tried = period * np.exp(np.linspace(-width, width, 61))
        means = np.exp(-4j * np.pi * beats[None, :] / tried[:, None]).mean(axis=1)
        at = int(np.argmax(np.abs(means)))
        period, centre, steadiness = float(tried[at]), complex(means[at]), float(np.abs(means[at]))
    step = period / 2
    if steadiness >= _STEADY or len(beats) < 3:
        first = float(-np.angle(centre) / (2 * np.pi) % 1.0) * step
        eighths = np.arange(first, len(onsets), step)
    else:
        middles = 0.5 * (beats[:-1] + beats[1:])
        eighths = np.sort(np.concatenate([beats, middles]))
    # Straight eighths or sixteenths, or the thirds of a beat that starts at either of its eighths: swing.
    finer = ((eighths, 1), (eighths, 2), (eighths[::2], 3), (eighths[1::2], 3))
    explained = max(_explained(peaks, weights, points, parts) for points, parts in finer)
    return _Grid(eighths, step, explained)


def _explained(peaks: NDArray[np.intp], weights: Frames, points: Frames, parts: int) -> float:
    """The share of onsets on a grid, ``parts`` from point to point, beyond what chance puts there."""
    if len(points) < 2 or not len(peaks):
        return 0.0
    number = np.interp(peaks, points, np.arange(len(points))) * parts
    step = float(np.median(np.diff(points))) / parts
    off = np.abs(number - np.round(number)) * step
    share = float((weights * np.exp(-0.5 * (off / _ON_GRID_FRAMES) ** 2)).sum() / weights.sum())
    anywhere = np.abs(np.linspace(-0.5, 0.5, 201)) * step
    chance = float(np.exp(-0.5 * (anywhere / _ON_GRID_FRAMES) ** 2).mean())
    return (share - chance) / (1.0 - chance)


def _placed(grid: _Grid, marks: Marks) -> Iterator[tuple[TimeSignature, int, float]]:
    """Every meter and every eighth that may be the first bar line, with how well the marks agree."""
    at = np.clip(np.round(grid.eighths).astype(np.intp), 0, len(marks.onsets) - 1)
    curves = {name: getattr(marks, name)[at] for name in _WEIGHTS}
    for meter, patterns in _PATTERNS.items():
        eighths = round(2 * meter.beats_per_bar)
        for shift in range(eighths):
            bars = (len(at) - shift) // eighths
            if bars < 1:
                continue
            total = 0.0 if meter == TimeSignature(4, 4) else -_LESS_USUAL
            for name, weight in _WEIGHTS.items():
                heard = curves[name][shift : shift + bars * eighths].reshape(bars, eighths).mean(axis=0)
                total += weight * max(float(heard @ _unit(pattern)) for pattern in patterns[name])
            yield meter, shift, total * bars / (bars + _FEW_BARS)


def _unit(pattern: tuple[float, ...]) -> Frames:
    centred = np.array(pattern) - np.mean(pattern)
    result: Frames = centred / np.linalg.norm(centred)
    return result


def steady_grid(end_seconds: float) -> HeardMeter:
    """Bars of 4/4 at a usual tempo, where no pulse is heard."""
    beat = 60.0 / _FALLBACK_BPM
    bars = max(1, int(np.ceil(end_seconds / (4 * beat) - 1e-9)))
    return HeardMeter(tuple(float(number * beat) for number in range(4 * bars + 1)), TimeSignature(4, 4), 0.0)


def _whole_bars(beats: Frames, meter: TimeSignature, end_seconds: float) -> tuple[float, ...]:
    """Carry beats, the first at a bar line, back to one at or before 0 and on to one behind the end."""
    bar = round(meter.beats_per_bar)
    head = float(np.median(np.diff(beats[:9])))
    tail = float(np.median(np.diff(beats[-9:])))
    back = bar * max(0, int(np.ceil(beats[0] / (bar * head) - 1e-9)))
    before = beats[0] - head * np.arange(back, 0, -1)
    grown = np.concatenate([before, beats])
    while len(grown) < bar + 1 or grown[-1] < end_seconds or (len(grown) - 1) % bar:
        grown = np.append(grown, grown[-1] + tail)
    first_behind = int(np.searchsorted(grown, end_seconds - 1e-9))
    bars = max(1, -(-first_behind // bar))
    kept = np.round(grown[: bars * bar + 1], 6)
    kept[0] = min(kept[0], 0.0)
    return tuple(float(each) for each in kept)
