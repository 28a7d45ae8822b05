"""Pages in browsers: closed to all but those the operator names; files are open to every page."""

from __future__ import annotations

import httpx
import pytest
from producer_client import Serve, calling, made

from songwright.settings import Settings

PAGE = "https://app.example"
PREFLIGHT = {
    "Origin": PAGE,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}
BODY = {"action": "generate", "prompt": "folk"}


async def test_a_page_elsewhere_may_not_call_by_default(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.options("/producer/audios", headers=PREFLIGHT),
        await client.post("/producer/audios", json=BODY, headers={"Origin": PAGE}),
    ):
        assert answer.status_code == 403
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("origins", [(PAGE,), ("*",)])
async def test_a_page_that_the_operator_names_may_call(
    serve: Serve, settings: Settings, origins: tuple[str, ...]
) -> None:
    opened = settings.model_copy(update={"allowed_origins": origins})
    async with serve(opened) as app, calling(app) as client:
        for path in ("/producer/audios", "/mcp"):
            asked = await client.options(path, headers=PREFLIGHT)
            assert asked.status_code == 200
            assert asked.headers["access-control-allow-origin"] in (PAGE, "*")
            assert "authorization" in asked.headers["access-control-allow-headers"].lower()
        told = await client.post("/producer/audios", json=BODY, headers={"Origin": PAGE})
        assert told.status_code == 200
        assert told.headers["access-control-allow-origin"] in (PAGE, "*")
        assert "x-trace-id" in told.headers["access-control-expose-headers"].lower()
        refused = await client.post("/producer/audios", json={}, headers={"Origin": PAGE})
        assert refused.status_code == 400
        assert "access-control-allow-origin" in refused.headers


async def test_a_page_that_the_operator_does_not_name_may_not_call(serve: Serve, settings: Settings) -> None:
    opened = settings.model_copy(update={"allowed_origins": (PAGE,)})
    other = {**PREFLIGHT, "Origin": "https://app.example.evil.example"}
    async with serve(opened) as app, calling(app) as client:
        asked = await client.options("/producer/audios", headers=other)
        assert "access-control-allow-origin" not in asked.headers
        told = await client.post("/producer/audios", json=BODY, headers={"Origin": other["Origin"]})
        assert told.status_code == 403
        assert (
            await client.post("/producer/audios", json=BODY, headers={"Host": "evil.example"})
        ).status_code == 421


@pytest.mark.parametrize("origins", [(), ("https://other.example",)])
async def test_any_page_may_play_a_file_in_parts(
    serve: Serve, settings: Settings, origins: tuple[str, ...]
) -> None:
    opened = settings.model_copy(update={"allowed_origins": origins})
    async with serve(opened) as app, calling(app) as client:
        url = (await made(client))["audio_url"]
        part = await client.get(url, headers={"Origin": PAGE, "Range": "bytes=0-9"})
        assert part.status_code == 206
        assert part.headers["access-control-allow-origin"] == "*"
        assert "content-range" in part.headers["access-control-expose-headers"].lower()
        asked = await client.options(
            url,
            headers={
                "Origin": PAGE,
                "Access-Control-Request-Method": "GET",
                "Access-Control-Request-Headers": "range",
            },
        )
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] == "*"


async def test_a_file_that_a_client_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    url = (await made(client))["audio_url"]
    first = await client.get(url)
    again = await client.get(url, headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert (await client.get(url, headers={"If-None-Match": '"other"'})).status_code == 200
    since = {"If-Modified-Since": first.headers["last-modified"]}
    assert (await client.get(url, headers=since)).status_code == 304
