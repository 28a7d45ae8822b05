"""Files of songs: by links that cannot be guessed, for a time, in parts."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime, timedelta

import httpx
import numpy as np
import pytest
import soundfile
from documented import ERROR, mismatches
from producer_client import BASE, Serve, calling, made
from pydantic import HttpUrl, SecretStr

from songwright.access import TokenRing, principal_of
from songwright.http.faults import ApiError
from songwright.http.links import Links
from songwright.settings import Settings

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up
OTHER = "another-token-of-some-length"


async def test_a_song_comes_as_mp3_in_parts_or_whole(client: httpx.AsyncClient) -> None:
    song = await made(client)
    whole = await client.get(song["audio_url"])
    assert whole.headers["content-type"] == "audio/mpeg"
    assert whole.headers["accept-ranges"] == "bytes"
    part = await client.get(song["audio_url"], headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole.content[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole.content)}"
    beyond = await client.get(song["audio_url"], headers={"Range": "bytes=99999999-"})
    assert beyond.status_code == 416
    samples, rate = soundfile.read(io.BytesIO(whole.content))
    assert len(samples) / rate == pytest.approx(float(song["duration"]), abs=0.1)


async def test_wav_has_the_samples_of_the_master(client: httpx.AsyncClient, settings: Settings) -> None:
    song = await made(client)
    url = (await client.post("/producer/wav", json={"audio_id": song["id"]})).json()["data"][0]["file_url"]
    samples, _ = soundfile.read(io.BytesIO((await client.get(url)).content), dtype="int32")
    master, _ = soundfile.read(settings.home / "songs" / song["id"] / "1" / "master.flac", dtype="int32")
    assert np.array_equal(samples, master)


async def test_a_song_whose_file_is_damaged_says_so_and_tells_no_path(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    song = await made(client)
    kept = settings.home / "songs" / song["id"] / "1" / "master.flac"
    kept.write_bytes(kept.read_bytes()[:-1])

    answers = [
        await client.get(song["audio_url"]),
        await client.get(song["image_url"]),
        await client.post("/producer/wav", json={"audio_id": song["id"]}),
    ]

    for answer in answers:
        assert answer.status_code == 500
        assert "master.flac is missing or damaged" in answer.json()["error"]["message"]
        assert str(settings.home) not in answer.text


async def test_stems_come_in_one_archive_and_sum_to_the_song(
    client: httpx.AsyncClient, settings: Settings
) -> None:
    song = await made(client)
    answer = await client.post("/producer/audios", json={"action": "stems", "audio_id": song["id"]})
    url: str = answer.json()["data"][0]["stems_url"]
    stems = await client.get(url)
    with zipfile.ZipFile(io.BytesIO(stems.content)) as archive:
        names = [name for name in archive.namelist() if name.endswith(".flac")]
        assert len(names) == 4
        tracks = [soundfile.read(io.BytesIO(archive.read(name)), dtype="int16")[0] for name in names]
    kept = settings.home / "songs" / url.split("/")[-2] / "1" / "master.flac"
    master, _ = soundfile.read(kept, dtype="int16")
    assert np.array_equal(sum(tracks), master)


async def test_the_cover_is_a_picture(client: httpx.AsyncClient) -> None:
    cover = await client.get((await made(client))["image_url"])
    assert cover.headers["content-type"] == "image/png"
    assert cover.content.startswith(b"\x89PNG")
    assert "sandbox" in cover.headers["content-security-policy"]


async def test_links_lead_through_the_public_url(serve: Serve, settings: Settings) -> None:
    public = settings.model_copy(update={"public_url": HttpUrl("https://songs.example/studio")})
    async with serve(public) as app, calling(app) as client:
        url = (await made(client))["audio_url"]
        assert url.startswith("https://songs.example/studio/files/")
        behind_proxy = url.removeprefix("https://songs.example/studio")
        assert (await client.get(behind_proxy, headers={"Host": "songs.example"})).status_code == 200


async def test_a_link_needs_no_token_and_dies_with_its_owners(serve: Serve, settings: Settings) -> None:
    guarded = settings.model_copy(update={"tokens": (SecretStr(TOKEN), SecretStr(OTHER))})
    async with serve(guarded) as app, calling(app, TOKEN) as mine, calling(app) as anybody:
        path = (await made(mine))["audio_url"].removeprefix(BASE)
        assert (await anybody.get(path)).status_code == 200
    without = guarded.model_copy(update={"tokens": (SecretStr(OTHER),)})
    async with serve(without) as app, calling(app) as anybody:
        assert (await anybody.get(path)).status_code == 404


async def test_links_outlive_the_server(serve: Serve, settings: Settings) -> None:
    async with serve(settings) as app, calling(app) as client:
        url = (await made(client))["audio_url"]
    async with serve(settings) as app, calling(app) as client:
        assert (await client.get(url)).status_code == 200
    assert (settings.home / "secret.key").stat().st_mode & 0o077 == 0


async def test_a_link_that_was_changed_leads_nowhere(client: httpx.AsyncClient) -> None:
    song, other = await made(client), await made(client)
    url: str = song["audio_url"]
    start, expires, signature, song_id, name = url.rsplit("/", 4)
    for changed in (
        f"{start}/{int(expires) + 3600}/{signature}/{song_id}/{name}",
        f"{start}/{expires}/{signature}/{other['id']}/{name}",
        f"{start}/{expires}/{signature}/{song_id}/stems.zip",
        f"{start}/{expires}/{signature}/{song_id}/..%2fmaster.flac",
        f"{start}/{expires}/{signature[:-1]}/{song_id}/{name}",
        f"{start}/{'9' * 400}/{signature}/{song_id}/{name}",
    ):
        answer = await client.get(changed)
        assert answer.status_code == 404
        assert mismatches(answer.json(), ERROR) == []


def test_a_link_is_good_for_the_songs_of_its_owner_alone() -> None:
    ring = TokenRing((SecretStr(TOKEN), SecretStr(OTHER)))
    links = Links(b"key", timedelta(hours=2), lambda: datetime(2026, 1, 1, tzinfo=UTC), ring)
    mine, others = principal_of(TOKEN), principal_of(OTHER)
    path = links.path("a song", "audio.mp3", mine)
    expires, signature, song_id, name = path.removeprefix("/files/").split("/")

    def check(owner: str) -> str:
        return links.check(expires=expires, signature=signature, song_id=song_id, name=name, owner=owner)

    assert check(mine) == "audio.mp3"
    with pytest.raises(ApiError) as refusal:
        check(others)
    assert refusal.value.status == 404


async def test_a_browser_takes_no_file_for_anything_but_what_it_is_called(client: httpx.AsyncClient) -> None:
    song = await made(client)
    for url in (song["audio_url"], song["image_url"], f"{BASE}/docs"):
        answer = await client.get(url)
        assert answer.status_code == 200
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_link_expires() -> None:
    now = [datetime(2026, 1, 1, tzinfo=UTC)]
    links = Links(b"key", timedelta(hours=2), lambda: now[0], TokenRing(()))
    path = links.path("a song", "audio.mp3", "local")
    expires, signature, song_id, name = path.removeprefix("/files/").split("/")

    def check() -> str:
        return links.check(expires=expires, signature=signature, song_id=song_id, name=name, owner="local")

    assert check() == "audio.mp3"
    with pytest.raises(ApiError, match="no such file"):
        links.check(expires=f"0{expires}", signature=signature, song_id=song_id, name=name, owner="local")
    now[0] += timedelta(minutes=10)
    assert links.path("a song", "audio.mp3", "local").split("/")[2] == str(int(expires) + 3600)
    now[0] += timedelta(minutes=109)
    check()
    now[0] += timedelta(hours=1)
    with pytest.raises(ApiError) as refused:
        check()
    assert (refused.value.status, refused.value.code) == (401, "token_expired")


@pytest.mark.parametrize(
    "given", ["bytes=", "bytes=a-b", "bytes=5-2", "bytes=--1", "bytes=1", "lines=1-2", "bytes=\u00b2-3", ""]
)
async def test_a_range_that_is_none_is_ignored(client: httpx.AsyncClient, given: str) -> None:
    url = (await made(client))["image_url"]
    whole = await client.get(url)
    answer = await client.get(url, headers={"Range": given.encode("latin-1")})
    assert (answer.status_code, answer.content) == (200, whole.content)


@pytest.mark.parametrize("given", ["bytes=" + "9" * 50 + "-", "bytes=-0"])
async def test_a_range_beyond_the_file_is_refused(client: httpx.AsyncClient, given: str) -> None:
    url = (await made(client))["image_url"]
    assert (await client.get(url, headers={"Range": given})).status_code == 416
