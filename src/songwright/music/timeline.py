"""Stretches of a song: from seconds, from a section's name, or from bars."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from songwright.errors import RequestError
from songwright.music.song import Section

__all__ = ["Span", "bar_lines", "bars_span", "name_sections", "resolve_span", "section_span"]

_BARS = re.compile(r"^bars?\s+(\d{1,4})(?:\s*(?:-|to|\u2013)\s*(\d{1,4}))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in seconds, with 0 <= start < end."""

    start_seconds: float
    end_seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_seconds < self.end_seconds:
            raise ValueError("a span starts at 0 or later and ends after it starts")

    @property
    def duration_seconds(self) -> float:
        """The span's length."""
        return self.end_seconds - self.start_seconds


def name_sections(kinds: Sequence[str]) -> tuple[str, ...]:
    """Names for sections in order: a kind that occurs once keeps its name, others are numbered from 1."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for kind in kinds:
        seen[kind] = seen.get(kind, 0) + 1
        names.append(f"{kind} {seen[kind]}" if kinds.count(kind) > 1 else kind)
    return tuple(names)


def section_span(sections: Sequence[Section], name: str) -> Span:
    """The stretch of a named section, such as "chorus 2"; "chorus" and "chorus 1" are both the first one.

    Raises:
        RequestError: No section has that name; the message lists those that exist.
    """
    wanted = " ".join(name.lower().split()).removesuffix(" 1")
    for section in sections:
        if wanted == section.name.removesuffix(" 1"):
            return Span(section.start_seconds, section.end_seconds)
    known = ", ".join(section.name for section in sections) or "none"
    raise RequestError(f"no such section in this song; it has: {known}", field="section")


def bar_lines(sections: Sequence[Section], known_seconds: Sequence[float] = ()) -> tuple[float, ...]:
    """Where every bar starts, in seconds, and where the last one ends; () without sections.

    Args:
        sections: In order, from the first bar on.
        known_seconds: The same, where it is known; otherwise the bars of a section are of one length.
    """
    if known_seconds or not sections:
        return tuple(known_seconds)
    lines: list[float] = []
    for section in sections:
        length = (section.end_seconds - section.start_seconds) / section.bars
        lines.extend(section.start_seconds + number * length for number in range(section.bars))
    return (*lines, sections[-1].end_seconds)


def bars_span(
    sections: Sequence[Section], first: int, last: int, known_seconds: Sequence[float] = ()
) -> Span:
    """The stretch of bars ``first`` to ``last``, both counted from 1 and included.

    Args:
        sections: Of the song.
        first: The first bar.
        last: The last bar.
        known_seconds: As for ``bar_lines``.

    Raises:
        RequestError: The bars are not in the song.
    """
    lines = bar_lines(sections, known_seconds)
    total = max(len(lines) - 1, 0)
    if not 1 <= first <= last <= total:
        raise RequestError(f"bars must lie within 1-{total}, the first not after the last", field="section")
    return Span(max(0.0, lines[first - 1]), lines[last])


def resolve_span(sections: Sequence[Section], words: str, known_seconds: Sequence[float] = ()) -> Span:
    """The stretch that ``words`` name: "bars 9-16", "bar 4", or a section.

    Args:
        sections: Of the song.
        words: The name.
        known_seconds: As for ``bar_lines``.

    Raises:
        RequestError: There is no such stretch.
    """
    match = _BARS.match(words.strip())
    if match:
        first = int(match[1])
        return bars_span(sections, first, int(match[2] or first), known_seconds)
    return section_span(sections, words)
