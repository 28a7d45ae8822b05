"""Every engine answers the same requests: each ends in the documented song or in one typed error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
import soundfile
from engine_requests import REQUESTS, WORDS, Asked
from pydantic import SecretStr

from songwright.engines.acestep import AceStepEngine
from songwright.engines.acestep.engine import PATIENCE
from songwright.engines.base import Context, Engine, Rendition, Source
from songwright.engines.hosted import HostedEngine
from songwright.engines.hosted.service import Timeouts
from songwright.engines.local import LocalEngine
from songwright.engines.local.render_action import render
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import RequestError, SongwrightError
from songwright.music.actions import ACTION_MODELS, Action, ReplaceSection, Stems, parse_action, source_ids
from songwright.music.song import Song
from songwright.server.arguments import parse_model
from standins.pauses import TurnedClock
from standins.performing import Stage, read, song_on_disk
from standins.process import StandIn, running
from standins.producer_api import TOKEN

WELL_FORMED = tuple(asked for asked in REQUESTS if asked.refused is None)
ONE_AN_ACTION = tuple({asked.body["action"]: asked for asked in reversed(WELL_FORMED)}.values())
"""What the local engine is asked in every run of the tests; all the others take minutes and are evidence."""

REFUSED_BY_THE_LOCAL_ENGINE = {
    "generate: words in Chinese": "lyric",
    "cover: no singing": "prompt",
    "extend: from behind the end": "continue_at",
    "replace_section: up to behind the end": "replace_section_end",
    "replace_section: a section there is not": "section",
    "replace_section: behind the end": "replace_section_start",
}
"""Edits that don't fit the songs of the module, by the field that the refusal names."""

OTHERS_SONGS = tuple(
    asked
    for asked in WELL_FORMED
    if asked.name in {"variation: as it is", "replace_section: by seconds", "stems: one of them"}
)
"""What the local engine is asked of a song that it did not make."""

PATIENT = Timeouts(submit=30.0, look=30.0)
IMPATIENT = Timeouts(submit=0.3, look=0.3)

HOSTED_FAULTS: tuple[dict[str, list[str]], ...] = (
    {"submit": ["slow"]},
    {"submit": ["429", "ok"], "poll": ["failed"]},
    {"submit": ["500"]},
    {"submit": ["504"]},
    {"submit": ["reset"]},
    {"submit": ["not json"]},
    {"submit": ["success false"]},
    {"submit": ["403 used_up"]},
    {"poll": ["unknown"]},
    {"poll": ["working"]},
    {"poll": ["failed, no times"]},
    {"wav": ["404 no_api"], "download": ["404"]},
    {"wav": ["500"], "download": ["truncated"]},
)
ACESTEP_FAULTS: tuple[dict[str, list[str]], ...] = (
    {"release": ["429", "ok"], "query": ["failed"]},
    {"release": ["500"]},
    {"release": ["reset"]},
    {"release": ["not json"]},
    {"release": ["200 with code 500"]},
    {"release": ["401"]},
    {"query": ["lost"]},
    {"query": ["running"]},
    {"query": ["result is no json"]},
    {"audio": ["404"]},
    {"audio": ["truncated"]},
)


@pytest.fixture(scope="module")
def producer_api() -> Iterator[StandIn]:
    with running("producer_api") as standin:
        yield standin


@pytest.fixture(scope="module")
def acestep_server() -> Iterator[StandIn]:
    with running("acestep_server") as standin:
        yield standin


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


def named(cases: tuple[Asked, ...]) -> Any:
    return pytest.mark.parametrize("asked", cases, ids=[asked.name for asked in cases])


def story_of(asked: Asked) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in asked.name)


def parsed(asked: Asked) -> Action:
    body = dict(asked.body)
    action: Action = parse_model(ACTION_MODELS[body["action"]], body)  # type: ignore[assignment]
    return action


def sources_for(action: Action, folder: Path, engine: str) -> tuple[Source, ...]:
    return tuple(
        song_on_disk(folder / name, engine=engine, remote_id="11111111-aaaa-bbbb-cccc", stems=True)
        for name in source_ids(action)
    )


def assert_is_the_song(rendition: Rendition, stage: Stage, action: Action) -> None:
    """The documented song: a stereo master with facts that are true of it."""
    facts = rendition.facts
    with soundfile.SoundFile(stage.path(rendition.master)) as master:
        assert (master.format, master.channels, master.samplerate) == ("FLAC", 2, 44_100)
        assert facts.duration_seconds == pytest.approx(master.frames / master.samplerate, abs=0.01)
    assert facts.title
    assert facts.seed
    assert facts.model
    assert facts.loudness is not None
    assert len(rendition.parents) == len(source_ids(action))
    if isinstance(action, ReplaceSection):
        assert facts.promise is not None
    if isinstance(action, Stems):
        assert set(rendition.stems) <= set(action.stems)
        assert rendition.stems
    if set(rendition.stems) == {"vocals", "drums", "bass", "other"}:
        total = sum(read(stage.path(name)) for name in rendition.stems.values())
        assert (total == stage.master()).all()


