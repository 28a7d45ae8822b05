"""Backing vocals: a second voice in thirds and sixths over the choruses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from songwright.engines.local.composing.melody_request import chord_at
from songwright.engines.local.composing.pitches import scale_at
from songwright.engines.local.singing.voices import VOICES
from songwright.music.score import (
    SCALES,
    ChordSpan,
    Key,
    ScoreSection,
    SectionKind,
    SungLine,
    SungNote,
    VocalPart,
)

__all__ = ["DOUBLED_IN", "harmony_lines"]

DOUBLED_IN: frozenset[SectionKind] = frozenset({"chorus", "post-chorus", "drop"})
"""The sections in which the voice has company: a second take, and a second voice."""

# Semitones from the lead to the second voice: thirds and sixths, then fourths and fifths.
_PREFERRED = {3: 0.0, 4: 0.0, 8: 0.5, 9: 0.5, 5: 0.9, 7: 1.2}


def harmony_lines(
    vocal: VocalPart,
    key: Key,
    sections: Sequence[ScoreSection],
    chords: Sequence[ChordSpan] = (),
    *,
    everywhere: bool = False,
) -> VocalPart | None:
    """The same words a third or a sixth from the lead, in choruses; None where there are none.

    Args:
        vocal: The lead.
        key: The song's key.
        sections: Its sections.
        chords: Its chords: on strong notes the second voice prefers their tones.
        everywhere: Whether it sings all through, not in choruses alone.
    """
    facts = VOICES[vocal.voice]
    lines: list[SungLine] = []
    for line in vocal.lines:
        if not everywhere and sections[line.section].kind not in DOUBLED_IN:
            continue
        notes: list[SungNote] = []
        before: int | None = None
        # One side for a whole line keeps the voices from crossing: above unless it would be too high.
        side = 1 if max(note.midi_pitch for note in line.notes) + 5 <= facts.highest else -1
        for note in line.notes:
            pitch = _partner(note, side, before, key, chords, facts.lowest - 3, facts.highest + 2)
            before = pitch
            notes.append(
                SungNote(
                    note.start_beats, note.duration_beats, pitch, note.syllable, note.word, note.stressed
                )
            )
        lines.append(replace(line, notes=tuple(notes)))
    return VocalPart(voice=vocal.voice, lines=tuple(lines)) if lines else None


def _partner(
    note: SungNote,
    side: int,
    before: int | None,
    key: Key,
    chords: Sequence[ChordSpan],
    lowest: int,
    highest: int,
) -> int:
    chord = chord_at(chords, note.start_beats) if chords else None
    scale = scale_at(key, chord) if chord else frozenset((key.tonic + step) % 12 for step in SCALES[key.mode])
    best, best_cost = note.midi_pitch, float("inf")
    for direction in (side, -side):
        for interval, taste in _PREFERRED.items():
            pitch = note.midi_pitch + direction * interval
            if not lowest <= pitch <= highest or pitch % 12 not in scale:
                continue
            cost = taste + (0.0 if direction == side else 3.0)
            if chord is not None and pitch % 12 not in chord.pitch_classes:
                cost += 0.8 if note.duration_beats >= 1 else 0.25
            if before is not None:
                cost += 0.12 * max(0, abs(pitch - before) - 2)
            if cost < best_cost:
                best, best_cost = pitch, cost
    return best
