from __future__ import annotations

import threading
from pathlib import Path

import anyio
import pytest
import soundfile

from songwright.engines.scripted import ScriptedEngine
from songwright.errors import (
    ConfigurationError,
    ConflictError,
    EngineError,
    NotFoundError,
    RequestError,
    UnsupportedError,
)
from songwright.music.actions import ACTION_MODELS, Action, parse_action
from songwright.music.song import Song
from songwright.music.task import Cancelled, Failed, Progress, Queued, Running, Succeeded, Task
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


def generate(**wishes: object) -> Action:
    return parse_action({"action": "generate", "prompt": "warm folk, 96 bpm", **wishes})


async def made(studio: Studio, action: Action, **how: str) -> Song:
    task = await studio.submit(action, **how)
    done = await studio.wait(task.id, 20, principal=how.get("principal", "local"))
    assert isinstance(done.state, Succeeded), done.state
    return await studio.song(done.state.song_id, how.get("principal", "local"))


async def until_running(studio: Studio, task: Task) -> Task:
    with anyio.fail_after(20):
        while True:
            now = await studio.task(task.id)
            if isinstance(now.state, Running):
                return now
            await anyio.sleep(0.005)


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


async def test_a_request_becomes_a_song_with_a_master_stems_and_a_score(studio: Studio) -> None:
    song = await made(studio, generate(lyric="[Verse]\nA line\n[Chorus]\nAnother", title="Twice"))

    assert song.facts.title == "Twice"
    assert [section.name for section in song.facts.sections] == ["verse", "chorus"]
    assert song.engine == "scripted"
    master, rate = soundfile.read(await studio.audio_path(song.id), dtype="int16")
    assert len(master) / rate == song.facts.duration_seconds
    stems = [soundfile.read(await studio.stem_path(song.id, stem), dtype="int16")[0] for stem in song.stems]
    assert (sum(stems) == master).all()
    assert (await studio.score_path(song.id)).read_text()


async def test_all_eight_actions_make_songs_that_know_their_parents(studio: Studio) -> None:
    first = await made(studio, generate())
    second = await made(studio, generate())
    needs = {
        "generate": {"prompt": "anything"},
        "replace_section": {"audio_id": first.id, "section": "verse"},
        "swap_vocals": {"audio_id": first.id, "swap_audio_id": second.id},
        "swap_instrumentals": {"audio_id": first.id, "swap_audio_id": second.id},
    }
    for name in ACTION_MODELS:
        fields = needs.get(name, {"audio_id": first.id})
        song = await made(studio, parse_action({"action": name, **fields}))
        assert song.made_by == name
        assert [parent.song_id for parent in song.parents] == [
            fields[field] for field in ("audio_id", "swap_audio_id") if field in fields
        ]
    assert len(await studio.children(first.id)) == 7


async def test_a_seed_is_drawn_when_none_is_given_and_told(studio: Studio, engine: ScriptedEngine) -> None:
    given = await made(studio, generate(seed="42"))
    drawn = [await made(studio, generate()) for _ in range(2)]

    assert given.facts.seed == "42"
    assert drawn[0].facts.seed != drawn[1].facts.seed
    assert engine.performed[1] == generate()


