"""The melody that was heard in a recording, as a tune for the lead instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from songwright.engines.local.arranging.plan import LeadLine
from songwright.music.score import Note, Score

__all__ = ["in_lead_register", "leads_of"]

_LEAD_PITCHES = (55, 84)


def leads_of(melody: Sequence[Note], score: Score, semitones: int = 0) -> tuple[LeadLine, ...]:
    """A melody, section by section, in the register of the lead instrument.

    It is moved by the octaves that bring most of it there; what still lies outside is folded in.

    Args:
        melody: In order.
        score: Whose sections they are.
        semitones: How far the melody is transposed.
    """
    if not melody:
        return ()
    lowest, highest = _LEAD_PITCHES
    moves = [semitones + 12 * octave for octave in range(-4, 5)]

    def outside(move: int) -> tuple[int, int]:
        missed = sum(not lowest <= note.midi_pitch + move <= highest for note in melody)
        return missed, abs(move)

    move = min(moves, key=outside)
    bar = score.time_signature.beats_per_bar
    lines: list[LeadLine] = []
    for index, section in enumerate(score.sections):
        start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
        notes = tuple(
            replace(
                note,
                midi_pitch=in_lead_register(note.midi_pitch + move),
                duration_beats=min(note.duration_beats, end - note.start_beats),
            )
            for note in melody
            if start <= note.start_beats < end
        )
        if notes:
            lines.append(LeadLine(index, notes))
    return tuple(lines)


def in_lead_register(midi_pitch: int) -> int:
    """A pitch in the register of the lead instrument, moved there by octaves."""
    lowest, highest = _LEAD_PITCHES
    while midi_pitch < lowest:
        midi_pitch += 12
    while midi_pitch > highest:
        midi_pitch -= 12
    return midi_pitch
