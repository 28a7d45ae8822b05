"""What a melody depends on: its range, its form and harmony, and the chance it is drawn with."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from songwright.music.score import Chord, ChordSpan, Key, ScoreSection, SectionKind, TimeSignature
from songwright.style.genre import MelodyFacts

__all__ = ["MelodyRequest", "Register", "chord_at"]

# Where in the song's range each kind lies: bottom and top as shares of the range, and its middle.
_BANDS: dict[SectionKind, tuple[float, float, float]] = {
    "intro": (0.05, 0.8, 0.4),
    "verse": (0.0, 0.68, 0.32),
    "pre-chorus": (0.12, 0.82, 0.46),
    "chorus": (0.28, 1.0, 0.66),
    "post-chorus": (0.28, 1.0, 0.64),
    "bridge": (0.1, 0.92, 0.5),
    "solo": (0.15, 1.0, 0.6),
    "break": (0.0, 0.8, 0.38),
    "drop": (0.28, 1.0, 0.66),
    "outro": (0.05, 0.8, 0.42),
}


@dataclass(frozen=True, slots=True)
class Register:
    """The range of a song's melody, as MIDI pitches, both included."""

    lowest: int
    highest: int

    def band(self, kind: SectionKind) -> tuple[int, int, float]:
        """Lowest pitch, highest pitch and middle for a kind of section."""
        bottom, top, middle = _BANDS[kind]
        span = self.highest - self.lowest
        return (
            self.lowest + round(bottom * span),
            self.lowest + round(top * span),
            self.lowest + middle * span,
        )


@dataclass(frozen=True, slots=True)
class MelodyRequest:
    """What a melody depends on.

    Attributes:
        facts: How the genre sings.
        register: The range of the whole song.
        sections, chords: The form and harmony to sing over.
        strictness: 0..1, how strongly words shape the melody.
        weirdness: 0..1.
        seed: The song's seed.
        section_seeds: Other seeds for single sections, by index, for composing them anew.
        earliest_beats: Lines that start here or later have no pickup that reaches before it, as what
            comes before stays as it is.
    """

    facts: MelodyFacts
    key: Key
    meter: TimeSignature
    tempo_bpm: float
    register: Register
    sections: tuple[ScoreSection, ...]
    chords: tuple[ChordSpan, ...]
    strictness: float
    weirdness: float
    seed: str
    section_seeds: Mapping[int, str] = field(default_factory=dict)
    earliest_beats: float = 0.0

    def seed_of(self, section: int) -> str:
        """The seed that a section's melody is drawn from."""
        return self.section_seeds.get(section, self.seed)


def chord_at(chords: Sequence[ChordSpan], beat: float) -> Chord:
    """The chord that sounds on a beat."""
    index = bisect_right(chords, beat + 1e-6, key=lambda span: span.start_beats) - 1
    return chords[max(0, index)].chord
