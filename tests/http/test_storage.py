"""A disk or database that fails is told as such, with when to come back, and work goes on when it is back."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from documented import ERROR, mismatches
from producer_client import Serve, calling, made

from songwright.settings import Settings
from songwright.studio import Studio
from standins.disks import fill, full_databases, no_room_for_files, small_disk

BODY = {"action": "generate", "lyric": "[Verse]\n" + "Woke up early in the rain\n" * 100}


def refused(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert mismatches(answer.json(), ERROR) == []
    assert answer.json()["error"]["code"] == "storage"
    assert int(answer.headers["retry-after"]) >= 1
    message: str = answer.json()["error"]["message"]
    return message


async def until_full(client: httpx.AsyncClient) -> httpx.Response:
    """The first refusal; what the pages and the log that are there have room for is taken before."""
    for _ in range(100):
        answer = await client.post("/producer/audios", json={**BODY, "async": True})
        if answer.status_code != 200:
            return answer
    raise AssertionError("there is room for everything")


async def ready(client: httpx.AsyncClient) -> None:
    """Ask until the disk, which is looked at a few times a second, is found to have room again."""
    with anyio.fail_after(10):
        while (await client.get("/readyz")).status_code != 200:
            await anyio.lowlevel.checkpoint()


async def test_a_full_database_is_507_until_there_is_room(client: httpx.AsyncClient) -> None:
    song = await made(client)
    with full_databases():
        assert "no room left" in refused(await until_full(client), 507)
    assert (await client.post("/producer/audios", json={**BODY, "async": True})).status_code == 200
    assert (await client.post("/producer/wav", json={"audio_id": song["id"]})).status_code == 200


async def test_a_full_disk_makes_the_server_unready_until_there_is_room(client: httpx.AsyncClient) -> None:
    await made(client)
    with no_room_for_files():
        answer = await client.get("/readyz")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable", "code": "storage"})
    await ready(client)


async def test_a_real_disk_that_is_full_is_told_at_every_edge(serve: Serve, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        settings = Settings(home=disk / "home", workers=2, engine="scripted")
        async with serve(settings) as app, calling(app) as client:
            song = await made(client)
            filler = fill(disk)
            refused(await until_full(client), 507)
            refused(await client.post("/producer/wav", json={"audio_id": song["id"]}), 507)
            assert (await client.get("/readyz")).status_code == 503
            filler.unlink()
            assert (await client.post("/producer/audios", json={**BODY, "async": True})).status_code == 200
            await ready(client)


async def test_a_home_that_was_deleted_takes_nothing_more(
    client: httpx.AsyncClient, settings: Settings, tmp_path: Path
) -> None:
    await made(client)
    settings.home.rename(tmp_path / "elsewhere")
    assert "deleted or replaced" in refused(await client.post("/producer/audios", json=BODY), 503)
    assert (await client.get("/readyz")).status_code == 503
    (tmp_path / "elsewhere").rename(settings.home)
    await made(client)
    await ready(client)


@pytest.mark.parametrize(("number", "status"), [(errno.ENOSPC, 507), (errno.EROFS, 503), (errno.EIO, 503)])
async def test_files_that_cannot_be_written_are_trouble_with_storage(
    serve: Serve, settings: Settings, number: int, status: int
) -> None:
    class OnABadDisk(Studio):
        async def export(self, *_: Any, **__: Any) -> Path:
            raise OSError(number, "words", str(settings.home / "songs"))

    async with serve(settings, None, OnABadDisk) as app, calling(app) as client:
        song = await made(client)
        for answer in (
            await client.post("/producer/wav", json={"audio_id": song["id"]}),
            await client.get(song["audio_url"]),
        ):
            assert str(settings.home) not in refused(answer, status)
