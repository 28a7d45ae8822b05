"""Versions that nobody named are called after what they are."""

from __future__ import annotations

from typing import Any

import pytest

from songwright.music.actions import MAX_TITLE_CHARACTERS, parse_action
from songwright.music.titles import title_of_version


def title(edit: dict[str, Any], *titles: str, taken: tuple[str, ...] = ()) -> str:
    action = parse_action({"audio_id": "0123", **edit})
    return title_of_version(action, titles or ("Lantern Light",), taken)


@pytest.mark.parametrize(
    ("edit", "called"),
    [
        ({"action": "cover", "prompt": "bossa nova, 120 bpm"}, "Lantern Light (cover, bossa nova)"),
        ({"action": "cover"}, "Lantern Light (cover)"),
        ({"action": "variation"}, "Lantern Light (variation)"),
        ({"action": "extend", "lyric": "Rain"}, "Lantern Light (extended)"),
        ({"action": "swap_vocals", "vocal_gender": "m"}, "Lantern Light (new vocals)"),
        ({"action": "swap_instrumentals", "prompt": "strings"}, "Lantern Light (new backing, strings)"),
        ({"action": "replace_section", "section": "chorus 2"}, "Lantern Light (new chorus 2)"),
        (
            {"action": "replace_section", "replace_section_start": 0, "replace_section_end": 15.6},
            "Lantern Light (new 0-16 s)",
        ),
        ({"action": "stems"}, "Lantern Light (stems)"),
        (
            {
                "action": "cover",
                "prompt": "very slow acoustic (solo) jazz trio with brushes and a bass",
            },
            "Lantern Light (cover, very slow acoustic solo jazz)",
        ),
    ],
)
def test_a_version_is_called_after_its_song_and_what_was_done(edit: dict[str, Any], called: str) -> None:
    assert title(edit) == called


def test_a_mash_names_both_songs() -> None:
    edit = {"action": "swap_vocals", "swap_audio_id": "4567"}
    assert title(edit, "Lantern Light", "Rain (cover)") == "Lantern Light (vocals of Rain cover)"


def test_the_version_of_a_version_tells_the_last_step() -> None:
    extended = {"action": "extend"}
    assert title(extended, "Lantern Light (cover, bossa nova)") == "Lantern Light (extended)"
    assert title(extended, "Lantern Light (live)") == "Lantern Light (live) (extended)"


def test_versions_of_one_kind_are_numbered() -> None:
    taken = ("Lantern Light (variation)", "Lantern Light (variation, 2)")
    assert title({"action": "variation"}, taken=taken) == "Lantern Light (variation, 3)"


def test_a_long_title_leaves_room_for_what_tells_it_apart() -> None:
    called = title({"action": "stems"}, "la " * 40)
    assert len(called) <= MAX_TITLE_CHARACTERS
    assert called.endswith(" (stems)")
