"""A job engine for several machines: DBOS Transact, with its records in a database of its own.

Each job is a workflow of two steps, ``perform`` and ``keep``. The outcome of a step is stored before the next
one starts. What is lost is told by what this process is really doing: DBOS calls a job alive whose end could
not be written down.

A home folder on one machine needs none of this: see ``in_process``. Importing this module costs the import of
DBOS, about a second: import it when there is a job.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, Serializer, SetWorkflowID

from songwright.tasks.port import Outcome, Performs

__all__ = ["DurableJobs"]

# Jobs of another protocol version are not resumed by this one: their tasks are begun anew instead.
_JOB_PROTOCOL = "1"
_NAME = "songwright"
_QUEUE = "songs"
_EXECUTOR = "worker"
_POLL_SECONDS = 0.1
_WAITING = frozenset({"ENQUEUED", "DELAYED"})
_UNIXEPOCH_SINCE = (3, 42)
_FORGET_AT_ONCE = 500

_one_at_a_time = threading.Lock()
_work: Performs | None = None
_under_way: set[str] = set()


@DBOS.workflow(name="make_song")
async def _make_song(task_id: str) -> None:
    job_id = DBOS.workflow_id or ""
    _under_way.add(job_id)
    try:
        await _keep(task_id, await _perform(task_id, job_id))
    finally:
        _under_way.discard(job_id)


@DBOS.step(name="perform")
async def _perform(task_id: str, job_id: str) -> Outcome:
    return await _workshop().perform(task_id, job_id)


@DBOS.step(name="keep")
async def _keep(task_id: str, outcome: Outcome) -> None:
    await _workshop().keep(task_id, outcome)


class DurableJobs:
    """Runs jobs so that they survive the process. One at a time in a process, because DBOS is."""

    def __init__(self, url: str) -> None:
        """Keep records in the database at a SQLAlchemy URL."""
        self._url = url
        self._engine: sa.Engine | None = None
        self._idle_once: set[str] = set()

    def start(self, work: Performs) -> None:
        """Begin to run jobs, first those that a process left behind.

        Raises:
            RuntimeError: Another studio in this process is running jobs.
        """
        global _work  # noqa: PLW0603 - DBOS registers functions, not objects
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("only one studio in a process can run durable jobs")
        try:
            _work = work
            engine = self._engine = _create_engine(self._url)
            DBOS.migrate(self._url)
            # Registered before the launch: the queue's poller looks for new queues only once a second.
            client = DBOSClient(
                system_database_url=self._url, system_database_engine=engine, application_name=_NAME
            )
            client.register_queue(_QUEUE, polling_interval_sec=_POLL_SECONDS)
            client.destroy()
            DBOS(config=_config(self._url, engine))
            DBOS.launch()
            _forget_finished_jobs()
        except BaseException:
            self.stop()
            raise

    def enqueue(self, job_id: str, task_id: str) -> None:
        """Accept a job; it is on disk when this returns."""
        with SetWorkflowID(job_id):
            DBOS.enqueue_workflow(_QUEUE, _make_song, task_id)

    def lost(self, job_ids: list[str]) -> set[str]:
        """Those of some accepted jobs that nobody works on, and nobody will.

        They are unknown, have ended, belong to another version of the job protocol, or were begun and are not
        being worked on here, twice in a row: one that DBOS has just taken from its queue begins in between.
        """
        found = DBOS.list_workflows(workflow_ids=job_ids, load_input=False, load_output=False)
        ours = {job.workflow_id: job.status for job in found if job.app_version == _JOB_PROTOCOL}
        waiting = {job_id for job_id, status in ours.items() if status in _WAITING}
        begun = {job_id for job_id, status in ours.items() if status == "PENDING"}
        idle = begun - _under_way
        alive = waiting | (begun - (idle & self._idle_once))
        self._idle_once = idle
        _forget_finished_jobs()
        return set(job_ids) - alive

    def stop(self) -> None:
        """Stop at once. Jobs that were running are resumed by the next :meth:`start`."""
        global _work  # noqa: PLW0603 - see start
        DBOS.destroy()
        if self._engine is not None:
            self._engine.dispose()
        _work = None
        _one_at_a_time.release()


class _JsonSerializer(Serializer):
    """Stores what jobs take and return as JSON; what cannot be JSON, such as an error, by its type's name."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=lambda value: {"type": type(value).__name__})

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "songwright_json"


def _workshop() -> Performs:
    if _work is None:
        raise RuntimeError("jobs run only while the engine is started")
    return _work


def _config(url: str, engine: sa.Engine) -> DBOSConfig:
    return DBOSConfig(
        name=_NAME,
        system_database_url=url,
        system_database_engine=engine,
        application_version=_JOB_PROTOCOL,
        executor_id=_EXECUTOR,
        serializer=_JsonSerializer(),
        enable_otlp=False,
        log_level="ERROR",
        notification_listener_polling_interval_sec=_POLL_SECONDS,
    )


def _create_engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"check_same_thread": False})

    @sa.event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # What DBOS does for an engine of its own, and the write-ahead log, which makes enqueueing five
        # times as fast. The ledger is the truth about tasks, so these records need not survive a power cut.
        connection.isolation_level = "IMMEDIATE"
        if sqlite3.sqlite_version_info < _UNIXEPOCH_SINCE:
            # DBOS takes it to be there on Python 3.12 and newer, whichever SQLite it was built with, and
            # writes NULL where it isn't. Ours stands in also where a table's default calls it.
            connection.create_function("unixepoch", -1, lambda *_: time.time())
        for pragma in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _forget_finished_jobs() -> None:
    """Delete the records of finished jobs: the ledger says what became of their tasks."""
    while finished := DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"], load_input=False, load_output=False, limit=_FORGET_AT_ONCE
    ):
        DBOS.delete_workflows([job.workflow_id for job in finished])
