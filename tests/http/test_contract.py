"""Each documented body of each action gets an answer of the documented shape, in each of the four modes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from documented import ACCEPTED, ERROR, WORDS, bodies, finished, mismatches, record, success, text, url, uuid
from producer_client import Serve, calling, ended, made

from callback_receiver import receiving
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import CostLimitError, EngineError, RequestError, UnsupportedError
from songwright.settings import Settings


async def documented_bodies(client: httpx.AsyncClient) -> dict[str, dict[str, Any]]:
    return bodies((await made(client))["id"], (await made(client, lyric=WORDS, prompt=""))["id"])


async def test_a_held_connection_gets_the_song(client: httpx.AsyncClient) -> None:
    for name, body in (await documented_bodies(client)).items():
        answer = await client.post("/producer/audios", json={**body, "async": False})
        assert answer.status_code == 200, (name, answer.text)
        assert answer.headers["content-type"] == "application/json"
        assert answer.headers["x-trace-id"] == answer.json()["trace_id"]
        assert mismatches(answer.json(), finished(body["action"])) == [], name


async def test_an_asynchronous_call_gets_the_task_and_polls_the_song(client: httpx.AsyncClient) -> None:
    for name, body in (await documented_bodies(client)).items():
        answer = await client.post("/producer/audios", json={**body, "async": True})
        assert answer.status_code == 200, (name, answer.text)
        assert mismatches(answer.json(), ACCEPTED) == [], name
        told = await ended(client, answer.json()["task_id"])
        assert mismatches(told, record(finished(body["action"]))) == [], name
        assert told["request"] == {**body, "async": True}
        assert told["data"] == told["response"]["data"]
        for song in told["data"]:
            assert song["model"] in ("", body.get("model", "FUZZ-2.0"))
        assert told["trace_id"] == told["response"]["trace_id"] == answer.json()["trace_id"]


@pytest.mark.parametrize("mode", [{}, {"async": True}], ids=["callback", "callback and async"])
async def test_a_callback_gets_what_a_held_connection_would_have_got(
    serve: Serve, settings: Settings, mode: dict[str, bool]
) -> None:
    async with receiving() as receiver:
        allowing = settings.model_copy(update={"allowed_hosts": (receiver.host,)})
        async with serve(allowing) as app, calling(app) as client:
            tasks: dict[str, tuple[str, dict[str, Any]]] = {}
            for name, body in (await documented_bodies(client)).items():
                sent = {**body, "callback_url": receiver.url, **mode}
                answer = await client.post("/producer/audios", json=sent)
                assert answer.status_code == 200, (name, answer.text)
                assert mismatches(answer.json(), ACCEPTED) == [], name
                tasks[answer.json()["task_id"]] = (name, body)
            received = {came.value["task_id"]: came.value for came in await receiver.until(len(tasks))}
            assert received.keys() == tasks.keys()
            for task_id, (name, body) in tasks.items():
                assert mismatches(received[task_id], finished(body["action"])) == [], name
                told = await ended(client, task_id)
                assert told["response"] == received[task_id]
                assert told.pop("callback")["attempts"] in (0, 1)
                assert mismatches(told, record(finished(body["action"]))) == [], name


async def test_a_failure_is_told_alike_in_every_mode(serve: Serve, settings: Settings) -> None:
    async with receiving() as receiver:
        allowing = settings.model_copy(update={"allowed_hosts": (receiver.host,)})
        engine = ScriptedEngine(failures=[RuntimeError("secret cause")] * 3)
        async with serve(allowing, engine) as app, calling(app) as client:
            body = {"action": "generate", "prompt": "folk"}
            held = await client.post("/producer/audios", json=body)
            assert held.status_code == 500
            shape = {**ERROR, "task_id": uuid}
            assert mismatches(held.json(), shape) == []
            assert held.json()["error"]["code"] == "api_error"
            assert "secret" not in held.text

            later = await client.post("/producer/audios", json={**body, "async": True})
            told = await ended(client, later.json()["task_id"])
            assert mismatches(told, record(shape)) == []

            called = await client.post("/producer/audios", json={**body, "callback_url": receiver.url})
            [came] = await receiver.until(1)
            assert mismatches(came.value, shape) == []
            assert came.value["task_id"] == called.json()["task_id"]


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (RequestError("is too long", field="lyric"), 400, "bad_request"),
        (UnsupportedError("cannot be done"), 400, "api_not_implemented"),
        (CostLimitError("would cost too much"), 403, "used_up"),
        (EngineError("broke", retryable=True), 500, "api_error"),
    ],
)
async def test_a_failure_has_the_documented_code(
    serve: Serve, settings: Settings, failure: Exception, status: int, code: str
) -> None:
    async with serve(settings, ScriptedEngine(failures=[failure])) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json={"action": "generate", "prompt": "folk"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
        assert str(failure) in answer.json()["error"]["message"]


async def test_lyrics_are_words_with_a_title(client: httpx.AsyncClient) -> None:
    for prompt in ("A song about winter", {"theme": "winter", "mood": "calm"}):
        answer = await client.post("/producer/lyrics", json={"prompt": prompt})
        assert answer.status_code == 200
        shape = success({"text": text, "lyrics": text, "title": text, "status": text})
        assert mismatches(answer.json(), shape) == []
        assert answer.json()["data"]["text"].startswith("[")
        told = await ended(client, answer.json()["task_id"])
        assert told["type"] == "lyrics"
        assert told["response"] == answer.json()


async def test_lyrics_in_another_language_are_refused_and_not_written_in_english(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/producer/lyrics", json={"prompt": "a love song in Spanish"})
    assert answer.status_code == 400
    assert "words in English alone" in answer.json()["error"]["message"]


async def test_a_song_can_be_had_as_wav(client: httpx.AsyncClient) -> None:
    song = await made(client)
    answer = await client.post("/producer/wav", json={"audio_id": song["id"]})
    shape = success([{"title": text, "file_url": url, "audio_url": url, "audio_id": uuid}])
    assert mismatches(answer.json(), shape) == []
    assert (await client.get(answer.json()["data"][0]["file_url"])).content.startswith(b"RIFF")


async def test_several_tasks_come_in_the_order_of_their_ids(client: httpx.AsyncClient) -> None:
    sent = [
        (
            await client.post("/producer/audios", json={"action": "generate", "prompt": "x", "async": True})
        ).json()
        for _ in range(2)
    ]
    first, second = (answer["task_id"] for answer in sent)
    for task_id in (first, second):
        await ended(client, task_id)
    unknown = "00000000-0000-4000-8000-000000000000"
    asked = {"action": "retrieve_batch", "ids": [second, first, unknown, second]}
    answer = (await client.post("/producer/tasks", json=asked)).json()
    assert [item["id"] for item in answer["items"]] == [second, first, second]
    assert answer["count"] == 3
    for item in answer["items"]:
        assert mismatches(item, record(finished("generate"))) == []


async def test_an_unknown_task_is_an_empty_object(client: httpx.AsyncClient) -> None:
    for asked in ("00000000-0000-4000-8000-000000000000", "nonsense"):
        answer = await client.post("/producer/tasks", json={"action": "retrieve", "id": asked})
        assert (answer.status_code, answer.json()) == (200, {})


async def test_tasks_can_be_listed_without_their_ids(client: httpx.AsyncClient) -> None:
    for number in range(3):
        await made(client, prompt=f"number {number}")
    await client.post("/producer/lyrics", json={"prompt": "winter"})
    asked = {"action": "retrieve_batch", "type": "audios", "limit": 2, "offset": 1, "user_id": "me"}
    answer = (await client.post("/producer/tasks", json=asked)).json()
    assert answer["count"] == 3
    assert [item["request"]["prompt"] for item in answer["items"]] == ["number 1", "number 0"]


@pytest.mark.slow
async def test_a_song_can_be_had_as_video(client: httpx.AsyncClient) -> None:
    song = await made(client)
    answer = await client.post("/producer/videos", json={"audio_id": song["id"]})
    assert mismatches(answer.json(), success({"video_url": url, "audio_id": uuid})) == []
    assert b"ftyp" in (await client.get(answer.json()["data"]["video_url"])).content[:32]
