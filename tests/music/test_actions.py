"""The union of actions: every field and range of the specification's request body."""

from __future__ import annotations

import math
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from songwright.music.actions import (
    ACTION_MODELS,
    ActionName,
    Cover,
    Generate,
    SwapVocals,
    parse_action,
    source_ids,
)

SONG = "5d1f3c52-6d7e-4f44-9c3e-0f7a4f3f2b11"

MINIMAL: dict[ActionName, dict[str, Any]] = {
    "generate": {"prompt": "calm piano pop"},
    "cover": {"audio_id": SONG, "prompt": "as reggae"},
    "extend": {"audio_id": SONG, "continue_at": 42.5},
    "variation": {"audio_id": SONG},
    "swap_vocals": {"audio_id": SONG, "lyric": "New words"},
    "swap_instrumentals": {"audio_id": SONG, "prompt": "Happy"},
    "replace_section": {"audio_id": SONG, "replace_section_start": 3, "replace_section_end": 70},
    "stems": {"audio_id": SONG},
}

SPECIFICATION_FIELDS = {
    "action", "model", "instrumental", "lyric", "weirdness", "continue_at", "sound_strength",
    "lyrics_strength", "replace_section_start", "prompt", "audio_id", "replace_section_end", "custom",
    "title", "seed", "callback_url", "async",
}  # fmt: skip


def refused(body: dict[str, Any]) -> list[str]:
    """The fields, and messages, that the union names when it refuses a body."""
    with pytest.raises(ValidationError) as caught:
        parse_action(body)
    return [
        f"{'.'.join(str(part) for part in error['loc'])} {error['msg']}"
        for error in caught.value.errors(include_url=False, include_input=False)
    ]


def test_the_union_has_the_eight_actions_of_the_specification() -> None:
    assert set(ACTION_MODELS) == set(get_args(ActionName)) == set(MINIMAL)


def test_together_the_actions_take_every_field_of_the_specification() -> None:
    taken = {
        field.alias or name for model in ACTION_MODELS.values() for name, field in model.model_fields.items()
    }
    assert taken >= SPECIFICATION_FIELDS


@pytest.mark.parametrize("name", MINIMAL)
def test_each_action_parses_from_its_smallest_body(name: ActionName) -> None:
    action = parse_action({"action": name, **MINIMAL[name]})
    assert isinstance(action, ACTION_MODELS[name])
    assert action.action == name


@pytest.mark.parametrize("name", MINIMAL)
def test_each_action_survives_a_round_trip_through_json(name: ActionName) -> None:
    action = parse_action({"action": name, **MINIMAL[name]})
    assert parse_action(action.model_dump(mode="json")) == action


def test_strengths_default_to_one_half() -> None:
    action = Generate(prompt="pop")
    assert (action.weirdness, action.sound_strength, action.lyrics_strength) == (0.5, 0.5, 0.5)
    assert action.model == "FUZZ-2.0"


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [("weirdness", 0, 1), ("lyrics_strength", 0, 1), ("sound_strength", 0.2, 1)],
)
def test_a_strength_keeps_to_its_range(field: str, lowest: float, highest: float) -> None:
    for value in (lowest, highest):
        parse_action({"action": "generate", "prompt": "pop", field: value})
    for value in (lowest - 0.01, highest + 0.01, math.nan, math.inf):
        assert any(field in line for line in refused({"action": "generate", "prompt": "pop", field: value}))


def test_a_prompt_has_at_most_200_characters() -> None:
    assert parse_action({"action": "generate", "prompt": "p" * 200})
    (line,) = refused({"action": "generate", "prompt": "p" * 201})
    assert "prompt" in line
    assert "200" in line


@pytest.mark.parametrize("name", MINIMAL)
def test_what_an_action_does_not_take_is_refused_by_name(name: ActionName) -> None:
    assert any(
        "swing_amount" in line for line in refused({"action": name, **MINIMAL[name], "swing_amount": 1})
    )


def test_stems_takes_no_prompt() -> None:
    assert any("prompt" in line for line in refused({"action": "stems", "audio_id": SONG, "prompt": "x"}))


def test_a_song_needs_a_prompt_or_a_lyric() -> None:
    (line,) = refused({"action": "generate", "prompt": " ", "lyric": "\n"})
    assert "prompt and lyric" in line


def test_custom_true_needs_words() -> None:
    assert any("custom" in line for line in refused({"action": "generate", "prompt": "pop", "custom": True}))
    assert parse_action({"action": "generate", "prompt": "pop", "custom": True, "instrumental": True})


