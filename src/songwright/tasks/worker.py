"""Hands accepted tasks to the job engine, in the one process of a home folder that works."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from songwright.disk import storage_trouble
from songwright.music.task import Failure
from songwright.tasks.ledger import Ledger
from songwright.tasks.leftovers import Leftovers
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine
from songwright.tasks.queue import FairTurns, TaskQueue
from songwright.tasks.server_deaths import most_server_deaths
from songwright.tasks.wakeups import Wakeups

__all__ = ["Worker"]

_LEADING_POLL_SECONDS = 0.1
_FOLLOWING_POLL_SECONDS = 0.25
_REVIEW_SECONDS = 5.0
_SWEEP_SECONDS = 300.0
_IDLE_SECONDS = 30.0
_LONGEST_TROUBLED_PAUSE_SECONDS = 5.0
# Longer than a restart of a database or a full disk that somebody clears; those have their own patience.
_TROUBLE_PATIENCE_SECONDS = 60.0

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
        ledger: Ledger,
        queue: TaskQueue,
        performer: Performer,
        leftovers: Leftovers,
        wakeups: Wakeups,
        jobs: Callable[[], JobEngine],
        slots: Callable[[str], int],
        idle_seconds: float = _IDLE_SECONDS,
        trouble_patience_seconds: float = _TROUBLE_PATIENCE_SECONDS,
    ) -> None:
        """Prepare; nothing runs before :meth:`start`.

        Args:
            home: Folder of the lock file.
            ledger: Ends tasks that can't be worked on.
            queue: The tasks that wait.
            performer: Performs them.
            leftovers: Clears up after processes that were killed.
            wakeups: Tells waiters of tasks that are ended here.
            jobs: Makes the job engine, when there is a job.
            slots: How many tasks of a lane run at a time.
            idle_seconds: After how long without a task the job engine is stopped.
            trouble_patience_seconds: How long tasks wait for a job engine that fails.
        """
        self._ledger = ledger
        self._queue = queue
        self._performer = performer
        self._leftovers = leftovers
        self._wakeups = wakeups
        self._make_jobs = jobs
        self._turns = FairTurns(slots)
        self._idle_seconds = idle_seconds
        self._trouble_patience_seconds = trouble_patience_seconds
        self._lock = FileLock(home / "worker.lock", thread_local=False)
        self._jobs: JobEngine | None = None
        self._reviewed_at = 0.0
        self._swept_at: float | None = None
        self._busy_at = 0.0
        self._leads_since = 0.0
        self._trouble = _Trouble()
        self._wake = threading.Event()
        self._closing = False
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    @property
    def leads(self) -> bool:
        """Whether this process works for the home folder."""
        return self._jobs is not None

    def start(self) -> None:
        """Begin to look after the queue, unless begun already."""
        with self._starting:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="songwright-worker", daemon=True)
                self._thread.start()

    def wake(self) -> None:
        """Look at the queue now: a task was accepted, or a slot is free."""
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
                    self._trouble.passed()
                except Exception as error:  # noqa: BLE001 - whatever it was, tasks must not be left alone
                    self._bear(error)
                self._wake.wait(self._pause_seconds())
        finally:
            self._stand_down()

    def _pause_seconds(self) -> float:
        poll = _LEADING_POLL_SECONDS if self.leads else _FOLLOWING_POLL_SECONDS
        return max(poll, self._trouble.pause_seconds)

    def _turn(self) -> None:
        if self._jobs is None:
            self._jobs = self._take_over()
        if self._jobs is None:
            return
        self._hand_over(self._jobs)
        for task_id in self._queue.ended(self._performer.running()):
            self._performer.leave_off(task_id)
        if time.monotonic() - self._reviewed_at > _REVIEW_SECONDS:
            self._review(self._jobs)
        if time.monotonic() - self._busy_at > self._idle_seconds and not self._queue.has_unfinished():
            # Idle, a server should cost nothing.
            self._stand_down()

    def _take_over(self) -> JobEngine | None:
        if self._swept_at is not None and not self._queue.has_unfinished():
            return None
        try:
            self._lock.acquire(timeout=0)
        except Timeout:
            return None
        try:
            self._queue.note_server_death()
            self._sweep()
            if not self._queue.has_unfinished():
                self._lock.release()
                return None
            jobs = self._make_jobs()
            jobs.start(self._performer)
        except BaseException:
            self._lock.release()
            raise
        self._busy_at = self._leads_since = time.monotonic()
        self._review(jobs)
        return jobs

    def _hand_over(self, jobs: JobEngine) -> None:
        while True:
            under_way = self._queue.under_way()
            lived_seconds = time.monotonic() - self._leads_since
            waiting = self._queue.waiting(
                self._turns.full_lanes(under_way), most_server_deaths(lived_seconds)
            )
            chosen = self._turns.next(waiting, under_way)
            if chosen is None:
                return
            # Noted first: if the process goes in between, the next worker sees that the job is unknown. The
            # other way round, it would not see that there is a job, and the task would have two.
            job_id = str(uuid.uuid4())
            if self._queue.hand_over(chosen.task_id, job_id):
                jobs.enqueue(job_id, chosen.task_id)
            self._busy_at = time.monotonic()

    def _review(self, jobs: JobEngine) -> None:
        """Let every task wait again whose job nobody works on."""
        self._reviewed_at = time.monotonic()
        under_way = self._queue.under_way()
        if under_way:
            self._busy_at = self._reviewed_at
            self._queue.take_back(jobs.lost([task.job_id for task in under_way]))
        if self._swept_at is None or self._reviewed_at - self._swept_at > _SWEEP_SECONDS:
            self._sweep()

    def _sweep(self) -> None:
        self._queue.while_none_is_accepted(self._leftovers.sweep)
        self._leftovers.prune()
        self._swept_at = time.monotonic()

    def _stand_down(self) -> None:
        if self._jobs is not None:
            self._jobs.stop()
            self._jobs = None
        self._lock.release(force=True)

    def _bear(self, error: Exception) -> None:
        """Keep trying after a failure, and end the tasks that wait when it does not pass."""
        self._trouble.note(error)
        if (
            storage_trouble(error) is not None
            or self._trouble.lasted_seconds < self._trouble_patience_seconds
        ):
            return
        failure = Failure(
            code="internal",
            message=(
                f"the server can't work on tasks ({type(error).__name__}); its log has the cause and "
                "`songwright doctor` tries it; ask again when it is mended"
            ),
            retryable=True,
        )
        try:
            for task_id in self._queue.unfinished() - set(self._performer.running()):
                self._ledger.fail(task_id, failure)
                self._performer.forget(task_id)
                self._wakeups.changed(task_id)
        except Exception as second:  # noqa: BLE001 - tried again at the next turn
            self._trouble.note(second)


class _Trouble:
    """What keeps going wrong: told once, and looked at less often."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told: set[str] = set()
        self.pause_seconds = 0.0

    @property
    def lasted_seconds(self) -> float:
        """How long it has been going on."""
        return 0.0 if self._since is None else time.monotonic() - self._since

    def note(self, error: Exception) -> None:
        """Tell of one more failure, unless its like was told of."""
        if self._since is None:
            self._since = time.monotonic()
        self.pause_seconds = min(
            max(2 * self.pause_seconds, _LEADING_POLL_SECONDS), _LONGEST_TROUBLED_PAUSE_SECONDS
        )
        if type(error).__name__ not in self._told:
            self._told.add(type(error).__name__)
            _log.error("the worker could not look after its tasks and keeps trying", exc_info=error)

    def passed(self) -> None:
        """Tell that it is over, where anything was wrong."""
        if self._since is None:
            return
        _log.warning("the worker looks after its tasks again")
        self._since = None
        self._told.clear()
        self.pause_seconds = 0.0
