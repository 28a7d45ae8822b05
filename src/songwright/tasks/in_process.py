"""The job engine of a home folder: jobs run in the process that leads, and are forgotten with it.

Nothing is lost by that. The ledger says which tasks there are, so the next process hands the unfinished ones
over again; and a song that was made is found in its work folder, so it is kept, not made again.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import Future

from songwright.tasks.port import Performs

__all__ = ["InProcessJobs"]

_log = logging.getLogger(__name__)


class InProcessJobs:
    """Runs jobs on an event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="songwright-jobs", daemon=True)
        self._jobs: dict[str, Future[None]] = {}

    def start(self, work: Performs) -> None:
        """Begin to run jobs."""
        self._work = work
        self._thread.start()

    def enqueue(self, job_id: str, task_id: str) -> None:
        """Accept a job."""
        self._forget_ended()
        if job_id not in self._jobs:
            self._jobs[job_id] = asyncio.run_coroutine_threadsafe(self._job(job_id, task_id), self._loop)

    def lost(self, job_ids: list[str]) -> set[str]:
        """Jobs of an earlier process, and jobs that have ended."""
        self._forget_ended()
        return {job_id for job_id in job_ids if job_id not in self._jobs}

    def stop(self) -> None:
        """Stop at once."""
        for job in self._jobs.values():
            job.cancel()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _forget_ended(self) -> None:
        self._jobs = {job_id: job for job_id, job in self._jobs.items() if not job.done()}

    async def _job(self, job_id: str, task_id: str) -> None:
        try:
            await self._work.keep(task_id, await self._work.perform(task_id, job_id))
        except Exception:  # noqa: BLE001 - whoever asks which jobs are lost begins the task anew
            _log.exception("task %s: its work broke off, and is begun anew", task_id)

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
