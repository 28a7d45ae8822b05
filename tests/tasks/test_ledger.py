from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.errors import NotFoundError
from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.songs import Library
from songwright.music.actions import parse_action
from songwright.music.song import Facts, Song
from songwright.music.task import Failure, Progress, Running, Succeeded, Task, is_terminal
from songwright.tasks.ledger import Ledger, fingerprint
from songwright.tasks.queue import TaskQueue

ACTION = parse_action({"action": "generate", "prompt": "warm folk"})
FAILURE = Failure(code="engine", message="It failed.", retryable=False)


@contextmanager
def opened(folder: Path) -> Iterator[tuple[Ledger, Database]]:
    database = Database.in_folder(folder)
    try:
        yield Ledger(database), database
    finally:
        database.close()


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Ledger, Database]]:
    with opened(tmp_path) as both:
        yield both


@pytest.fixture
def ledger(both: tuple[Ledger, Database]) -> Ledger:
    return both[0]


@pytest.fixture
def queue(both: tuple[Ledger, Database]) -> TaskQueue:
    return TaskQueue(both[1])


def accept(ledger: Ledger) -> Task:
    return ledger.accept(
        ACTION,
        engine="scripted",
        seed="7",
        principal="me",
        request_id=None,
        print_=fingerprint(ACTION, "auto"),
    )


def song_of(ledger: Ledger, task_id: str) -> Song:
    job = ledger.job(task_id)
    return Song(
        id=job.song_id if job else "no song",
        task_id=task_id,
        created_at=datetime.now(UTC),
        engine="scripted",
        engine_version="1",
        action=ACTION,
        facts=Facts(title="A Song", duration_seconds=1, seed="7", model="scripted"),
    )


def attempt_of(ledger: Ledger, task_id: str) -> int:
    job = ledger.job(task_id)
    return job.attempt if job else 0


MOVES = {
    "begin": lambda ledger, task_id: ledger.begin(task_id),
    "progress": lambda ledger, task_id: ledger.progress(
        task_id, attempt_of(ledger, task_id), Progress(fraction=0.5, stage="half")
    ),
    "succeed": lambda ledger, task_id: ledger.succeed(
        task_id, attempt_of(ledger, task_id), song_of(ledger, task_id), {}
    ),
    "fail": lambda ledger, task_id: ledger.fail(task_id, FAILURE),
    "cancel": lambda ledger, task_id: ledger.cancel(task_id, "me"),
}


@pytest.fixture(scope="module")
def kept_open(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Ledger, Database]]:
    with opened(tmp_path_factory.mktemp("ledger")) as both:
        yield both


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(sorted(MOVES)), max_size=7))
def test_whatever_is_asked_a_task_ends_at_most_once(
    kept_open: tuple[Ledger, Database], moves: list[str]
) -> None:
    ledger, database = kept_open
    task = accept(ledger)
    ended = None
    for move in moves:
        MOVES[move](ledger, task.id)
        now = ledger.task(task.id, "me")
        assert ended is None or now == ended
        ended = now if is_terminal(now.state) else None
    songs = Library(database, Blobs(Path())).page(None, 100, None, "me").items

    assert [song.task_id for song in songs].count(task.id) == (
        ended is not None and isinstance(ended.state, Succeeded)
    )


def test_of_many_who_end_a_task_at_once_one_wins(tmp_path: Path) -> None:
    with opened(tmp_path) as (ledger, _), opened(tmp_path) as (other, _):
        for _ in range(10):
            task = accept(ledger)
            ledger.begin(task.id)
            song = song_of(ledger, task.id)
            start = threading.Barrier(6)

            def end(
                number: int, task: Task = task, song: Song = song, start: threading.Barrier = start
            ) -> bool:
                mine = (ledger, other)[number % 2]
                start.wait()
                return mine.fail(task.id, FAILURE) if number < 3 else mine.succeed(task.id, 1, song, {})

            with ThreadPoolExecutor(6) as threads:
                assert sum(threads.map(end, range(6))) == 1


def test_a_task_cannot_succeed_before_it_runs(ledger: Ledger) -> None:
    task = accept(ledger)

    assert not ledger.succeed(task.id, 0, song_of(ledger, task.id), {})