async def outcome(engine: Engine, asked: Asked, stage: Stage, folder: Path) -> Rendition | SongwrightError:
    """What becomes of a request: a rendition or an error of ours; anything else fails the test."""
    try:
        action = parsed(asked)
        sources = sources_for(action, folder, engine.capabilities.name)
        engine.check(action, tuple(source.song for source in sources))
        seed = getattr(action, "seed", None) or "7"
        return await engine.perform(action, sources, stage.context(seed))
    except SongwrightError as error:
        return error


async def assert_agrees(engine: Engine, asked: Asked, stage: Stage, folder: Path) -> None:
    came = await outcome(engine, asked, stage, folder)
    field = asked.refused_by.get(engine.capabilities.name)
    if field is not None:
        assert isinstance(came, RequestError), came
        assert came.field == field
    else:
        assert isinstance(came, Rendition), came
        assert_is_the_song(came, stage, parsed(asked))


def test_the_list_has_every_action_and_every_field() -> None:
    assert len(REQUESTS) >= 60
    assert {asked.body["action"] for asked in WELL_FORMED} == set(ACTION_MODELS)
    fields = {name for asked in WELL_FORMED for name in asked.body}
    known = {
        info.alias or name for model in ACTION_MODELS.values() for name, info in model.model_fields.items()
    }
    assert fields == known


@named(tuple(asked for asked in REQUESTS if asked.refused is not None))
def test_a_malformed_request_is_refused_by_its_field_before_any_engine_is_asked(asked: Asked) -> None:
    with pytest.raises(RequestError) as caught:
        parsed(asked)

    assert asked.refused is not None
    assert asked.refused in f"{caught.value.field} {caught.value.message}"


@named(WELL_FORMED)
async def test_the_scripted_engine_answers(asked: Asked, stage: Stage, tmp_path: Path) -> None:
    await assert_agrees(ScriptedEngine(), asked, stage, tmp_path)


@named(WELL_FORMED)
def test_the_local_engine_takes_or_refuses_before_it_begins(asked: Asked, tmp_path: Path) -> None:
    engine = LocalEngine()
    action = parsed(asked)
    songs = tuple(source.song for source in sources_for(action, tmp_path, "local"))
    try:
        engine.check(action, songs)
    except RequestError:
        return
    assert action.action in engine.capabilities.actions


class LocalEngineInThisProcess(LocalEngine):
    """The local engine without its child processes, each of which would load the voice anew."""

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        if isinstance(action, Stems):
            return await super().perform(action, sources, context)
        return await anyio.to_thread.run_sync(render, action, sources, context)


async def made(engine: Engine, name: str, body: dict[str, Any], folder: Path) -> Source:
    """A new song, as the library keeps it."""
    stage = Stage(folder)
    rendition = await stage.perform(engine, body, seed=name)
    song = Song(
        id=name,
        task_id=name,
        created_at=datetime(2026, 1, 2, tzinfo=UTC),
        engine=engine.capabilities.name,
        engine_version=engine.capabilities.version,
        action=parse_action(body),
        facts=rendition.facts,
        stems=tuple(rendition.stems),
        has_score=rendition.score is not None,
    )
    return Source(
        song=song,
        master=stage.path(rendition.master),
        stems={stem: stage.path(file) for stem, file in rendition.stems.items()},
        score=stage.path(rendition.score or ""),
    )


@pytest.fixture(scope="module")
def local_song(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Source]:
    """Short songs of the local engine by name, with all that it keeps of them, made when first asked for."""

    @cache
    def song(name: str) -> Source:
        body = {"action": "generate", "prompt": "warm folk, 20 seconds", "lyric": WORDS, "seed": name}
        return anyio.run(made, LocalEngineInThisProcess(), name, body, tmp_path_factory.mktemp(name))

    return song


@pytest.fixture(scope="module")
def scripted_song(tmp_path_factory: pytest.TempPathFactory) -> Source:
    """A song of another engine, whose score is none of the local engine's."""
    body = {"action": "generate", "prompt": "folk", "lyric": WORDS}
    return anyio.run(made, ScriptedEngine(), "first", body, tmp_path_factory.mktemp("scripted"))


def assert_the_local_engine_answers(
    engine: LocalEngine, asked: Asked, stage: Stage, song: Callable[[str], Source]
) -> None:
    action = parsed(asked)
    sources = tuple(song(name) for name in source_ids(action))
    field = REFUSED_BY_THE_LOCAL_ENGINE.get(asked.name)
    if field is not None:
        with pytest.raises(RequestError) as caught:
            engine.check(action, tuple(source.song for source in sources))
        assert caught.value.field == field
        return

    rendition = anyio.run(stage.perform, engine, dict(asked.body), *sources)

    assert_is_the_song(rendition, stage, action)


