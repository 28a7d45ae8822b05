"""The form of a recording whose words are known: its sections are those of the lyric, where they are sung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil

from songwright.engines.local.recordings.words_on_melody import SungWords
from songwright.music.lyrics import LyricSheet
from songwright.music.score import ScoreSection, SectionKind, TimeSignature
from songwright.music.timeline import name_sections

__all__ = ["form_of_words"]

_SHORTEST_BREAK_BARS = 4
_SHORTEST_OUTRO_BARS = 2


@dataclass(frozen=True, slots=True)
class _Stretch:
    kind: SectionKind
    start_bar: int
    end_bar: int


def form_of_words(
    sheet: LyricSheet, words: Sequence[SungWords], heard: Sequence[ScoreSection], meter: TimeSignature
) -> tuple[ScoreSection, ...]:
    """Sections by the words that are sung in them, with what is played before, between and after.

    Args:
        sheet: The lyric.
        words: Its lines as they are sung, in order.
        heard: The sections by their sound, contiguous from bar 0; they say how full each bar is.
        meter: Of the song.

    Returns:
        Contiguous sections over the same bars; ``heard`` itself where no words are sung.
    """
    total = heard[-1].start_bar + heard[-1].bars if heard else 0
    sung = _sung_stretches(sheet, words, meter.beats_per_bar, total)
    if not sung:
        return tuple(heard)
    stretches: list[_Stretch] = []
    if sung[0].start_bar > 0:
        stretches.append(_Stretch("intro", 0, sung[0].start_bar))
    for this, following in zip(sung, [*sung[1:], None], strict=True):
        end = total if following is None else following.start_bar
        played: SectionKind = "outro" if following is None else "break"
        shortest = _SHORTEST_OUTRO_BARS if following is None else _SHORTEST_BREAK_BARS
        if end - this.end_bar < shortest:
            stretches.append(_Stretch(this.kind, this.start_bar, end))
        else:
            stretches += [this, _Stretch(played, this.end_bar, end)]
    names = name_sections([stretch.kind for stretch in stretches])
    return tuple(
        ScoreSection(
            name=name,
            kind=stretch.kind,
            start_bar=stretch.start_bar,
            bars=stretch.end_bar - stretch.start_bar,
            energy=_energy(heard, stretch),
        )
        for name, stretch in zip(names, stretches, strict=True)
    )


def _sung_stretches(
    sheet: LyricSheet, words: Sequence[SungWords], bar_beats: float, total_bars: int
) -> list[_Stretch]:
    """Where each section of the lyric is sung, each beginning behind the one before it."""
    found: list[_Stretch] = []
    for index, group in groupby(words, key=lambda line: line.lyric_section):
        lines = list(group)
        # A pickup belongs to the bar that it leads to.
        start = round(lines[0].start_beats / bar_beats)
        end = min(total_bars, ceil(lines[-1].end_beats / bar_beats - 1e-6))
        if found:
            start = max(start, found[-1].start_bar + 1)
            if found[-1].end_bar > start:
                found[-1] = _Stretch(found[-1].kind, found[-1].start_bar, start)
        if start < total_bars:
            found.append(_Stretch(sheet.sections[index].kind, start, max(end, start + 1)))
    return found


def _energy(heard: Sequence[ScoreSection], stretch: _Stretch) -> float:
    bars = range(stretch.start_bar, stretch.end_bar)
    total = sum(
        section.energy
        * len(range(max(bars.start, section.start_bar), min(bars.stop, section.start_bar + section.bars)))
        for section in heard
    )
    return round(min(1.0, total / max(1, len(bars))), 3)
