"""The score's values."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from songwright.music.score import (
    Chord,
    ChordSpan,
    Key,
    Note,
    Part,
    Score,
    ScoreSection,
    SungLine,
    SungNote,
    TimeSignature,
    VocalPart,
)

SCORE = Score(
    title="Test",
    genre="pop",
    tempo_bpm=120,
    time_signature=TimeSignature(3, 4),
    key=Key(9, "minor"),
    swing=0,
    sections=(ScoreSection("verse", "verse", 0, 2), ScoreSection("chorus", "chorus", 2, 2)),
    chords=(ChordSpan(0, 12, Chord(9, (0, 3, 7), "Am", 9)),),
    parts=(Part("bass", "fingered_bass", "bass", (Note(0, 1, 33, 90),)),),
    vocal=VocalPart(
        "female", (SungLine("Hello", 0, (SungNote(0, 1, 64, "Hel", 0), SungNote(1, 1, 65, "lo", 0))),)
    ),
)


@pytest.mark.parametrize(
    ("numerator", "denominator", "beats"), [(4, 4, 4.0), (3, 4, 3.0), (6, 8, 3.0), (12, 8, 6.0), (2, 2, 4.0)]
)
def test_a_bar_is_counted_in_quarter_notes(numerator: int, denominator: int, beats: float) -> None:
    assert TimeSignature(numerator, denominator).beats_per_bar == beats


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (Key(9, "minor"), "A minor"),
        (Key(3, "major"), "Eb major"),
        (Key(3, "minor"), "D# minor"),
        (Key(10, "minor"), "Bb minor"),
        (Key(6, "minor"), "F# minor"),
        (Key(7, "dorian"), "G dorian"),
        (Key(0, "minor"), "C minor"),
    ],
)
def test_a_key_is_spelt_as_its_signature_is(key: Key, name: str) -> None:
    assert str(key) == name


def test_a_score_measures_itself() -> None:
    assert SCORE.bars == 4
    assert SCORE.duration_beats == 12
    assert SCORE.seconds(SCORE.duration_beats) == 6.0


def test_a_score_survives_a_round_trip_through_json() -> None:
    adapter = TypeAdapter(Score)
    assert adapter.validate_json(adapter.dump_json(SCORE)) == SCORE


def test_a_note_outside_the_range_of_midi_is_refused() -> None:
    with pytest.raises(ValidationError):
        Note(0, 1, 128, 90)


KEPT = replace(SCORE, beat_seconds=(-0.3, 0.2, 0.8, 1.3, 1.7))


def test_beats_that_people_kept_are_at_their_times() -> None:
    assert [KEPT.seconds(beat) for beat in (0, 1, 1.5, 4)] == [-0.3, 0.2, 0.5, 1.7]
    assert KEPT.seconds(6) == pytest.approx(2.7)


@given(st.floats(-2, 40))
def test_the_beat_at_the_time_of_a_beat_is_that_beat(beats: float) -> None:
    assert KEPT.beats(KEPT.seconds(beats)) == pytest.approx(beats, abs=1e-9)
    assert SCORE.beats(SCORE.seconds(beats)) == pytest.approx(beats, abs=1e-9)


@pytest.mark.parametrize(
    ("meter", "compound"),
    [((4, 4), False), ((3, 4), False), ((7, 8), False), ((6, 8), True), ((9, 8), True), ((12, 8), True)],
)
def test_a_meter_is_compound_where_its_pulse_divides_in_three(
    meter: tuple[int, Literal[4, 8]], *, compound: bool
) -> None:
    assert TimeSignature(*meter).is_compound is compound
