from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from songwright.music.score import Chord, ChordSpan, Key, ScoreSection, TimeSignature
from songwright.music.transcription import HeardNote, Transcription

C_MAJOR = Chord(root=0, intervals=(0, 4, 7), symbol="C", bass=0)


def transcription(**changed: Any) -> Transcription:
    fields: dict[str, Any] = {
        "duration_seconds": 3.5,
        "tempo_bpm": 120.0,
        "beat_seconds": (-0.5, 0.0, 0.5, 1.0, 1.5, 2.1, 2.7, 3.3, 3.9),
        "time_signature": TimeSignature(4, 4),
        "key": Key(0, "major"),
        "chords": (ChordSpan(0, 6, C_MAJOR), ChordSpan(6, 2, C_MAJOR)),
        "melody": (
            HeardNote(start_beats=1, duration_beats=1, midi_pitch=60, confidence=0.5),
            HeardNote(start_beats=2, duration_beats=0.5, midi_pitch=62, confidence=1.0),
        ),
        "sections": (ScoreSection("verse", "verse", 0, 1), ScoreSection("outro", "outro", 1, 1)),
        "sung": True,
        "beat_confidence": 0.9,
        "chord_confidence": 0.7,
    }
    return Transcription.model_validate(fields | changed)


def test_a_transcription_survives_json() -> None:
    written = transcription()
    assert Transcription.model_validate_json(written.model_dump_json()) == written
    assert (written.bars, written.duration_beats) == (2, 8)


@pytest.mark.parametrize("beats", [-2.0, 0.0, 0.25, 3.99, 4.0, 6.5, 8.0, 9.5])
def test_beats_and_seconds_translate_into_each_other(beats: float) -> None:
    written = transcription()
    assert written.to_beats(written.to_seconds(beats)) == pytest.approx(beats)


def test_a_beat_between_two_heard_ones_lies_between_them_in_time() -> None:
    written = transcription()
    assert written.to_seconds(0) == -0.5
    assert written.to_seconds(4.5) == pytest.approx(1.8)
    assert written.to_seconds(9) == pytest.approx(4.5)
    assert written.to_beats(0.25) == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("changed", "rule"),
    [
        ({"beat_seconds": (0.1, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)}, "at or before 0"),
        ({"beat_seconds": (0.0, 0.5, 0.5, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)}, "rise"),
        ({"beat_seconds": (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5)}, "bar line"),
        ({"chords": (ChordSpan(0, 6, C_MAJOR),)}, "chords must reach"),
        ({"chords": (ChordSpan(0, 4, C_MAJOR), ChordSpan(5, 3, C_MAJOR))}, "chords must follow"),
        ({"sections": (ScoreSection("verse", "verse", 0, 1),)}, "sections must reach"),
        (
            {
                "melody": (
                    HeardNote(start_beats=1, duration_beats=2, midi_pitch=60, confidence=0.5),
                    HeardNote(start_beats=2, duration_beats=1, midi_pitch=62, confidence=0.5),
                )
            },
            "one note at a time",
        ),
    ],
)
def test_what_does_not_hold_together_is_refused(changed: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        transcription(**changed)


def test_a_bar_of_six_eighths_has_three_quarter_beats() -> None:
    written = transcription(
        time_signature=TimeSignature(6, 8),
        beat_seconds=(0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0),
        chords=(ChordSpan(0, 6, C_MAJOR),),
    )
    assert written.bars == 2
