"""Each step of a task may be repeated, and what it needs is there until the task's end is written down."""

from __future__ import annotations

import asyncio
import errno
import io
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr
from workshops import LendingEngine, accept, ended, failure_of, wait_until

from songwright.engines.registry import Engines
from songwright.engines.scripted import ScriptedEngine
from songwright.music.imports import ImportAudio, Received
from songwright.music.task import Failed, Succeeded
from songwright.settings import Settings
from songwright.tasks.costs import Cost
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine
from songwright.tasks.worker import Worker
from songwright.tasks.workshop import Workshop


def patient(workshop: Workshop, settings: Settings, seconds: float) -> Performer:
    """A performer that waits so long for storage."""
    parts = workshop.performer
    return Performer(
        engines=parts._engines,
        ledger=workshop.ledger,
        library=workshop.library,
        blobs=workshop.leftovers.blobs,
        wakeups=workshop.wakeups,
        vault=workshop.vault,
        incoming=workshop.incoming,
        work=settings.home / "work",
        perform_patience_seconds=seconds,
        keep_patience_seconds=seconds,
    )


@pytest.fixture
def no_room_for() -> Iterator[Callable[[str], Callable[[], None]]]:
    """``no_room_for(words)``: statements with these words find no room until what it returns is called."""
    listening: list[Callable[..., None]] = []

    def begin(words: str) -> Callable[[], None]:
        def refuse(
            _connection: object, _cursor: object, statement: str, parameters: object, *_: object
        ) -> None:
            if all(word in f"{statement} {parameters}" for word in words.split()):
                error = sqlite3.OperationalError("database or disk is full")
                error.sqlite_errorcode = sqlite3.SQLITE_FULL
                raise sa.exc.OperationalError(statement, None, error)

        sa.event.listen(sa.Engine, "before_cursor_execute", refuse)
        listening.append(refuse)

        def make_room() -> None:
            listening.remove(refuse)
            sa.event.remove(sa.Engine, "before_cursor_execute", refuse)

        return make_room

    yield begin
    for refuse in listening:
        sa.event.remove(sa.Engine, "before_cursor_execute", refuse)


def test_a_recording_a_token_and_a_song_that_was_made_stay_while_the_end_cannot_be_written_down(
    workshop: Workshop,
    settings: Settings,
    make_worker: Callable[..., Worker],
    engine: LendingEngine,
    no_room_for: Callable[[str], Callable[[], None]],
) -> None:
    receipt = workshop.incoming.receive(io.BytesIO(b"a recording"), max_bytes=100, field="path")
    task = workshop.ledger.accept(
        ImportAudio(source=Received(receipt=receipt)),
        engine="scripted",
        seed="7",
        principal="me",
        request_id=None,
        print_="",
        before_it_is_seen=lambda task_id: workshop.incoming.assign(receipt, task_id),
    )
    workshop.vault.keep(task.id, SecretStr("lent"))
    make_room = no_room_for("INSERT INTO songs")
    performer = patient(workshop, settings, 60)
    worker = make_worker(performer=performer)
    worker.wake()
    wait_until((settings.home / "work" / task.id / "made.json").exists)
    there = [workshop.incoming.recording(task.id).exists(), workshop.vault.token(task.id) is not None]
    make_room()
    wait_until(lambda: ended(workshop, task, Succeeded))
    wait_until(lambda: not workshop.incoming.recording(task.id).exists())

    assert there == [True, True]
    assert len(engine.performed) == 1
    assert workshop.vault.token(task.id) is None
    wait_until(lambda: list((settings.home / "work").iterdir()) == [])


def test_a_song_that_can_never_be_kept_ends_its_task_with_the_true_reason(
    workshop: Workshop,
    settings: Settings,
    make_worker: Callable[..., Worker],
    no_room_for: Callable[[str], Callable[[], None]],
) -> None:
    no_room_for("INSERT INTO songs")
    task = accept(workshop)
    make_worker(performer=patient(workshop, settings, 0)).wake()
    wait_until(lambda: ended(workshop, task, Failed))

    code, message = failure_of(workshop, task)
    assert code == "storage"
    assert "no room" in message


