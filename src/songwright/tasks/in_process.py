"""The simplest job engine: jobs run in this process and are forgotten with it.

Tasks stay in the ledger, so the next process hands them over again, from their first step. Tests use it
where durability within a task does not matter.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future

from songwright.tasks.port import Performs

__all__ = ["InProcessJobs"]


class InProcessJobs:
    """Runs jobs on an event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="songwright-jobs", daemon=True)
        self._jobs: dict[str, Future[None]] = {}

    def start(self, work: Performs, *, slots: int) -> None:
        """Begin to run jobs."""
        self._work = work
        self._slots = asyncio.Semaphore(slots)
        self._thread.start()

    def enqueue(self, job_id: str, task_id: str) -> None:
        """Accept a job."""
        if job_id not in self._jobs:
            self._jobs[job_id] = asyncio.run_coroutine_threadsafe(self._job(task_id), self._loop)

    def lost(self, job_ids: list[str]) -> set[str]:
        """Jobs of an earlier process, and jobs that have ended."""
        return {job_id for job_id in job_ids if job_id not in self._jobs or self._jobs[job_id].done()}

    def stop(self) -> None:
        """Stop at once."""
        for job in self._jobs.values():
            job.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    async def _job(self, task_id: str) -> None:
        async with self._slots:
            await self._work.keep(task_id, await self._work.perform(task_id))

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.run_until_complete(self._abandon())
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _abandon(self) -> None:
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
