"""How pitches and chords are spelled on paper in a key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from songwright.music.score import Chord, Key

__all__ = ["SpelledPitch", "chord_kind", "fifths", "spell", "symbol_parts"]

_STEPS_ON_FIFTHS = "FCGDAEB"
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
# The chromatic scale that reaches three fifths below the signature's tonic and eight above has the raised
# leading notes of minor and the usual borrowed flats of major.
_FIFTHS_BELOW = 3

_KINDS: dict[tuple[int, ...], str] = {
    (0, 4, 7): "major",
    (0, 3, 7): "minor",
    (0, 3, 6): "diminished",
    (0, 4, 8): "augmented",
    (0, 7): "power",
    (0, 5, 7): "suspended-fourth",
    (0, 2, 7): "suspended-second",
    (0, 4, 7, 9): "major-sixth",
    (0, 3, 7, 9): "minor-sixth",
    (0, 4, 7, 10): "dominant",
    (0, 4, 7, 11): "major-seventh",
    (0, 3, 7, 10): "minor-seventh",
    (0, 3, 7, 11): "major-minor",
    (0, 3, 6, 9): "diminished-seventh",
    (0, 3, 6, 10): "half-diminished",
    (0, 4, 8, 10): "augmented-seventh",
    (0, 4, 7, 10, 14): "dominant-ninth",
    (0, 4, 7, 11, 14): "major-ninth",
    (0, 3, 7, 10, 14): "minor-ninth",
}
_SYMBOL = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?")


@dataclass(frozen=True, slots=True)
class SpelledPitch:
    """A pitch as written: a letter, sharps or flats as semitones, and an octave in which C4 is middle C."""

    step: str
    alter: int
    octave: int


def fifths(key: Key) -> int:
    """Sharps (positive) or flats (negative) of a key's signature, -5..6."""
    major = {0: 0, 7: 1, 2: 2, 9: 3, 4: 4, 11: 5, 6: 6, 5: -1, 10: -2, 3: -3, 8: -4, 1: -5}
    relative = {"major": 0, "minor": 3, "dorian": 10, "mixolydian": 5, "phrygian": 8, "lydian": 7}
    return major[(key.tonic + relative[key.mode]) % 12]


def spell(midi_pitch: int, key: Key) -> SpelledPitch:
    """Spell a pitch as the key has it: in D minor 61 is C#, in F major 70 is Bb."""
    lowest = fifths(key) - _FIFTHS_BELOW
    # Seven times a pitch class is its place on the circle of fifths.
    place = lowest + (midi_pitch * 7 - lowest) % 12
    step = _STEPS_ON_FIFTHS[(place + 1) % 7]
    alter = (place + 1) // 7
    return SpelledPitch(step, alter, (midi_pitch - alter - _SEMITONES[step]) // 12 - 1)


def chord_kind(chord: Chord) -> str:
    """The name that MusicXML has for a chord's tones, or "other"."""
    return _KINDS.get(chord.intervals, "other")


def symbol_parts(symbol: str) -> tuple[tuple[str, int], str, tuple[str, int] | None] | None:
    """Root, suffix and bass of a chord symbol such as "F#m7/C#"; None where it is not one."""
    match = _SYMBOL.fullmatch(symbol)
    if match is None:
        return None
    step, sign, suffix, bass, bass_sign = match.groups()
    alters = {"#": 1, "b": -1, "": 0}
    return (step, alters[sign]), suffix, (bass, alters[bass_sign or ""]) if bass else None