def test_a_resumed_task_keeps_its_first_start_and_counts_its_attempts(ledger: Ledger) -> None:
    task = accept(ledger)
    first, second = ledger.begin(task.id), ledger.begin(task.id)

    assert first is not None
    assert second is not None
    assert (first.attempt, second.attempt) == (1, 2)
    assert isinstance(first.task.state, Running)
    assert isinstance(second.task.state, Running)
    assert first.task.state.started_at == second.task.state.started_at


def test_an_attempt_that_was_given_back_counts_as_no_crash_and_no_death(
    ledger: Ledger, queue: TaskQueue
) -> None:
    task = accept(ledger)
    for _ in range(20):
        job = ledger.begin(task.id)
        assert job is not None
        assert (job.crashes, job.server_deaths) == (0, 0)
        ledger.give_back(task.id, job.attempt)
        queue.note_server_death()


def test_crashes_of_the_renderer_are_counted_apart_from_deaths_of_the_server(
    ledger: Ledger, queue: TaskQueue
) -> None:
    task = accept(ledger)
    ledger.begin(task.id)
    ledger.crashed(task.id, 1)
    ledger.begin(task.id)
    queue.note_server_death()
    queue.note_server_death()

    job = ledger.begin(task.id)
    assert job is not None
    assert (job.attempt, job.crashes, job.server_deaths) == (3, 1, 1)


def test_a_death_of_the_server_counts_against_no_task_where_several_were_worked_on(
    ledger: Ledger, queue: TaskQueue
) -> None:
    tasks = [accept(ledger) for _ in range(2)]
    for task in tasks:
        ledger.begin(task.id)
    queue.note_server_death()

    jobs = [ledger.begin(task.id) for task in tasks]
    assert [job.server_deaths for job in jobs if job is not None] == [0, 0]


def test_an_attempt_that_was_overtaken_by_another_changes_nothing(ledger: Ledger) -> None:
    task = accept(ledger)
    stale, current = ledger.begin(task.id), ledger.begin(task.id)
    assert stale is not None
    assert current is not None

    assert not ledger.progress(task.id, stale.attempt, Progress(fraction=0.9, stage="stale"))
    assert not ledger.succeed(task.id, stale.attempt, song_of(ledger, task.id), {})
    assert not ledger.fail(task.id, FAILURE, stale.attempt)
    ledger.crashed(task.id, stale.attempt)
    assert ledger.job(task.id) == current


def test_a_job_that_was_taken_for_lost_cannot_begin_its_task(ledger: Ledger, queue: TaskQueue) -> None:
    task = accept(ledger)
    assert queue.hand_over(task.id, "first")
    queue.take_back(["first"])
    assert queue.hand_over(task.id, "second")

    assert ledger.begin(task.id, "first") is None
    assert ledger.begin(task.id, "second") is not None


def test_remembered_facts_are_there_in_the_next_attempt(ledger: Ledger) -> None:
    task = accept(ledger)
    ledger.begin(task.id)
    ledger.remember(task.id, "remote_job", "r-1")
    ledger.remember(task.id, "poll", {"count": 2})

    job = ledger.begin(task.id)
    assert job is not None
    assert job.memory == {"remote_job": "r-1", "poll": {"count": 2}}


def test_tasks_are_listed_by_status(ledger: Ledger) -> None:
    tasks = [accept(ledger) for _ in range(3)]
    ledger.fail(tasks[0].id, FAILURE)

    assert [task.id for task in ledger.page("queued", 10, None, "me").items] == [tasks[2].id, tasks[1].id]
    assert [task.id for task in ledger.page("failed", 10, None, "me").items] == [tasks[0].id]
    assert len(ledger.page(None, 10, None, "me").items) == 3


def test_an_unknown_task_is_not_found_and_begins_nothing(ledger: Ledger) -> None:
    with pytest.raises(NotFoundError, match="task_id"):
        ledger.task("none", "me")
    assert ledger.begin("none") is None
    assert ledger.job("none") is None


def test_a_fingerprint_is_of_the_request_not_of_its_spelling() -> None:
    same = parse_action({"prompt": "warm folk", "action": "generate", "weirdness": 0.5})
    other = parse_action({"prompt": "warm folk", "action": "generate", "weirdness": 0.6})

    assert fingerprint(ACTION, "auto") == fingerprint(same, "auto")
    assert len({fingerprint(ACTION, "auto"), fingerprint(other, "auto"), fingerprint(ACTION, "local")}) == 3