async def test_waiting_tells_progress_and_returns_when_its_time_is_over(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    heard: list[Progress] = []

    async def listen(progress: Progress) -> None:
        heard.append(progress)
        if progress.stage == "writing":
            gate.set()

    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        task = await studio.submit(generate())
        assert isinstance(task.state, Queued)
        early = await studio.wait(task.id, 0)
        assert isinstance(early.state, Queued | Running)
        done = await studio.wait(task.id, 20, listen)

    assert isinstance(done.state, Succeeded)
    assert "writing" in [progress.stage for progress in heard]
    assert [progress.fraction for progress in heard] == sorted(progress.fraction for progress in heard)


async def test_a_caller_who_leaves_does_not_stop_the_task(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        task = await studio.submit(generate())
        with anyio.move_on_after(0.05) as scope:
            await studio.wait(task.id, 60)
        assert scope.cancelled_caught
        gate.set()

        assert isinstance((await studio.wait(task.id, 20)).state, Succeeded)


async def test_a_running_task_is_cancelled_for_good_and_leaves_no_file(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        task = await until_running(studio, await studio.submit(generate()))
        cancelled = await studio.cancel(task.id)
        assert isinstance(cancelled.state, Cancelled)
        gate.set()
        with anyio.fail_after(20):
            while list((settings.home / "work").iterdir()):  # noqa: ASYNC110 - another thread clears up
                await anyio.sleep(0.005)

        assert await studio.task(task.id) == cancelled
        assert await studio.cancel(task.id) == cancelled
        assert (await studio.songs()).items == ()
        assert files_in(settings.home / "songs") == []


async def test_a_queued_task_is_cancelled_before_it_starts(settings: Settings) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    one_slot = settings.model_copy(update={"workers": 1})
    async with Studio.open(one_slot, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        first = await until_running(studio, await studio.submit(generate(title="first")))
        second = await studio.submit(generate(title="second"))
        cancelled = await studio.cancel(second.id)
        gate.set()
        await studio.wait(first.id, 20)
        third = await made(studio, generate(title="third"))

    assert isinstance(cancelled.state, Cancelled)
    assert cancelled.state.started_at is None
    assert third.facts.title == "third"
    assert len(engine.performed) == 2


async def test_a_finished_task_stays_finished_when_it_is_cancelled(studio: Studio) -> None:
    song = await made(studio, generate())

    assert isinstance((await studio.cancel(song.task_id)).state, Succeeded)


async def test_the_same_request_id_returns_the_same_task(studio: Studio, engine: ScriptedEngine) -> None:
    first = await studio.submit(generate(), request_id="mine")
    await studio.wait(first.id, 20)
    async with anyio.create_task_group() as callers:
        again: list[Task] = []

        async def ask() -> None:
            again.append(await studio.submit(generate(), request_id="mine"))

        for _ in range(10):
            callers.start_soon(ask)

    assert {task.id for task in again} == {first.id}
    assert len(engine.performed) == 1


async def test_many_callers_with_one_new_request_id_make_one_task(studio: Studio) -> None:
    tasks: list[Task] = []

    async def ask() -> None:
        tasks.append(await studio.submit(generate(), request_id="mine"))

    async with anyio.create_task_group() as callers:
        for _ in range(20):
            callers.start_soon(ask)

    assert len({task.id for task in tasks}) == 1
    assert len((await studio.tasks()).items) == 1


async def test_a_request_id_stands_for_one_request_of_one_principal(studio: Studio) -> None:
    mine = await studio.submit(generate(), request_id="it", principal="me")
    with pytest.raises(ConflictError, match="request_id"):
        await studio.submit(generate(title="Another"), request_id="it", principal="me")
    with pytest.raises(ConflictError, match="request_id"):
        await studio.submit(generate(), engine="scripted", request_id="it", principal="me")
    yours = await studio.submit(generate(), request_id="it", principal="you")

    assert mine.id != yours.id


@pytest.mark.parametrize(
    ("action", "how", "error", "field"),
    [
        ({"action": "cover", "audio_id": "00000000-none"}, {}, NotFoundError, "audio_id"),
        ({"action": "cover", "audio_id": "last"}, {}, NotFoundError, "audio_id"),
        ({"action": "generate", "prompt": "a"}, {"engine": "unheard-of"}, UnsupportedError, "engine"),
        ({"action": "generate", "prompt": "a"}, {"request_id": ""}, RequestError, "request_id"),
        (
            {"action": "generate", "prompt": "a", "callback_url": "http://127.0.0.1/done"},
            {},
            RequestError,
            "callback_url",
        ),
    ],
)
async def test_a_bad_request_leaves_no_task_and_no_file(
    studio: Studio,
    settings: Settings,
    action: dict[str, str],
    how: dict[str, str],
    error: type[RequestError],
    field: str,
) -> None:
    with pytest.raises(error, match=field) as caught:
        await studio.submit(parse_action(action), **how)

    assert caught.value.field == field
    assert (await studio.tasks()).items == ()
    assert files_in(settings.home / "songs") == []


async def test_a_second_source_that_is_missing_is_named_by_its_own_field(studio: Studio) -> None:
    song = await made(studio, generate())

    with pytest.raises(NotFoundError, match=r"^swap_audio_id: .*list_songs"):
        await studio.submit(
            parse_action({"action": "swap_vocals", "audio_id": song.id, "swap_audio_id": "nowhere"})
        )


async def test_songs_are_named_by_id_by_its_start_or_as_the_last(studio: Studio) -> None:
    older, newer = [await made(studio, generate(title=title)) for title in ("older", "newer")]

    assert await studio.song(older.id) == older
    assert await studio.resolve_song_id(older.id[:13].upper()) == older.id
    assert await studio.resolve_song_id("last") == newer.id
    cover = await made(studio, parse_action({"action": "cover", "audio_id": "last"}))
    assert cover.parents[0].song_id == newer.id
    for wrong in ("", "abc", "%", "____", "last one", "../../etc"):
        with pytest.raises(NotFoundError, match="song_id"):
            await studio.song(wrong)


async def test_each_principal_sees_its_own_songs_and_tasks_only(studio: Studio) -> None:
    mine = await made(studio, generate(), principal="me")

    assert (await studio.songs(principal="you")).items == ()
    assert (await studio.tasks(principal="you")).items == ()
    with pytest.raises(NotFoundError):
        await studio.song(mine.id, "you")
    with pytest.raises(NotFoundError):
        await studio.task(mine.task_id, "you")
    with pytest.raises(NotFoundError):
        await studio.cancel(mine.task_id, "you")
    with pytest.raises(NotFoundError):
        await studio.audio_path(mine.id, "you")
    with pytest.raises(NotFoundError):
        await studio.submit(parse_action({"action": "cover", "audio_id": mine.id}), principal="you")


async def test_an_unknown_task_is_not_found(studio: Studio) -> None:
    with pytest.raises(NotFoundError, match="task_id"):
        await studio.wait("none", 1)


async def test_an_engine_that_fails_ends_the_task_with_its_reason(settings: Settings) -> None:
    engine = ScriptedEngine(
        failures=[
            EngineError("the service is busy", retryable=True),
            NotFoundError("the song has no such section", field="section"),
            ZeroDivisionError("a secret of the server"),
        ]
    )
    failures = []
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        for _ in range(3):
            task = await studio.submit(generate())
            state = (await studio.wait(task.id, 20)).state
            assert isinstance(state, Failed)
            failures.append(state.failure)
        assert (await studio.songs()).items == ()

    assert [failure.code for failure in failures] == ["engine", "not_found", "internal"]
    assert [failure.retryable for failure in failures] == [True, False, True]
    assert failures[0].message == "the service is busy"
    assert "secret" not in failures[2].message


async def test_unfinished_tasks_are_resumed_by_the_next_studio_with_the_same_seed(settings: Settings) -> None:
    held = ScriptedEngine(hold=lambda: True)
    async with Studio.open(settings, engines={"scripted": lambda: held}, jobs=InProcessJobs) as studio:
        task = await until_running(studio, await studio.submit(generate(seed="7")))
    free = ScriptedEngine()
    async with Studio.open(settings, engines={"scripted": lambda: free}, jobs=InProcessJobs) as studio:
        await studio.resume()
        done = await studio.wait(task.id, 20)
        assert isinstance(done.state, Succeeded)
        song = await studio.song(done.state.song_id)

    assert song.facts.seed == "7"
    assert song.task_id == task.id


async def test_closing_in_the_middle_again_and_again_is_no_crash(settings: Settings) -> None:
    held = ScriptedEngine(hold=lambda: True)
    task = None
    for _ in range(4):
        begun = len(held.performed)
        async with Studio.open(settings, engines={"scripted": lambda: held}, jobs=InProcessJobs) as studio:
            await studio.resume()
            task = task or await studio.submit(generate())
            with anyio.fail_after(20):
                while len(held.performed) == begun:  # noqa: ASYNC110 - the engine runs in another thread
                    await anyio.sleep(0.005)
    assert task is not None
    async with Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs) as studio:
        assert isinstance((await studio.wait(task.id, 20)).state, Succeeded)


async def test_a_home_that_cannot_be_written_to_is_the_operators_to_mend(tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    async with Studio.open(Settings(home=occupied / "home"), engines={}, jobs=InProcessJobs) as studio:
        with pytest.raises(ConfigurationError, match="SONGWRIGHT_HOME"):
            await studio.songs()


async def test_opening_and_closing_a_studio_touches_nothing(settings: Settings) -> None:
    async with Studio.open(settings) as studio:
        assert "local" in studio.engine_names

    assert not settings.home.exists()


async def test_capabilities_of_every_engine_are_told(studio: Studio) -> None:
    [capabilities] = await studio.engines()

    assert capabilities.name == "scripted"
    assert len(capabilities.actions) == 8