@pytest.mark.slow
@named(ONE_AN_ACTION)
def test_the_local_engine_answers_each_action(
    asked: Asked, stage: Stage, local_song: Callable[[str], Source]
) -> None:
    assert_the_local_engine_answers(LocalEngine(), asked, stage, local_song)


@pytest.mark.evidence
@named(WELL_FORMED)
def test_the_local_engine_answers(asked: Asked, stage: Stage, local_song: Callable[[str], Source]) -> None:
    assert_the_local_engine_answers(LocalEngineInThisProcess(), asked, stage, local_song)


@pytest.mark.slow
@named(OTHERS_SONGS)
async def test_the_local_engine_takes_songs_of_other_engines_and_says_that_it_heard_them(
    asked: Asked, stage: Stage, scripted_song: Source
) -> None:
    source = replace(scripted_song, stems={})
    source = replace(source, song=source.song.model_copy(update={"stems": ()}))

    rendition = await stage.perform(LocalEngine(), dict(asked.body), source)

    assert_is_the_song(rendition, stage, parsed(asked))
    assert "the song was heard by the local engine" in rendition.facts.understanding.notes[0]


async def test_the_local_engine_hands_on_the_stems_of_another_engines_song(
    stage: Stage, scripted_song: Source
) -> None:
    rendition = await stage.perform(LocalEngine(), {"action": "stems", "audio_id": "first"}, scripted_song)

    assert set(rendition.stems) == {"vocals", "drums", "bass", "other"}
    # The other engine's score says nothing to this one.
    assert rendition.score is None


def test_the_local_engine_refuses_a_section_that_another_engines_song_does_not_name(
    scripted_song: Source,
) -> None:
    action = parse_action({"action": "replace_section", "audio_id": "first", "section": "bridge"})

    with pytest.raises(RequestError, match="verse") as caught:
        LocalEngine().check(action, (scripted_song.song,))

    assert caught.value.field == "section"


@pytest.mark.slow
@named(WELL_FORMED)
async def test_the_hosted_engine_answers(
    asked: Asked, stage: Stage, producer_api: StandIn, tmp_path: Path
) -> None:
    story = story_of(asked)
    engine = HostedEngine(
        SecretStr(TOKEN),
        base_url=producer_api.tell(story),
        allowed_hosts=frozenset({producer_api.host}),
        pause=TurnedClock(),
        timeouts=PATIENT,
    )

    await assert_agrees(engine, asked, stage, tmp_path)


@pytest.mark.slow
@named(WELL_FORMED)
async def test_the_acestep_engine_answers(
    asked: Asked, stage: Stage, acestep_server: StandIn, tmp_path: Path
) -> None:
    engine = AceStepEngine(acestep_server.tell(story_of(asked)), pause=TurnedClock())

    await assert_agrees(engine, asked, stage, tmp_path)


@pytest.mark.slow
@named(WELL_FORMED)
async def test_under_faults_the_hosted_engine_ends_in_one_error_and_submits_once(
    asked: Asked, stage: Stage, producer_api: StandIn, tmp_path: Path
) -> None:
    script = HOSTED_FAULTS[WELL_FORMED.index(asked) % len(HOSTED_FAULTS)]
    story = "faults-" + story_of(asked)
    clock = TurnedClock()
    engine = HostedEngine(
        SecretStr(TOKEN),
        base_url=producer_api.tell(story, **script),
        allowed_hosts=frozenset({producer_api.host}),
        pause=clock,
        timeouts=IMPATIENT if script.get("submit") == ["slow"] else PATIENT,
    )
    begun = clock.now()

    came = await outcome(engine, asked, stage, tmp_path)

    assert isinstance(came, SongwrightError) or asked.body["action"] == "stems"
    assert clock.now() - begun < 1000
    submits = [request for request in producer_api.heard(story) if request["path"] == "audios"]
    assert len(submits) <= (2 if "429" in script.get("submit", []) else 1)
    assert TOKEN not in repr(came) + repr(stage.memory) + repr(stage.stages)


@pytest.mark.slow
@named(WELL_FORMED)
async def test_under_faults_the_acestep_engine_ends_in_one_error_and_submits_once(
    asked: Asked, stage: Stage, acestep_server: StandIn, tmp_path: Path
) -> None:
    script = ACESTEP_FAULTS[WELL_FORMED.index(asked) % len(ACESTEP_FAULTS)]
    story = "faults-" + story_of(asked)
    clock = TurnedClock()
    patience = replace(PATIENCE, deadline_seconds=120.0)
    engine = AceStepEngine(acestep_server.tell(story, **script), pause=clock, patience=patience)
    begun = clock.now()

    came = await outcome(engine, asked, stage, tmp_path)

    assert isinstance(came, SongwrightError)
    assert clock.now() - begun < 150
    releases = [request for request in acestep_server.heard(story) if request["path"] == "release_task"]
    assert len(releases) <= (2 if "429" in script.get("release", []) else 1)
