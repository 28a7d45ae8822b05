"""Finding songs again: list_songs, get_song, and how much one answer may hold."""

from __future__ import annotations

import json
import threading

from mcp import Client
from mcp_answers import Connect, facts, text

from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Generate
from songwright.music.song import Parent
from songwright.server.replies import outcome_reply, song_page_reply
from songwright.server.results import MAX_TOKENS, Place, estimated_tokens
from songwright.settings import Settings
from songwright.studio import Studio


async def test_songs_come_newest_first_and_page_by_page(client: Client) -> None:
    made = [
        facts(await client.call_tool("generate_song", {"prompt": "folk", "title": f"Song {n}"}))["song"]["id"]
        for n in range(3)
    ]
    first = facts(await client.call_tool("list_songs", {"limit": 2}))
    rest = facts(await client.call_tool("list_songs", {"limit": 2, "cursor": first["next_cursor"]}))
    assert [song["id"] for song in first["songs"] + rest["songs"]] == made[::-1]
    assert "next_cursor" not in rest


async def test_a_list_that_goes_on_says_how_to_read_on(client: Client) -> None:
    for _ in range(2):
        await client.call_tool("generate_song", {"prompt": "folk"})
    first = await client.call_tool("list_songs", {"limit": 1})
    assert f"list_songs with cursor {facts(first)['next_cursor']}" in text(first)


async def test_a_version_names_what_it_was_made_from(client: Client) -> None:
    source = facts(await client.call_tool("generate_song", {"prompt": "folk"}))["song"]["id"]
    cover = facts(await client.call_tool("cover_song", {"audio_id": source, "prompt": "jazz"}))["song"]["id"]
    assert f"parents: {source} (" in text(await client.call_tool("get_song", {"audio_id": cover}))


async def test_a_query_narrows_the_list(client: Client) -> None:
    for title in ("Harbour Lights", "Paper Moon"):
        await client.call_tool("generate_song", {"prompt": "folk", "title": title})
    found = facts(await client.call_tool("list_songs", {"query": "moon"}))
    assert [song["title"] for song in found["songs"]] == ["Paper Moon"]


async def test_an_empty_library_says_what_to_do(client: Client) -> None:
    answer = await client.call_tool("list_songs", {})
    assert facts(answer)["songs"] == []
    assert "generate_song" in text(answer)


async def test_a_search_without_a_hit_says_why(client: Client) -> None:
    assert "No songs. generate_song makes one." in text(
        await client.call_tool("list_songs", {"query": "rain"})
    )
    await client.call_tool("generate_song", {"prompt": "folk", "title": "Paper Moon"})
    await client.call_tool("generate_song", {"prompt": "jazz", "title": "Harbour"})
    for query, why in (
        ("rain", "No title, prompt, genre or lyric has this word."),
        ("moon rain", 'No title, prompt, genre or lyric has "rain"; search without.'),
        ("moon harbour", "Songs have some of these words, but none has all; fewer words find more."),
        ("moon from 1999-12-31", "Songs have these words, but none was made on 1999-12-31;"),
        ("1999-12", "No song was made on 1999-12-01 to 1999-12-31; the newest is of "),
        ("rain in 1999-12", "No song was made on 1999-12-01 to 1999-12-31 with these words; the newest"),
    ):
        answer = await client.call_tool("list_songs", {"query": query})
        assert facts(answer)["songs"] == []
        assert text(answer).startswith(why)


async def test_songs_are_found_by_their_lyrics_and_by_when_they_were_made(client: Client) -> None:
    await client.call_tool("generate_song", {"prompt": "folk", "lyric": "[Verse]\nThe ferry leaves at nine"})
    for query, count in (
        ("ferry NINE", 1), ("since yesterday", 1), ("ferry this month", 1), ("verse", 0),
    ):  # fmt: skip
        found = facts(await client.call_tool("list_songs", {"query": query}))
        assert len(found["songs"]) == count, query


async def test_what_is_being_made_is_listed_for_who_lost_its_id(connect: Connect) -> None:
    gate = threading.Event()
    async with connect(ScriptedEngine(hold=lambda: not gate.is_set())) as client:
        called = {"prompt": "folk", "title": "Lantern Light", "wait_seconds": 0}
        task_id = facts(await client.call_tool("generate_song", called))["task"]["id"]
        answer = await client.call_tool("list_songs", {})
        assert [item["id"] for item in facts(answer)["being_made"]] == [task_id]
        assert f"Being made: task {task_id}, generate, Lantern Light" in text(answer)
        assert "get_task" in text(answer)
        assert "No songs" not in text(answer)
        gate.set()
        facts(await client.call_tool("get_task", {"wait_seconds": 20}))
        answer = await client.call_tool("list_songs", {})
        assert "being_made" not in facts(answer)
        assert "Being made" not in text(answer)