def test_a_task_whose_end_cannot_be_written_down_at_all_is_begun_anew_when_it_can(
    workshop: Workshop,
    settings: Settings,
    make_worker: Callable[..., Worker],
    engine: LendingEngine,
    no_room_for: Callable[[str], Callable[[], None]],
) -> None:
    task = accept(workshop)
    make_rooms = [no_room_for("UPDATE tasks succeeded"), no_room_for("UPDATE tasks failed")]
    make_worker(performer=patient(workshop, settings, 0)).wake()
    wait_until(lambda: len(engine.performed) == 1)
    wait_until(lambda: (job := workshop.ledger.job(task.id)) is not None and job.attempt == 2)
    for make_room in make_rooms:
        make_room()
    wait_until(lambda: ended(workshop, task, Succeeded))

    assert len(engine.performed) == 1, "what was made is found, not made again"
    [song] = workshop.library.page(None, 10, None, "me").items
    assert workshop.library.master(song).exists()


def test_an_engine_that_finds_the_disk_full_is_tried_again_when_there_is_room(
    settings: Settings, workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    engine = ScriptedEngine(failures=[OSError(errno.ENOSPC, "no room") for _ in range(2)])
    workshop.performer._engines = Engines({"scripted": lambda: engine}, settings)
    task = accept(workshop)
    make_worker().wake()
    wait_until(lambda: ended(workshop, task, Succeeded))

    assert len(engine.performed) == 3
    job_row = workshop.ledger.task(task.id, "me")
    assert isinstance(job_row.state, Succeeded)


def test_an_engine_that_finds_no_room_for_long_fails_for_want_of_it(
    settings: Settings, workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    engine = ScriptedEngine(failures=[OSError(errno.ENOSPC, "no room") for _ in range(50)])
    workshop.performer._engines = Engines({"scripted": lambda: engine}, settings)
    task = accept(workshop)
    make_worker(performer=patient(workshop, settings, 0)).wake()
    wait_until(lambda: ended(workshop, task, Failed))

    assert failure_of(workshop, task)[0] == "storage"


def test_a_task_whose_lent_token_is_gone_is_refused_and_nobody_else_pays(
    workshop: Workshop, make_worker: Callable[..., Worker], engine: LendingEngine
) -> None:
    task = accept(workshop, cost=Cost(expected_usd=1.0, caller_pays=True))
    make_worker().wake()
    wait_until(lambda: ended(workshop, task, Failed))

    assert "token" in failure_of(workshop, task)[1]
    assert engine.performed == []


def test_a_lent_token_is_used_and_forgotten_when_the_task_has_ended(
    workshop: Workshop, make_worker: Callable[..., Worker], engine: LendingEngine, settings: Settings
) -> None:
    task = accept(
        workshop,
        cost=Cost(expected_usd=1.0, caller_pays=True),
        before_it_is_seen=lambda task_id: workshop.vault.keep(task_id, SecretStr("lent")),
    )
    make_worker().wake()
    wait_until(lambda: ended(workshop, task, Succeeded))
    wait_until(lambda: list((settings.home / "tokens").iterdir()) == [])

    assert engine.paid_by == ["lent"]


def test_what_killed_processes_left_behind_is_swept_and_what_is_wanted_stays(
    workshop: Workshop, settings: Settings, make_worker: Callable[..., Worker]
) -> None:
    home = settings.home
    left = [
        home / "incoming" / "a task that has ended",
        home / "incoming" / "arriving-gone" / "half a recording",
        home / "incoming" / "arriving-gone before it had a folder.lock",
        home / "tokens" / "a task that has ended",
        home / "songs" / ".arriving-gone" / "master.flac",
        home / "work" / "a task that has ended" / "1" / "master.flac",
        home / "jobs.db",
        home / "jobs.db-wal",
    ]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"left behind")
    receipt = workshop.incoming.receive(io.BytesIO(b"arriving"), max_bytes=100, field="path")
    make_worker().start()
    wait_until(lambda: not any(path.exists() for path in left))

    assert workshop.incoming.arrived(receipt).read_bytes() == b"arriving"
    assert not (home / "incoming" / "arriving-gone").exists()


def test_tasks_do_not_wait_for_ever_for_a_job_engine_that_cannot_start(
    workshop: Workshop, make_worker: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    def jobs() -> JobEngine:
        raise sqlite3.IntegrityError("NOT NULL constraint failed")

    tasks = [accept(workshop) for _ in range(2)]
    with caplog.at_level(logging.ERROR):
        make_worker(jobs, trouble_patience_seconds=0).wake()
        wait_until(lambda: all(ended(workshop, task, Failed) for task in tasks))

    code, message = failure_of(workshop, tasks[0])
    assert code == "internal"
    assert "songwright doctor" in message
    assert len([record for record in caplog.records if record.exc_info]) == 1


def test_a_job_that_breaks_off_lets_its_task_wait_again(
    workshop: Workshop, make_worker: Callable[..., Worker], engine: LendingEngine
) -> None:
    class BreaksOnce:
        def __init__(self) -> None:
            self.tries = 0

        async def perform(self, task_id: str, job_id: str) -> dict[str, object]:
            self.tries += 1
            if self.tries == 1:
                raise RuntimeError("the work broke off")
            return await workshop.performer.perform(task_id, job_id)

        async def keep(self, task_id: str, outcome: dict[str, object]) -> None:
            await workshop.performer.keep(task_id, outcome)

    work = BreaksOnce()

    class Jobs(InProcessJobs):
        def start(self, _work: object) -> None:
            super().start(work)

    task = accept(workshop)
    make_worker(Jobs).wake()
    wait_until(lambda: ended(workshop, task, Succeeded))

    assert work.tries == 2
    assert len(engine.performed) == 1


def test_a_song_that_was_made_is_kept_although_its_attempt_was_overtaken(workshop: Workshop) -> None:
    task = accept(workshop)
    workshop.performer.on_end = lambda: None  # no worker joins in

    async def two_attempts() -> None:
        stale = await workshop.performer.perform(task.id)
        current = await workshop.performer.perform(task.id)
        await workshop.performer.keep(task.id, stale)
        assert workshop.ledger.job(task.id) is not None, "a stale attempt ends nothing"
        await workshop.performer.keep(task.id, current)

    asyncio.run(two_attempts())

    assert ended(workshop, task, Succeeded), workshop.ledger.task(task.id, "me").state
    [song] = workshop.library.page(None, 10, None, "me").items
    assert [path.name for path in workshop.library.master(song).parents[1].iterdir()] == ["2"]


def test_a_checkpoint_that_cannot_be_read_is_made_anew(
    workshop: Workshop, settings: Settings, engine: LendingEngine
) -> None:
    task = accept(workshop)
    workshop.performer.on_end = lambda: None

    async def perform_twice() -> None:
        await workshop.performer.perform(task.id)
        checkpoint: Path = settings.home / "work" / task.id / "made.json"
        checkpoint.write_bytes(checkpoint.read_bytes()[:-10])  # noqa: ASYNC240 - nothing else runs
        await workshop.performer.keep(task.id, await workshop.performer.perform(task.id))

    asyncio.run(perform_twice())

    assert ended(workshop, task, Succeeded)
    assert len(engine.performed) == 2


def test_want_of_room_in_an_attempt_that_was_overtaken_ends_nothing(
    workshop: Workshop, settings: Settings
) -> None:
    engine = ScriptedEngine(failures=[OSError(errno.ENOSPC, "no room")])
    workshop.performer._engines = Engines({"scripted": lambda: engine}, settings)
    task = accept(workshop)
    impatient = patient(workshop, settings, 0)

    async def two_attempts() -> None:
        stale = await impatient.perform(task.id)
        current = await impatient.perform(task.id)
        await impatient.keep(task.id, stale)
        await impatient.keep(task.id, current)

    asyncio.run(two_attempts())

    assert ended(workshop, task, Succeeded), workshop.ledger.task(task.id, "me").state
