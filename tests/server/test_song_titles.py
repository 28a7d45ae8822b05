"""Songs named by title, and who is asked when several have it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from mcp import Client
from mcp.types import ElicitResult
from mcp_answers import facts, refusal

from songwright.engines.scripted import ScriptedEngine
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

Answer = Callable[[dict[str, Any]], ElicitResult]


@asynccontextmanager
async def connected(
    settings: Settings, mode: str, answer: Answer | None, asked: list[str] | None = None
) -> AsyncIterator[Client]:
    def open_studio() -> AbstractAsyncContextManager[Studio]:
        return Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

    async def elicit(_: Any, params: Any) -> ElicitResult:
        assert answer is not None
        if asked is not None:
            asked.append(params.message)
        return answer(params.requested_schema)

    async with (
        StudioDoor.hinged(open_studio) as door,
        Client(build_server(door), mode=mode, elicitation_callback=elicit if answer else None) as client,
    ):
        yield client


async def made(client: Client, title: str) -> str:
    song = facts(await client.call_tool("generate_song", {"prompt": "folk", "title": title}))["song"]
    return str(song["id"])


def accepting(song_ids: list[str]) -> Answer:
    def answer(schema: dict[str, Any]) -> ElicitResult:
        field = schema["required"][0]
        assert song_ids[0] in {choice["const"] for choice in schema["properties"][field]["oneOf"]}
        return ElicitResult(action="accept", content={field: song_ids[0]})

    return answer


async def test_a_title_that_one_song_has_is_as_good_as_its_id(settings: Settings, mode: str) -> None:
    async with connected(settings, mode, None) as client:
        rain = await made(client, "Rain")
        await made(client, "Rain on Sunday")
        assert facts(await client.call_tool("get_song", {"audio_id": "rain"}))["id"] == rain
        cover = facts(await client.call_tool("cover_song", {"audio_id": "Rain", "prompt": "jazz"}))
        assert cover["song"]["parents"][0]["song_id"] == rain


async def test_the_person_chooses_between_two_songs_of_one_title(settings: Settings, mode: str) -> None:
    chosen: list[str] = []
    asked: list[str] = []
    async with connected(settings, mode, accepting(chosen), asked) as client:
        chosen.append(await made(client, "Rain"))
        await made(client, "Rain")
        cover = facts(await client.call_tool("vary_song", {"audio_id": "Rain"}))["song"]
        assert cover["parents"][0]["song_id"] == chosen[0]
        assert asked == ["2 songs are called “Rain”. Which one?"]


@pytest.mark.parametrize("action", ["decline", "cancel"])
async def test_one_who_does_not_choose_is_told_the_ids(settings: Settings, mode: str, action: Any) -> None:
    async with connected(settings, mode, lambda _: ElicitResult(action=action)) as client:
        ids = {await made(client, "Rain"), await made(client, "Rain")}
        said = refusal(await client.call_tool("get_song", {"audio_id": "Rain"}))
        assert said.startswith("audio_id: 2 songs have that title")
        assert all(song_id in said for song_id in ids)


async def test_a_client_that_can_not_ask_is_told_the_ids(settings: Settings, mode: str) -> None:
    async with connected(settings, mode, None) as client:
        ids = {await made(client, "Rain"), await made(client, "Rain")}
        said = refusal(await client.call_tool("cover_song", {"audio_id": "Rain", "prompt": "jazz"}))
        assert all(song_id in said for song_id in ids)
        assert len(facts(await client.call_tool("list_songs", {}))["songs"]) == 2


async def test_an_answer_that_was_not_offered_chooses_nothing(settings: Settings, mode: str) -> None:
    def elsewhere(schema: dict[str, Any]) -> ElicitResult:
        return ElicitResult(action="accept", content={schema["required"][0]: "another"})

    async with connected(settings, mode, elsewhere) as client:
        await made(client, "Rain")
        await made(client, "Rain")
        assert "songs have that title" in refusal(await client.call_tool("get_song", {"audio_id": "Rain"}))


async def test_both_songs_of_a_mash_may_be_chosen(settings: Settings, mode: str) -> None:
    chosen: dict[str, str] = {}

    def answer(schema: dict[str, Any]) -> ElicitResult:
        field = schema["required"][0]
        return ElicitResult(action="accept", content={field: chosen[field]})

    async with connected(settings, mode, answer) as client:
        chosen["audio_id"] = await made(client, "Rain")
        await made(client, "Rain")
        chosen["swap_audio_id"] = await made(client, "Sun")
        await made(client, "Sun")
        mash = facts(await client.call_tool("swap_vocals", {"audio_id": "Rain", "swap_audio_id": "Sun"}))
        assert {parent["song_id"] for parent in mash["song"]["parents"]} == set(chosen.values())


async def test_a_retry_by_title_is_the_same_request_though_there_are_more_such_songs_now(
    settings: Settings, mode: str
) -> None:
    async with connected(settings, mode, None) as client:
        await made(client, "Rain")
        request = {"audio_id": "Rain", "prompt": "jazz", "title": "Rain", "request_id": "once"}
        first = facts(await client.call_tool("cover_song", request))
        assert first["song"]["title"] == "Rain"
        again = facts(await client.call_tool("cover_song", request))
        assert again["task"]["id"] == first["task"]["id"]