async def test_versions_can_be_told_apart_by_their_titles(client: Client) -> None:
    await client.call_tool("generate_song", {"prompt": "folk", "title": "Lantern Light"})
    song_id = facts(await client.call_tool("get_song", {"audio_id": "last"}))["id"]
    for tool, more in (
        ("cover_song", {"prompt": "bossa nova, 80 bpm"}),
        ("vary_song", {}),
        ("vary_song", {}),
        ("cover_song", {"prompt": "ska", "title": "Lantern Light"}),
    ):
        facts(await client.call_tool(tool, {"audio_id": song_id, **more}))
    edited = facts(await client.call_tool("list_songs", {}))["songs"]
    assert [song["title"] for song in edited] == [
        "Lantern Light",
        "Lantern Light (variation, 2)",
        "Lantern Light (variation)",
        "Lantern Light (cover, bossa nova)",
        "Lantern Light",
    ]


async def test_nobody_is_said_to_have_asked_for_what_the_engine_chose(client: Client) -> None:
    assert "asked" not in text(await client.call_tool("generate_song", {"prompt": "folk"}))


async def test_get_song_shows_what_generate_song_showed(client: Client) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": "one\ntwo"}))["song"]
    assert facts(await client.call_tool("get_song", {"audio_id": made["id"]})) == made
    assert facts(await client.call_tool("get_song", {"audio_id": "last"})) == made


async def test_a_song_is_told_with_what_was_heard_in_it(client: Client) -> None:
    answer = await client.call_tool("generate_song", {"prompt": "folk, 96 bpm"})
    heard = facts(answer)["song"]["heard"]
    assert heard["clicks"] == 0
    assert heard["tempo"] in ("same", "double", "half", "other", "not heard")
    assert "heard: " in text(answer)


async def test_a_long_lyric_is_cut_politely_and_shown_on_request(client: Client) -> None:
    lines = [f"line number {n} of a very long ballad about the sea" for n in range(110)]
    result = await client.call_tool(
        "generate_song", {"prompt": "folk", "lyric": "[Verse]\n" + "\n".join(lines)}
    )
    song = facts(result)["song"]
    assert song["lyric_lines_total"] == 110
    shown = [line["text"] for line in song["lyric_lines"]]
    assert 0 < len(shown) < 110
    assert "first_lyric_line" in text(result)
    while len(shown) < 110:
        more = facts(
            await client.call_tool("get_song", {"audio_id": song["id"], "first_lyric_line": len(shown) + 1})
        )
        shown += [line["text"] for line in more["lyric_lines"]]
    assert shown == lines


async def test_no_more_lyric_lines_are_shown_than_asked_for(client: Client) -> None:
    await client.call_tool("generate_song", {"prompt": "folk", "lyric": "one\ntwo\nthree"})
    two = facts(await client.call_tool("get_song", {"audio_id": "last", "first_lyric_line": 2, "limit": 1}))
    none = facts(await client.call_tool("get_song", {"audio_id": "last", "limit": 0}))
    assert [line["text"] for line in two["lyric_lines"]] == ["two"]
    assert none["lyric_lines"] == []
    assert none["lyric_lines_total"] == 3


async def test_no_answer_is_longer_than_two_thousand_tokens(studio: Studio) -> None:
    lyric = "[Verse]\n" + "\n".join(["清晨来到河上我听见整座城市在歌唱"] * 110)
    action = Generate(prompt="民谣", lyric=lyric, title="歌" * 120)
    task = await studio.wait((await studio.submit(action, engine="scripted")).id, 30)
    song = await studio.song("last")
    song = song.model_copy(update={"parents": (Parent(song_id=song.id), Parent(song_id=song.id))})
    for answer in (
        outcome_reply(task, song, Place("/home/someone/" * 8, "https://songs.example/" + "f" * 90)),
        song_page_reply([song] * 15, "cursor"),
    ):
        assert estimated_tokens(text(answer)) <= MAX_TOKENS
        assert estimated_tokens(json.dumps(facts(answer), ensure_ascii=False)) <= MAX_TOKENS


async def test_tools_that_say_they_only_read_write_nothing(client: Client, settings: Settings) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk"}))
    calls = {
        "compare_songs": {"first_id": made["song"]["id"], "second_id": "last"},
        "get_song": {"audio_id": made["song"]["id"]},
        "get_task": {"task_id": made["task"]["id"], "wait_seconds": 1},
        "list_songs": {},
    }
    listed = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(calls) == {
        name for name, tool in listed.items() if tool.annotations and tool.annotations.read_only_hint
    }

    def files() -> dict[str, int]:
        kept = settings.home / "songs"
        return {str(path): path.stat().st_mtime_ns for path in kept.rglob("*")}

    before = files()
    for name, arguments in calls.items():
        first, again = await client.call_tool(name, arguments), await client.call_tool(name, arguments)
        assert facts(first) == facts(again)
    assert files() == before
