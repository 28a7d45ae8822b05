"""What frameworks and models send for "left out" is left out; what everyone sends for a value is taken."""

from __future__ import annotations

from typing import Any

import pytest
from mcp import Client
from mcp_answers import facts, refusal

from songwright.errors import RequestError
from songwright.server.arguments import parse_arguments
from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

TOOLS = {tool.name: tool for tool in CATALOGUE}
NEEDED: dict[str, dict[str, Any]] = {
    "cancel_task": {"task_id": "0123"},
    "compare_songs": {"first_id": "0123", "second_id": "4567"},
    "export_song": {"audio_id": "0123", "format": "mp3"},
    "generate_song": {"prompt": "folk"},
    "get_task": {"task_id": "0123"},
    "import_audio": {"url": "https://example.com/a.wav"},
    "list_songs": {},
    "replace_section": {"audio_id": "0123", "section": "chorus 2"},
}
every_tool = pytest.mark.parametrize("tool", CATALOGUE, ids=TOOLS)
SONG = "0d9f6a3e-58f1-4f0c-8a77-9e4ad4a4a1b2"


@pytest.fixture
def mode() -> str:
    """One revision is enough: arguments are the same on both."""
    return "auto"


def needed(tool: Tool) -> dict[str, Any]:
    """The fewest arguments that a tool takes."""
    return NEEDED.get(tool.name, {"audio_id": "0123"})


def taken(name: str, /, **arguments: Any) -> dict[str, Any]:
    """The arguments as a handler gets them."""
    tool = TOOLS[name]
    parsed = parse_arguments(tool, {**needed(tool), **arguments})
    return {name: value for model in parsed for name, value in model.model_dump(by_alias=True).items()}


@every_tool
@pytest.mark.parametrize(
    "empty",
    [None, "", "  ", "null", "None", "undefined", []],
    ids=["null", "", "blank", "w", "W", "js", "[]"],
)
def test_an_optional_argument_that_is_filled_with_nothing_is_left_out(tool: Tool, empty: Any) -> None:
    bare = needed(tool)
    filled = {name: empty for name in tool.input_schema["properties"] if name not in bare}
    assert parse_arguments(tool, bare | filled) == parse_arguments(tool, bare)


@every_tool
def test_false_in_place_of_text_or_a_number_is_nothing(tool: Tool) -> None:
    bare = needed(tool)
    schemas = tool.input_schema["properties"]
    filled = {name: False for name in schemas if name not in bare and schemas[name]["type"] != "boolean"}
    assert parse_arguments(tool, bare | filled) == parse_arguments(tool, bare)


@every_tool
def test_an_argument_that_a_tool_lacks_may_be_sent_empty(tool: Tool) -> None:
    bare = needed(tool)
    assert parse_arguments(tool, {**bare, "negative_prompt": "", "custom": None}) == parse_arguments(
        tool, bare
    )


def test_an_empty_required_argument_is_said_to_be_required() -> None:
    with pytest.raises(RequestError, match="audio_id: is required"):
        parse_arguments(TOOLS["cover_song"], {"audio_id": "null", "prompt": "jazz"})


@pytest.mark.parametrize(
    ("tool", "zeros"),
    [
        ("replace_section", {"replace_section_start": 0, "replace_section_end": 0}),
        ("replace_section", {"replace_section_start": 0}),
        ("replace_section", {"replace_section_start": "0", "replace_section_end": 0.0}),
        ("extend_song", {"continue_at": 0}),
        ("cover_song", {"sound_strength": 0}),
        ("get_song", {"first_lyric_line": 0}),
        ("list_songs", {"limit": 0}),
        ("export_song", {"bit_depth": 0}),
    ],
)
def test_zero_is_nothing_where_it_means_nothing(tool: str, zeros: dict[str, Any]) -> None:
    assert taken(tool, **zeros) == taken(tool)


