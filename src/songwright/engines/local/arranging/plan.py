"""What the arranger is told: everything decided about a song except the notes of its instruments."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.music.score import ChordSpan, Key, Note, ScoreSection, TimeSignature, VocalPart
from songwright.style.genre import Genre
from songwright.style.wishes import PlayersInPlace

__all__ = ["LeadLine", "Plan"]


@dataclass(frozen=True, slots=True)
class LeadLine:
    """A melody for an instrument: an intro's hook, a solo, or the tune of an instrumental.

    Attributes:
        section: Index of its section in the plan.
        notes: In order, not overlapping, within the section; pitches lie between MIDI 55 and 84.
    """

    section: int
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A song's form, harmony and melodies, and the wishes that its arrangement must obey.

    Attributes:
        kit: Name of a drum kit, or None for no drums at all.
        energy: 0..1, how lively the song is as a whole; each section has an energy of its own.
        swing: 0 straight .. 1 triplet eighths.
        weirdness: 0..1, how far to stray from the genre's habits.
        sound_strength: 0.2..1, how closely to keep to the genre's typical choices.
        wanted: Catalogue names of instruments that must be heard, one alternative each.
        unwanted: Catalogue names of instruments that must not be heard, drum kits and basses included.
        has_bass: False where the bass was declined.
        plays_alone: Whether nobody plays but ``wanted`` and the kit.
        places: Who plays where.
        chords: Contiguous from beat 0 to the end.
        vocal: The lead vocal, to leave room for; None for an instrumental.
        lead: Melodies for the lead instrument, in order; at most one a section.
        hook: The motif that the chorus sings, from beat 0, for riffs and echoes; may be empty.
    """

    genre: Genre
    kit: str | None
    tempo_bpm: float
    swing: float
    time_signature: TimeSignature
    key: Key
    energy: float
    weirdness: float
    sound_strength: float
    wanted: tuple[str, ...]
    unwanted: tuple[str, ...]
    has_bass: bool
    sections: tuple[ScoreSection, ...]
    chords: tuple[ChordSpan, ...]
    vocal: VocalPart | None
    lead: tuple[LeadLine, ...]
    hook: tuple[Note, ...]
    plays_alone: bool = False
    places: tuple[PlayersInPlace, ...] = ()
