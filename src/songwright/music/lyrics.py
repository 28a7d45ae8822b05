"""Lyric sheets: lines to sing under section markers such as ``[Verse]``, ``[Chorus]``, ``[Instrumental]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import get_args

from songwright.music.figures import parse_progression
from songwright.music.score import SectionKind

__all__ = ["ENGLISH", "LyricSection", "LyricSheet", "parse_lyric"]

ENGLISH = "en"
"""ISO 639-1 code of the language that words are in where nothing else is said."""

_MARKER = re.compile(r"^\s*\[\s*([^\[\]]{1,120}?)\s*\]\s*(.*)$")
_KINDS: tuple[SectionKind, ...] = get_args(SectionKind)
_SYNONYMS: dict[str, SectionKind] = {
    "hook": "chorus",
    "refrain": "chorus",
    "prechorus": "pre-chorus",
    "pre chorus": "pre-chorus",
    "postchorus": "post-chorus",
    "post chorus": "post-chorus",
    "middle 8": "bridge",
    "middle eight": "bridge",
    "instrumental": "solo",
    "guitar solo": "solo",
    "interlude": "break",
    "breakdown": "break",
    "build": "pre-chorus",
    "ending": "outro",
    "end": "outro",
    "coda": "outro",
    "opening": "intro",
}
_TRAILING_NUMBER = re.compile(r"[\s#:.-]*\d+$")
_ASIDE = re.compile(r"\s*[:(,|-].*$")


@dataclass(frozen=True, slots=True)
class LyricSection:
    """The lines under one marker.

    Attributes:
        kind: What part of the form it is.
        lines: Lines to sing, in order; empty where the section is played, not sung.
        language: ISO 639-1 code of the lines' language.
        chords: The chords that the marker names, one text a bar, such as ("Am", "F G"); () for none.
    """

    kind: SectionKind
    lines: tuple[str, ...]
    language: str = ENGLISH
    chords: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LyricSheet:
    """A parsed lyric.

    Attributes:
        sections: In order; lines before the first marker form a verse.
        unknown_markers: Markers that name no section; their lines are kept, as a verse.
    """

    sections: tuple[LyricSection, ...]
    unknown_markers: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """Every line to sing, in order."""
        return tuple(line for section in self.sections for line in section.lines)


def section_kind(marker: str) -> SectionKind | None:
    """The kind of section that a marker's text names, or None: "Chorus 2" and "Hook (x2)" are choruses."""
    word = " ".join(marker.lower().split())
    whole = (word, _ASIDE.sub("", word), word.replace("-", " "))
    for name in (*whole, *(_TRAILING_NUMBER.sub("", candidate).strip() for candidate in whole)):
        if name in _SYNONYMS:
            return _SYNONYMS[name]
        for kind in _KINDS:
            if name == kind:
                return kind
    return None


def parse_lyric(text: str) -> LyricSheet:
    """Parse a lyric sheet.

    A marker may carry a line behind it: ``[Verse] We ride at dawn``, and chords behind a bar line:
    ``[Chorus | Am F C G]``; what stands there and is no chord is left aside. Without any marker, blank lines
    part the sections: a block that comes back word for word is the chorus, the others are verses.
    """
    sections: list[tuple[SectionKind, list[str]]] = []
    chords: dict[int, tuple[str, ...]] = {}
    unknown: list[str] = []
    blocks: list[list[str]] = [[]]
    for raw in text.splitlines():
        match = _MARKER.match(raw)
        if match:
            name, _, behind = match[1].partition("|")
            kind = section_kind(name)
            if kind is None:
                unknown.append(name.strip())
            if behind.strip():
                chords[len(sections)] = _chords(behind)
            sections.append((kind or "verse", []))
        line = " ".join((match[2] if match else raw).split())
        if not line:
            if blocks[-1]:
                blocks.append([])
            continue
        if not sections:
            sections.append(("verse", []))
        sections[-1][1].append(line)
        blocks[-1].append(line)
    if not any(_MARKER.match(raw) for raw in text.splitlines()):
        sections = _unmarked(blocks)
    return LyricSheet(
        sections=tuple(
            LyricSection(kind, tuple(lines), chords=chords.get(index, ()))
            for index, (kind, lines) in enumerate(sections)
        ),
        unknown_markers=tuple(unknown),
    )


def _chords(text: str) -> tuple[str, ...]:
    try:
        bars = parse_progression(text)
    except ValueError:
        return ()
    return tuple(" ".join(chord.symbol for chord in bar) for bar in bars)


def _unmarked(blocks: list[list[str]]) -> list[tuple[SectionKind, list[str]]]:
    kept = [block for block in blocks if block]
    return [("chorus" if kept.count(block) > 1 else "verse", block) for block in kept]
