"""Answers of every shape are read, and nonsense is never taken for an answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from songwright.engines.hosted.engine import PATIENCE
from songwright.engines.hosted.replies import (
    Item,
    read_export_link,
    read_lyrics,
    read_record,
    read_refusal,
    read_submitted,
    read_upload,
)
from songwright.engines.hosted.service import ProducerService
from songwright.engines.remote.errors import MalformedReplyError
from standins.pauses import TurnedClock
from standins.process import StandIn
from standins.producer_api import TOKEN

WORDS = st.sampled_from(
    ["success", "task_id", "data", "error", "code", "response", "finished_at", "items", "id", "state",
     "audio_url", "progress", "duration", "elapsed", "failed", "succeeded", "https://x.example/a", "45%"]
)  # fmt: skip
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=20,
)


@given(body=JSON)
def test_any_json_is_read_or_called_malformed(body: Any) -> None:
    readers = (
        read_submitted,
        lambda body: read_record(body, "id"),
        read_refusal,
        read_lyrics,
        read_upload,
        lambda body: read_export_link(body, "file_url", "audio_url"),
    )
    for read in readers:
        try:
            read(body)
        except MalformedReplyError:
            continue


@given(data=st.dictionaries(WORDS, JSON, max_size=6))
def test_a_preview_is_never_taken_for_a_song(data: dict[str, Any]) -> None:
    record = {"id": "t", "finished_at": None, "response": {"success": True, "data": [data]}}

    assert type(read_record(record, "t")).__name__ == "RecordWorking"


def test_text_from_outside_is_cleaned_and_links_are_web_addresses() -> None:
    body = {
        "task_id": "t",
        "data": {
            "id": "../../etc/passwd",
            "title": "One\u202etwo\x07\nthree" + "x" * 200,
            "audio_url": "file:///etc/passwd",
            "stems_url": "https://x.example/a.zip",
            "lyric": "[Instrumental]",
            "seed": 7,
            "duration": "12.5",
            "progress": 100,
        },
    }

    (item,) = read_submitted(body).items  # type: ignore[union-attr]

    assert isinstance(item, Item)
    assert (item.id, item.audio_url, item.lyric, item.seed) == ("", "", "", "7")
    assert (item.duration_seconds, item.fraction) == (12.5, 1.0)
    assert item.title.startswith("Onetwo three")
    assert len(item.title) == 120


@asynccontextmanager
async def service(standin: StandIn, story: str, **script: Any) -> AsyncIterator[ProducerService]:
    async with httpx.AsyncClient() as client:
        url = standin.tell(story, **script)
        yield ProducerService(client, url, SecretStr(TOKEN), TurnedClock(), PATIENCE)


@pytest.mark.parametrize("shape", ["ok", "text"], ids=["lyrics", "text"])
async def test_lyrics_are_found_under_either_name(producer_api: StandIn, story: str, shape: str) -> None:
    async with service(producer_api, story, lyrics=[shape]) as api:
        written = await api.lyrics("winter")

    assert (written.title, written.text.splitlines()[0]) == ("Winter", "[Verse]")


@pytest.mark.parametrize("shape", ["ok", "id only"])
async def test_an_upload_is_known_by_its_id(producer_api: StandIn, story: str, shape: str) -> None:
    async with service(producer_api, story, upload=[shape]) as api:
        upload = await api.upload("https://songs.example/a.mp3")

    assert upload.audio_id
    assert upload.lyric == ("" if shape == "id only" else "[Verse]\nheard words")


@pytest.mark.parametrize("shape", ["ok", "object"])
async def test_exports_are_found_in_either_shape(producer_api: StandIn, story: str, shape: str) -> None:
    async with service(producer_api, story, wav=[shape]) as api:
        assert (await api.wav("abc")).endswith("/files/abc.wav")
        assert (await api.video("abc")).endswith("/files/abc.mp4")
