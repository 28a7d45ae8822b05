"""Engines elsewhere fetch songs by the links of the HTTP server."""

from __future__ import annotations

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
