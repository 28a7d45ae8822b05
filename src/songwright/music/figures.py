"""Keys, time signatures and chords as people write them, read into numbers.

It imports nothing of the score, so that requests can be checked with it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = [
    "LETTERS",
    "METERS",
    "MODES",
    "MOST_PROGRESSION_BARS",
    "SHIFTS",
    "ChordFigure",
    "KeyFigure",
    "Progression",
    "chords_text",
    "parse_chord_symbol",
    "parse_key",
    "parse_meter",
    "parse_progression",
]

METERS: frozenset[tuple[int, int]] = frozenset(
    {(2, 4), (3, 4), (4, 4), (5, 4), (6, 4), (2, 2), (6, 8), (7, 8), (9, 8), (12, 8)}
)
"""Time signatures that songs are written in."""

MOST_PROGRESSION_BARS = 64
_MOST_CHORDS_A_BAR = 8

ModeName = Literal["major", "minor", "dorian", "mixolydian", "phrygian", "lydian"]

LETTERS = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}
"""Pitch classes of the notes without accidentals."""
SHIFTS = {"": 0, "#": 1, "\u266f": 1, "sharp": 1, "b": -1, "\u266d": -1, "flat": -1}
"""Semitones that an accidental moves a note by."""
_KEY = re.compile(
    r"^(?:in\s+|key\s+of\s+|in\s+the\s+key\s+of\s+)?(?P<letter>[A-Ga-g])"
    r"\s*-?\s*(?P<accidental>#|\u266f|\u266d|sharp|flat|b)?"
    r"\s*-?\s*(?P<mode>major|minor|maj|min|dorian|mixolydian|phrygian|lydian|aeolian|ionian|[mM])?$",
    re.IGNORECASE,
)
MODES: dict[str, ModeName] = {
    "major": "major", "maj": "major", "minor": "minor", "min": "minor", "dorian": "dorian",
    "mixolydian": "mixolydian", "phrygian": "phrygian", "lydian": "lydian", "aeolian": "minor",
    "ionian": "major",
}  # fmt: skip
_METER = re.compile(r"^(\d{1,2})\s*/\s*(\d{1,2})(?:\s*time)?$")
_CHORD = re.compile(r"^([A-G])([#b\u266f\u266d]?)([^/\s]*?(?:6/9)?)(?:/([A-G])([#b\u266f\u266d]?))?$")
# Letters behind a chord's root to semitones above it; names as on lead sheets and in chord charts.
_QUALITIES: dict[str, tuple[int, ...]] = {
    "": (0, 4, 7), "M": (0, 4, 7), "maj": (0, 4, 7), "5": (0, 7), "6": (0, 4, 7, 9),
    "6/9": (0, 4, 7, 9, 14), "69": (0, 4, 7, 9, 14), "7": (0, 4, 7, 10), "dom7": (0, 4, 7, 10),
    "9": (0, 4, 7, 10, 14), "11": (0, 4, 7, 10, 14, 17), "13": (0, 4, 7, 10, 14, 21),
    "maj7": (0, 4, 7, 11), "M7": (0, 4, 7, 11), "Maj7": (0, 4, 7, 11), "\u0394": (0, 4, 7, 11),
    "\u03947": (0, 4, 7, 11), "^7": (0, 4, 7, 11), "^": (0, 4, 7, 11),
    "maj9": (0, 4, 7, 11, 14), "M9": (0, 4, 7, 11, 14), "add9": (0, 4, 7, 14), "add2": (0, 4, 7, 14),
    "2": (0, 2, 7), "4": (0, 5, 7), "sus": (0, 5, 7), "sus4": (0, 5, 7), "sus2": (0, 2, 7),
    "7sus4": (0, 5, 7, 10), "7sus": (0, 5, 7, 10), "9sus4": (0, 5, 7, 10, 14), "9sus": (0, 5, 7, 10, 14),
    "7b9": (0, 4, 7, 10, 13), "7#9": (0, 4, 7, 10, 15), "7b5": (0, 4, 6, 10), "7#5": (0, 4, 8, 10),
    "aug": (0, 4, 8), "+": (0, 4, 8), "aug7": (0, 4, 8, 10), "+7": (0, 4, 8, 10), "7+": (0, 4, 8, 10),
    "m": (0, 3, 7), "min": (0, 3, 7), "mi": (0, 3, 7), "-": (0, 3, 7), "m6": (0, 3, 7, 9),
    "min6": (0, 3, 7, 9), "-6": (0, 3, 7, 9), "m69": (0, 3, 7, 9, 14), "m6/9": (0, 3, 7, 9, 14),
    "m7": (0, 3, 7, 10),
    "min7": (0, 3, 7, 10), "mi7": (0, 3, 7, 10), "-7": (0, 3, 7, 10), "m9": (0, 3, 7, 10, 14),
    "min9": (0, 3, 7, 10, 14), "m11": (0, 3, 7, 10, 14, 17), "min11": (0, 3, 7, 10, 14, 17),
    "m13": (0, 3, 7, 10, 14, 21), "madd9": (0, 3, 7, 14), "m(add9)": (0, 3, 7, 14),
    "mM7": (0, 3, 7, 11), "mmaj7": (0, 3, 7, 11), "m(maj7)": (0, 3, 7, 11), "minmaj7": (0, 3, 7, 11),
    "m7b5": (0, 3, 6, 10), "min7b5": (0, 3, 6, 10), "-7b5": (0, 3, 6, 10), "\u00f8": (0, 3, 6, 10),
    "\u00f87": (0, 3, 6, 10), "dim": (0, 3, 6), "\u00b0": (0, 3, 6), "o": (0, 3, 6),
    "dim7": (0, 3, 6, 9), "\u00b07": (0, 3, 6, 9), "o7": (0, 3, 6, 9),
}  # fmt: skip
_SEPARATORS = re.compile(r"(?:\s*(?:->|\u2192|,|;|\u2013|\u2014)\s*|\s+-\s+|\s+)")
_TIED_BY_HYPHENS = re.compile(r"(?<=[A-Za-z0-9#b])-(?=[A-G])")


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """A key as written: its tonic as a pitch class, its mode where one is named."""

    name: str
    tonic: int
    mode: ModeName | None


@dataclass(frozen=True, slots=True)
class ChordFigure:
    """A chord symbol as written: root and bass as pitch classes, tones in semitones above the root."""

    symbol: str
    root: int
    intervals: tuple[int, ...]
    bass: int


Progression = tuple[tuple[ChordFigure, ...], ...]
"""Bars, each with the chords that share it evenly."""


def parse_key(text: str) -> KeyFigure:
    """Read a key such as "D minor", "F#", "Bb major" or "Am".

    Raises:
        ValueError: It is none.
    """
    match = _KEY.match(text.strip())
    if match is None:
        raise ValueError("must be a key, such as 'D minor', 'F#', 'Bb major' or 'Am'")
    accidental = SHIFTS[(match["accidental"] or "").lower()]
    letter = match["letter"].upper()
    said = match["mode"] or ""
    mode = {"m": "minor", "M": "major"}.get(said) or MODES.get(said.lower())
    name = letter + {1: "#", 0: "", -1: "b"}[accidental]
    return KeyFigure(
        f"{name} {mode}" if mode else name,
        (LETTERS[letter.lower()] + accidental) % 12,
        MODES[mode] if mode else None,
    )


def parse_meter(text: str) -> tuple[int, int]:
    """Read a time signature such as "3/4".

    Raises:
        ValueError: It is none, or none that songs are written in.
    """
    match = _METER.match(text.strip())
    numbers = (int(match[1]), int(match[2])) if match else (0, 0)
    if numbers not in METERS:
        known = ", ".join(f"{above}/{below}" for above, below in sorted(METERS, key=lambda m: (m[1], m[0])))
        raise ValueError(f"must be one of {known}")
    return numbers


def parse_chord_symbol(symbol: str) -> ChordFigure | None:
    """Read a chord symbol such as "Am7", "F#m7/C#" or "Gsus4"; None where it is none."""
    match = _CHORD.match(symbol)
    if match is None:
        return None
    letter, accidental, quality, bass, bass_accidental = match.groups()
    if quality not in _QUALITIES:
        return None
    root = (LETTERS[letter.lower()] + SHIFTS[accidental]) % 12
    lowest = root if bass is None else (LETTERS[bass.lower()] + SHIFTS[bass_accidental]) % 12
    plain = symbol.replace("\u266f", "#").replace("\u266d", "b")
    return ChordFigure(plain, root, _QUALITIES[quality], lowest)


def parse_progression(text: str) -> Progression:
    """Read chords: "Am F C G" is one a bar; between bar lines, "| Am F | C |", chords share a bar.

    "%" repeats the bar before.

    Raises:
        ValueError: A word of it is no chord symbol, or there are too many.
    """
    text = text.strip()
    ruled = "|" in text
    groups = [group for group in text.split("|") if group.strip()] if ruled else [text]
    bars: list[tuple[ChordFigure, ...]] = []
    for group in groups:
        words = [word for word in _SEPARATORS.split(_TIED_BY_HYPHENS.sub(" ", group)) if word]
        chords: list[tuple[ChordFigure, ...]] = []
        for place, word in enumerate(words, 1):
            if word == "%" and (chords or bars):
                chords.append((chords or bars)[-1])
                continue
            chord = parse_chord_symbol(word.strip("[](){}"))
            if chord is None:
                where = f"bar {len(bars) + 1}" if ruled else f"word {place}"
                raise ValueError(
                    f"{where} is no chord symbol; write them such as 'Am F C G' or '| C | G/B | Am7 F |'"
                )
            chords.append((chord,))
        if ruled:
            bar = tuple(chord for each in chords for chord in each)
            if bar:
                bars.append(bar)
        else:
            bars.extend(chords)
    if not bars:
        raise ValueError("must name a chord, such as 'Am F C G' or '| C | G/B | Am7 F |'")
    if len(bars) > MOST_PROGRESSION_BARS:
        raise ValueError(f"at most {MOST_PROGRESSION_BARS} bars; they come round again by themselves")
    if max(len(bar) for bar in bars) > _MOST_CHORDS_A_BAR:
        raise ValueError(f"at most {_MOST_CHORDS_A_BAR} chords in a bar")
    return tuple(bars)


def chords_text(given: Any) -> Any:
    """Chords that came as a list, or as a list in JSON, as one text; anything else as it is.

    An item is a bar.
    """
    if isinstance(given, str) and given.lstrip().startswith("["):
        try:
            given = json.loads(given)
        except ValueError:
            return given
    if not isinstance(given, list | tuple) or not all(isinstance(item, str) for item in given):
        return given
    bars = [item.strip().strip("|").strip() for item in given]
    return f"| {' | '.join(bar for bar in bars if bar)} |" if any(bars) else ""
