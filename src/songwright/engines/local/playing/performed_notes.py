"""Notes as they are played: in seconds, with the timing and dynamics of a player."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.music.actions import StemName

__all__ = ["PerformedNote", "PerformedPart"]


@dataclass(frozen=True, slots=True)
class PerformedNote:
    """One note as played.

    Attributes:
        start_seconds: From the start of the song.
        duration_seconds: From note-on to note-off; the instrument's release follows.
        midi_pitch: 0..127; for a kit, the General MIDI percussion key.
        velocity: MIDI's, 1..127.
        bend_semitones: A pitch curve over the note, evenly spaced from note-on to note-off, or () for
            none. Used for slides.
    """

    start_seconds: float
    duration_seconds: float
    midi_pitch: int
    velocity: int
    bend_semitones: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class PerformedPart:
    """One instrument's notes as played, sorted by start."""

    name: str
    instrument: str
    stem: StemName
    notes: tuple[PerformedNote, ...]
