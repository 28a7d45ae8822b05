from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from recorded_work import RecordedWork, jobs_in

from songwright.tasks.durable import DurableJobs

# DBOS writes with RETURNING, which came with SQLite 3.35.
pytestmark = pytest.mark.skipif(sqlite3.sqlite_version_info < (3, 35), reason="DBOS needs SQLite 3.35")

WORKER = Path(__file__).with_name("recorded_work.py")


@contextmanager
def started(folder: Path) -> Iterator[tuple[DurableJobs, RecordedWork]]:
    jobs, work = jobs_in(folder), RecordedWork(folder)
    jobs.start(work)
    try:
        yield jobs, work
    finally:
        jobs.stop()


def wait_for_steps(work: RecordedWork, count: int) -> list[str]:
    deadline = time.monotonic() + 20
    while len(work.steps()) < count:
        assert time.monotonic() < deadline, f"only {work.steps()}"
        time.sleep(0.01)
    return work.steps()


def test_what_was_performed_before_a_kill_is_kept_and_not_performed_again(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, WORKER, tmp_path]) as process:
        try:
            wait_for_steps(RecordedWork(tmp_path), 2)
        finally:
            process.kill()
    (tmp_path / "gate").touch()
    with started(tmp_path) as (_, work):
        steps = wait_for_steps(work, 4)

    keep = "keep a task {'made': 'it'}"
    assert steps == ["perform a task", keep, keep, "kept a task"]


def test_a_job_is_lost_when_nobody_works_on_it_and_nobody_will(tmp_path: Path) -> None:
    with started(tmp_path) as (jobs, work):
        jobs.enqueue("running", "first")
        wait_for_steps(work, 2)
        assert jobs.lost(["running", "unknown"]) == {"unknown"}
        assert jobs.lost(["running", "unknown"]) == {"unknown"}

    # Stopped in the middle is not lost: it goes on from its second step.
    (tmp_path / "gate").touch()
    with started(tmp_path) as (jobs, work):
        steps = wait_for_steps(work, 4)
        deadline = time.monotonic() + 20
        while jobs.lost(["running"]) != {"running"}:
            assert time.monotonic() < deadline

    assert steps.count("perform first") == 1
    assert [step for step in steps if step.startswith("kept")] == ["kept first"]


def test_a_job_whose_end_could_not_be_written_down_is_lost(tmp_path: Path) -> None:
    with started(tmp_path) as (jobs, work):
        jobs.enqueue("job", "task")
        wait_for_steps(work, 2)
        records = sqlite3.connect(tmp_path / "jobs.db", timeout=20)
        # The next write finds a full disk: a true "database or disk is full" of SQLite's own.
        records.execute(
            "CREATE TRIGGER full BEFORE UPDATE ON workflow_status BEGIN "
            "SELECT RAISE(FAIL, 'database or disk is full'); END"
        )
        records.commit()
        (tmp_path / "gate").touch()
        wait_for_steps(work, 3)
        deadline = time.monotonic() + 20
        while jobs.lost(["job"]) != {"job"}:
            assert time.monotonic() < deadline
        [(status,)] = records.execute("SELECT status FROM workflow_status")
        records.execute("DROP TRIGGER full")
        records.commit()
        records.close()

    assert status == "PENDING"


def test_the_same_job_twice_is_one_job(tmp_path: Path) -> None:
    (tmp_path / "gate").touch()
    with started(tmp_path) as (jobs, work):
        for job in ("once", "once", "last"):
            jobs.enqueue(job, job)
        steps = wait_for_steps(work, 6)

    assert steps.count("perform once") == 1


def test_only_one_studio_in_a_process_runs_durable_jobs(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with started(tmp_path), pytest.raises(RuntimeError, match="only one"):
        jobs_in(tmp_path / "other").start(RecordedWork(tmp_path))


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gate").touch()
    with started(tmp_path) as (jobs, work):
        jobs.enqueue("job", "task")
        wait_for_steps(work, 3)

    assert capfd.readouterr() == ("", "")
