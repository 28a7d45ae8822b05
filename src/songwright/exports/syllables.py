"""How the words of a sung line lie under its notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from songwright.music.score import SungLine

__all__ = ["Syllable", "SyllablePlace", "syllables"]

SyllablePlace = Literal["single", "begin", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Syllable:
    """A syllable as written, punctuation included.

    Attributes:
        place: Where it stands in its word.
        extends: Whether later notes carry it on.
    """

    text: str
    place: SyllablePlace
    extends: bool


def syllables(line: SungLine) -> tuple[Syllable | None, ...]:
    """The syllable under each of a line's notes; None where a note carries the one before on."""
    written = _words(line)
    starts = [index for index, note in enumerate(line.notes) if note.syllable]
    under: list[Syllable | None] = [None] * len(line.notes)
    for number, index in enumerate(starts):
        note = line.notes[index]
        first = number == 0 or line.notes[starts[number - 1]].word != note.word
        last = number == len(starts) - 1 or line.notes[starts[number + 1]].word != note.word
        before, after = _around(written[note.word], _sung(line, note.word)) if written else ("", "")
        end = starts[number + 1] if number + 1 < len(starts) else len(line.notes)
        under[index] = Syllable(
            text=(before if first else "") + note.syllable + (after if last else ""),
            place=_place(first=first, last=last),
            extends=end - index > 1,
        )
    return tuple(under)


def _words(line: SungLine) -> tuple[str, ...]:
    """The line's words as written, by the numbers that its notes use; () where they do not agree."""
    words = tuple(line.text.split())
    highest = max((note.word for note in line.notes), default=-1)
    return words if len(words) == highest + 1 else ()


def _sung(line: SungLine, word: int) -> str:
    return "".join(note.syllable for note in line.notes if note.word == word)


def _around(written: str, sung: str) -> tuple[str, str]:
    """The punctuation before and after a word; empty where the letters sung are not the word's."""
    at = written.lower().find(sung.lower())
    return ("", "") if at < 0 else (written[:at], written[at + len(sung) :])


def _place(*, first: bool, last: bool) -> SyllablePlace:
    if first:
        return "single" if last else "begin"
    return "end" if last else "middle"