@pytest.mark.parametrize(
    ("custom", "lyric", "instrumental", "sings"),
    [
        (None, "Words", False, True),
        (None, "", False, False),
        (True, "Words", False, True),
        (False, "Words", False, False),
        (True, "Words", True, False),
    ],
)
def test_given_words_are_sung_when_custom_says_so_or_they_are_there(
    custom: bool | None, lyric: str, instrumental: bool, sings: bool
) -> None:
    action = Generate(prompt="pop", lyric=lyric, custom=custom, instrumental=instrumental)
    assert action.sings_given_words is sings


@pytest.mark.parametrize(
    "body",
    [
        {"replace_section_start": 5, "replace_section_end": 5},
        {"replace_section_start": 9, "replace_section_end": 5},
        {"replace_section_start": 5},
        {"replace_section_end": 5},
        {"section": "chorus", "replace_section_start": 5, "replace_section_end": 9},
        {"replace_section_start": -1, "replace_section_end": 9},
        {"replace_section_start": 1, "replace_section_end": math.inf},
        {},
    ],
)
def test_a_replacement_needs_one_range_that_is_not_empty(body: dict[str, Any]) -> None:
    assert any("section" in line for line in refused({"action": "replace_section", "audio_id": SONG, **body}))


@pytest.mark.parametrize("hidden", ["\x00", "\x1b[31m", "\u202e", "\ud800", "\x7f"])
@pytest.mark.parametrize("field", ["prompt", "lyric", "title", "seed"])
def test_control_characters_are_refused_and_named(field: str, hidden: str) -> None:
    lines = refused({"action": "generate", "prompt": "pop", field: f"a{hidden}b"})
    assert any(field in line for line in lines)
    assert not any(hidden in line for line in lines)


def test_line_endings_of_any_system_are_read_alike() -> None:
    assert Generate(lyric="One\r\nTwo\rThree").lyric == "One\nTwo\nThree"


def test_source_ids_name_the_main_song_first() -> None:
    assert source_ids(Generate(prompt="pop")) == ()
    assert source_ids(Cover(audio_id="a")) == ("a",)
    assert source_ids(SwapVocals(audio_id="a", swap_audio_id="b")) == ("a", "b")


@given(st.dictionaries(st.text(max_size=12), st.none() | st.booleans() | st.floats() | st.text(max_size=30)))
def test_no_body_raises_anything_but_a_validation_error(body: dict[str, Any]) -> None:
    for name in MINIMAL:
        try:
            parse_action({**body, "action": name})
        except ValidationError:
            continue


FIGURES: dict[str, Any] = {
    "duration_seconds": 30,
    "tempo_bpm": 120,
    "key": "D minor",
    "time_signature": "3/4",
    "chords": "Dm Gm A7",
}


@pytest.mark.parametrize("name", ["generate", "cover", "extend"])
def test_figures_are_taken_where_a_song_is_written(name: ActionName) -> None:
    action = parse_action({"action": name, **MINIMAL[name], **FIGURES})
    assert action.model_dump(include=set(FIGURES)) == FIGURES


@pytest.mark.parametrize("name", ["variation", "swap_vocals", "swap_instrumentals", "replace_section"])
def test_figures_are_refused_where_they_would_say_nothing(name: ActionName) -> None:
    assert len(refused({"action": name, **MINIMAL[name], **FIGURES})) == len(FIGURES)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("duration_seconds", 4.9),
        ("duration_seconds", 601),
        ("duration_seconds", math.inf),
        ("duration_seconds", "soon"),
        ("tempo_bpm", 39),
        ("tempo_bpm", 241),
        ("key", "H minor"),
        ("key", ""),
        ("time_signature", "4/5"),
        ("chords", "Am F X"),
        ("chords", 7),
        ("chords", ["Am", 3]),
    ],
)
def test_a_wrong_figure_is_refused_by_its_name(field: str, value: object) -> None:
    problems = refused({"action": "generate", "prompt": "pop", field: value})
    assert len(problems) == 1
    assert field in problems[0]
    assert "Am F X" not in problems[0]


def test_chords_may_be_a_list_of_bars() -> None:
    action = parse_action({"action": "generate", "prompt": "pop", "chords": ["Am", "F G"]})
    assert isinstance(action, Generate)
    assert action.chords == "| Am | F G |"
