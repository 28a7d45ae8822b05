"""Kills of real processes: nothing that was accepted is lost, and nothing happens twice."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest
from small_server import RecordingEngine

from songwright.engines.isolation import CrashError
from songwright.engines.registry import Engines
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import parse_action
from songwright.music.task import Cancelled, Failed, Running, State, Succeeded, is_terminal
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.queue import TaskQueue
from songwright.tasks.server_deaths import MAX_SERVER_DEATHS
from songwright.tasks.workshop import Workshop

SERVER = Path(__file__).with_name("small_server.py")
ACTION = parse_action({"action": "generate", "prompt": "warm folk", "seed": "7"})


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir()
    return home


@contextmanager
def server(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, SERVER, home, *words], stdout=subprocess.PIPE, text=True, encoding="utf-8"
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def say(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def performers(home: Path) -> list[int]:
    record = home / "performed"
    return [int(line) for line in record.read_text().split()] if record.exists() else []


def wait_for_performers(home: Path, count: int) -> None:
    deadline = time.monotonic() + 20
    while len(performers(home)) < count:
        assert time.monotonic() < deadline, "nobody took the task up"
        time.sleep(0.01)


@contextmanager
def a_server_killed_while_it_performs(home: Path) -> Iterator[str]:
    with server(home, "submit") as process:
        task_id = say(process)
        wait_for_performers(home, 1)
        process.kill()
    yield task_id


async def end_of(home: Path, task_id: str) -> tuple[State, int]:
    """How a task ends for a studio of this process, and how many songs there are then."""
    settings = Settings(home=home, workers=2)
    async with Studio.open(settings, engines={"scripted": lambda: RecordingEngine(home)}) as studio:
        await studio.resume()
        done = await studio.wait(task_id, 20)
        assert is_terminal(done.state)
        return done.state, len((await studio.songs()).items)


async def test_a_task_survives_the_kill_of_its_server_and_succeeds_once(home: Path) -> None:
    with a_server_killed_while_it_performs(home) as task_id:
        (home / "gate").touch()
        state, songs = await end_of(home, task_id)

    assert isinstance(state, Succeeded)
    assert songs == 1
    assert len(performers(home)) == 2
    assert [folder.name for folder in (home / "songs").iterdir()] == [state.song_id]
    assert list((home / "work").iterdir()) == []


async def test_another_server_on_the_same_home_takes_over_from_a_killed_one(home: Path) -> None:
    with server(home, "submit") as first:
        task_id = say(first)
        wait_for_performers(home, 1)
        with server(home, "submit") as second:
            assert say(second) == task_id, "the same request is the same task, whoever is asked"
            assert say(second) == "ready"
            first.kill()
            first.wait()
            wait_for_performers(home, 2)
            (home / "gate").touch()
            state, songs = await end_of(home, task_id)
            worked = performers(home)
            expected = [first.pid, second.pid]

    assert isinstance(state, Succeeded)
    assert songs == 1
    assert worked == expected


async def test_a_studio_that_does_not_work_itself_cancels_what_another_performs(home: Path) -> None:
    with server(home, "submit") as worker:
        task_id = say(worker)
        wait_for_performers(home, 1)
        async with Studio.open(Settings(home=home), engines={}) as studio:
            assert isinstance((await studio.cancel(task_id)).state, Cancelled)
            with anyio.fail_after(2):
                while list((home / "work").iterdir()):  # noqa: ASYNC110 - another process clears up
                    await anyio.sleep(0.005)
            (home / "gate").touch()
            assert isinstance((await studio.task(task_id)).state, Cancelled)
            assert (await studio.songs()).items == ()


async def test_a_task_that_was_under_way_when_its_server_was_killed_four_times_still_succeeds(
    home: Path,
) -> None:
    with a_server_killed_while_it_performs(home) as task_id:
        for count in (2, 3, 4):
            with server(home):
                wait_for_performers(home, count)
        (home / "gate").touch()
        state, songs = await end_of(home, task_id)

    assert isinstance(state, Succeeded)
    assert songs == 1


async def test_a_task_that_takes_its_server_down_again_and_again_is_given_up(settings: Settings) -> None:
    engine = ScriptedEngine()
    workshop = Workshop(settings, Engines({"scripted": lambda: engine}, settings), None)
    queue = TaskQueue(workshop.database)
    task = workshop.ledger.accept(
        ACTION, engine="scripted", seed="7", principal="local", request_id=None, print_=""
    )
    for _ in range(MAX_SERVER_DEATHS):
        workshop.ledger.begin(task.id)
        queue.note_server_death()
    workshop.close()

    async with Studio.open(settings, engines={"scripted": lambda: engine}) as studio:
        await studio.resume()
        state = (await studio.wait(task.id, 20)).state

    assert isinstance(state, Failed)
    assert state.failure.code == "crashed"
    assert f"{MAX_SERVER_DEATHS} times" in state.failure.message
    assert engine.performed == []


@pytest.mark.parametrize(("crashes", "end"), [(2, Succeeded), (3, Failed)])
async def test_a_renderer_that_crashes_is_tried_three_times(
    settings: Settings, crashes: int, end: type[State]
) -> None:
    engine = ScriptedEngine(failures=[CrashError("it died") for _ in range(crashes)])
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        task = await studio.submit(ACTION)
        done = await studio.wait(task.id, 20)

    assert isinstance(done.state, end)
    assert len(engine.performed) == 3


async def test_a_task_that_was_accepted_but_not_handed_over_is_found(settings: Settings) -> None:
    engines = {"scripted": ScriptedEngine}
    workshop = Workshop(settings, Engines(engines, settings), None)
    tasks = [
        workshop.ledger.accept(
            ACTION, engine="scripted", seed="7", principal="local", request_id=None, print_=""
        )
        for _ in range(2)
    ]
    TaskQueue(workshop.database).hand_over(tasks[1].id, "a job that never reached the job engine")
    workshop.close()

    async with Studio.open(settings, engines=engines) as studio:
        await studio.resume()
        states = [(await studio.wait(task.id, 20)).state for task in tasks]

    assert all(isinstance(state, Succeeded) for state in states)


async def test_two_studios_in_two_processes_share_the_work_of_one_home(home: Path) -> None:
    (home / "gate").touch()
    with server(home, "submit") as worker:
        task_id = say(worker)
        async with Studio.open(
            Settings(home=home), engines={"scripted": lambda: RecordingEngine(home)}
        ) as studio:
            await studio.wait(task_id, 20)
            mine = await studio.submit(ACTION)
            done = await studio.wait(mine.id, 20)
            everything = await studio.songs()

    assert isinstance(done.state, Succeeded)
    assert len(everything.items) == 2
    assert performers(home) == [worker.pid, worker.pid]


async def test_progress_reaches_a_waiter_in_another_process(home: Path) -> None:
    with server(home, "submit") as worker:
        task_id = say(worker)
        stages: list[str] = []
        async with Studio.open(Settings(home=home), engines={}) as studio:
            heard = anyio.Event()

            async def listen(progress: object) -> None:
                stages.append(getattr(progress, "stage", ""))
                if "writing" in stages:
                    heard.set()

            with anyio.fail_after(20):
                async with anyio.create_task_group() as group:
                    group.start_soon(studio.wait, task_id, 20, listen)
                    await heard.wait()
                    group.cancel_scope.cancel()
            assert isinstance((await studio.task(task_id)).state, Running)
