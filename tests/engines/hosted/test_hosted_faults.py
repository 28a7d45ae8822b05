"""What the hosted engine does when the service refuses, fails, stalls or answers nonsense."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from songwright.engines.hosted import HostedEngine
from songwright.engines.hosted.service import Timeouts
from songwright.engines.remote.errors import (
    BalanceUsedUpError,
    DeadlineError,
    DownloadError,
    ModerationError,
    OutcomeUnknownError,
    RemoteFailureError,
    TaskLostError,
    TokenRefusedError,
    TooManyRequestsError,
    UnreachableError,
)
from songwright.errors import ConfigurationError, RequestError, SongwrightError, UnsupportedError
from songwright.music.actions import parse_action
from standins.pauses import StoppedClock, TurnedClock
from standins.performing import Stage, song_on_disk
from standins.process import StandIn
from standins.producer_api import TOKEN

MakeEngine = Callable[..., HostedEngine]
GENERATE = {"action": "generate", "prompt": "warm folk"}
IMPATIENT = {"timeouts": Timeouts(submit=0.3, look=0.3)}


def count(standin: StandIn, story: str, path: str) -> int:
    return [request["path"] for request in standin.heard(story)].count(path)


@pytest.mark.parametrize("says_success_false", [False, True], ids=["plain", "success false"])
@pytest.mark.parametrize(
    ("answer", "kind", "retryable"),
    [
        ("400 token_mismatched", TokenRefusedError, None),
        ("400 api_not_implemented", RemoteFailureError, False),
        ("400 disabled", TokenRefusedError, None),
        ("403 disabled", TokenRefusedError, None),
        ("400 bad_request", RequestError, None),
        ("400 no_token", TokenRefusedError, None),
        ("401 invalid_token", TokenRefusedError, None),
        ("401 token_expired", TokenRefusedError, None),
        ("401 token_mismatched", TokenRefusedError, None),
        ("402 insufficient_balance", BalanceUsedUpError, None),
        ("403 used_up", BalanceUsedUpError, None),
        ("403 forbidden", ModerationError, None),
        ("404 no_api", RemoteFailureError, False),
        ("500", RemoteFailureError, True),
        ("success false", RemoteFailureError, True),
    ],
)
async def test_every_documented_refusal_is_one_of_our_errors_and_is_not_repeated(
    hosted: MakeEngine,
    stage: Stage,
    producer_api: StandIn,
    story: str,
    answer: str,
    kind: type[SongwrightError],
    retryable: bool | None,
    says_success_false: bool,
) -> None:
    with pytest.raises(kind) as caught:
        await stage.perform(hosted(submit=[answer], success_in_errors=says_success_false), GENERATE)

    assert count(producer_api, story, "audios") == 1
    assert getattr(caught.value, "retryable", None) is retryable
    assert stage.memory["charged_usd"] == 0


async def test_a_refused_model_is_named_as_the_field(hosted: MakeEngine, stage: Stage) -> None:
    with pytest.raises(RequestError) as caught:
        await stage.perform(hosted(submit=["400 bad_request"]), GENERATE)

    assert caught.value.field == "model"


@pytest.mark.parametrize(
    "answer", ["reset", "slow", "504", "502", "503", "500 page", "not json", "wrong json", "error as text"]
)
async def test_a_submission_whose_outcome_is_unknown_is_never_sent_again(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, answer: str
) -> None:
    engine = hosted(how=IMPATIENT if answer == "slow" else None, submit=[answer, "ok"])

    with pytest.raises(OutcomeUnknownError):
        await stage.perform(engine, GENERATE)
    with pytest.raises(OutcomeUnknownError):
        await stage.perform(engine, GENERATE)

    assert count(producer_api, story, "audios") == 1
    assert stage.memory["charged_usd"] == pytest.approx(0.08)


async def test_work_that_a_gateway_stopped_waiting_for_is_followed(hosted: MakeEngine, stage: Stage) -> None:
    rendition = await stage.perform(hosted(submit=["504 with task"]), GENERATE)

    assert rendition.facts.remote_id


async def test_a_full_service_is_asked_again_after_the_time_that_it_names(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, clock: TurnedClock
) -> None:
    await stage.perform(hosted(submit=["429", "429", "ok"]), GENERATE)

    assert count(producer_api, story, "audios") == 3
    assert clock.slept[:2] == [7.0, 7.0]


async def test_a_service_that_stays_full_is_given_up(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    with pytest.raises(TooManyRequestsError) as caught:
        await stage.perform(hosted(submit=["429"]), GENERATE)

    assert caught.value.retryable
    assert count(producer_api, story, "audios") == 5
    assert stage.memory["submission"] is None


async def test_a_service_that_is_not_there_costs_nothing(stage: Stage, clock: TurnedClock) -> None:
    engine = HostedEngine(SecretStr(TOKEN), base_url="http://127.0.0.1:1", pause=clock)

    with pytest.raises(UnreachableError):
        await stage.perform(engine, GENERATE)

    assert stage.memory["charged_usd"] == 0
    assert stage.memory["submission"] is None


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        (["failed"], RemoteFailureError),
        (["failed, error as text"], RemoteFailureError),
        (["failed, status"], RemoteFailureError),
        (["failed, no times"], RemoteFailureError),
        (["failed, moderation"], ModerationError),
        (["finished, no items"], RemoteFailureError),
        (["finished, nothing stored"], RemoteFailureError),
        (["unknown"], TaskLostError),
        (["404"], TaskLostError),
        (["working, null", "unknown"], TaskLostError),
        (["working"], DeadlineError),
        (["working, passing error"], DeadlineError),
        (["500"], DeadlineError),
        (["401 token_expired"], TokenRefusedError),
    ],
)
async def test_a_task_that_comes_to_nothing_ends_in_one_error(
    hosted: MakeEngine,
    stage: Stage,
    producer_api: StandIn,
    story: str,
    clock: TurnedClock,
    answers: list[str],
    kind: type[SongwrightError],
) -> None:
    begun = clock.now()

    with pytest.raises(kind):
        await stage.perform(hosted(poll=answers), GENERATE)

    assert clock.now() - begun <= 900 + 15
    assert count(producer_api, story, "audios") == 1


async def test_gaps_between_looks_grow_to_a_limit(
    hosted: MakeEngine, stage: Stage, clock: TurnedClock
) -> None:
    with pytest.raises(DeadlineError):
        await stage.perform(hosted(poll=["working"]), GENERATE)

    assert clock.slept == sorted(clock.slept)
    assert (clock.slept[0], clock.slept[-1]) == (5.0, 15.0)


async def test_a_task_is_resumed_by_its_remote_id_and_not_paid_again(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    stopped = StoppedClock()
    engine = hosted(how={"pause": stopped})
    first = asyncio.ensure_future(stage.perform(engine, GENERATE))
    await stopped.asleep.wait()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    remote = stage.memory["submission"]["task_id"]
    assert count(producer_api, story, "tasks") == 0

    again = HostedEngine(
        SecretStr(TOKEN),
        base_url=producer_api.url(story),
        allowed_hosts=frozenset({producer_api.host}),
        pause=TurnedClock(),
    )
    rendition = await stage.perform(again, GENERATE)

    assert rendition.facts.remote_id
    asked = [request["body"]["id"] for request in producer_api.heard(story) if request["path"] == "tasks"]
    assert asked == [remote]
    assert count(producer_api, story, "audios") == 1


async def test_a_request_that_was_cut_off_while_it_was_sent_is_not_sent_again(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    stage.memory["submission"] = "sending"

    with pytest.raises(OutcomeUnknownError):
        await stage.perform(hosted(), GENERATE)

    assert producer_api.heard(story) == []


async def test_the_deadline_counts_from_the_submission_also_after_a_restart(
    hosted: MakeEngine, stage: Stage, clock: TurnedClock, producer_api: StandIn, story: str
) -> None:
    stage.memory["submission"] = {"task_id": "gone-for-long", "at": clock.now() - 10_000}

    with pytest.raises(DeadlineError):
        await stage.perform(hosted(), GENERATE)

    assert count(producer_api, story, "tasks") == 1


@pytest.mark.parametrize(
    "answers",
    [
        ["truncated", "ok"],
        ["500 page", "ok"],
        ["reset", "ok"],
        ["damaged", "ok"],
        ["short", "ok"],
        ["redirect", "ok"],
    ],
    ids=lambda answers: answers[0],
)
async def test_a_download_that_breaks_is_made_again(
    hosted: MakeEngine, stage: Stage, answers: list[str]
) -> None:
    rendition = await stage.perform(hosted(download=answers), GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize(
    "answer", ["404", "403", "truncated", "damaged", "short", "reset", "redirect to private"]
)
async def test_a_song_that_can_not_be_fetched_is_not_made_again(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, answer: str
) -> None:
    with pytest.raises(DownloadError) as caught:
        await stage.perform(hosted(download=[answer], audio="mp3"), GENERATE)

    assert not caught.value.retryable
    assert count(producer_api, story, "audios") == 1


@pytest.mark.parametrize("answer", ["id only", "500", "reset", "success false", "403 forbidden"])
async def test_without_a_wav_the_compressed_audio_is_taken(
    hosted: MakeEngine, stage: Stage, answer: str
) -> None:
    rendition = await stage.perform(hosted(wav=[answer], audio="mp3"), GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.1)


async def test_a_link_to_a_private_address_is_refused(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    with pytest.raises(DownloadError, match="SONGWRIGHT_ALLOWED_HOSTS"):
        await stage.perform(hosted(how={"allowed_hosts": frozenset()}), GENERATE)

    assert count(producer_api, story, "files") == 0


async def test_a_song_of_another_engine_is_uploaded_once(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local")
    stage.publish = lambda song: f"https://songs.example/{song.id}.mp3"
    engine = hosted(
        how={"publishes": True},
        submit=["429", "429", "429", "429", "429", "ok"],
    )
    body = {"action": "cover", "audio_id": "x", "prompt": "jazz"}

    with pytest.raises(TooManyRequestsError):
        await stage.perform(engine, body, source)
    rendition = await stage.perform(engine, body, source)

    assert count(producer_api, story, "upload") == 1
    assert rendition.cost_usd == pytest.approx(0.11)
    assert any("uploaded" in note for note in rendition.facts.understanding.notes)
    assert rendition.facts.lyric == source.song.facts.lyric


async def test_a_song_that_can_not_be_reached_from_outside_is_refused_before_it_is_submitted(
    hosted: MakeEngine, producer_api: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local")
    action = parse_action({"action": "cover", "audio_id": "x", "prompt": "jazz"})

    with pytest.raises(UnsupportedError, match="SONGWRIGHT_PUBLIC_URL"):
        hosted().check(action, (source.song,))

    assert producer_api.heard(story) == []


def test_without_a_token_the_setting_is_named(hosted: MakeEngine) -> None:
    engine = hosted(token=None)

    with pytest.raises(ConfigurationError, match=r"^ACEDATACLOUD_API_TOKEN"):
        engine.check(parse_action(GENERATE), ())
    assert not engine.readiness().ready
    assert engine.for_caller(SecretStr(TOKEN)).readiness().ready


async def test_a_caller_pays_with_its_own_token(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    await stage.perform(hosted(token=None).for_caller(SecretStr(TOKEN + "-of-a-caller")), GENERATE)

    tokens = {request["token"] for request in producer_api.heard(story) if request["path"] != "files"}
    assert tokens == {f"Bearer {TOKEN}-of-a-caller"}


async def test_the_token_goes_to_the_service_alone_and_into_no_log_error_or_fact(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, caplog: pytest.LogCaptureFixture
) -> None:
    said: list[Any] = []
    with caplog.at_level(logging.DEBUG):
        said.append(await stage.perform(hosted(), GENERATE))
        links = [request for request in producer_api.heard(story) if request["path"] == "files"]
        for answer in ("401 invalid_token", "500", "not json", "reset"):
            stage.memory.clear()
            with pytest.raises(SongwrightError) as caught:
                await stage.perform(hosted(submit=[answer]), GENERATE)
            said += [caught.value.message, repr(caught.value)]

    assert [request["token"] for request in links] == [""]
    for text in (caplog.text, repr(said), repr(stage.memory)):
        assert TOKEN not in text
