from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from recorded_work import RecordedWork

from songwright.tasks.durable import DurableJobs

WORKER = Path(__file__).with_name("recorded_work.py")


@contextmanager
def started(folder: Path) -> Iterator[tuple[DurableJobs, RecordedWork]]:
    jobs, work = DurableJobs.in_folder(folder), RecordedWork(folder)
    jobs.start(work, slots=1)
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


def test_a_job_is_lost_only_when_it_will_never_come_to_an_end(tmp_path: Path) -> None:
    with started(tmp_path) as (jobs, work):
        jobs.enqueue("running", "first")
        wait_for_steps(work, 2)
        jobs.enqueue("waiting", "second")
        assert jobs.lost(["running", "waiting", "unknown"]) == {"unknown"}

    # Stopped in the middle is not lost: it goes on from its second step.
    (tmp_path / "gate").touch()
    with started(tmp_path) as (jobs, work):
        steps = wait_for_steps(work, 7)
        deadline = time.monotonic() + 20
        while jobs.lost(["running", "waiting"]) != {"running", "waiting"}:
            assert time.monotonic() < deadline

    assert steps.count("perform first") == 1
    assert sorted(step for step in steps if step.startswith("kept")) == ["kept first", "kept second"]


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
        DurableJobs.in_folder(tmp_path / "other").start(RecordedWork(tmp_path), slots=1)


def test_nothing_is_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gate").touch()
    with started(tmp_path) as (jobs, work):
        jobs.enqueue("job", "task")
        wait_for_steps(work, 3)

    assert capfd.readouterr() == ("", "")
