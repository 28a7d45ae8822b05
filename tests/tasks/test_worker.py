from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from workshops import ACTION, accept, succeeded, wait_until

from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.port import JobEngine
from songwright.tasks.queue import TaskQueue, UnderWay
from songwright.tasks.worker import Worker
from songwright.tasks.workshop import Workshop


def test_only_one_of_two_workers_starts_a_job_engine_for_a_job(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    made: list[JobEngine] = []

    def jobs() -> JobEngine:
        made.append(InProcessJobs())
        return made[-1]

    worker = make_worker(jobs)
    worker.start()
    other = make_worker()
    other.wake()
    task = accept(workshop)
    other.wake()
    wait_until(lambda: succeeded(workshop, task))

    assert len(made) + other.leads == 1


def test_a_worker_stands_down_when_idle_and_comes_back_for_the_next_task(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker(idle_seconds=0)
    for _ in range(2):
        task = accept(workshop)
        worker.wake()
        wait_until(partial(succeeded, workshop, task))
        wait_until(lambda: not worker.leads)


def test_a_worker_stays_for_a_while_when_there_is_nothing_to_do(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    engines: list[InProcessJobs] = []
    turns: list[None] = []

    def started() -> InProcessJobs:
        engines.append(InProcessJobs())
        return engines[-1]

    class CountedQueue(TaskQueue):
        def under_way(self) -> list[UnderWay]:
            turns.append(None)
            return super().under_way()

    worker = make_worker(started, queue=CountedQueue(workshop.database), idle_seconds=3600)
    for _ in range(2):
        task = accept(workshop)
        worker.wake()
        wait_until(partial(succeeded, workshop, task))
    seen = len(turns)
    wait_until(lambda: len(turns) >= seen + 3)

    assert len(engines) == 1
    assert worker.leads


def test_a_song_says_why_its_engine_was_chosen_where_there_is_a_reason(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    worker = make_worker()
    told = []
    for reason in ("auto chose it, which is installed", ""):
        task = workshop.ledger.accept(
            ACTION,
            engine="scripted",
            seed="7",
            principal="me",
            request_id=None,
            print_="",
            engine_reason=reason,
        )
        worker.wake()
        wait_until(partial(succeeded, workshop, task))
        state = workshop.ledger.task(task.id, "me").state
        assert isinstance(state, Succeeded)
        song = workshop.library.song(state.song_id, "me", field="audio_id")
        told.append([note for note in song.facts.understanding.notes if "auto chose" in note or not note])

    assert told == [["auto chose it, which is installed"], []]


def test_of_two_workers_one_leads_and_the_other_follows_when_it_closes(
    workshop: Workshop, make_worker: Callable[..., Worker]
) -> None:
    first, second = make_worker(), make_worker()
    task = accept(workshop)
    first.wake()
    wait_until(lambda: succeeded(workshop, task))
    assert first.leads

    second.start()
    first.close()
    after = accept(workshop)
    second.wake()
    wait_until(lambda: succeeded(workshop, after))
    assert (first.leads, second.leads) == (False, True)


def test_a_job_engine_that_fails_to_start_is_tried_again_and_logged_once(
    workshop: Workshop, make_worker: Callable[..., Worker], caplog: pytest.LogCaptureFixture
) -> None:
    tries: list[None] = []

    def jobs() -> JobEngine:
        tries.append(None)
        if len(tries) < 3:
            raise OSError("disk full")
        return InProcessJobs()

    worker = make_worker(jobs)
    task = accept(workshop)
    with caplog.at_level(logging.ERROR):
        worker.wake()
        wait_until(lambda: succeeded(workshop, task))

    assert len(tries) == 3
    assert len([record for record in caplog.records if "worker" in record.message]) == 1


def test_folders_that_a_killed_worker_left_behind_are_cleared_up(
    workshop: Workshop, make_worker: Callable[..., Worker], settings: Settings
) -> None:
    left = settings.home / "work" / "a task that has ended" / "1"
    left.mkdir(parents=True)
    task = accept(workshop)
    make_worker().wake()
    wait_until(lambda: succeeded(workshop, task))

    assert not left.exists()


def test_a_song_that_was_stored_when_its_task_was_cancelled_is_discarded(
    workshop: Workshop, tmp_path: Path
) -> None:
    task = accept(workshop)
    performer = workshop.performer

    async def cancel_before_the_end() -> Path:
        outcome = await performer.perform(task.id)
        job = workshop.ledger.job(task.id)
        assert job is not None
        workshop.ledger.cancel(task.id, "me")
        kept = tmp_path / "home" / "songs" / job.song_id / "1"
        kept.mkdir(parents=True)
        await performer.keep(task.id, outcome)
        return kept

    assert not asyncio.run(cancel_before_the_end()).exists()
    assert workshop.library.page(None, 10, None, "me").items == ()


def test_keeping_a_song_twice_keeps_one(workshop: Workshop) -> None:
    task = accept(workshop)

    async def keep_twice() -> None:
        outcome = await workshop.performer.perform(task.id)
        await workshop.performer.keep(task.id, outcome)
        await workshop.performer.keep(task.id, outcome)

    asyncio.run(keep_twice())

    assert succeeded(workshop, task)
    [song] = workshop.library.page(None, 10, None, "me").items
    assert workshop.library.master(song).exists()
