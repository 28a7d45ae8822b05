"""Nothing that a caller sends is the server's failure, and what callers are told is in HTTP's words."""

from __future__ import annotations

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from documented import ERROR, mismatches
from producer_client import Serve, calling

from songwright.engines.scripted import ScriptedEngine
from songwright.errors import (
    ConflictError,
    EngineError,
    FetchError,
    NotFoundError,
    RequestError,
    UnsupportedError,
)
from songwright.http.faults import fault_of, fault_of_task
from songwright.music.actions import ACTION_MODELS
from songwright.music.task import Failed, Failure
from songwright.server.tools import CATALOGUE
from songwright.settings import Settings

PATHS = ("audios", "tasks", "lyrics", "upload", "wav", "videos")
HUGE = "9" * 400
ODD = [
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 5e-324, int(HUGE), -int(HUGE), 10**4000,
    "", " ", "null", "x" * 5000, "\x00", "\ud83d", "\u202e", "\r\n", HUGE, "1e999", "NaN", "-", "é" * 64,
    [], [[]], [None], ["x"] * 300, {}, {"": ""}, {"a": {"b": []}}, "http://[", "https://0.com", "file:///etc",
    "http://127.0.0.1:1/", "https://" + "a" * 3000 + ".com", "last", "song://last",
]  # fmt: skip
FIELDS = (
    "action", "model", "prompt", "lyric", "custom", "instrumental", "title", "audio_id", "continue_at",
    "replace_section_start", "replace_section_end", "sound_strength", "lyrics_strength", "weirdness", "seed",
    "callback_url", "async", "style", "cover_strength", "swap_audio_id", "vocal_gender", "id", "ids", "type",
    "limit", "offset", "created_at_min", "created_at_max", "audio_url", "trace_ids", "", "\x00", "a" * 300,
)  # fmt: skip
ACTIONS = (
    "generate", "cover", "extend", "variation", "swap_vocals", "swap_instrumentals", "replace_section",
    "stems", "retrieve", "retrieve_batch",
)  # fmt: skip


@pytest.mark.parametrize(
    "prompt", ["warm folk\nwith a fiddle", "warm\tfolk", "warm folk\r\n", "warm\u2028folk"]
)
async def test_a_prompt_may_come_with_breaks_and_tabs(client: httpx.AsyncClient, prompt: str) -> None:
    answer = await client.post("/producer/audios", json={"action": "generate", "prompt": prompt})
    assert answer.status_code == 200


@pytest.mark.parametrize("seed", [HUGE, f"-{HUGE}", "1" + "0" * 320, "1e300", "1e-300"])
async def test_a_number_of_any_size_for_a_seed_is_taken_or_refused(
    client: httpx.AsyncClient, seed: str
) -> None:
    body = f'{{"action": "generate", "prompt": "folk", "seed": {seed}}}'
    answer = await client.post("/producer/audios", content=body)
    assert answer.status_code in (200, 400)


@pytest.mark.parametrize("path", PATHS)
async def test_odd_bodies_are_never_the_servers_failure(client: httpx.AsyncClient, path: str) -> None:
    chance = random.Random(f"odd bodies of {path}")  # noqa: S311 - which bodies are tried
    for _ in range(120):
        body: dict[str, Any] = {"async": True}
        if chance.random() < 0.7:
            body |= {"action": chance.choice(ACTIONS), "prompt": "folk", "audio_id": "last", "id": "x"}
        for name in chance.sample(FIELDS, chance.randint(1, 5)):
            body[name] = chance.choice(ODD)
        if path == "lyrics" and isinstance(body.get("prompt"), str):
            body["prompt"] = chance.choice(["", 5, ["x"], "\x00"])  # a lyric that is written takes long
        answer = await client.post(f"/producer/{path}", content=json.dumps(body))
        assert answer.status_code < 500, body
        if answer.status_code != 200:
            assert mismatches(answer.json(), ERROR) == [], body


async def test_an_address_that_nobody_answers_is_the_callers_to_correct(
    serve: Serve, settings: Settings
) -> None:
    error = FetchError("the URL could not be fetched; check that its server answers", retryable=False)
    engine = ScriptedEngine(failures=[error] * 9)
    async with serve(settings, engine) as app, calling(app) as client:
        answer = await client.post("/producer/audios", json={"action": "generate", "prompt": "folk"})
    assert answer.status_code == fault_of(error).status == 400
    assert answer.json()["error"]["code"] == "bad_request"


TOLD_ELSEWHERE = [
    NotFoundError("there is no such song; list_songs names the songs there are", field="audio_id"),
    NotFoundError("there is no such task; list_songs names the finished songs", field="task_id"),
    NotFoundError("the song has no stems; separate_stems makes them", field="format"),
    UnsupportedError("the song has no stems; call separate_stems on it", field="audio_id"),
    RequestError("the song is a recording, which no request makes again; import_audio takes it in anew"),
    ConflictError("request_id: was used before for another request; use a new id", field="request_id"),
    *[EngineError(f"try {tool.name} again", retryable=False) for tool in CATALOGUE],
]


@pytest.mark.parametrize("error", TOLD_ELSEWHERE, ids=range(len(TOLD_ELSEWHERE)))
def test_a_caller_over_http_is_told_no_names_of_tools(error: Any) -> None:
    failure = Failure(code="x", message=error.message, retryable=False)
    failed = Failed(started_at=None, finished_at=datetime(2026, 1, 1, tzinfo=UTC), failure=failure)
    for told in (fault_of(error), fault_of_task("a task", failed)):
        for tool in CATALOGUE:
            if tool.name in ACTION_MODELS:
                continue
            assert not re.search(rf"\b{tool.name}\b", told.message)
        assert "request_id" not in told.message
