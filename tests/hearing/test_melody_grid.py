"""Whatever notes are heard on whatever beats, the tune is one that a score can hold."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.hearing.melody import PlainNote, on_grid
from songwright.music.score import Chord, ChordSpan, Key, ScoreSection, TimeSignature
from songwright.music.transcription import HeardNote, Transcription

STEADY = tuple(float(beat) for beat in range(9))
BEATS = st.lists(st.floats(0.2, 1.5), min_size=4, max_size=32).map(
    lambda steps: tuple(accumulate(steps[: len(steps) // 4 * 4], initial=-0.3))
)
# Lengths as people play them, and such that fall between two roundings.
LENGTHS = st.one_of(st.floats(0.0, 3.0), st.integers(0, 24).map(lambda ticks: ticks / 12))
NOTES = st.lists(st.tuples(LENGTHS, LENGTHS, st.integers(40, 88), st.floats(0.0, 1.0)), max_size=40)


def in_a_score(melody: tuple[HeardNote, ...], beat_seconds: tuple[float, ...]) -> Transcription:
    """Raises where the melody is not one note at a time."""
    beats = len(beat_seconds) - 1
    return Transcription(
        duration_seconds=beat_seconds[-1],
        tempo_bpm=60.0,
        beat_seconds=beat_seconds,
        time_signature=TimeSignature(4, 4),
        key=Key(0, "major"),
        chords=(ChordSpan(0.0, float(beats), Chord(0, (0, 4, 7), "C", 0)),),
        melody=melody,
        sections=(ScoreSection("verse", "verse", 0, beats // 4),),
        sung=False,
        beat_confidence=0.5,
        chord_confidence=0.5,
    )


@pytest.mark.parametrize("beat", range(6))
@pytest.mark.parametrize("third", [1, 2])
def test_a_note_that_lasts_from_triplet_to_triplet_ends_where_the_next_begins(beat: int, third: int) -> None:
    first, second = beat + third / 3, beat + (third + 2) / 3
    notes = [PlainNote(first, second, 60, 0.9), PlainNote(second, second + 0.3, 62, 0.9)]
    melody = on_grid(notes, STEADY)
    assert [note.midi_pitch for note in in_a_score(melody, STEADY).melody] == [60, 62]
    assert melody[0].start_beats + melody[0].duration_beats == pytest.approx(melody[1].start_beats, abs=1e-9)


@given(NOTES, st.one_of(BEATS, st.just(STEADY)))
def test_any_notes_on_any_beats_are_one_at_a_time_and_inside_the_bars(
    drawn: list[tuple[float, float, int, float]], beat_seconds: tuple[float, ...]
) -> None:
    starts = accumulate(step for step, _, _, _ in drawn)
    notes = [
        PlainNote(start, start + length, pitch, sure)
        for start, (_, length, pitch, sure) in zip(starts, drawn, strict=True)
    ]
    melody = on_grid(notes, beat_seconds)
    in_a_score(melody, beat_seconds)
    for earlier, later in pairwise(melody):
        assert earlier.start_beats + earlier.duration_beats <= later.start_beats + 1e-9
    if melody:
        assert melody[-1].start_beats + melody[-1].duration_beats <= len(beat_seconds) - 1 + 1e-9
