"""Recordings come in by URL, as tasks like all others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx
from documented import mismatches, success, uuid
from documented import url as is_url
from producer_client import BASE, calling, ended, made
from starlette.applications import Starlette

from songwright.engines.base import Engine
from songwright.engines.local import LocalEngine
from songwright.engines.scripted import ScriptedEngine
from songwright.http import producer_api
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from standins.plain_http import answering, found
from standins.sound import encoded, tones

UPLOADED = success({"audio_id": uuid, "lyric": str, "audio_url": is_url})
URL = "https://cdn.example/night_drive.mp3"


@asynccontextmanager
async def reading(settings: Settings) -> AsyncIterator[Starlette]:
    """The application, with the engine that really fetches and reads."""
    engines: dict[str, Engine] = {
        "local": LocalEngine.from_settings(settings),
        "scripted": ScriptedEngine(),
    }

    factories = {name: partial(engines.__getitem__, name) for name in engines}
    async with (
        StudioDoor.hinged(lambda: Studio.open(settings, engines=factories, jobs=InProcessJobs)) as door,
        producer_api(door.studio, settings, BASE) as routes,
    ):
        yield build_app(door, settings, parse_bind("127.0.0.1:8765", ()), routes)


async def test_an_upload_becomes_a_song_that_later_calls_name(settings: Settings) -> None:
    async with answering(found(encoded(tones(2, (220.0,))))) as url:
        allowing = settings.model_copy(update={"allowed_hosts": (urlsplit(url).netloc,)})
        async with reading(allowing) as app, calling(app) as client:
            answer = await client.post("/producer/upload", json={"audio_url": url})
            assert mismatches(answer.json(), UPLOADED) == []
            data = answer.json()["data"]
            assert (await client.get(data["audio_url"])).content[:3] == b"ID3"
            cover = await made(client, action="cover", audio_id=data["audio_id"])
            assert cover["title"] == "a (cover, folk)"


async def test_what_a_url_holds_is_refused_where_it_is_no_recording(settings: Settings) -> None:
    async with answering(found(b"<html>words</html>")) as url:
        allowing = settings.model_copy(update={"allowed_hosts": (urlsplit(url).netloc,)})
        async with reading(allowing) as app, calling(app) as client:
            answer = await client.post("/producer/upload", json={"audio_url": url})
            assert answer.status_code == 400
            assert answer.json()["error"]["code"] == "bad_request"
            assert "no recording" in answer.json()["error"]["message"]


async def test_an_upload_is_a_task_that_can_be_polled_for(client: httpx.AsyncClient) -> None:
    accepted = (await client.post("/producer/upload", json={"audio_url": URL, "async": True})).json()
    record = await ended(client, accepted["task_id"])
    assert record["type"] == "upload"
    assert record["request"] == {"audio_url": URL, "async": True}
    assert mismatches(record["response"], UPLOADED) == []
    listed = await client.post("/producer/tasks", json={"action": "retrieve_batch", "type": "upload"})
    assert [item["id"] for item in listed.json()["items"]] == [accepted["task_id"]]


async def test_a_repeated_key_uploads_once(client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": "once"}
    first, again = [
        (await client.post("/producer/upload", json={"audio_url": URL}, headers=headers)).json()
        for _ in range(2)
    ]
    assert first["task_id"] == again["task_id"]
    assert first["data"]["audio_id"] == again["data"]["audio_id"]
    other = await client.post("/producer/upload", json={"audio_url": URL + "?b"}, headers=headers)
    assert other.status_code == 409
