"""Which stretch of a song an edit means: in seconds, in samples, in beats and in bars."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.errors import RequestError
from songwright.music.actions import Extend, ReplaceSection
from songwright.music.lyrics import section_kind
from songwright.music.song import Facts
from songwright.music.timeline import Span, bar_lines, resolve_span

__all__ = [
    "SHORTEST_SECONDS",
    "Segment",
    "bars_within",
    "continuation_seconds",
    "music_end_seconds",
    "segments_within",
    "stretch_of",
]

SHORTEST_SECONDS = 0.1
_FAR_BARS = 2
_A_SAMPLE = 1.0 / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True)
class Segment:
    """Whole bars of one section.

    Attributes:
        section: Index of the section.
        first_bar: Counted from 0 at the start of the song.
    """

    section: int
    first_bar: int
    bars: int


def stretch_of(action: ReplaceSection, facts: Facts) -> Span:
    """The stretch to replace.

    Raises:
        RequestError: It is not in the song, or too short.
    """
    length = facts.duration_seconds
    if action.section is not None:
        named = resolve_span(facts.sections, action.section, facts.bar_seconds)
        return Span(named.start_seconds, min(named.end_seconds, length))
    start, end = action.replace_section_start, action.replace_section_end
    if start is None or end is None:
        raise RequestError("give both ends in seconds, or name a `section`", field="replace_section_start")
    if start >= music_end_seconds(facts):
        raise RequestError(
            f"lies behind the last bar; the song's music ends at {music_end_seconds(facts):.2f} s; "
            "extend_song goes on from there",
            field="replace_section_start",
        )
    if end > length + 0.01:
        raise RequestError(
            f"lies behind the end of the song, which lasts {length:.2f} s; end there at the latest",
            field="replace_section_end",
        )
    if end - start < SHORTEST_SECONDS:
        raise RequestError(
            f"must be at least {SHORTEST_SECONDS:g} s later than replace_section_start",
            field="replace_section_end",
        )
    return Span(start, min(end, length))


def bars_within(facts: Facts, span: Span) -> int:
    """How many whole bars lie in a stretch."""
    return sum(segment.bars for segment in segments_within(facts, span))


def segments_within(facts: Facts, span: Span) -> tuple[Segment, ...]:
    """The whole bars in a stretch, section by section."""
    lines = bar_lines(facts.sections, facts.bar_seconds)
    found: list[Segment] = []
    for index, section in enumerate(facts.sections):
        start = section.start_bar - 1
        inside = [
            bar
            for bar in range(start, start + section.bars)
            if lines[bar] >= span.start_seconds - _A_SAMPLE and lines[bar + 1] <= span.end_seconds + _A_SAMPLE
        ]
        if inside:
            found.append(Segment(index, inside[0], len(inside)))
    return tuple(found)


def music_end_seconds(facts: Facts) -> float:
    """Where the last bar ends and only the ring-out follows; or where a recording ends inside a bar."""
    length = facts.duration_seconds
    lines = bar_lines(facts.sections, facts.bar_seconds)
    return min(lines[-1], length) if lines else length


def _outro_seconds(facts: Facts) -> float | None:
    """Where a song's outro starts; None where it has none, is nothing else, or is a recording."""
    start = None
    if facts.from_recording or facts.bar_seconds:
        return None
    for section in reversed(facts.sections):
        if section_kind(section.name) != "outro" or section.start_seconds <= 0:
            break
        start = section.start_seconds
    return start


def continuation_seconds(action: Extend, facts: Facts) -> float:
    """The musical boundary from which a song goes on: at or soon after the asked time.

    Where none is asked, a song that ends with an outro goes on in its place. The start of a section within
    two bars is taken, else the first bar line that cuts no sung line, else the first bar line. Behind the
    last bar it is the end of the last bar, or of the sound where that ends inside a bar.

    Raises:
        RequestError: The time is not in the song.
    """
    end = music_end_seconds(facts)
    asked = action.continue_at
    if asked is None:
        return _outro_seconds(facts) or end
    if end <= asked <= facts.duration_seconds:
        return end
    if asked > facts.duration_seconds:
        raise RequestError(
            f"lies behind the end of the song, which lasts {facts.duration_seconds:.2f} s; leave it out to "
            "continue from the end",
            field="continue_at",
        )
    inside = (line for line in bar_lines(facts.sections, facts.bar_seconds) if line < end - _A_SAMPLE)
    lines = (*inside, end)
    if len(lines) < 2:
        return end
    # Before the first bar has been heard there is nothing to continue.
    earliest = max(asked, lines[1]) - 1e-6
    first = next((number for number, line in enumerate(lines) if line >= earliest), len(lines) - 1)
    soon = lines[first : first + _FAR_BARS + 1]
    far = earliest + _FAR_BARS * (lines[first] - lines[first - 1]) + 2e-6
    near = [
        section.end_seconds
        for section in facts.sections
        if earliest <= section.end_seconds <= min(far, end + _A_SAMPLE)
    ]
    if near:
        return near[0]
    free = (
        line
        for line in soon
        if not any(sung.start_seconds + 0.3 < line < sung.end_seconds - 0.3 for sung in facts.lyric_lines)
    )
    return next(free, soon[0])
