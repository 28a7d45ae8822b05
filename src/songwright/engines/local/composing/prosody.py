"""Syllables and stress of a line, as the singer will sing it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from songwright.engines.local.singing.phonology import MAIN_STRESS
from songwright.engines.local.singing.pronunciation import pronounce
from songwright.engines.local.singing.spelling import split_spelling
from songwright.engines.local.singing.word import Word
from songwright.music.lyrics import ENGLISH

__all__ = ["Syllable", "syllabify", "unsingable"]

# First words of Unicode character names, and how a reader calls such writing.
_SCRIPTS = {
    "CJK": "Chinese characters",
    "BOPOMOFO": "Chinese characters",
    "HIRAGANA": "Japanese characters",
    "KATAKANA": "Japanese characters",
    "HANGUL": "Korean letters",
}


@dataclass(frozen=True, slots=True)
class Syllable:
    """One syllable to sing.

    Attributes:
        text: Its letters; those of a word's syllables, joined, are the word. Never empty.
        word: Index of its word in the line, from 0.
        stressed: Whether it carries the main stress of a content word.
        word_end: Whether it is the last of its word.
    """

    text: str
    word: int
    stressed: bool
    word_end: bool


@lru_cache(maxsize=4096)
def syllabify(line: str, language: str = ENGLISH) -> tuple[Syllable, ...]:
    """The syllables of a line, in order: one for each vowel that the singer sings; () where there is none.

    In English numbers and abbreviations are spelt out as they are sung; symbols and emoji are passed over.

    Args:
        line: As written.
        language: ISO 639-1 code of a language that is sung.
    """
    words = enumerate(pronounce(line, language))
    return tuple(syllable for index, word in words for syllable in _syllables_of(word, index))


def unsingable(text: str) -> str | None:
    """What in a text cannot be sung, in words such as "Chinese characters", or None.

    The singer knows the Latin alphabet; punctuation, digits, symbols and emoji do no harm.
    """
    for character in unicodedata.normalize("NFKC", text):
        if unicodedata.category(character)[0] != "L":
            continue
        script = unicodedata.name(character, "UNKNOWN").split()[0].split("-")[0]
        if script not in ("LATIN", "FEMININE", "MASCULINE", "MODIFIER"):
            return _SCRIPTS.get(script, f"{script.title()} letters")
    return None


def _syllables_of(word: Word, index: int) -> list[Syllable]:
    centres = word.centres(word.phonemes)
    texts = split_spelling(word, centres)
    main = [centre > 0 and word.phonemes[centre - 1] == MAIN_STRESS for centre in centres]
    return [
        Syllable(
            text,
            index,
            stressed=word.content and main[k] and not any(main[:k]),
            word_end=k == len(texts) - 1,
        )
        for k, text in enumerate(texts)
    ]
