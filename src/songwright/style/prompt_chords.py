"""Chords in a prompt: "Am F C G", "C - G/B - Am7 - F"."""

from __future__ import annotations

import re

from songwright.style.wishes import Wishes

__all__ = ["read_chords"]

_QUALITY = (
    r"(?:maj13|maj9|maj7|maj|min7|min|m7b5|m\(maj7\)|m6|m7|m9|m11|m|dim7|dim|aug|sus2|sus4|sus|add9|6/9|6"
    r"|7sus4|7b9|7#9|7|9|11|13|5|\+|\u00b0)?"
)
_CHORD = rf"[A-G][#b\u266f\u266d]?{_QUALITY}(?:/[A-G][#b\u266f\u266d]?)?"
_BETWEEN = r"\s*(?:[-\u2013\u2014>|,\u2192]+|\s)\s*"
# Three in a row are chords wherever they stand; "A" alone is an article.
_ROW = re.compile(rf"(?<![\w#])\|?\s*(?P<chords>{_CHORD}(?:{_BETWEEN}{_CHORD}){{2,}})\s*\|?(?![\w#])")
_SAID = re.compile(
    rf"\b(?:[Cc]hords?\s+progression|[Cc]hords?|[Pp]rogression|[Cc]hanges)\s*(?:of|:|=|are)?\s*(?P<chords>{_CHORD}(?:{_BETWEEN}{_CHORD})*)(?![\w#])"
)
_ONE = re.compile(_CHORD)


def read_chords(text: str, wishes: Wishes) -> str:
    """Read the first row of chord symbols into the wishes; the text without it comes back."""
    match = _SAID.search(text) or _ROW.search(text)
    if match is None:
        return text
    wishes.chords = tuple(_ONE.findall(match["chords"]))
    wishes.understand("chords " + " ".join(wishes.chords))
    return text[: match.start()] + ", " + text[match.end() :]
