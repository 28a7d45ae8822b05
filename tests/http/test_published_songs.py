"""Engines elsewhere fetch songs by the links of the HTTP server."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from producer_client import Serve, calling, made
from pydantic import HttpUrl

from songwright.engines.base import Context, Rendition, Source
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Action
from songwright.settings import Settings


class Publishing(ScriptedEngine):
    """Asks for a public address of each source."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        if context.publish is not None:
            self.links += [context.publish(source.song) for source in sources]
        return await super().perform(action, sources, context)


async def test_a_source_has_a_link_that_can_be_fetched_without_a_token(
    serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songwright.http.service._OPEN_AFTER_SECONDS", 0.0)
    public = settings.model_copy(update={"public_url": HttpUrl("https://songs.example")})
    engine = Publishing()
    async with serve(public, engine) as app, calling(app) as client:
        client.base_url = "https://songs.example"
        song = await made(client)
        await made(client, action="cover", audio_id=song["id"])
        (link,) = engine.links
        fetched = await client.get(link)

    assert link.startswith("https://songs.example/files/")
    assert fetched.status_code == 200
    assert fetched.headers["content-type"] == "audio/mpeg"


async def test_a_client_of_mcp_gets_links_that_anyone_can_play(
    serve: Serve, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("songwright.http.service._OPEN_AFTER_SECONDS", 0.0)
    public = settings.model_copy(update={"public_url": HttpUrl("https://songs.example")})
    async with serve(public) as app, app.router.lifespan_context(app), calling(app) as client:
        client.base_url = "https://songs.example"
        await made(client)
        song = await _called(client, "get_song", audio_id="last")
        score = await _called(client, "export_song", audio_id="last", format="lrc")
        tagged = await _called(client, "export_song", audio_id="last", format="wav", bit_depth=16)
        for link, media_type in (
            (song["structuredContent"]["audio_url"], "audio/mpeg"),
            (score["structuredContent"]["url"], "application/x-lrc"),
        ):
            fetched = await client.get(link, headers={"Authorization": ""})
            assert fetched.status_code == 200
            assert fetched.headers["content-type"].startswith(media_type)

    links = [block for block in song["content"] if block["type"] == "resource_link"]
    assert links[0]["uri"] == song["structuredContent"]["audio_url"]
    assert [link["mimeType"] for link in links] == [
        "audio/mpeg",
        "audio/mpeg",
        "audio/flac",
        "application/json",
    ]
    assert links[2]["size"] > 1000
    assert song["structuredContent"]["audio_url"] in song["content"][0]["text"]
    assert "url" not in tagged["structuredContent"]


async def test_without_a_public_url_there_are_no_links_to_the_outside(
    serve: Serve, settings: Settings
) -> None:
    async with serve(settings) as app, app.router.lifespan_context(app), calling(app) as client:
        await made(client)
        song = await _called(client, "get_song", audio_id="last")
    assert "audio_url" not in song["structuredContent"]
    assert all(link["uri"].startswith("song://") for link in song["content"][1:])


async def _called(client: httpx.AsyncClient, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.post(
        "/mcp",
        json={
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        },
        headers={"Accept": "application/json, text/event-stream"},
    )
    data = next(line for line in answer.text.splitlines() if line.startswith(("data: {", "{")))
    result: dict[str, Any] = json.loads(data.removeprefix("data: "))["result"]
    return result
