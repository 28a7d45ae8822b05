"""A word as it is sung, in whichever language."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.engines.local.singing.phonology import VOWELS, nuclei
from songwright.music.lyrics import ENGLISH

__all__ = ["Word"]


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is sung.

    Attributes:
        spelling: Its letters, with apostrophes; in English numbers are spelt out.
        phonemes: In hibari's alphabet, with stress marks.
        content: Whether it carries stress: not an article, pronoun, preposition or the like.
        pause: Whether punctuation after it asks for a breath.
        language: ISO 639-1 code.
    """

    spelling: str
    phonemes: str
    content: bool
    pause: bool
    language: str = ENGLISH

    def centres(self, phonemes: str) -> tuple[int, ...]:
        """Positions in its phonemes that are centres of its syllables."""
        if self.language == ENGLISH:
            return nuclei(phonemes, self.spelling)
        return tuple(position for position, sound in enumerate(phonemes) if sound in VOWELS)
