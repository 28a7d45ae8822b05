"""Which reading of a pulse is taken: the heard one, unless another fits clearly better; doubt is said."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from songwright.hearing.meter import HeardMeter, hear_meter
from songwright.hearing.note_activity import FRAME_RATE_HZ
from songwright.hearing.pulse import Marks
from songwright.hearing.tempo import HeardTempo, TempoCandidate

SECONDS = 8.5
HEARD_BPM = 120.0


def curve(times_seconds: NDArray[np.float64], height: float = 1.0) -> NDArray[np.float64]:
    frames = np.zeros(round(SECONDS * FRAME_RATE_HZ))
    for time in times_seconds:
        at = round(time * FRAME_RATE_HZ)
        frames[max(0, at - 3) : at + 4] = height
    return frames


def standardised(frames: NDArray[np.float64]) -> NDArray[np.float64]:
    return (frames - frames.mean()) / max(float(frames.std()), 1e-9)


def meter_of(harmony_seconds: NDArray[np.float64], beats_seconds: NDArray[np.float64]) -> HeardMeter:
    """Even eighths at 120 bpm, chords that change at some times, and a plain tracker's beats."""
    eighths = np.arange(0.1, SECONDS - 0.2, 0.25)
    onsets = np.zeros(round(SECONDS * FRAME_RATE_HZ))
    onsets[np.round(eighths * FRAME_RATE_HZ).astype(int)] = 3.0
    flat = np.zeros_like(onsets)
    harmony = standardised(curve(harmony_seconds))
    marks = Marks(onsets, harmony, flat, flat, flat, standardised(curve(eighths)))
    candidates = (TempoCandidate(HEARD_BPM, 0.4), TempoCandidate(80.0, 0.3), TempoCandidate(60.0, 0.2))
    return hear_meter(HeardTempo(HEARD_BPM, 0.5, candidates, beats_seconds), marks, SECONDS)


def tempo_of(meter: HeardMeter) -> float:
    return 60.0 / float(np.median(np.diff(meter.beat_seconds)))


def test_two_chords_that_agree_by_chance_do_not_make_another_pulse_of_the_one_that_is_heard() -> None:
    meter = meter_of(np.array([0.1, 3.1, 6.1]), np.arange(0.1, SECONDS, 0.5))
    assert tempo_of(meter) == pytest.approx(HEARD_BPM, rel=0.02)


@pytest.mark.parametrize("first", [0.1, 0.35])
def test_where_nothing_else_tells_the_beats_are_those_that_are_plainly_heard(first: float) -> None:
    heard = np.arange(first, SECONDS - 0.3, 0.5)
    meter = meter_of(np.array([]), heard)
    assert tempo_of(meter) == pytest.approx(HEARD_BPM, rel=0.02)
    assert max(np.abs(np.array(meter.beat_seconds) - beat).min() for beat in heard) < 0.05


def test_a_reading_that_another_nearly_equals_is_less_sure() -> None:
    def confidence(harmony_seconds: NDArray[np.float64]) -> float:
        frames = round(SECONDS * FRAME_RATE_HZ)
        beats = np.arange(0.1, SECONDS - 0.2, 1.0)
        onsets = np.zeros(frames)
        onsets[np.round(beats * FRAME_RATE_HZ).astype(int)] = 3.0
        flat = np.zeros(frames)
        marks = Marks(
            onsets, standardised(curve(harmony_seconds)), flat, flat, flat, standardised(curve(beats))
        )
        candidates = (TempoCandidate(60.0, 0.5), TempoCandidate(120.0, 0.5))
        return hear_meter(HeardTempo(60.0, 0.5, candidates, beats), marks, SECONDS).confidence

    assert confidence(np.array([])) < 0.9 * confidence(np.arange(0.1, SECONDS, 2.0))
