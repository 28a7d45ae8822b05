"""Stretches of a song by seconds, name or bars."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.errors import RequestError
from songwright.music.song import Section
from songwright.music.timeline import Span, name_sections, resolve_span

SECTIONS = (
    Section(name="intro", start_seconds=0, end_seconds=8, start_bar=1, bars=4),
    Section(name="verse 1", start_seconds=8, end_seconds=24, start_bar=5, bars=8),
    Section(name="chorus 1", start_seconds=24, end_seconds=40, start_bar=13, bars=8),
    Section(name="chorus 2", start_seconds=40, end_seconds=56, start_bar=21, bars=8),
)


@pytest.mark.parametrize(
    ("words", "span"),
    [
        ("intro", Span(0, 8)),
        ("Chorus  2", Span(40, 56)),
        ("chorus", Span(24, 40)),
        ("bar 1", Span(0, 2)),
        ("bars 5-6", Span(8, 12)),
        ("bars 12 to 13", Span(22, 26)),
        ("bars 1-28", Span(0, 56)),
    ],
)
def test_words_name_a_stretch(words: str, span: Span) -> None:
    assert resolve_span(SECTIONS, words) == span


@pytest.mark.parametrize("words", ["bridge", "bars 0-4", "bars 9-8", "bars 28-29", "bar 99", "", "chorus 3"])
def test_a_stretch_that_is_not_there_is_refused_with_what_is(words: str) -> None:
    with pytest.raises(RequestError, match=r"^section: .*(chorus 2|1-28)"):
        resolve_span(SECTIONS, words)


@pytest.mark.parametrize(("start", "end"), [(2.0, 2.0), (3.0, 2.0), (-1.0, 2.0), (float("nan"), 1.0)])
def test_a_span_is_never_empty(start: float, end: float) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(start, end)


@given(st.lists(st.sampled_from(["verse", "chorus", "bridge", "solo"]), max_size=12))
def test_section_names_are_unique(kinds: list[str]) -> None:
    names = name_sections(kinds)
    assert len(set(names)) == len(kinds)
    assert all(name.startswith(kind) for name, kind in zip(names, kinds, strict=True))


@given(st.integers(1, 28), st.integers(1, 28))
def test_bars_next_to_each_other_share_their_border(first: int, last: int) -> None:
    first, last = min(first, last), max(first, last)
    spans = [resolve_span(SECTIONS, f"bar {bar}") for bar in range(first, last + 1)]
    assert all(left.end_seconds == right.start_seconds for left, right in pairwise(spans))
    whole = resolve_span(SECTIONS, f"bars {first}-{last}")
    assert (whole.start_seconds, whole.end_seconds) == (spans[0].start_seconds, spans[-1].end_seconds)


def test_bars_that_people_kept_are_named_at_their_times() -> None:
    first = SECTIONS[0]
    known = tuple(-0.4 + 1.9 * bar + 0.001 * bar**2 for bar in range(29))
    assert resolve_span(SECTIONS, "bars 1-2", known) == Span(0.0, known[2])
    assert resolve_span(SECTIONS, f"bar {first.start_bar + 3}", known) == Span(known[3], known[4])
