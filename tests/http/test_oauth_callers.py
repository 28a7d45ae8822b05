"""Users of an authorization server call the API: with songs of their own, and no way in without a token."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from documented import ERROR, mismatches
from producer_client import BASE, Serve, calling, ended, made
from pydantic import HttpUrl, SecretStr

from songwright.settings import Settings
from standins.issuer import Issuer, listening

OWN_TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up
BODY = {"action": "generate", "prompt": "folk"}


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An authorization server on loopback, for tokens for this server."""
    async with listening(f"{BASE}/mcp") as found:
        yield found


@pytest.fixture
def guarded(settings: Settings, issuer: Issuer) -> Settings:
    """Settings that trust it, for the scope ``songs``."""
    return settings.model_copy(
        update={
            "oauth_issuer": HttpUrl(issuer.url),
            "oauth_scopes": ("songs",),
            "public_url": HttpUrl(BASE),
        }
    )


async def test_a_user_makes_a_song_reads_it_back_and_fetches_its_files(
    serve: Serve, guarded: Settings, issuer: Issuer
) -> None:
    async with serve(guarded) as app, calling(app, issuer.token()) as ada, calling(app) as anyone:
        accepted = (await ada.post("/producer/audios", json={**BODY, "async": True})).json()
        record = await ended(ada, accepted["task_id"])
        (song,) = record["response"]["data"]
        wav = await ada.post("/producer/wav", json={"audio_id": song["id"]})
        for url in (song["audio_url"], song["image_url"], wav.json()["data"][0]["file_url"]):
            # A player fetches links without a token: each is its own permission.
            assert (await anyone.get(url)).status_code == 200


async def test_another_user_sees_none_of_it(serve: Serve, guarded: Settings, issuer: Issuer) -> None:
    both = guarded.model_copy(update={"tokens": (SecretStr(OWN_TOKEN),)})
    bobs = issuer.token(sub="bob")
    async with serve(both) as app, calling(app, issuer.token()) as ada:
        song = await made(ada)
        task = (await ada.post("/producer/audios", json={**BODY, "async": True})).json()["task_id"]
        await ended(ada, task)
        for token in (bobs, OWN_TOKEN):
            async with calling(app, token) as other:
                assert (await other.post("/producer/tasks", json={"id": task})).json() == {}
                listed = await other.post("/producer/tasks", json={"action": "retrieve_batch"})
                assert listed.json() == {"items": [], "count": 0}
                refused = await other.post("/producer/wav", json={"audio_id": song["id"]})
                assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")
        async with calling(app, issuer.token(jti="another token of hers")) as again:
            assert (await again.post("/producer/tasks", json={"id": task})).json()["id"] == task


async def test_songs_of_the_machine_itself_are_nobodys_over_http(
    serve: Serve, settings: Settings, guarded: Settings, issuer: Issuer
) -> None:
    async with serve(settings) as app, calling(app) as local:
        song = await made(local)
        assert (await local.get(song["audio_url"])).status_code == 200
    async with serve(guarded) as app, calling(app, issuer.token()) as ada:
        assert (await ada.get(song["audio_url"])).status_code == 404
        refused = await ada.post("/producer/wav", json={"audio_id": song["id"]})
        assert refused.status_code == 400


async def test_links_of_users_die_when_their_issuer_is_trusted_no_more(
    serve: Serve, settings: Settings, guarded: Settings, issuer: Issuer
) -> None:
    async with serve(guarded) as app, calling(app, issuer.token()) as ada:
        song = await made(ada)
    async with serve(settings) as app, calling(app) as anyone:
        assert (await anyone.get(song["audio_url"])).status_code == 404


@pytest.mark.parametrize(
    ("claims", "status", "code"),
    [
        (None, 400, "no_token"),
        ({"aud": "https://other.example/mcp"}, 401, "invalid_token"),
        ({"exp": 1_000_000}, 401, "invalid_token"),
        ({"scope": "reading"}, 403, "forbidden"),
    ],
    ids=["no token", "another audience", "expired", "too little scope"],
)
@pytest.mark.parametrize("path", ["audios", "tasks", "lyrics", "upload", "wav", "videos"])
async def test_a_call_that_a_token_does_not_allow_is_refused_in_the_documented_words(
    serve: Serve,
    guarded: Settings,
    issuer: Issuer,
    path: str,
    claims: dict[str, object] | None,
    status: int,
    code: str,
) -> None:
    token = None if claims is None else issuer.token(**claims)
    async with serve(guarded) as app, calling(app, token) as client:
        answer = await client.post(f"/producer/{path}", json=BODY)
        assert answer.status_code == status
        assert mismatches(answer.json(), ERROR) == []
        assert answer.json()["error"]["code"] == code
        assert answer.headers["x-trace-id"] == answer.json()["trace_id"]


async def test_while_the_issuer_is_down_calls_are_asked_to_come_back(
    serve: Serve, guarded: Settings, issuer: Issuer
) -> None:
    issuer.is_down = True
    async with serve(guarded) as app, calling(app, issuer.token()) as ada:
        answer = await ada.post("/producer/audios", json=BODY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "api_error")
        assert mismatches(answer.json(), ERROR) == []
        issuer.is_down = False
        assert (await ada.post("/producer/audios", json=BODY)).status_code == 200


async def test_users_of_two_issuers_share_nothing_though_their_names_are_the_same(
    serve: Serve, guarded: Settings, issuer: Issuer
) -> None:
    async with serve(guarded) as app, calling(app, issuer.token(sub="ada")) as ada:
        song = await made(ada)
    async with listening(f"{BASE}/mcp") as another:
        moved = guarded.model_copy(update={"oauth_issuer": HttpUrl(another.url)})
        async with serve(moved) as app, calling(app, another.token(sub="ada")) as namesake:
            refused = await namesake.post("/producer/wav", json={"audio_id": song["id"]})
            assert (refused.status_code, refused.json()["error"]["code"]) == (400, "bad_request")
            listed = await namesake.post("/producer/tasks", json={"action": "retrieve_batch"})
            assert listed.json() == {"items": [], "count": 0}


async def test_links_of_users_die_when_their_issuer_is_no_longer_trusted(
    serve: Serve, guarded: Settings, issuer: Issuer
) -> None:
    async with serve(guarded) as app, calling(app, issuer.token()) as ada:
        song = await made(ada)
    off = guarded.model_copy(
        update={"oauth_issuer": None, "oauth_scopes": (), "tokens": (SecretStr(OWN_TOKEN),)}
    )
    async with serve(off) as app, calling(app) as anyone:
        assert (await anyone.get(song["audio_url"])).status_code == 404
