"""Hands accepted tasks to the job engine, in the one process of a home folder that works."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from songwright.tasks.ledger import Ledger
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine

__all__ = ["Worker"]

_LEADING_POLL_SECONDS = 0.1
_FOLLOWING_POLL_SECONDS = 0.5

_log = logging.getLogger(__name__)


class Worker:
    """A thread that works when it is this process's turn.

    Several processes may share a home folder. The one that holds the lock file works for all of them; when
    it goes, however it goes, the operating system frees the lock and another takes over.
    """

    def __init__(
        self, *, home: Path, ledger: Ledger, performer: Performer, jobs: Callable[[], JobEngine], slots: int
    ) -> None:
        """Prepare; nothing starts before :meth:`wake`."""
        self._ledger = ledger
        self._performer = performer
        self._make_jobs = jobs
        self._slots = slots
        self._lock = FileLock(home / "worker.lock", thread_local=False)
        self._jobs: JobEngine | None = None
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def leads(self) -> bool:
        """Whether this process works for the home folder."""
        return self._jobs is not None

    def wake(self) -> None:
        """Look at the ledger now, and from then on whenever it may have changed."""
        with self._starting:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="songwright-worker", daemon=True)
                self._thread.start()
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
                except Exception:
                    _log.exception("the worker could not look after its tasks and tries again")
                self._wake.wait(_LEADING_POLL_SECONDS if self.leads else _FOLLOWING_POLL_SECONDS)
        finally:
            if self._jobs is not None:
                self._jobs.stop()
            self._lock.release()

    def _turn(self) -> None:
        if self._jobs is None and not self._take_over():
            return
        for task_id in self._ledger.not_handed_over():
            self._hand_over(task_id)
        for task_id in self._ledger.ended(self._performer.running()):
            self._performer.leave_off(task_id)

    def _take_over(self) -> bool:
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return False
        if not self._ledger.has_unfinished():
            self._lock.release()
            return False
        jobs = self._make_jobs()
        jobs.start(self._performer, slots=self._slots)
        handed_over = {job_id: task_id for task_id, job_id in self._ledger.unfinished() if job_id is not None}
        for job_id in jobs.lost(list(handed_over)):
            self._enqueue(jobs, handed_over[job_id])
        self._jobs = jobs
        return True

    def _hand_over(self, task_id: str) -> None:
        assert self._jobs is not None  # noqa: S101 - callers have made sure
        self._enqueue(self._jobs, task_id)

    def _enqueue(self, jobs: JobEngine, task_id: str) -> None:
        job_id = str(uuid.uuid4())
        jobs.enqueue(job_id, task_id)
        self._ledger.handed_over(task_id, job_id)