def test_zero_stays_zero_where_it_means_something() -> None:
    assert taken("generate_song", weirdness=0, wait_seconds=0)["weirdness"] == 0
    assert taken("generate_song", wait_seconds=0)["wait_seconds"] == 0
    assert taken("get_song", limit=0)["limit"] == 0
    stretch = taken("replace_section", section="", replace_section_start=0, replace_section_end=2)
    assert (stretch["replace_section_start"], stretch["replace_section_end"]) == (0, 2)


@pytest.mark.parametrize(
    ("tool", "sent", "meant"),
    [
        ("generate_song", {"vocal_gender": "female"}, {"vocal_gender": "f"}),
        ("generate_song", {"vocal_gender": "Male"}, {"vocal_gender": "m"}),
        ("generate_song", {"vocal_gender": "M"}, {"vocal_gender": "m"}),
        ("generate_song", {"model": "fuzz-2.0 pro"}, {"model": "FUZZ-2.0 Pro"}),
        ("generate_song", {"seed": 42}, {"seed": "42"}),
        ("generate_song", {"seed": 42.0}, {"seed": "42"}),
        ("generate_song", {"seed": 0}, {"seed": "0"}),
        ("generate_song", {"title": 1999}, {"title": "1999"}),
        ("generate_song", {"instrumental": "true"}, {"instrumental": True}),
        ("generate_song", {"prompt": "folk\nwith a\tfiddle\r\n"}, {"prompt": "folk with a fiddle"}),
        ("export_song", {"format": "MP3"}, {"format": "mp3"}),
        ("export_song", {"format": ".wav"}, {"format": "wav"}),
        ("export_song", {"format": "Piano Roll"}, {"format": "piano_roll"}),
        ("export_song", {"format": "lyrics-json"}, {"format": "lyrics_json"}),
        ("export_song", {"format": "mid"}, {"format": "midi"}),
        ("export_song", {"format": "MP4"}, {"format": "video"}),
        ("export_song", {"format": ".vtt"}, {"format": "webvtt"}),
        ("export_song", {"format": "SubRip"}, {"format": "srt"}),
        ("export_song", {"bit_depth": "16"}, {"bit_depth": 16}),
        ("export_song", {"bit_depth": 24.0}, {"bit_depth": 24}),
        ("get_song", {"audio_id": f"song://{SONG}"}, {"audio_id": SONG}),
        ("get_song", {"audio_id": f"song://{SONG}/audio"}, {"audio_id": SONG}),
        ("get_song", {"audio_id": f"song://{SONG}/exports/ogg"}, {"audio_id": SONG}),
        ("get_song", {"audio_id": "song://last"}, {"audio_id": "last"}),
        ("get_song", {"audio_id": "latest"}, {"audio_id": "last"}),
        ("swap_vocals", {"swap_audio_id": f"song://{SONG}"}, {"swap_audio_id": SONG}),
        ("compare_songs", {"first_id": f"song://{SONG}/audio"}, {"first_id": SONG}),
        ("get_task", {"task_id": f"task://{SONG}"}, {"task_id": SONG}),
        ("get_task", {"task_id": "Last"}, {"task_id": "last"}),
        ("generate_song", {"wait_seconds": 600}, {"wait_seconds": 300}),
        ("get_task", {"wait_seconds": "3600"}, {"wait_seconds": 300}),
        ("list_songs", {"limit": 1000}, {"limit": 15}),
        ("get_song", {"limit": 1000}, {"limit": 100}),
        ("separate_stems", {"stems": "vocals"}, {"stems": ("vocals",)}),
        ("separate_stems", {"stems": "Vocals, drums"}, {"stems": ("vocals", "drums")}),
        ("separate_stems", {"stems": ["Bass", None, ""]}, {"stems": ("bass",)}),
    ],
)
def test_a_common_way_to_say_a_value_is_that_value(
    tool: str, sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    assert taken(tool, **sent).items() >= meant.items()


@pytest.mark.parametrize(
    ("tool", "sent", "meant"),
    [
        ("get_song", {"song_id": "0123"}, {"audio_id": "0123"}),
        ("get_song", {"id": "0123"}, {"audio_id": "0123"}),
        ("get_song", {"song": "0123"}, {"audio_id": "0123"}),
        ("get_song", {"audio_uri": "song://0123/audio"}, {"audio_id": "0123"}),
        ("get_song", {"audio_id": "", "song_id": "0123"}, {"audio_id": "0123"}),
        ("get_song", {"audio_id": "0123", "id": "song://0123"}, {"audio_id": "0123"}),
        ("get_task", {"id": "0123"}, {"task_id": "0123"}),
        ("cancel_task", {"task": "0123"}, {"task_id": "0123"}),
        ("generate_song", {"style": "folk"}, {"prompt": "folk"}),
        ("generate_song", {"lyrics": "Rain"}, {"lyric": "Rain"}),
        ("generate_song", {"prompt": "folk", "gender": "female"}, {"vocal_gender": "f"}),
    ],
)
def test_an_argument_goes_by_the_names_that_others_give_it(
    tool: str, sent: dict[str, Any], meant: dict[str, Any]
) -> None:
    (action, *_) = parse_arguments(TOOLS[tool], sent)
    assert action.model_dump().items() >= meant.items()


def test_two_names_for_one_argument_are_refused_where_they_say_two_things() -> None:
    with pytest.raises(RequestError, match=r"^style: is another name for prompt; give one of them$"):
        parse_arguments(TOOLS["generate_song"], {"prompt": "folk", "style": "jazz"})


@pytest.mark.parametrize(
    ("tool", "sent", "words"),
    [
        ("generate_song", {"vocal_gender": "kazoo"}, "^vocal_gender: must be one of 'f' or 'm'$"),
        ("generate_song", {"weirdness": 2}, "weirdness: must be at most 1"),
        ("generate_song", {"wait_seconds": -1}, "wait_seconds: must be at least 0"),
        ("generate_song", {"wait_seconds": float("inf")}, "wait_seconds: must be"),
        ("generate_song", {"seed": 10**70}, "seed: "),
        ("generate_song", {"seed": 10**5000}, "seed: "),
        ("generate_song", {"title": {"a": 1}}, "title: must be text"),
        ("get_song", {"limit": -1}, "limit: must be at least 0"),
        ("export_song", {"bit_depth": 20}, "bit_depth: must be"),
    ],
)
def test_a_wrong_value_stays_one_clear_sentence(tool: str, sent: dict[str, Any], words: str) -> None:
    with pytest.raises(RequestError, match=words):
        taken(tool, **sent)


async def test_a_song_is_made_and_found_with_arguments_as_strict_clients_fill_them(client: Client) -> None:
    properties = TOOLS["generate_song"].input_schema["properties"]
    filled: dict[str, Any] = dict.fromkeys(properties, "") | {"prompt": "jingle", "custom": False}
    made = facts(await client.call_tool("generate_song", {**filled, "weirdness": 0, "sound_strength": 0}))
    song_id = made["song"]["id"]
    for given in (song_id, f"song://{song_id}", made["song"]["audio_uri"], "LAST"):
        assert facts(await client.call_tool("get_song", {"song_id": given}))["id"] == song_id


async def test_the_newest_task_is_called_last_or_needs_no_name(client: Client) -> None:
    assert "generate_song" in refusal(await client.call_tool("get_task", {}))
    await client.call_tool("generate_song", {"prompt": "folk"})
    newest = facts(await client.call_tool("generate_song", {"prompt": "jazz"}))["task"]["id"]
    for arguments in ({}, {"task_id": "last"}, {"task_id": None}, {"task_id": f"task://{newest}"}):
        assert facts(await client.call_tool("get_task", arguments))["task"]["id"] == newest
    assert facts(await client.call_tool("cancel_task", {"task_id": "last"}))["task"]["id"] == newest
