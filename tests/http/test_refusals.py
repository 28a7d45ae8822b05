"""Whatever is wrong with a request, the answer is the documented envelope."""

from __future__ import annotations

import json

import httpx
import pytest
from documented import ERROR, mismatches
from producer_client import Serve, calling, ended, made

from songwright.engines.scripted import ScriptedEngine
from songwright.settings import Settings

BODY = {"action": "generate", "prompt": "folk"}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "bad_request"),
        (b"{", 400, "bad_request"),
        (b"\xff\xfe", 400, "bad_request"),
        (b"[]", 400, "bad_request"),
        (b"null", 400, "bad_request"),
        (b'{"action": "generate", "prompt": "x", "weirdness": NaN}', 400, "bad_request"),
        (b'{"action": "generate", "prompt": "x", "weirdness": 1e999}', 400, "bad_request"),
        (b'{"action": "generate", "prompt": "\\ud800"}', 400, "bad_request"),
        (b"[" * 100_000, 400, "bad_request"),
        (json.dumps({**BODY, "more": "x" * 300_000}).encode(), 413, "content_too_large"),
    ],
)
async def test_a_body_that_cannot_be_read_is_refused(
    client: httpx.AsyncClient, body: bytes, status: int, code: str
) -> None:
    answer = await client.post("/producer/audios", content=body)
    assert answer.status_code == status
    assert mismatches(answer.json(), ERROR) == []
    assert answer.json()["error"]["code"] == code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/producer/audios", 405),
        ("PUT", "/producer/tasks", 405),
        ("POST", "/producer/stems", 404),
        ("POST", "/producer/audios/", 404),
        ("GET", "/producer/", 404),
        ("GET", "/files/1/2/3/audio.mp3", 404),
    ],
)
async def test_a_path_or_method_that_is_none_is_refused_in_json(
    client: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    assert mismatches(answer.json(), ERROR) == []
    assert answer.json()["error"]["code"] == "no_api"
    assert answer.headers["x-trace-id"] == answer.json()["trace_id"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"Host": "attacker.example"}, 421), ({"Origin": "https://attacker.example"}, 403)],
)
async def test_a_foreign_host_or_origin_is_refused_in_the_same_envelope(
    client: httpx.AsyncClient, headers: dict[str, str], status: int
) -> None:
    answer = await client.post("/producer/audios", json=BODY, headers=headers)
    assert answer.status_code == status
    assert mismatches(answer.json(), ERROR) == []


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("application/json", 200),
        ("*/*", 200),
        ("application/json, text/event-stream", 200),
        ("text/html, application/*;q=0.1", 200),
        ("", 200),
        ("text/html", 406),
        ("application/x-ndjson", 406),
        ("*/*, application/json;q=0", 406),
        ("application/json;q=nonsense", 406),
    ],
)
async def test_the_accept_header_is_honoured(client: httpx.AsyncClient, accept: str, status: int) -> None:
    answer = await client.post("/producer/tasks", json={"id": "x"}, headers={"Accept": accept})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/hook",
        "http://localhost/hook",
        "http://169.254.169.254/latest",
        "http://[::1]/hook",
        "http://10.0.0.8/hook",
        "https://user:password@hooks.example/",
        "https://hooks.example:8443/",
    ],
)
@pytest.mark.parametrize("field", ["callback_url", "audio_url"])
async def test_private_addresses_are_refused_before_anything_is_done(
    client: httpx.AsyncClient, field: str, url: str
) -> None:
    path = "audios" if field == "callback_url" else "upload"
    answer = await client.post(f"/producer/{path}", json={**BODY, field: url})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")
    assert answer.json()["error"]["message"].startswith(field)
    listed = await client.post("/producer/tasks", json={"action": "retrieve_batch"})
    assert listed.json()["count"] == 0


async def test_an_action_that_the_engine_cannot_do_is_not_implemented(
    serve: Serve, settings: Settings
) -> None:
    class OnlyGenerates(ScriptedEngine):
        def __init__(self) -> None:
            super().__init__()
            self._capabilities = self._capabilities.model_copy(update={"actions": frozenset({"generate"})})

    async with serve(settings, OnlyGenerates()) as app, calling(app) as client:
        song = await made(client)
        answer = await client.post("/producer/audios", json={"action": "cover", "audio_id": song["id"]})
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "api_not_implemented")


async def test_a_song_that_takes_too_long_is_left_to_polling(serve: Serve, settings: Settings) -> None:
    done: list[bool] = []
    engine = ScriptedEngine(hold=lambda: not done)
    hasty = settings.model_copy(update={"hold_seconds": 0.05})
    async with serve(hasty, engine) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json=BODY)
        assert (answer.status_code, answer.json()["error"]["code"]) == (504, "timeout")
        done.append(True)
        told = await ended(client, answer.json()["task_id"])
        assert told["response"]["success"] is True


async def test_a_repeated_key_gets_the_first_answer(client: httpx.AsyncClient) -> None:
    key = {"Idempotency-Key": "a name of my own"}
    first = await client.post("/producer/audios", json=BODY, headers=key)
    again = await client.post("/producer/audios", json=BODY, headers=key)
    assert again.json() == first.json()
    assert again.headers["x-trace-id"] == first.headers["x-trace-id"]
    other = await client.post("/producer/audios", json={**BODY, "prompt": "jazz"}, headers=key)
    assert (other.status_code, other.json()["error"]["code"]) == (409, "duplication")
    message = other.json()["error"]["message"]
    assert message.startswith("Idempotency-Key: was used before for another request; ")
    assert message.endswith("choose a new key")
    polled = await client.post("/producer/audios", json={**BODY, "async": True}, headers=key)
    assert polled.json()["task_id"] == first.json()["task_id"]
    lyrics = [await client.post("/producer/lyrics", json={"prompt": "winter"}, headers=key) for _ in range(2)]
    assert lyrics[0].json() == lyrics[1].json()
    changed = await client.post("/producer/lyrics", json={"prompt": "summer"}, headers=key)
    assert changed.status_code == 409
    song = first.json()["data"][0]["id"]
    elsewhere = await client.post("/producer/wav", json={"audio_id": song}, headers=key)
    assert elsewhere.status_code == 200
    too_long = await client.post("/producer/audios", json=BODY, headers={"Idempotency-Key": "x" * 256})
    assert too_long.status_code == 400
