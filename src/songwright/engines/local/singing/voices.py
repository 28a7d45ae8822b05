"""Who can sing: facts about each voice that composers and singers share. Pure data."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.music.score import VoiceName

__all__ = [
    "COMFORTABLE_SYLLABLES_PER_SECOND",
    "FASTEST_SYLLABLES_PER_SECOND",
    "SHORTEST_SYLLABLE_SECONDS",
    "VOICES",
    "VoiceFacts",
]

COMFORTABLE_SYLLABLES_PER_SECOND = (1.5, 3.5)
"""Rates of syllables within a phrase at which words stay easy to understand."""

FASTEST_SYLLABLES_PER_SECOND = 5.0
"""Above this rate of syllables words blur."""

SHORTEST_SYLLABLE_SECONDS = 0.16
"""A syllable on a shorter note loses its consonants or its vowel."""


@dataclass(frozen=True, slots=True)
class VoiceFacts:
    """One voice.

    Attributes:
        lowest, highest: Comfortable range as MIDI pitches; outside it the voice sings, but worse.
        tessitura: Where most of a melody should lie, as MIDI pitches.
        transpose_semitones: How far the conditioning pitch of the network lies below the sung pitch's
            octave; negative for a voice lower than the network's own.
        envelope_stretch: Factor on the frequency axis of the spectral envelope: below 1 a longer vocal
            tract and a darker voice, above 1 a brighter one.
    """

    lowest: int
    highest: int
    tessitura: tuple[int, int]
    transpose_semitones: float
    envelope_stretch: float


VOICES: dict[VoiceName, VoiceFacts] = {
    "female": VoiceFacts(56, 74, (59, 70), 0.0, 1.0),
    "bright": VoiceFacts(57, 76, (60, 72), 2.0, 1.06),
    "dark": VoiceFacts(50, 69, (53, 64), -4.0, 0.92),
    "male": VoiceFacts(44, 64, (48, 60), -10.0, 0.85),
}
"""Every voice; the engine's lead and its backing voices are drawn from here."""
