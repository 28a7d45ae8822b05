from __future__ import annotations

import pytest
from tools.listening.melodies import melody_statistics

SCALE = (0, 2, 4, 5, 7, 9, 11)
UP_AND_DOWN = [(float(beat), 1.0, pitch) for beat, pitch in enumerate((60, 62, 64, 64, 62, 60, 67))]


def test_intervals_are_sorted_into_repeats_steps_and_leaps() -> None:
    found = melody_statistics([UP_AND_DOWN], 0, SCALE)
    assert found["repeated notes"] == pytest.approx(1 / 6)
    assert found["steps"] == pytest.approx(4 / 6)
    assert found["leaps beyond a third"] == pytest.approx(1 / 6)
    assert found["range, semitones"] == 7


def test_pitch_classes_are_counted_from_the_tonic() -> None:
    in_c = melody_statistics([UP_AND_DOWN], 0, SCALE)
    moved = [(start, length, pitch + 3) for start, length, pitch in UP_AND_DOWN]
    assert melody_statistics([moved], 3, SCALE) == in_c
    assert in_c["notes of the scale"] == 1.0


def test_phrases_do_not_make_intervals_across_their_ends() -> None:
    far = [(start, length, pitch + 24) for start, length, pitch in UP_AND_DOWN]
    found = melody_statistics([UP_AND_DOWN, far], 0, SCALE)
    assert found["leaps beyond a third"] == pytest.approx(1 / 6)
    assert found["notes in a phrase"] == 7
