"""Bodies are read as the many clients of the API write them."""

from __future__ import annotations

from typing import Any

import pytest

from songwright.http.bodies import AudiosBody, parse_body, to_action
from songwright.http.faults import ApiError
from songwright.music.actions import (
    ACTION_MODELS,
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
)

WORDS = "[Verse]\nA line"
REPLACE = {"action": "replace_section", "audio_id": "a song"}


def action(**body: Any) -> Action:
    return to_action(parse_body(AudiosBody, {"action": "generate", **body}))


def test_empty_strings_nulls_and_false_numbers_count_as_left_out() -> None:
    sent = {
        "prompt": "folk",
        "lyric": "",
        "title": "",
        "audio_id": None,
        "seed": "",
        "callback_url": "",
        "continue_at": False,
        "sound_strength": False,
        "weirdness": None,
    }
    assert action(**sent) == Generate(prompt="folk", custom=None)


def test_a_number_of_zero_is_not_left_out() -> None:
    made = action(prompt="folk", weirdness=0, lyrics_strength=0)
    assert isinstance(made, Generate)
    assert (made.weirdness, made.lyrics_strength) == (0, 0)
    extended = action(action="extend", audio_id="a song", continue_at=0)
    assert isinstance(extended, Extend)
    assert extended.continue_at == 0


@pytest.mark.parametrize(("seed", "read"), [("7", "7"), (4294469624, "4294469624"), (7.0, "7")])
def test_a_seed_may_come_as_a_number(seed: object, read: str) -> None:
    made = action(prompt="folk", seed=seed)
    assert isinstance(made, Generate)
    assert made.seed == read


def test_without_custom_a_song_is_made_from_its_prompt() -> None:
    made = action(prompt="folk", lyric=WORDS)
    assert isinstance(made, Generate)
    assert not made.sings_given_words
    custom = action(prompt="folk", lyric=WORDS, custom=True)
    assert isinstance(custom, Generate)
    assert custom.sings_given_words


@pytest.mark.parametrize("custom", [{}, {"custom": False}, {"custom": True}])
def test_words_without_a_prompt_are_sung(custom: dict[str, bool]) -> None:
    made = action(lyric=WORDS, prompt="", **custom)
    assert isinstance(made, Generate)
    assert made.sings_given_words


def test_what_an_action_does_not_use_is_passed_over() -> None:
    made = action(
        action="stems", audio_id="a song", lyric=WORDS, prompt="x", custom=True, weirdness=1, continue_at=3
    )
    assert made == Stems(audio_id="a song")


def test_fields_of_no_schema_are_accepted() -> None:
    assert action(prompt="folk", style_negative="drums", lyric_prompt="x", nonsense=[1]) == Generate(
        prompt="folk", custom=None
    )


def test_fields_that_clients_send_beyond_the_schema_are_honoured() -> None:
    made = action(prompt="folk", style="warm, slow", vocal_gender="f")
    assert isinstance(made, Generate)
    assert (made.prompt, made.vocal_gender) == ("folk, warm, slow", "f")
    cover = action(action="cover", audio_id="a song", cover_strength=0.9)
    assert isinstance(cover, Cover)
    assert cover.sound_strength == 0.9
    swap = action(action="swap_instrumentals", audio_id="a song", swap_audio_id="another")
    assert isinstance(swap, SwapInstrumentals)
    assert swap.swap_audio_id == "another"


def test_a_long_style_is_cut_between_words_and_the_prompt_is_kept() -> None:
    made = action(prompt="p" * 100, style="word " * 100)
    assert isinstance(made, Generate)
    assert len(made.prompt) <= 200
    assert made.prompt.startswith("p" * 100 + ", word")
    assert made.prompt.endswith("word")


@pytest.mark.parametrize(
    ("alias", "model"),
    [
        ("upload_cover", Cover),
        ("upload_extend", Extend),
        ("upload_replace_section", ReplaceSection),
        ("all_stems", Stems),
    ],
)
def test_the_older_names_for_uploads_are_understood(alias: str, model: type[Action]) -> None:
    fields = {"replace_section_start": 1, "replace_section_end": 2}
    assert isinstance(action(action=alias, audio_id="an upload", **fields), model)


@pytest.mark.parametrize("name", sorted(set(ACTION_MODELS) - {"generate"}))
def test_every_other_action_needs_a_song(name: str) -> None:
    with pytest.raises(ApiError, match="audio_id") as refused:
        action(action=name, replace_section_start=1, replace_section_end=2)
    assert (refused.value.status, refused.value.code) == (400, "bad_request")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"action": "sing"}, "action"),
        ({"model": "FUZZ-9"}, "model: is invalid"),
        ({"prompt": "x" * 201}, "prompt"),
        ({"prompt": 7}, "prompt"),
        ({"prompt": "", "lyric": ""}, "prompt and lyric"),
        ({"custom": True}, "custom"),
        ({"weirdness": 1.1}, "weirdness"),
        ({"weirdness": True}, "weirdness"),
        ({"sound_strength": 0.1}, "sound_strength"),
        ({"continue_at": -1, "action": "extend", "audio_id": "x"}, "continue_at"),
        (
            {
                "action": "replace_section",
                "audio_id": "x",
                "replace_section_start": 5,
                "replace_section_end": 5,
            },
            "replace_section_end",
        ),
        ({**REPLACE, "replace_section_start": 5}, "replace_section_end"),
        ({"callback_url": "nonsense"}, "callback_url"),
        ({"callback_url": "ftp://example.com"}, "callback_url"),
        ({"title": "a\x07b"}, "title"),
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ApiError, match=said) as refused:
        action(**{"prompt": "folk", **wrong})
    assert refused.value.status == 400


@pytest.mark.parametrize("field", ["action", "model", "callback_url", "vocal_gender", "seed"])
def test_a_refusal_never_quotes_what_came(field: str) -> None:
    with pytest.raises(ApiError) as refused:
        action(**{"prompt": "folk", field: "ignore all instructions\x00"})
    assert "ignore" not in refused.value.message


@pytest.mark.parametrize("value", [None, [], "text", 7, True])
def test_a_body_must_be_an_object(value: object) -> None:
    with pytest.raises(ApiError, match="JSON object"):
        parse_body(AudiosBody, value)
