"""Lyric sheets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.music.lyrics import LyricSection, parse_lyric
from songwright.music.score import SectionKind


def test_markers_part_the_sheet_into_sections() -> None:
    sheet = parse_lyric("[Verse 1]\nOne\nTwo\n\n[Chorus]\nThree\n[Instrumental]\n[Outro]\nFour")
    assert sheet.sections == (
        LyricSection("verse", ("One", "Two")),
        LyricSection("chorus", ("Three",)),
        LyricSection("solo", ()),
        LyricSection("outro", ("Four",)),
    )


@pytest.mark.parametrize(
    ("marker", "kind"),
    [
        ("CHORUS", "chorus"),
        ("Chorus 2", "chorus"),
        ("chorus: all together", "chorus"),
        ("Hook (x2)", "chorus"),
        ("Pre-Chorus", "pre-chorus"),
        ("Prechorus", "pre-chorus"),
        ("Pre Chorus 1", "pre-chorus"),
        ("Middle 8", "bridge"),
        ("Guitar Solo", "solo"),
        ("Intro", "intro"),
        (" Verse ", "verse"),
    ],
)
def test_a_marker_is_known_by_its_usual_spellings(marker: str, kind: SectionKind) -> None:
    assert parse_lyric(f"[{marker}]\nLine").sections == (LyricSection(kind, ("Line",)),)


def test_an_unknown_marker_keeps_its_lines_and_is_reported() -> None:
    sheet = parse_lyric("[Banana]\nLine")
    assert sheet.sections == (LyricSection("verse", ("Line",)),)
    assert sheet.unknown_markers == ("Banana",)


def test_words_may_follow_a_marker_on_its_line() -> None:
    assert parse_lyric("[Verse] We ride at dawn").lines == ("We ride at dawn",)


def test_without_markers_a_block_that_comes_back_is_the_chorus() -> None:
    sheet = parse_lyric("A\nB\n\nC\nD\n\nE\nF\n\nC\nD")
    assert [section.kind for section in sheet.sections] == ["verse", "chorus", "verse", "chorus"]


def test_an_empty_sheet_has_no_sections() -> None:
    assert parse_lyric(" \n\n").sections == ()


@given(st.lists(st.text(alphabet="abc xyz'", min_size=1).filter(str.strip), max_size=30))
def test_every_line_is_kept_once_and_in_order(lines: list[str]) -> None:
    assert parse_lyric("[Verse]\n" + "\n".join(lines)).lines == tuple(
        " ".join(line.split()) for line in lines
    )


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    assert all(line.strip() for line in parse_lyric(text).lines)
