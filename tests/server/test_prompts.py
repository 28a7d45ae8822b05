"""Prompts and completions: what a person picks, and what may come next while typing."""

from __future__ import annotations

import re

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, PromptReference, ResourceTemplateReference, TextContent
from mcp_answers import facts

from songwright.server.tools import CATALOGUE

ARGUMENTS = {
    "compose": {"idea": "leaving home", "genre": "folk"},
    "fix_section": {"song": "last", "section": "chorus 2"},
    "iterate": {"song": "last", "change": "more energy"},
    "mash_songs": {"singing_from": "one", "backing_from": "two"},
    "write_lyrics": {"topic": "rain"},
}
SONG = ResourceTemplateReference(uri="song://{id}")


async def completed(client: Client, prompt: str, name: str, typed: str, **filled: str) -> list[str]:
    reference = PromptReference(name=prompt)
    answer = await client.complete(reference, {"name": name, "value": typed}, context_arguments=filled)
    return answer.completion.values


async def test_every_prompt_is_described_and_its_arguments_too(client: Client) -> None:
    prompts = (await client.list_prompts()).prompts
    assert [prompt.name for prompt in prompts] == sorted(ARGUMENTS)
    for prompt in prompts:
        assert prompt.title
        assert prompt.description
        assert all(argument.description for argument in prompt.arguments or ())


@pytest.mark.parametrize("name", ARGUMENTS)
async def test_a_prompt_uses_what_it_was_given_and_names_tools_that_exist(client: Client, name: str) -> None:
    message = (await client.get_prompt(name, ARGUMENTS[name])).messages[0]
    assert isinstance(message.content, TextContent)
    for value in ARGUMENTS[name].values():
        assert value in message.content.text
    named = set(re.findall(r"\b[a-z]+_(?:songs?|vocals|instrumentals|section)\b", message.content.text))
    assert named
    assert named <= {tool.name for tool in CATALOGUE}


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("sing", {}, "Unknown prompt"),
        ("compose", {}, "idea: is required"),
        ("compose", {"idea": "  "}, "idea: is required"),
        ("compose", {"idea": "x", "tempo": "90"}, "compose takes idea"),
        ("compose", {"idea": "x" * 2001}, "idea: at most"),
    ],
)
async def test_a_prompt_that_can_not_be_written_says_why(
    client: Client, name: str, arguments: dict[str, str], words: str
) -> None:
    with pytest.raises(MCPError, match=words) as caught:
        await client.get_prompt(name, arguments)
    assert caught.value.error.code == INVALID_PARAMS


async def test_songs_are_completed_by_how_their_title_or_id_begins(client: Client) -> None:
    ids = {}
    for title in ("Harbour Lights", "Harbour Song", "Paper Moon"):
        made = facts(await client.call_tool("generate_song", {"prompt": "folk", "title": title}))
        ids[title] = made["song"]["id"]
    assert await completed(client, "iterate", "song", "harb") == [ids["Harbour Song"], ids["Harbour Lights"]]
    by_id = await client.complete(SONG, {"name": "id", "value": ids["Paper Moon"][:13]})
    assert by_id.completion.values == [ids["Paper Moon"]]


async def test_sections_are_those_of_the_song_that_was_chosen(client: Client) -> None:
    lyric = "[Verse]\nla\n\n[Chorus]\nla\n\n[Verse]\nla\n\n[Chorus]\nla"
    song = facts(await client.call_tool("generate_song", {"lyric": lyric}))["song"]
    await client.call_tool("generate_song", {"prompt": "folk", "instrumental": True})
    found = await completed(client, "fix_section", "section", "ch", song=song["id"])
    assert found == [section["name"] for section in song["sections"] if section["name"].startswith("ch")]
    assert len(found) == 2


async def test_genres_models_stems_and_tasks_are_completed(client: Client) -> None:
    assert "indie folk" in await completed(client, "compose", "genre", "Ind")
    assert await completed(client, "compose", "model", "fuzz-2.0 p") == ["FUZZ-2.0 Pro"]
    stems = ResourceTemplateReference(uri="song://{id}/stems/{name}")
    assert (await client.complete(stems, {"name": "name", "value": "v"})).completion.values == ["vocals"]
    task = facts(await client.call_tool("generate_song", {"prompt": "folk"}))["task"]
    tasks = ResourceTemplateReference(uri="task://{id}")
    assert (await client.complete(tasks, {"name": "id", "value": ""})).completion.values == [task["id"]]


@pytest.mark.parametrize(("name", "typed"), [("idea", "x"), ("section", "ch"), ("nothing", "")])
async def test_what_can_not_be_completed_has_no_values(client: Client, name: str, typed: str) -> None:
    assert await completed(client, "fix_section", name, typed) == []
