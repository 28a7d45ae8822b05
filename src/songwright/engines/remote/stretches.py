"""Which seconds of a song an edit is about."""

from __future__ import annotations

from songwright.errors import RequestError
from songwright.music.actions import Extend, ReplaceSection
from songwright.music.song import Song
from songwright.music.timeline import Span, resolve_span

__all__ = ["continue_at_of", "stretch_of"]


def stretch_of(action: ReplaceSection, source: Song | None) -> Span:
    """The stretch that is to be replaced, within the song.

    Raises:
        RequestError: It is not within the song.
    """
    duration = source.facts.duration_seconds if source else float("inf")
    if action.section is not None:
        span = resolve_span(source.facts.sections if source else (), action.section)
    else:
        assert action.replace_section_start is not None  # noqa: S101 - the model holds both or a name
        assert action.replace_section_end is not None  # noqa: S101
        span = Span(action.replace_section_start, action.replace_section_end)
    if span.start_seconds >= duration:
        raise RequestError(
            f"starts behind the end of the song, which lasts {duration:.2f} s", field="replace_section_start"
        )
    return Span(span.start_seconds, min(span.end_seconds, duration))


def continue_at_of(action: Extend, source: Song | None) -> float:
    """Where a song is to go on, in seconds: the end, where nothing is said.

    Raises:
        RequestError: It is behind the end.
    """
    duration = source.facts.duration_seconds if source else float("inf")
    if action.continue_at is None:
        return round(duration, 3)
    if action.continue_at > duration:
        raise RequestError(
            f"is behind the end of the song, which lasts {duration:.2f} s; leave it out to go on from there",
            field="continue_at",
        )
    return action.continue_at
