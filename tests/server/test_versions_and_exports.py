"""compare_songs and export_song: what changed, and songs in other forms."""

from __future__ import annotations

import base64
import hashlib
import json

import anyio
import pytest
from mcp import Client
from mcp.types import BlobResourceContents, TextResourceContents
from mcp_answers import facts, refusal, text

from songwright.server.results import MAX_TOKENS, estimated_tokens
from songwright.settings import Settings


async def made(client: Client, **request: object) -> str:
    answer = facts(await client.call_tool("generate_song", {"prompt": "folk", **request}))
    return str(answer["song"]["id"])


def library_digest(settings: Settings) -> dict[str, str]:
    files = (path for path in (settings.home / "songs").rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


async def test_two_versions_are_compared_in_text_and_structure(client: Client) -> None:
    first = await made(client, lyric="[Verse]\none\ntwo", title="One", seed="1")
    second = await made(client, lyric="[Verse]\none\nthree", title="Two", seed="2")
    answer = await client.call_tool("compare_songs", {"first_id": "One", "second_id": second})
    told = facts(answer)
    assert (told["first_id"], told["second_id"]) == (first, second)
    assert told["identical"] is False
    assert told["words"]["added"] == ["three"]
    assert told["summary"] in text(answer)
    assert "three" in text(answer)
    assert estimated_tokens(json.dumps(told)) <= MAX_TOKENS


async def test_no_more_changed_sections_are_shown_than_asked_for(client: Client) -> None:
    for seed, title in (("1", "One"), ("2", "Two")):
        lyric = f"[Verse]\n{title} of it\n[Chorus]\nAll of {title}"
        await made(client, lyric=lyric, title=title, seed=seed)
    both = {"first_id": "One", "second_id": "Two"}
    every = facts(await client.call_tool("compare_songs", both))
    one = facts(await client.call_tool("compare_songs", both | {"limit": 1}))
    assert len(every["changed_sections"]) > 1
    assert every["sections_left_out"] == 0
    assert one["changed_sections"] == every["changed_sections"][:1]
    assert one["sections_left_out"] == len(every["changed_sections"]) - 1


async def test_a_song_is_identical_to_itself(client: Client) -> None:
    await made(client)
    told = facts(await client.call_tool("compare_songs", {"first_id": "last", "second_id": "last"}))
    assert told["identical"] is True


@pytest.mark.parametrize("field", ["first_id", "second_id"])
async def test_a_song_that_is_not_there_is_named_by_its_argument(client: Client, field: str) -> None:
    await made(client)
    request = {"first_id": "last", "second_id": "last", field: "nothing like it"}
    assert refusal(await client.call_tool("compare_songs", request)).startswith(f"{field}: ")


@pytest.mark.parametrize(("format_", "begins"), [("mp3", b""), ("wav", b"RIFF"), ("stems", b"PK")])
async def test_an_export_is_a_file_and_a_resource(client: Client, format_: str, begins: bytes) -> None:
    await made(client, title="Harbour")
    answer = await client.call_tool("export_song", {"audio_id": "last", "format": format_})
    export = facts(answer)
    data = await anyio.Path(export["file"]).read_bytes()
    assert data.startswith(begins)
    assert len(data) == export["size_bytes"]
    assert export["file"] in text(answer)
    assert export["uri"] in text(answer)
    contents = (await client.read_resource(export["uri"])).contents[0]
    assert isinstance(contents, BlobResourceContents)
    assert contents.mime_type == export["media_type"]
    assert base64.b64decode(contents.blob) == data


async def test_an_export_changes_nothing_in_the_library_and_twice_is_once(
    client: Client, settings: Settings
) -> None:
    await made(client)
    before = library_digest(settings)
    request = {"audio_id": "last", "format": "lrc"}
    assert facts(await client.call_tool("export_song", request)) == facts(
        await client.call_tool("export_song", request)
    )
    assert library_digest(settings) == before


async def test_an_option_that_the_format_does_not_take_is_named(client: Client) -> None:
    await made(client)
    request = {"audio_id": "last", "format": "mp3", "bit_depth": 16}
    assert refusal(await client.call_tool("export_song", request)).startswith("bit_depth: ")


async def test_a_lineage_leads_from_the_first_idea_to_the_song(client: Client) -> None:
    first = await made(client)
    await client.call_tool("vary_song", {"audio_id": "last"})
    child = facts(await client.call_tool("get_song", {"audio_id": "last"}))
    contents = (await client.read_resource(f"song://{child['id']}/lineage")).contents[0]
    assert isinstance(contents, TextResourceContents)
    steps = json.loads(contents.text)["steps"]
    assert [step["song_id"] for step in steps] == [first, child["id"]]


async def test_tools_that_make_songs_change_none_that_are_there(client: Client, settings: Settings) -> None:
    await made(client, lyric="[Verse]\none")
    before = library_digest(settings)
    for tool in ("cover_song", "vary_song", "extend_song", "swap_vocals", "swap_instrumentals"):
        facts(await client.call_tool(tool, {"audio_id": "last", "prompt": "louder"}))
    facts(await client.call_tool("replace_section", {"audio_id": "last", "section": "verse"}))
    facts(await client.call_tool("separate_stems", {"audio_id": "last"}))
    after = library_digest(settings)
    assert before.items() <= after.items()
    assert len(facts(await client.call_tool("list_songs", {}))["songs"]) == 8
