"""What can be read by address."""

from __future__ import annotations

import base64
import json

import anyio
import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from mcp.types import INVALID_PARAMS, BlobResourceContents, TextResourceContents
from mcp_answers import facts

from songwright.settings import Settings

WORDS = "[Verse]\nMorning comes\nOver the hill"


async def read_text(client: Client, uri: str) -> TextResourceContents:
    contents = (await client.read_resource(uri)).contents[0]
    assert isinstance(contents, TextResourceContents)
    return contents


async def read_bytes(client: Client, uri: str) -> tuple[str | None, bytes]:
    contents = (await client.read_resource(uri)).contents[0]
    assert isinstance(contents, BlobResourceContents)
    return contents.mime_type, base64.b64decode(contents.blob)


async def test_every_address_in_a_result_can_be_read(client: Client) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS}))
    song = made["song"]
    addresses = [song["uri"], song["audio_uri"], song["lyrics_uri"], made["task"]["uri"]]
    addresses += song["stem_uris"].values()
    for address in addresses:
        assert (await client.read_resource(address)).contents


async def test_audio_and_stems_are_flac(client: Client) -> None:
    song = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS}))["song"]
    for address in (song["audio_uri"], song["stem_uris"]["vocals"]):
        mime_type, data = await read_bytes(client, address)
        assert mime_type == "audio/flac"
        assert data.startswith(b"fLaC")


async def test_a_damaged_file_says_so_and_the_others_can_be_read(client: Client, settings: Settings) -> None:
    song = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": WORDS}))["song"]
    kept = settings.home / "songs" / song["id"] / "1"
    (kept / "vocals.flac").unlink()
    (kept / "drums.flac").write_bytes((kept / "drums.flac").read_bytes()[:-1])

    for address in (song["stem_uris"]["vocals"], song["stem_uris"]["drums"], f"{song['uri']}/exports/stems"):
        with pytest.raises(MCPError, match=r"vocals\.flac, drums\.flac are missing or damaged") as told:
            await client.read_resource(address)
        assert str(settings.home) not in str(told.value)
    for address in (song["audio_uri"], song["stem_uris"]["bass"], f"{song['uri']}/waveform.png"):
        assert (await client.read_resource(address)).contents


async def test_lyrics_are_timed_lines_and_say_where_they_come_from_as_an_export_does(
    client: Client,
) -> None:
    song = facts(await client.call_tool("generate_song", {"lyric": WORDS, "title": "Dawn"}))["song"]
    lyrics = (await read_text(client, song["lyrics_uri"])).text
    head, lines = lyrics.splitlines()[:-2], lyrics.splitlines()[-2:]
    assert {"[ti:Dawn]", "[length:00:02.00]", "[by:AI-generated]", f"[song_id:{song['id']}]"} <= set(head)
    assert lines == ["[00:00.00]Morning comes", "[00:01.00]Over the hill"]
    exported = facts(await client.call_tool("export_song", {"audio_id": song["id"], "format": "lrc"}))
    assert await anyio.Path(exported["file"]).read_text(encoding="utf-8") == lyrics


async def test_the_library_and_tasks_are_json(client: Client) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
    listed = json.loads((await read_text(client, "library://songs")).text)
    assert [song["id"] for song in listed["songs"]] == [made["song"]["id"]]
    task = json.loads((await read_text(client, made["task"]["uri"])).text)
    assert task["status"] == "succeeded"


@pytest.mark.parametrize(
    "uri",
    [
        "song://no-such-song",
        "song://no-such-song/audio",
        "task://no-such-task",
        "song://x/../../etc/passwd",
        "song://no-such-song/exports/mp3",
        "song://no-such-song/exports/kazoo",
        "song://no-such-song/secret.txt",
        "song://no-such-song/lineage",
        "library://nothing",
        "file:///etc/passwd",
    ],
)
async def test_an_address_where_nothing_is_is_not_found(client: Client, uri: str) -> None:
    with pytest.raises(MCPError) as caught:
        await client.read_resource(uri)
    assert caught.value.error.code == INVALID_PARAMS
    assert caught.value.error.data == {"uri": uri}


async def test_templates_have_titles_descriptions_and_mime_types(client: Client) -> None:
    templates = (await client.list_resource_templates()).resource_templates
    assert len({template.uri_template for template in templates}) == 10
    for template in templates:
        assert template.title
        assert template.description
        assert template.mime_type
    listed = [resource.uri for resource in (await client.list_resources()).resources]
    assert listed == ["library://songs", "ui://songwright/player.html"]


async def test_tools_that_answer_with_a_song_name_the_player(client: Client) -> None:
    shown = {tool.name for tool in (await client.list_tools()).tools if tool.meta}
    assert {"generate_song", "get_song", "get_task", "replace_section"} <= shown
    assert not {"list_songs", "cancel_task", "export_song"} & shown
    contents = await read_text(client, "ui://songwright/player.html")
    assert contents.mime_type == "text/html;profile=mcp-app"
    assert contents.meta == {"ui": {"prefersBorder": True}}


async def test_lists_are_the_same_each_time_and_may_be_cached(client: Client, mode: str) -> None:
    first, again = await client.list_tools(), await client.list_tools()
    assert [tool.name for tool in first.tools] == [tool.name for tool in again.tools]
    if mode == "auto":
        assert first.ttl_ms == 300_000
        assert first.cache_scope == "public"


async def test_the_list_of_resources_is_the_callers_own_and_is_read_anew(client: Client, mode: str) -> None:
    listed = await client.list_resources()
    if mode == "auto":
        assert listed.ttl_ms == 0
        assert listed.cache_scope == "private"


async def test_a_cursor_that_was_never_given_out_is_refused(client: Client) -> None:
    for listing in (
        client.list_tools,
        client.list_resources,
        client.list_resource_templates,
        client.list_prompts,
    ):
        with pytest.raises(MCPError) as caught:
            await listing(cursor="page 2")
        assert caught.value.error.code == INVALID_PARAMS


async def test_songs_may_be_kept_by_their_reader_and_tasks_may_not(client: Client, mode: str) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
    song = await client.read_resource(made["song"]["uri"])
    task = await client.read_resource(made["task"]["uri"])
    if mode == "auto":
        assert (song.ttl_ms or 0) > 3_600_000
        assert task.ttl_ms == 0
        assert song.cache_scope == task.cache_scope == "private"
