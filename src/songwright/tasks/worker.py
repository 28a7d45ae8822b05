"""Hands accepted tasks to the job engine, in the one process of a home folder that works."""

from __future__ import annotations

import logging
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from songwright.recordings.incoming import Incoming
from songwright.tasks.ledger import Ledger
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine

__all__ = ["Worker"]

_LEADING_POLL_SECONDS = 0.1
_FOLLOWING_POLL_SECONDS = 0.25
_REVIEW_SECONDS = 5.0
_IDLE_SECONDS = 30.0

_log = logging.getLogger(__name__)


class Worker:
    """A thread that works when it is this process's turn.

    Several processes may share a home folder. The one that holds the lock file works for all of them; when
    it goes, however it goes, the operating system frees the lock and another takes over.
    """

    def __init__(
        self,
        *,
        home: Path,
        work: Path,
        incoming: Incoming,
        ledger: Ledger,
        performer: Performer,
        jobs: Callable[[], JobEngine],
        slots: int,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        """Prepare; nothing runs before :meth:`start`.

        Args:
            home: Folder of the lock file.
            work: Folder with one folder for each task under way.
            incoming: The recordings of tasks.
            ledger: The tasks.
            performer: Performs them.
            jobs: Makes the job engine, when there is a job.
            slots: How many jobs run at a time.
            idle_seconds: After how long without a task the job engine is stopped.
        """
        self._work = work
        self._incoming = incoming
        self._ledger = ledger
        self._performer = performer
        self._make_jobs = jobs
        self._slots = slots
        self._idle_seconds = idle_seconds
        self._lock = FileLock(home / "worker.lock", thread_local=False)
        self._jobs: JobEngine | None = None
        self._reviewed_at = 0.0
        self._busy_at = 0.0
        self._last_trouble = ""
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def leads(self) -> bool:
        """Whether this process works for the home folder."""
        return self._jobs is not None

    def start(self) -> None:
        """Begin to look after the ledger, unless begun already."""
        with self._starting:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="songwright-worker", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Look at the ledger now: a task was accepted."""
        self.start()
        self._wake.set()

    def close(self) -> None:
        """Stop working; unfinished tasks stay in the ledger for the next process."""
        with self._starting:
            self._closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._closing:
                self._wake.clear()
                try:
                    self._turn()
                except Exception as error:  # noqa: BLE001 - whatever it was, tasks must not be left alone
                    self._note_trouble(error)
                self._wake.wait(_LEADING_POLL_SECONDS if self.leads else _FOLLOWING_POLL_SECONDS)
        finally:
            self._stand_down()

    def _turn(self) -> None:
        if self._jobs is None:
            self._jobs = self._take_over()
        if self._jobs is None:
            return
        for task_id in self._ledger.not_handed_over():
            self._hand_over(self._jobs, task_id)
        for task_id in self._ledger.ended(self._performer.running()):
            self._performer.leave_off(task_id)
        if time.monotonic() - self._reviewed_at > _REVIEW_SECONDS:
            self._review(self._jobs)
        if time.monotonic() - self._busy_at > self._idle_seconds and not self._ledger.has_unfinished():
            # The job engine looks for jobs many times a second. Idle, a server should cost nothing.
            self._stand_down()

    def _take_over(self) -> JobEngine | None:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return None
        try:
            if not self._ledger.has_unfinished():
                self._lock.release()
                return None
            self._clear_up()
            jobs = self._make_jobs()
            jobs.start(self._performer, slots=self._slots)
        except BaseException:
            self._lock.release()
            raise
        self._review(jobs)
        return jobs

    def _review(self, jobs: JobEngine) -> None:
        """Give every unfinished task whose job is lost another one."""
        self._reviewed_at = time.monotonic()
        unfinished = self._ledger.unfinished()
        if unfinished:
            self._busy_at = self._reviewed_at
        handed_over = {job_id: task_id for task_id, job_id in unfinished if job_id is not None}
        if handed_over:
            for job_id in jobs.lost(list(handed_over)):
                self._hand_over(jobs, handed_over[job_id])

    def _stand_down(self) -> None:
        if self._jobs is not None:
            self._jobs.stop()
            self._jobs = None
        self._lock.release(force=True)

    def _hand_over(self, jobs: JobEngine, task_id: str) -> None:
        # Noted first: if the process goes in between, the next worker sees that the job is unknown. The other
        # way round, it would not see that there is a job, and the task would have two.
        self._busy_at = time.monotonic()
        job_id = str(uuid.uuid4())
        self._ledger.handed_over(task_id, job_id)
        jobs.enqueue(job_id, task_id)

    def _clear_up(self) -> None:
        unfinished = {task_id for task_id, _ in self._ledger.unfinished()}
        self._incoming.clear_up(unfinished)
        if not self._work.is_dir():
            return
        for folder in self._work.iterdir():
            if folder.name not in unfinished:
                shutil.rmtree(folder, ignore_errors=True)

    def _note_trouble(self, error: Exception) -> None:
        trouble = f"{type(error).__name__}: {error}"
        if trouble != self._last_trouble:
            self._last_trouble = trouble
            _log.error("the worker could not look after its tasks and keeps trying", exc_info=error)
