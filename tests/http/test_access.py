"""Who may call, how often, and that nobody sees another's songs."""

from __future__ import annotations

import threading

import httpx
import pytest
from documented import ERROR, mismatches
from producer_client import Serve, calling, ended, made
from pydantic import SecretStr

from songwright.access import principal_of
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import TooManyError
from songwright.rates import RequestRates
from songwright.settings import Settings

TOKEN = "correct-horse-battery-staple"  # noqa: S105 - made up
OTHER = "another-token-of-some-length"
BODY = {"action": "generate", "prompt": "folk"}


@pytest.fixture
def guarded(settings: Settings) -> Settings:
    return settings.model_copy(update={"tokens": (SecretStr(TOKEN), SecretStr(OTHER))})


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        (None, 400, "no_token"),
        ("", 400, "no_token"),
        ("Bearer wrong", 401, "invalid_token"),
        ("Bearer", 401, "invalid_token"),
        (f"Basic {TOKEN}", 401, "invalid_token"),
        (f"Bearer {TOKEN}x", 401, "invalid_token"),
        ("Bearer \u00e9", 401, "invalid_token"),
    ],
)
@pytest.mark.parametrize("path", ["audios", "tasks", "lyrics", "upload", "wav", "videos"])
async def test_a_call_without_a_valid_token_is_refused_in_the_documented_words(
    serve: Serve, guarded: Settings, path: str, header: str | None, status: int, code: str
) -> None:
    async with serve(guarded) as app, calling(app) as client:
        headers = {} if header is None else {"Authorization": header.encode("latin-1")}
        answer = await client.post(f"/producer/{path}", json=BODY, headers=headers)
        assert answer.status_code == status
        assert mismatches(answer.json(), ERROR) == []
        assert answer.json()["error"]["code"] == code
        assert answer.headers["x-trace-id"] == answer.json()["trace_id"]


async def test_each_token_has_its_own_songs_and_tasks(serve: Serve, guarded: Settings) -> None:
    async with serve(guarded) as app, calling(app, TOKEN) as mine, calling(app, OTHER) as theirs:
        song = await made(mine)
        task = (await mine.post("/producer/audios", json={**BODY, "async": True})).json()["task_id"]
        await ended(mine, task)

        assert (await theirs.post("/producer/tasks", json={"id": task})).json() == {}
        listed = await theirs.post("/producer/tasks", json={"action": "retrieve_batch"})
        assert listed.json() == {"items": [], "count": 0}
        for path, body in {
            "audios": {"action": "cover", "audio_id": song["id"]},
            "wav": {"audio_id": song["id"]},
        }.items():
            answer = await theirs.post(f"/producer/{path}", json=body)
            assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


async def test_the_same_key_of_two_callers_is_two_requests(serve: Serve, guarded: Settings) -> None:
    async with serve(guarded) as app, calling(app, TOKEN) as mine, calling(app, OTHER) as theirs:
        answers = [
            await client.post("/producer/audios", json=BODY, headers={"Idempotency-Key": "a"})
            for client in (mine, theirs)
        ]
        assert len({answer.json()["task_id"] for answer in answers}) == 2


async def test_no_token_is_written_down(serve: Serve, guarded: Settings) -> None:
    async with serve(guarded) as app, calling(app, TOKEN) as client:
        song = await made(client)
        assert TOKEN not in str(song)
        assert principal_of(TOKEN) not in str(song)
    for path in guarded.home.rglob("*"):
        if path.is_file():
            assert TOKEN.encode() not in path.read_bytes()


async def test_too_many_requests_are_told_when_to_come_back(serve: Serve, guarded: Settings) -> None:
    slow = guarded.model_copy(update={"requests_per_second": 2.0})
    async with serve(slow) as app, calling(app, TOKEN) as mine, calling(app, OTHER) as theirs:
        answers = [await mine.post("/producer/tasks", json={"id": "x"}) for _ in range(4)]
        refused = answers[-1]
        assert refused.status_code == 429
        assert mismatches(refused.json(), ERROR) == []
        assert refused.json()["error"]["code"] == "too_many_requests"
        assert int(refused.headers["retry-after"]) >= 1
        assert (await theirs.post("/producer/tasks", json={"id": "x"})).status_code == 200


def test_rates_recover_with_time() -> None:
    now = [0.0]
    rates = RequestRates(10, lambda: now[0])
    for _ in range(10):
        rates.count("me")
    with pytest.raises(TooManyError, match="10 requests a second") as refused:
        rates.count("me")
    assert refused.value.retry_after_seconds == 1
    now[0] += 0.1
    rates.count("me")
    with pytest.raises(TooManyError):
        rates.count("me")


def test_a_refusal_says_after_how_many_seconds_the_next_request_is_allowed() -> None:
    now = [0.0]
    rates = RequestRates(0.25, lambda: now[0])
    rates.count("me")
    with pytest.raises(TooManyError) as refused:
        rates.count("me")
    assert refused.value.retry_after_seconds == 4
    now[0] += 2
    with pytest.raises(TooManyError) as again:
        rates.count("me")
    assert again.value.retry_after_seconds == 2
    now[0] += 2
    rates.count("me")


def test_who_may_ask_as_much_as_a_stranger_is_forgotten_and_others_are_not() -> None:
    now = [0.0]
    rates = RequestRates(2, lambda: now[0])
    for number in range(20_000):
        now[0] += 0.001
        rates.count(f"user {number}")
        rates.count("me") if number % 500 == 0 else None
    assert len(rates._buckets) <= 10_001
    now[0] += 1
    rates.count("me")
    rates.count("me")
    with pytest.raises(TooManyError):
        rates.count("me")


async def test_so_many_tasks_of_a_caller_and_no_more_are_unfinished(serve: Serve, guarded: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    narrow = guarded.model_copy(update={"unfinished_tasks": 2})
    async with serve(narrow, engine) as app, calling(app, TOKEN) as mine, calling(app, OTHER) as theirs:

        async def submit(client: httpx.AsyncClient, **headers: str) -> httpx.Response:
            return await client.post("/producer/audios", json={**BODY, "async": True}, headers=headers)

        accepted = [await submit(mine, **{"Idempotency-Key": "first"}), await submit(mine)]
        refused = await submit(mine)
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "too_many_requests"
        assert int(refused.headers["retry-after"]) >= 1
        assert (await submit(mine, **{"Idempotency-Key": "first"})).json() == accepted[0].json()
        assert (await submit(theirs)).status_code == 200
        gate.set()
        for answer in accepted:
            await ended(mine, answer.json()["task_id"])
        assert (await submit(mine)).status_code == 200
