"""Who rests where: wishes such as "no drums until the chorus", on parts that are written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from songwright.music.score import Part, ScoreSection
from songwright.style.wishes import PlayersInPlace

__all__ = ["are_in_place", "in_places", "sections_of"]


def in_places(
    parts: Sequence[Part],
    places: Iterable[PlayersInPlace],
    sections: Sequence[ScoreSection],
    bar_beats: float,
) -> tuple[Part, ...]:
    """The parts without the notes of those who are to rest; no part is empty.

    Where nobody who is wanted would be heard in a section, all play on there.
    """
    kept = list(parts)
    for place in places:
        spans = [_span(sections[index], bar_beats) for index in _resting(place, sections)]
        if place.rule == "only":
            spans = [span for span in spans if any(_plays(part, span) for part in kept if place.means(part))]
        kept = [
            _without(part, spans) if place.means(part) != (place.rule == "only") else part for part in kept
        ]
    return tuple(part for part in kept if part.notes)


def are_in_place(
    place: PlayersInPlace, parts: Sequence[Part], sections: Sequence[ScoreSection], bar_beats: float
) -> bool:
    """Whether a wish is played: whoever is to rest rests, and who is wanted is heard."""
    if not sections_of(place, sections):
        return False
    resting = [_span(sections[index], bar_beats) for index in _resting(place, sections)]
    meant = [part for part in parts if place.means(part)]
    if place.rule == "only":
        others = [part for part in parts if not place.means(part)]
        return all(
            any(_plays(part, span) for part in meant) and not any(_plays(part, span) for part in others)
            for span in resting
        )
    if any(_plays(part, span) for part in meant for span in resting):
        return False
    return place.rule == "without" or bool(meant)


def sections_of(place: PlayersInPlace, sections: Sequence[ScoreSection]) -> list[int]:
    """The indices of the sections that are named; none where the form has no such section."""
    if place.section == "start":
        return [0]
    if place.section == "end":
        return [len(sections) - 1]
    alike = [index for index, section in enumerate(sections) if section.kind == place.section]
    if place.number == 0:
        return alike
    nth = place.number - 1 if place.number > 0 else place.number
    return [alike[nth]] if -len(alike) <= nth < len(alike) else []


def _resting(place: PlayersInPlace, sections: Sequence[ScoreSection]) -> list[int]:
    """The sections in which somebody rests."""
    named = sections_of(place, sections)
    if place.rule in ("only", "without") or not named:
        return named
    return list(range(named[0] + (place.rule == "after")))


def _span(section: ScoreSection, bar_beats: float) -> tuple[float, float]:
    return section.start_bar * bar_beats, (section.start_bar + section.bars) * bar_beats


def _plays(part: Part, span: tuple[float, float]) -> bool:
    return any(_begins(note.start_beats, span) for note in part.notes)


def _begins(beats: float, span: tuple[float, float]) -> bool:
    return span[0] - 1e-6 <= beats < span[1] - 1e-6


def _without(part: Part, spans: Sequence[tuple[float, float]]) -> Part:
    if not spans:
        return part
    notes = tuple(note for note in part.notes if not any(_begins(note.start_beats, span) for span in spans))
    return replace(part, notes=notes)
