"""Roman numerals: chords named by their place in a key, such as "ii7", "bVII", "V/ii" or "Isus4"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from songwright.music.score import SCALES, Chord, Key

__all__ = ["Numeral", "chord_of", "diatonic_seventh", "parse_numeral", "root_of"]

_DEGREES = ("i", "ii", "iii", "iv", "v", "vi", "vii")
_NUMERAL = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)([^/]*)(?:/([^/]+))?$")
# Suffix to (intervals above the root when the numeral is upper case, when it is lower case).
_SUFFIXES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "": ((0, 4, 7), (0, 3, 7)),
    "5": ((0, 7), (0, 7)),
    "6": ((0, 4, 7, 9), (0, 3, 7, 9)),
    "69": ((0, 4, 7, 9, 14), (0, 3, 7, 9, 14)),
    "7": ((0, 4, 7, 10), (0, 3, 7, 10)),
    "maj7": ((0, 4, 7, 11), (0, 3, 7, 11)),
    "9": ((0, 4, 7, 10, 14), (0, 3, 7, 10, 14)),
    "maj9": ((0, 4, 7, 11, 14), (0, 3, 7, 11, 14)),
    "11": ((0, 4, 7, 10, 14, 17), (0, 3, 7, 10, 14, 17)),
    "13": ((0, 4, 7, 10, 14, 21), (0, 3, 7, 10, 14, 21)),
    "7b9": ((0, 4, 7, 10, 13), (0, 3, 7, 10, 13)),
    "7#9": ((0, 4, 7, 10, 15), (0, 3, 7, 10, 15)),
    "7sus4": ((0, 5, 7, 10), (0, 5, 7, 10)),
    "9sus4": ((0, 5, 7, 10, 14), (0, 5, 7, 10, 14)),
    "sus4": ((0, 5, 7), (0, 5, 7)),
    "sus2": ((0, 2, 7), (0, 2, 7)),
    "sus": ((0, 5, 7), (0, 5, 7)),
    "add9": ((0, 4, 7, 14), (0, 3, 7, 14)),
    "dim": ((0, 3, 6), (0, 3, 6)),
    "dim7": ((0, 3, 6, 9), (0, 3, 6, 9)),
    "m7b5": ((0, 3, 6, 10), (0, 3, 6, 10)),
    "aug": ((0, 4, 8), (0, 4, 8)),
    "aug7": ((0, 4, 8, 10), (0, 4, 8, 10)),
}
_SPELLINGS = {"o": "dim", "°": "dim", "o7": "dim7", "°7": "dim7", "ø": "m7b5", "ø7": "m7b5", "+": "aug",
              "M7": "maj7", "Maj7": "maj7", "m7": "7", "m": "", "6/9": "69", "maj": "", "dom7": "7",
}  # fmt: skip
# Intervals to the letters that a lead sheet puts after the root.
_SYMBOLS: dict[tuple[int, ...], str] = {
    (0, 4, 7): "", (0, 3, 7): "m", (0, 7): "5", (0, 4, 7, 9): "6", (0, 3, 7, 9): "m6",
    (0, 4, 7, 9, 14): "6/9", (0, 3, 7, 9, 14): "m6/9", (0, 4, 7, 10): "7", (0, 3, 7, 10): "m7",
    (0, 4, 7, 11): "maj7", (0, 3, 7, 11): "m(maj7)", (0, 4, 7, 10, 14): "9", (0, 3, 7, 10, 14): "m9",
    (0, 4, 7, 11, 14): "maj9", (0, 3, 7, 11, 14): "m(maj9)", (0, 4, 7, 10, 14, 17): "11",
    (0, 3, 7, 10, 14, 17): "m11", (0, 4, 7, 10, 14, 21): "13", (0, 3, 7, 10, 14, 21): "m13",
    (0, 4, 7, 10, 13): "7b9", (0, 3, 7, 10, 13): "m7b9", (0, 4, 7, 10, 15): "7#9",
    (0, 3, 7, 10, 15): "m7#9", (0, 5, 7, 10): "7sus4", (0, 5, 7, 10, 14): "9sus4", (0, 5, 7): "sus4",
    (0, 2, 7): "sus2", (0, 4, 7, 14): "add9", (0, 3, 7, 14): "m(add9)", (0, 3, 6): "dim",
    (0, 3, 6, 9): "dim7", (0, 3, 6, 10): "m7b5", (0, 4, 8): "aug", (0, 4, 8, 10): "aug7",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Numeral:
    """A chord's place and quality, free of any key.

    Attributes:
        degree: 1..7.
        accidental: -1 flat, 0 none, 1 sharp. Degrees are counted on the major scale of the tonic in every
            mode, so "bVI" is F in A minor and in A major alike.
        intervals: Semitones above the root.
        of: Numeral of the chord that this one leads to ("V/ii" leads to "ii"), or None.
    """

    degree: int
    accidental: int
    intervals: tuple[int, ...]
    of: Numeral | None = None

    @property
    def is_plain_triad(self) -> bool:
        """Whether it is a major or minor triad on a degree of the key itself."""
        return self.of is None and self.intervals in ((0, 4, 7), (0, 3, 7))


@cache
def parse_numeral(text: str) -> Numeral:
    """Parse one Roman numeral.

    Raises:
        ValueError: The text is not a numeral.
    """
    match = _NUMERAL.match(text.strip())
    if match is None:
        raise ValueError("not a Roman numeral")
    sign, roman, suffix, target = match.groups()
    suffix = _SPELLINGS.get(suffix, suffix)
    if suffix not in _SUFFIXES:
        raise ValueError("a Roman numeral with an unknown quality")
    upper, lower = _SUFFIXES[suffix]
    return Numeral(
        degree=_DEGREES.index(roman.lower()) + 1,
        accidental={"b": -1, "#": 1, "": 0}[sign],
        intervals=upper if roman.isupper() else lower,
        of=parse_numeral(target) if target else None,
    )


def chord_of(numeral: Numeral, key: Key, *, bass_interval: int = 0) -> Chord:
    """The chord that a numeral means in a key.

    Args:
        numeral: The chord's place and quality.
        key: The key.
        bass_interval: Semitones of the lowest note above the root: 0 root position, 4 a first inversion.
    """
    root = root_of(numeral, key)
    bass = (root + bass_interval) % 12
    # A flattened degree is spelt flat even in a key with sharps: bVI of C is Ab.
    spelling = Key(5, "major") if numeral.accidental < 0 else key
    symbol = spelling.pitch_name(root) + _SYMBOLS[numeral.intervals]
    if bass != root:
        symbol += "/" + key.pitch_name(bass)
    return Chord(root=root, intervals=numeral.intervals, symbol=symbol, bass=bass)


def root_of(numeral: Numeral, key: Key) -> int:
    """The pitch class of a numeral's root in a key."""
    if numeral.of is not None:
        key = Key(root_of(numeral.of, key), "major")
    step = SCALES["major"][numeral.degree - 1] + numeral.accidental
    return (key.tonic + step) % 12


def diatonic_seventh(numeral: Numeral, key: Key) -> Numeral:
    """The same chord with the seventh that the key gives it; unchanged if it isn't a plain triad."""
    if not numeral.is_plain_triad:
        return numeral
    root = root_of(numeral, key)
    if numeral.degree == 5 and numeral.intervals == (0, 4, 7):
        return Numeral(numeral.degree, numeral.accidental, (0, 4, 7, 10))
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    seventh = 11 if (root + 11) % 12 in scale and (root + 10) % 12 not in scale else 10
    return Numeral(numeral.degree, numeral.accidental, (*numeral.intervals, seventh))
