"""What the ACE-Step engine does when the server refuses, fails, stalls or forgets."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from songwright.engines.acestep import AceStepEngine
from songwright.engines.acestep.engine import PATIENCE
from songwright.engines.remote.errors import (
    DeadlineError,
    DownloadError,
    OutcomeUnknownError,
    RemoteFailureError,
    TaskLostError,
    TokenRefusedError,
    TooManyRequestsError,
)
from songwright.errors import ConfigurationError, RequestError, SongwrightError, UnsupportedError
from songwright.music.actions import parse_action
from standins.acestep_server import KEY
from standins.pauses import StoppedClock, TurnedClock
from standins.performing import Stage, song_on_disk
from standins.process import StandIn

MakeEngine = Callable[..., AceStepEngine]
SHORT = replace(PATIENCE, deadline_seconds=120.0)
GENERATE = {"action": "generate", "prompt": "warm folk", "instrumental": True}


def count(standin: StandIn, story: str, path: str) -> int:
    return [request["path"] for request in standin.heard(story)].count(path)


def test_without_a_server_the_setting_is_named() -> None:
    engine = AceStepEngine(None)

    with pytest.raises(ConfigurationError, match=r"^SONGWRIGHT_ACESTEP_URL"):
        engine.check(parse_action(GENERATE), ())
    assert engine.readiness().in_use is False


def test_a_server_that_does_not_answer_is_said_to(clock: TurnedClock) -> None:
    engine = AceStepEngine("http://127.0.0.1:1", pause=clock)

    with pytest.raises(ConfigurationError, match="acestep-api"):
        engine.check(parse_action(GENERATE), ())
    readiness = engine.readiness()
    assert (readiness.ready, readiness.in_use) == (False, True)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ({"health": ["500"]}, ConfigurationError),
        ({"models": ["401"]}, TokenRefusedError),
        ({"models": ["503 no key"]}, TokenRefusedError),
        ({"models": ["404"]}, ConfigurationError),
        ({"models": ["not json"]}, SongwrightError),
        ({"models": ["wrong json"]}, SongwrightError),
        ({"models": ["reset"]}, ConfigurationError),
        ({"models": ["200 with code 500"]}, RemoteFailureError),
        ({"wants_key": True}, TokenRefusedError),
    ],
    ids=str,
)
def test_a_server_that_is_not_ready_is_found_before_anything_is_submitted(
    acestep: MakeEngine, script: dict[str, Any], kind: type[SongwrightError]
) -> None:
    engine = acestep(**script)

    with pytest.raises(kind):
        engine.check(parse_action(GENERATE), ())
    assert not engine.readiness().ready


def test_a_ready_server_tells_what_its_models_lack(acestep: MakeEngine) -> None:
    readiness = acestep(model="acestep-v15-turbo").readiness()

    assert readiness.ready
    assert "acestep-v15-base" in readiness.finding


@pytest.mark.parametrize("age", ["ok", "old"], ids=["by its list", "by its name"])
@pytest.mark.parametrize("action", ["swap_vocals", "swap_instrumentals", "stems"])
def test_what_turbo_models_can_not_do_is_refused_with_what_would_be_needed(
    acestep: MakeEngine, acestep_server: StandIn, story: str, tmp_path: Path, action: str, age: str
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local", stems=True)
    engine = acestep(model="acestep-v15-turbo", models=[age])

    with pytest.raises(UnsupportedError, match="acestep-v15-base"):
        engine.check(parse_action({"action": action, "audio_id": "x"}), (source.song,))

    assert acestep_server.heard(story) == []


def test_a_prompt_alone_needs_the_planner(acestep: MakeEngine) -> None:
    with pytest.raises(UnsupportedError, match="ACESTEP_INIT_LLM"):
        acestep(planner=False).check(parse_action({"action": "generate", "prompt": "folk"}), ())


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"action": "swap_vocals", "audio_id": "x", "swap_audio_id": "y"}, "swap_audio_id"),
        ({"action": "swap_vocals", "audio_id": "x"}, "audio_id"),
        ({"action": "extend", "audio_id": "x", "continue_at": 99}, "continue_at"),
        (
            {"action": "replace_section", "audio_id": "x", "section": "bridge"},
            "section",
        ),
        ({"action": "cover", "audio_id": "x", "lyric": "la la la\n" * 600}, "lyric"),
    ],
    ids=lambda value: value if isinstance(value, str) else value["action"],
)
def test_what_does_not_fit_is_refused_by_its_field(
    acestep: MakeEngine, tmp_path: Path, fields: dict[str, Any], field: str
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted")

    with pytest.raises(RequestError) as caught:
        acestep().check(parse_action(fields), (source.song, source.song))

    assert caught.value.field == field


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("401", TokenRefusedError),
        ("403", TokenRefusedError),
        ("503 no key", TokenRefusedError),
        ("404", ConfigurationError),
        ("415", RemoteFailureError),
        ("500", RemoteFailureError),
        ("200 with code 500", RemoteFailureError),
        ("200 with code 400", RequestError),
        ("reset", OutcomeUnknownError),
        ("not json", OutcomeUnknownError),
        ("wrong json", OutcomeUnknownError),
    ],
)
async def test_a_refused_submission_is_one_of_our_errors_and_is_not_repeated(
    acestep: MakeEngine,
    stage: Stage,
    acestep_server: StandIn,
    story: str,
    answer: str,
    kind: type[SongwrightError],
) -> None:
    with pytest.raises(kind) as caught:
        await stage.perform(acestep(release=[answer]), GENERATE)

    assert count(acestep_server, story, "release_task") == 1
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("answer", ["429", "200 with code 429"])
async def test_a_full_queue_is_asked_again_and_given_up_in_the_end(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, answer: str
) -> None:
    await stage.perform(acestep(release=[answer, answer, "ok"]), GENERATE)
    assert count(acestep_server, story, "release_task") == 3

    stage.memory.clear()
    with pytest.raises(TooManyRequestsError):
        await stage.perform(acestep(release=[answer]), GENERATE)


@pytest.mark.parametrize(
    ("answers", "script", "kind"),
    [
        (["failed"], {}, RemoteFailureError),
        (["failed, memory"], {}, RemoteFailureError),
        (["lost"], {}, TaskLostError),
        (["running", "lost"], {}, TaskLostError),
        (["lost"], {"busy": 3}, DeadlineError),
        (["running"], {}, DeadlineError),
        (["500"], {}, DeadlineError),
        (["result is no json"], {}, DeadlineError),
        (["no files"], {}, DeadlineError),
        (["file elsewhere"], {}, DeadlineError),
        (["401"], {}, TokenRefusedError),
    ],
    ids=str,
)
async def test_a_task_that_comes_to_nothing_ends_in_one_error(
    acestep: MakeEngine,
    stage: Stage,
    acestep_server: StandIn,
    story: str,
    clock: TurnedClock,
    answers: list[str],
    script: dict[str, Any],
    kind: type[SongwrightError],
) -> None:
    begun = clock.now()

    with pytest.raises(kind):
        await stage.perform(acestep(how={"patience": SHORT}, query=answers, **script), GENERATE)

    assert clock.now() - begun <= SHORT.deadline_seconds + 5
    assert count(acestep_server, story, "release_task") == 1


async def test_answers_that_fail_on_the_way_do_no_harm(acestep: MakeEngine, stage: Stage) -> None:
    answers = ["lost", "running", "500", "not json", "reset", "200 with code 500", "ok"]

    rendition = await stage.perform(acestep(query=answers), GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("answer", ["truncated", "500", "reset", "damaged"])
async def test_a_download_that_breaks_is_made_again(acestep: MakeEngine, stage: Stage, answer: str) -> None:
    rendition = await stage.perform(acestep(audio=[answer, "ok"]), GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("answer", ["404", "403", "truncated", "damaged"])
async def test_a_recording_that_is_gone_is_said_to(acestep: MakeEngine, stage: Stage, answer: str) -> None:
    with pytest.raises(DownloadError):
        await stage.perform(acestep(audio=[answer]), GENERATE)


async def test_a_task_is_resumed_and_not_made_again(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    stopped = StoppedClock()
    engine = acestep(how={"pause": stopped}, query=["running", "ok"])
    first = asyncio.ensure_future(stage.perform(engine, GENERATE))
    await stopped.asleep.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    again = AceStepEngine(acestep_server.url(story), pause=TurnedClock())
    rendition = await stage.perform(again, GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)
    assert count(acestep_server, story, "release_task") == 1


async def test_the_key_goes_to_the_server_alone(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        rendition = await stage.perform(acestep(key=KEY, wants_key=True), GENERATE)
        stage.memory.clear()
        with pytest.raises(TokenRefusedError) as caught:
            await stage.perform(
                AceStepEngine(acestep_server.tell(story, wants_key=True), key=SecretStr("wrong " + KEY)),
                GENERATE,
            )

    for text in (caplog.text, repr(rendition), caught.value.message, repr(stage.memory)):
        assert KEY not in text
