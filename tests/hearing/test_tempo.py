from __future__ import annotations

import numpy as np
import pytest
from tests.hearing.synthetic import RATE_HZ, beat, click_track, noise, silence, tone

from songwright.hearing.tempo import hear_tempo


@pytest.mark.parametrize("tempo_bpm", [60, 72, 85.5, 96, 104, 112.7, 120, 128, 140, 152])
def test_the_tempo_of_a_click_track_is_found_within_half_a_percent(tempo_bpm: float) -> None:
    heard = hear_tempo(click_track(tempo_bpm))
    assert heard.tempo_bpm == pytest.approx(tempo_bpm, rel=0.005)


@pytest.mark.parametrize("tempo_bpm", [70, 84, 92, 100, 118, 126, 138, 150])
@pytest.mark.parametrize("swing", [0.0, 1.0])
def test_the_tempo_of_a_drum_beat_is_found_straight_or_swung(tempo_bpm: float, swing: float) -> None:
    heard = hear_tempo(beat(tempo_bpm, swing=swing))
    assert heard.tempo_bpm is not None
    assert min(abs(heard.tempo_bpm / tempo_bpm / factor - 1) for factor in (0.5, 1, 2)) < 0.005


@pytest.mark.parametrize("tempo_bpm", [50, 166, 174, 190, 208])
def test_a_very_slow_or_fast_tempo_may_be_heard_doubled_or_halved(tempo_bpm: float) -> None:
    heard = hear_tempo(click_track(tempo_bpm))
    assert heard.tempo_bpm is not None
    assert min(abs(heard.tempo_bpm / tempo_bpm / factor - 1) for factor in (0.5, 1, 2)) < 0.005


def test_a_slow_or_fast_reading_stands_among_the_candidates() -> None:
    candidates = [candidate.tempo_bpm for candidate in hear_tempo(click_track(50)).candidates]
    assert any(tempo == pytest.approx(50, rel=0.01) for tempo in candidates)


def test_beats_fall_on_the_clicks() -> None:
    beats = hear_tempo(click_track(100)).beats_seconds
    distance = np.abs((beats - 0.2 + 0.3) % 0.6 - 0.3)
    assert len(beats) > 30
    assert distance.max() < 0.03


@pytest.mark.parametrize(
    "sound",
    [silence(10), noise(20), tone(60, 10), silence(0), noise(0.5), np.ones(10 * RATE_HZ, np.float32)],
    ids=["silence", "noise", "one tone", "nothing", "half a second", "a constant"],
)
def test_no_tempo_is_claimed_where_there_is_no_pulse(sound: np.ndarray) -> None:
    heard = hear_tempo(sound)
    assert heard.tempo_bpm is None
    assert heard.confidence == 0.0


def test_a_clear_pulse_is_heard_with_more_confidence_than_a_buried_one() -> None:
    clear, buried = click_track(110), click_track(110) + noise(24.0, 0.15)
    assert hear_tempo(clear).confidence > hear_tempo(buried).confidence
