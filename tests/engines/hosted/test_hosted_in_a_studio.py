"""The hosted engine behind the studio's door: other engines' songs, callers' tokens, costs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from songwright.engines.hosted import HostedEngine
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import UnsupportedError
from songwright.music.actions import Action, parse_action
from songwright.music.song import Song
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from standins.process import StandIn
from standins.producer_api import TOKEN

MakeEngine = Callable[..., HostedEngine]
GENERATE = parse_action({"action": "generate", "prompt": "warm folk"})
CALLER = SecretStr(TOKEN + "-of-a-caller")


@asynccontextmanager
async def opened(folder: Path, hosted: HostedEngine) -> AsyncIterator[Studio]:
    engines = {"hosted": lambda: hosted, "local": lambda: ScriptedEngine(name="local")}
    async with Studio.open(Settings(home=folder), engines=engines, jobs=InProcessJobs) as studio:
        yield studio


async def made(studio: Studio, action: Action, engine: str, token: SecretStr | None = None) -> Song:
    task = await studio.submit(action, engine=engine, caller_token=token)
    done = await studio.wait(task.id, 60)
    assert isinstance(done.state, Succeeded), done.state
    return await studio.song(done.state.song_id)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def cover(song: Song) -> Action:
    return parse_action({"action": "cover", "audio_id": song.id, "prompt": "jazz"})


async def test_each_engine_edits_the_other_s_song_and_says_which_way_it_took(
    hosted: MakeEngine, producer_api: StandIn, story: str, tmp_path: Path
) -> None:
    async with opened(tmp_path, hosted(how={"publishes": True})) as studio:
        await studio.publish_by(lambda song_id, _, form: f"https://songs.example/{song_id}.{form}")
        first = await made(studio, GENERATE, "local")
        second = await made(studio, cover(first), "hosted")
        third = await made(studio, cover(second), "hosted")
        fourth = await made(studio, cover(second), "local")

    uploads = [r["body"]["audio_url"] for r in producer_api.heard(story) if r["path"] == "upload"]
    assert uploads == [f"https://songs.example/{first.id}.mp3"]
    assert second.cost_usd == pytest.approx(0.11)
    assert third.cost_usd == pytest.approx(0.10)
    assert any("uploaded" in note for note in second.facts.understanding.notes)
    assert [parent.song_id for parent in fourth.parents] == [second.id]


async def test_without_a_public_address_the_request_is_refused_and_nothing_is_stored(
    hosted: MakeEngine, tmp_path: Path
) -> None:
    async with opened(tmp_path, hosted()) as studio:
        first = await made(studio, GENERATE, "local")
        with pytest.raises(UnsupportedError, match="SONGWRIGHT_PUBLIC_URL"):
            await studio.submit(cover(first), engine="hosted")

        assert len((await studio.tasks()).items) == 1


async def test_a_caller_s_token_pays_and_stays_nowhere(
    hosted: MakeEngine, producer_api: StandIn, story: str, tmp_path: Path
) -> None:
    async with opened(tmp_path, hosted(token=None)) as studio:
        song = await made(studio, GENERATE, "auto", CALLER)

    secret = CALLER.get_secret_value()
    sent = {r["token"] for r in producer_api.heard(story) if r["path"] != "files"}
    assert sent == {f"Bearer {secret}"}
    assert "the caller's token" in song.facts.understanding.notes[0]
    assert not [path for path in files_in(tmp_path) if secret.encode() in path.read_bytes()]
