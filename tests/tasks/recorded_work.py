"""Work that writes down its steps, and a process that does it: ``recorded_work.py FOLDER``."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import anyio

from songwright.tasks.durable import DurableJobs
from songwright.tasks.port import Outcome


class RecordedWork:
    """Adds a line to the file ``steps`` for each step; the second waits for the file ``gate``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def perform(self, task_id: str, job_id: str) -> Outcome:
        del job_id
        self._write(f"perform {task_id}")
        return {"made": "it"}

    async def keep(self, task_id: str, outcome: Outcome) -> None:
        self._write(f"keep {task_id} {outcome}")
        while not await anyio.Path(self._folder / "gate").exists():  # noqa: ASYNC110 - another process opens it
            await anyio.sleep(0.01)
        self._write(f"kept {task_id}")

    def steps(self) -> list[str]:
        steps = self._folder / "steps"
        return steps.read_text().splitlines() if steps.exists() else []

    def _write(self, step: str) -> None:
        with (self._folder / "steps").open("a") as steps:
            steps.write(step + "\n")


def jobs_in(folder: Path) -> DurableJobs:
    """Jobs with their records in a SQLite file of a folder."""
    return DurableJobs(f"sqlite:///{folder / 'jobs.db'}")


if __name__ == "__main__":
    jobs = jobs_in(Path(sys.argv[1]))
    jobs.start(RecordedWork(Path(sys.argv[1])))
    jobs.enqueue("a job", "a task")
    threading.Event().wait()
