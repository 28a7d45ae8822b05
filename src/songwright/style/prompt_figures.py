"""Reading a prompt's figures: its tempo, time signature, length, key, and whether it loops."""

from __future__ import annotations

import re
from collections.abc import Collection

from songwright.music.figures import LETTERS, METERS, MODES, SHIFTS
from songwright.music.score import Mode, TimeSignature
from songwright.style.prompt_lengths import read_length
from songwright.style.wishes import Wishes

__all__ = ["read_figures", "without_figures"]

_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_BPM = re.compile(_NUMBER + r"\s*-?\s*(?:bpm|beats\s+per\s+minute)\b", re.IGNORECASE)
_BPM_AFTER = re.compile(r"\b(?:bpm|tempo)\s*(?:of|at|is|:|=)?\s*" + _NUMBER, re.IGNORECASE)
_METER = re.compile(r"(?<!\d)(\d{1,2})\s*/\s*(2|4|8)(?!\d)")
_LOOP = re.compile(
    r"\b(?:(?:seamless(?:ly)?|endless|perfect|infinite)[\s-]+)?(?:loopable|looping|loop)s?\b(?![\s-]+(?:pedal|station))",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"\b(?P<article>in\s+(?:the\s+key\s+of\s+)?|key\s*(?:of|:|=)?\s+)?(?P<letter>[A-Ga-g])"
    r"(?P<accidental>\s*[-]?\s*(?:sharp|flat)|[#\u266f\u266db])?"
    r"(?:\s*-?\s*(?P<mode>major|minor|maj|min|dorian|mixolydian|phrygian|lydian|aeolian|ionian)\b|(?P<m>m)\b)"
    r"(?P<key>\s+key\b)?",
    re.IGNORECASE,
)
_BARE_KEY = re.compile(
    r"\b(?:[Ii]n\s+(?:the\s+)?(?:key\s+of\s+)?|[Kk]ey\s*(?:of|:|=)\s*)(?P<letter>[A-G])"
    r"(?P<accidental>\s*-?\s*(?:sharp|flat)|[#\u266f\u266db])?(?=\s*(?:$|[,;.!?]|\band\b|\bat\b|\bwith\b|\bkey\b))"
)


def read_figures(text: str, wishes: Wishes) -> str:
    """Read tempo, meter, length and key into the wishes; the text without them comes back."""
    for read in (_read_tempo, _read_meter, _read_loop, read_length, _read_key):
        text = read(text, wishes)
    return text


def without_figures(prompt: str, names: Collection[str]) -> str:
    """A prompt without what it says of typed figures, such as "tempo_bpm" or "key"."""
    readers = {
        "duration_seconds": read_length,
        "tempo_bpm": _read_tempo,
        "key": _read_key,
        "time_signature": _read_meter,
    }
    text = prompt
    for name in names:
        if name in readers:
            text = readers[name](text, Wishes())
    if text == prompt:
        return prompt
    return ", ".join(part for part in (part.strip() for part in text.split(",")) if part)


def _read_tempo(text: str, wishes: Wishes) -> str:
    match = _BPM.search(text) or _BPM_AFTER.search(text)
    if match is None:
        return text
    asked = float(match[1])
    wishes.tempo_bpm = min(220.0, max(40.0, asked))
    if wishes.tempo_bpm == asked:
        wishes.understand(f"tempo {asked:g} bpm")
    else:
        wishes.notes.append(f"tempo {wishes.tempo_bpm:g} bpm, the nearest it can play")
    return text[: match.start()] + ", " + text[match.end() :]


def _read_meter(text: str, wishes: Wishes) -> str:
    match = _METER.search(text)
    if match is None:
        return text
    numbers = int(match[1]), int(match[2])
    if numbers in METERS:
        wishes.meter = TimeSignature(numbers[0], 2 if match[2] == "2" else 4 if match[2] == "4" else 8)
        wishes.understand(f"time signature {wishes.meter}")
    else:
        wishes.not_understood.append(f"{numbers[0]}/{numbers[1]}")
    return text[: match.start()] + ", " + text[match.end() :]


def _read_loop(text: str, wishes: Wishes) -> str:
    match = _LOOP.search(text)
    if match is None:
        return text
    wishes.loop = True
    wishes.understand("loop")
    return text[: match.start()] + " " + text[match.end() :]


def _read_key(text: str, wishes: Wishes) -> str:
    match = _KEY.search(text)
    while match is not None:
        letter, accidental = match["letter"], (match["accidental"] or "").strip(" -").lower()
        mode: Mode = "minor" if match["m"] else MODES[match["mode"].lower()]
        # "in a minor key" names a mode; "in A minor" and "in a minor" name a key.
        article = letter == "a" and not accidental and (match["key"] or not match["article"])
        short = match["m"] is not None and letter.islower() and not accidental
        if not article and not short:
            wishes.tonic = (LETTERS[letter.lower()] + SHIFTS[accidental]) % 12
            wishes.mode = mode
            name = letter.upper() + {1: "#", -1: "b", 0: ""}[SHIFTS[accidental]]
            wishes.understand(f"key {name} {mode}")
            return text[: match.start()] + ", " + text[match.end() :]
        match = _KEY.search(text, match.end())
    bare = _BARE_KEY.search(text)
    if bare is not None:
        accidental = (bare["accidental"] or "").strip(" -").lower()
        wishes.tonic = (LETTERS[bare["letter"].lower()] + SHIFTS[accidental]) % 12
        wishes.understand("key of " + bare["letter"] + {1: "#", -1: "b", 0: ""}[SHIFTS[accidental]])
        return text[: bare.start()] + ", " + text[bare.end() :]
    return text
