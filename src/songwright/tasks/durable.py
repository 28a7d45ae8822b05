"""The durable job engine: DBOS Transact, with its records in a database beside the library's.

Each job is a workflow of two steps, ``perform`` and ``keep``. The outcome of a step is stored before the
next one starts, so after a kill a song that was rendered is kept, not rendered again. DBOS finds what a
process left behind by the executor's id, which is the same for every worker of a home folder; the worker's
file lock sees to it that only one of them is alive.

Importing this module costs the import of DBOS, about a second: import it when there is a job.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path
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
_ALIVE = frozenset({"PENDING", "ENQUEUED", "DELAYED"})
_FORGET_AT_ONCE = 500

_one_at_a_time = threading.Lock()
_work: Performs | None = None


@DBOS.workflow(name="make_song")
async def _make_song(task_id: str) -> None:
    await _keep(task_id, await _perform(task_id))


@DBOS.step(name="perform")
async def _perform(task_id: str) -> Outcome:
    return await _workshop().perform(task_id)


@DBOS.step(name="keep")
async def _keep(task_id: str, outcome: Outcome) -> None:
    await _workshop().keep(task_id, outcome)


class DurableJobs:
    """Runs jobs so that they survive the process. One at a time in a process, because DBOS is."""

    def __init__(self, url: str) -> None:
        """Keep records in the database at a SQLAlchemy URL."""
        self._url = url
        self._engine: sa.Engine | None = None

    @classmethod
    def in_folder(cls, home: Path) -> DurableJobs:
        """Keep records in a SQLite file of a home folder."""
        return cls(sa.URL.create("sqlite", database=str(home / "jobs.db")).render_as_string())

    def start(self, work: Performs, *, slots: int) -> None:
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
            client.register_queue(_QUEUE, worker_concurrency=slots, polling_interval_sec=_POLL_SECONDS)
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
        """Those of some accepted jobs that will never run to an end.

        They are unknown, have ended, or belong to another version of the job protocol.
        """
        found = DBOS.list_workflows(workflow_ids=job_ids, load_input=False, load_output=False)
        alive = {
            job.workflow_id for job in found if job.status in _ALIVE and job.app_version == _JOB_PROTOCOL
        }
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
        for pragma in ("busy_timeout=30000", "foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _forget_finished_jobs() -> None:
    finished = DBOS.list_workflows(
        status=["SUCCESS", "ERROR", "CANCELLED"], load_input=False, load_output=False, limit=_FORGET_AT_ONCE
    )
    if finished:
        DBOS.delete_workflows([job.workflow_id for job in finished])
