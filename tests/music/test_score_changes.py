"""What changed between two scores, in bars and in shares of notes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from songwright.music.score import Chord, ChordSpan, Key, Note, Part, Score, ScoreSection, TimeSignature
from songwright.music.score_changes import changed_chord_bars, notes_kept, part_changes

C, F, G = (Chord(root, (0, 4, 7), name, root) for root, name in ((0, "C"), (5, "F"), (7, "G")))


def score_of(meter: TimeSignature, *chords: Chord, bars_each: int = 1) -> Score:
    """A score in which each chord lasts some bars, with one note of the piano at the start of each bar."""
    beats = meter.beats_per_bar * bars_each
    bars = len(chords) * bars_each
    return Score(
        title="",
        genre="folk",
        tempo_bpm=120,
        time_signature=meter,
        key=Key(0, "major"),
        swing=0,
        sections=(
            ScoreSection("verse", "verse", 0, bars // 2),
            ScoreSection("chorus", "chorus", bars // 2, bars - bars // 2),
        ),
        chords=tuple(ChordSpan(place * beats, beats, chord) for place, chord in enumerate(chords)),
        parts=(
            Part(
                "piano",
                "acoustic_grand_piano",
                "other",
                tuple(Note(bar * meter.beats_per_bar, 1, 60, 80) for bar in range(bars)),
            ),
        ),
        vocal=None,
    )


@pytest.mark.parametrize("meter", [TimeSignature(4, 4), TimeSignature(3, 4), TimeSignature(6, 8)], ids=str)
def test_bars_with_other_chords_are_counted_in_any_meter(meter: TimeSignature) -> None:
    before = score_of(meter, C, F, G, C, F, G)
    assert changed_chord_bars(before, before) == 0
    assert changed_chord_bars(before, score_of(meter, C, F, G, C, G, G)) == 1
    assert changed_chord_bars(before, score_of(meter, C, G, F, C, F, C)) == 3
    assert changed_chord_bars(before, score_of(meter, C, F, G, C)) == 2


def test_a_chord_that_lasts_three_bars_changes_three() -> None:
    meter = TimeSignature(3, 4)
    before = score_of(meter, C, F, bars_each=3)
    assert changed_chord_bars(before, score_of(meter, C, G, bars_each=3)) == 3


def test_a_chord_that_comes_a_beat_late_changes_its_bar_alone() -> None:
    meter = TimeSignature(4, 4)
    before = score_of(meter, C, F, G, C)
    late = replace(before, chords=(*before.chords[:2], ChordSpan(9, 3, G), before.chords[3]))
    assert changed_chord_bars(before, late) == 1


@pytest.mark.parametrize("meter", [TimeSignature(4, 4), TimeSignature(3, 4)], ids=str)
def test_a_sections_notes_are_those_from_its_first_bar_to_its_last(meter: TimeSignature) -> None:
    before = score_of(meter, C, F, G, C)
    piano = before.parts[0]
    moved = replace(piano, notes=(*piano.notes[:3], replace(piano.notes[3], midi_pitch=72)))
    after = replace(before, parts=(moved,))
    assert notes_kept(before, "verse", after, "verse") == 1
    assert notes_kept(before, "chorus", after, "chorus") == 0.5
    assert notes_kept(before, "verse", after, "bridge") is None
    [change] = part_changes(before, after)
    assert (change.part, change.kept, change.added, change.removed) == ("piano", 3, 1, 1)
