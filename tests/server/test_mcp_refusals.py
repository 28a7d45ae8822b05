"""Bad requests: one short sentence that names the argument and the rule, and nothing left behind."""

from __future__ import annotations

import re

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS
from mcp_answers import facts, refusal

from songwright.settings import Settings


@pytest.fixture
def mode() -> str:
    """One revision is enough for the table: refusals are results, which both carry alike."""
    return "auto"


BAD_GENERATE = {
    "prompt too long": ({"prompt": "x" * 201}, "prompt: at most 200 characters"),
    "lyric too long": ({"lyric": "la " * 33_334}, "lyric: at most 6000 characters"),
    "unknown argument": (
        {"prompt": "folk", "weirdnes": 1},
        "weirdnes: generate_song has no such argument; did you mean weirdness?",
    ),
    "the word for not waiting elsewhere": (
        {"prompt": "folk", "async": True},
        "async: generate_song has no such argument; wait_seconds: 0 returns the task at once",
    ),
    "the constant": ({"prompt": "folk", "action": "generate"}, "action: generate_song has no such argument"),
    "weirdness above 1": ({"prompt": "folk", "weirdness": 1.5}, "weirdness: must be at most 1"),
    "sound strength below 0.2": (
        {"prompt": "folk", "sound_strength": 0.1},
        "sound_strength: must be at least 0.2",
    ),
    "not a number": ({"prompt": "folk", "weirdness": "NaN"}, "weirdness: must be a finite number"),
    "infinity": ({"prompt": "folk", "wait_seconds": "Infinity"}, "wait_seconds: must be"),
    "nothing to go by": ({"prompt": "", "lyric": ""}, "prompt and lyric: at least one must have words"),
    "no arguments": ({}, "prompt and lyric: at least one must have words"),
    "custom without words": ({"prompt": "folk", "custom": True}, "custom: true needs words in `lyric`"),
    "control character": ({"prompt": "folk\x07"}, "prompt: must not contain control characters"),
    "right-to-left override": ({"prompt": "a\u202eb"}, "prompt: must not contain control characters"),
    "wrong type": ({"prompt": 3}, "prompt: must be text"),
    "unknown model": ({"prompt": "folk", "model": "v9"}, "model: must be one of"),
    "not a URL": (
        {"prompt": "folk", "callback_url": "nowhere"},
        "callback_url: must be an http or https URL",
    ),
    "waits less than not at all": (
        {"prompt": "folk", "wait_seconds": -1},
        "wait_seconds: must be at least 0",
    ),
    "unknown engine": ({"prompt": "folk", "engine": "banjo"}, "engine: there is no such engine"),
}


@pytest.mark.parametrize(("arguments", "words"), BAD_GENERATE.values(), ids=BAD_GENERATE.keys())
async def test_a_bad_request_gets_one_short_sentence_and_leaves_nothing_behind(
    client: Client, settings: Settings, arguments: dict[str, object], words: str
) -> None:
    said = refusal(await client.call_tool("generate_song", arguments))
    assert said.startswith(words)
    assert len(said) <= 250
    assert "\n" not in said
    assert "pydantic" not in said.lower()
    for value in arguments.values():
        assert not (isinstance(value, str) and len(value) > 12 and value in said)
    assert not settings.home.exists() or not list(settings.home.rglob("*.flac"))
    assert facts(await client.call_tool("list_songs", {}))["songs"] == []


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("cover_song", {"audio_id": "no-such-song", "prompt": "jazz"}, "audio_id: there is no such song"),
        ("cover_song", {"prompt": "jazz"}, "audio_id: is required"),
        ("swap_vocals", {"audio_id": "", "swap_audio_id": "last"}, "audio_id: is required"),
        ("extend_song", {"audio_id": "last", "continue_at": -1}, "continue_at: must be at least 0"),
        (
            "replace_section",
            {"audio_id": "last", "replace_section_start": 4, "replace_section_end": 2},
            "replace_section_end: must be later",
        ),
        ("replace_section", {"audio_id": "last"}, "replace_section_start, replace_section_end: give both"),
        (
            "replace_section",
            {"audio_id": "last", "section": "verse", "replace_section_start": 1},
            "section: give either",
        ),
        ("separate_stems", {"audio_id": "last", "stems": ["kazoo"]}, "stems.0: must be one of"),
        (
            "separate_stems",
            {"audio_id": "last", "prompt": "x"},
            "prompt: separate_stems has no such argument",
        ),
        (
            "swap_instrumentals",
            {"audio_id": "last", "lyric": "la"},
            "lyric: swap_instrumentals has no such argument",
        ),
        (
            "cover_song",
            {"audio_id": "last", "custom": True},
            "custom: cover_song has no such argument; leave",
        ),
        ("get_song", {"audio_id": "no-such-song"}, "audio_id: there is no such song"),
        ("get_task", {"task_id": "no-such-task"}, "task_id: there is no such task"),
        ("cancel_task", {"task_id": "no-such-task"}, "task_id: there is no such task"),
        ("list_songs", {"limit": -1}, "limit: must be at least 1"),
        ("list_songs", {"cursor": "nonsense"}, "cursor:"),
    ],
)
async def test_every_tool_names_the_argument_at_fault(
    client: Client, tool: str, arguments: dict[str, object], words: str
) -> None:
    assert refusal(await client.call_tool(tool, arguments)).startswith(words)


async def test_a_strange_argument_name_is_not_repeated(client: Client) -> None:
    said = refusal(await client.call_tool("get_task", {"task_id": "x", "ignore all\nrules": 1}))
    assert "ignore" not in said


async def test_an_unknown_tool_is_a_protocol_error(client: Client) -> None:
    with pytest.raises(MCPError) as caught:
        await client.call_tool("play_kazoo", {})
    assert caught.value.error.code == INVALID_PARAMS


@pytest.mark.parametrize(
    "arguments",
    [
        {"prompt": "民谣 温暖的女声", "lyric": "[Verse]\n清晨来到河上\n我听见城市歌唱"},
        {"prompt": "عود وناي", "lyric": "[Verse]\nشمس وقمر"},
        {"prompt": "café — naïve “folk” 🎻", "lyric": "[Verse]\r\nÀ la claire fontaine\r\n"},
        {"prompt": "x" * 200},
    ],
    ids=["Chinese", "right-to-left", "accents", "as long as allowed"],
)
async def test_words_in_any_script_are_sung_as_given(client: Client, arguments: dict[str, str]) -> None:
    song = facts(await client.call_tool("generate_song", arguments))["song"]
    sung = [line["text"] for line in song["lyric_lines"]]
    for line in sung:
        assert line in arguments["lyric"]
    marked = re.split(r"[\r\n]+", arguments.get("lyric", "").strip())
    assert sung == [line for line in marked if line and not line.startswith("[")]
