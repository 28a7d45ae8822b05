"""The ledger: every task and the state it is in. What it says is what callers are told.

Each move is one transaction that takes the write lock, reads the state, asks :func:`can_move`, and
writes; so of two processes that end the same task, one is refused, and a task ends once.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import sqlalchemy as sa
from pydantic import TypeAdapter

from songwright.errors import ConflictError, NotFoundError, TooManyError
from songwright.library.blobs import BlobName, StoredFile
from songwright.library.database import Database
from songwright.library.schema import from_microseconds, tasks, to_microseconds
from songwright.library.songs import Page, after_cursor, insert_song, next_cursor
from songwright.music.imports import ImportAudio, Work, parse_work
from songwright.music.song import Song
from songwright.music.task import (
    Cancelled,
    Failed,
    Failure,
    Progress,
    Queued,
    Running,
    State,
    Succeeded,
    Task,
    can_move,
    is_terminal,
)
from songwright.tasks.callbacks import owe_callback
from songwright.tasks.costs import Cost, caller_pays, cost_facts, refuse_too_costly, spent_usd
from songwright.tasks.queue import IMPORTS_LANE, UNFINISHED

__all__ = ["Job", "Ledger", "Status", "fingerprint"]

Status = Literal["queued", "running", "succeeded", "failed", "cancelled"]

NO_COST = Cost()
_REASON = "engine_reason"
_state: TypeAdapter[State] = TypeAdapter(State)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker must know of a task to work on it.

    Attributes:
        attempt: Which try this is, counted from 1. Writes that name an earlier one change nothing.
        crashes: How often the renderer died in earlier tries.
        server_deaths: How often the server died while this task alone was worked on.
        memory: Facts that an earlier try kept.
    """

    task: Task
    principal: str
    seed: str
    song_id: str
    attempt: int
    crashes: int
    server_deaths: int
    memory: dict[str, Any]

    @property
    def caller_pays(self) -> bool:
        """Whether it may be performed with the caller's own token alone."""
        return caller_pays(self.memory)

    @property
    def engine_reason(self) -> str:
        """Why the engine was chosen; "" where it was asked for."""
        return str(self.memory.get(_REASON, ""))


class Ledger:
    """Reads and moves tasks. Safe to share between threads; every change is durable when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def accept(
        self,
        action: Work,
        *,
        engine: str,
        seed: str,
        principal: str,
        request_id: str | None,
        print_: str,
        most_unfinished: int | None = None,
        engine_reason: str = "",
        cost: Cost = NO_COST,
        before_it_is_seen: Callable[[str], None] = lambda _task_id: None,
    ) -> Task:
        """Write down a new task, or find the one that the same request made before.

        Args:
            action: What to do.
            engine: Name of the engine.
            seed: The seed to use.
            principal: Whose task it is.
            request_id: The owner's name for the request.
            print_: The request's :func:`fingerprint`.
            most_unfinished: How many tasks of the principal may be unfinished, this one included.
            engine_reason: Why this engine was chosen; "" where it was asked for.
            cost: What it is expected to cost, and the limit on that.
            before_it_is_seen: Called with the task's id before anyone can work on it.

        Raises:
            ConflictError: The request id stands for another request.
            TooManyError: So many are unfinished already.
            CostLimitError: It would cost more than the limit allows.
        """
        task = Task(id=str(uuid.uuid4()), action=action, engine=engine, created_at=_now(), state=Queued())
        try:
            with self._database.write() as connection:
                if most_unfinished is not None:
                    _refuse_too_many(connection, principal, most_unfinished)
                refuse_too_costly(connection, cost)
                connection.execute(
                    tasks.insert().values(
                        id=task.id,
                        principal=principal,
                        created_at=to_microseconds(task.created_at),
                        engine=engine,
                        action=action.model_dump(mode="json"),
                        seed=seed,
                        song_id=str(uuid.uuid4()),
                        request_id=request_id,
                        fingerprint=print_,
                        status=task.state.status,
                        state=task.state.model_dump(mode="json"),
                        memory=cost_facts(cost) | ({_REASON: engine_reason} if engine_reason else {}),
                        attempts=0,
                        lane=IMPORTS_LANE if isinstance(action, ImportAudio) else engine,
                    )
                )
                before_it_is_seen(task.id)
                if action.callback_url is not None:
                    owe_callback(connection, task.id, principal, str(action.callback_url))
        except sa.exc.IntegrityError:
            # The ids are new, so it is the request id that is there already.
            before = None if request_id is None else self.accepted_before(principal, request_id, print_)
            if before is None:
                raise
            return before
        return task

    def accepted_before(self, principal: str, request_id: str, print_: str) -> Task | None:
        """The task that a request made before, if it did.

        Raises:
            ConflictError: The request id stands for another request.
        """
        with self._database.read() as connection:
            found = _of_request(connection, principal, request_id)
        return None if found is None else _same_request(found, print_)

    def task(self, task_id: str, principal: str) -> Task:
        """A task by its id.

        Raises:
            NotFoundError: There is none that the principal may see.
        """
        wanted = sa.select(tasks).where(tasks.c.id == task_id, tasks.c.principal == principal)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            raise _no_such_task()
        return _task(row)

    def page(self, status: Status | None, limit: int, cursor: str | None, principal: str) -> Page[Task]:
        """Tasks, newest first, of one status or all.

        Raises:
            RequestError: The cursor or the limit is not valid.
        """
        wanted = sa.select(tasks).where(tasks.c.principal == principal)
        if status is not None:
            wanted = wanted.where(tasks.c.status == status)
        with self._database.read() as connection:
            rows = connection.execute(after_cursor(wanted, tasks, limit, cursor)).all()
        return Page(items=tuple(_task(row) for row in rows[:limit]), next_cursor=next_cursor(rows, limit))

    def asked_lately(
        self, principal: str, print_: str, *, earliest: datetime, latest: datetime
    ) -> tuple[Task, ...]:
        """Unfinished tasks that the same request made at a time, newest first.

        Args:
            principal: Whose tasks.
            print_: The request's :func:`fingerprint`.
            earliest: Made then or after.
            latest: Made then or before.
        """
        wanted = (
            sa.select(tasks)
            .where(
                tasks.c.principal == principal,
                tasks.c.created_at.between(to_microseconds(earliest), to_microseconds(latest)),
                tasks.c.fingerprint == print_,
                tasks.c.status.in_(UNFINISHED),
            )
            .order_by(tasks.c.created_at.desc(), tasks.c.id.desc())
        )
        with self._database.read() as connection:
            return tuple(map(_task, connection.execute(wanted)))

    def begin(self, task_id: str, job_id: str | None = None) -> Job | None:
        """Start work on a task and count the try; None when it has ended, is gone, or has another job."""

        def running(state: State) -> State:
            started_at = state.started_at if isinstance(state, Running) else _now()
            return Running(started_at=started_at, progress=Progress(fraction=0, stage="starting"))

        with self._database.write() as connection:
            row = _move(connection, task_id, running, tasks.c.job_id == job_id if job_id else sa.true())
            if row is None:
                return None
            begun = tasks.update().where(tasks.c.id == task_id)
            connection.execute(begun.values(attempts=row.attempts + 1, is_held=True))
            return _job(row, row.attempts + 1)

    def job(self, task_id: str) -> Job | None:
        """What a worker must know of a task; None when it has ended or is gone. Counts nothing."""
        with self._database.read() as connection:
            row = connection.execute(sa.select(tasks).where(tasks.c.id == task_id)).one_or_none()
        return None if row is None or row.status not in UNFINISHED else _job(row, row.attempts)

    def song_that_never_was(self, task_id: str) -> str | None:
        """The song id allotted to a task that has ended without a song; None for any other task."""
        wanted = sa.select(tasks.c.song_id).where(
            tasks.c.id == task_id, tasks.c.status.in_(("failed", "cancelled"))
        )
        with self._database.read() as connection:
            return connection.execute(wanted).scalar()

    def crashed(self, task_id: str, attempt: int) -> None:
        """Note that the renderer died in an attempt."""
        self._close_attempt(task_id, attempt, crashes=tasks.c.crashes + 1)

    def give_back(self, task_id: str, attempt: int) -> None:
        """Note that an attempt was stopped from outside, through no fault of the task."""
        self._close_attempt(task_id, attempt)

    def _close_attempt(self, task_id: str, attempt: int, **values: Any) -> None:
        closed = (
            tasks.update().where(tasks.c.id == task_id, _is_current(attempt)).values(is_held=False, **values)
        )
        with self._database.write() as connection:
            connection.execute(closed)

    def progress(self, task_id: str, attempt: int, progress: Progress) -> bool:
        """Note how far an attempt has come. False when it is no longer running."""

        def running(state: State) -> State:
            started_at = state.started_at if isinstance(state, Running) else _now()
            return Running(started_at=started_at, progress=progress)

        with self._database.write() as connection:
            return _move(connection, task_id, running, _is_current(attempt)) is not None

    def remember(self, task_id: str, name: str, value: Any) -> None:
        """Keep one fact for later tries of a task."""
        with self._database.write() as connection:
            kept = sa.select(tasks.c.memory).where(tasks.c.id == task_id).with_for_update()
            memory = connection.execute(kept).scalar_one()
            connection.execute(
                tasks.update().where(tasks.c.id == task_id).values(memory={**memory, name: value})
            )

    def succeed(self, task_id: str, attempt: int, song: Song, files: Mapping[BlobName, StoredFile]) -> bool:
        """End a task with the song of an attempt, and put the song into the library.

        False when it has ended already, or a later attempt was begun.
        """

        def succeeded(state: State) -> State:
            started_at = state.started_at if isinstance(state, Running) else _now()
            return Succeeded(started_at=started_at, finished_at=_now(), song_id=song.id)

        with self._database.write() as connection:
            row = _move(connection, task_id, succeeded, _is_current(attempt))
            if row is None:
                return False
            insert_song(connection, song, row.principal, files)
        return True

    def fail(self, task_id: str, failure: Failure, attempt: int | None = None) -> bool:
        """End a task without a song. False when it has ended already, or a later attempt was begun."""

        def failed(state: State) -> State:
            started_at = state.started_at if isinstance(state, Running) else None
            return Failed(started_at=started_at, finished_at=_now(), failure=failure)

        with self._database.write() as connection:
            only_if = None if attempt is None else _is_current(attempt)
            return _move(connection, task_id, failed, only_if) is not None

    def cancel(self, task_id: str, principal: str) -> Task:
        """End a task because its owner asks; a task that has ended stays as it is.

        Raises:
            NotFoundError: There is none that the principal may see.
        """

        def cancelled(state: State) -> State:
            started_at = state.started_at if isinstance(state, Running) else None
            return Cancelled(started_at=started_at, finished_at=_now())

        with self._database.write() as connection:
            mine = sa.select(tasks.c.id).where(tasks.c.id == task_id, tasks.c.principal == principal)
            if connection.execute(mine).scalar() is None:
                raise _no_such_task()
            _move(connection, task_id, cancelled)
            return _task(connection.execute(sa.select(tasks).where(tasks.c.id == task_id)).one())

    def counts(self) -> dict[str, int]:
        """How many tasks of anyone have each status."""
        wanted = sa.select(tasks.c.status, sa.func.count()).group_by(tasks.c.status)
        with self._database.read() as connection:
            found = {row[0]: row[1] for row in connection.execute(wanted)}
        return {status: found.get(status, 0) for status in get_args(Status)}

    def spent_usd(self, since: datetime) -> float:
        """What the tasks that were accepted since a time have cost, or may still cost, in US dollars."""
        with self._database.read() as connection:
            return spent_usd(connection, since)


def fingerprint(action: Work, engine: str) -> str:
    """A digest that two requests share when they ask for the same."""
    words = json.dumps([engine, action.model_dump(mode="json")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(words.encode()).hexdigest()


def _move(
    connection: sa.Connection,
    task_id: str,
    next_state: Callable[[State], State],
    only_if: sa.ColumnElement[bool] | None = None,
) -> sa.Row[Any] | None:
    """Move a task within a write transaction; the row as it is then, or None where the move is not legal."""
    wanted = sa.select(tasks).where(tasks.c.id == task_id).with_for_update()
    if only_if is not None:
        wanted = wanted.where(only_if)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    state = _state.validate_python(row.state, extra="ignore")
    new = next_state(state)
    if not can_move(state, new):
        return None
    connection.execute(
        tasks.update()
        .where(tasks.c.id == task_id, tasks.c.status == state.status)
        .values(
            status=new.status,
            state=new.model_dump(mode="json"),
            is_held=sa.false() if is_terminal(new) else tasks.c.is_held,
        )
    )
    return connection.execute(sa.select(tasks).where(tasks.c.id == task_id)).one()


def _is_current(attempt: int) -> sa.ColumnElement[bool]:
    return tasks.c.attempts == attempt


def _job(row: sa.Row[Any], attempt: int) -> Job:
    return Job(
        task=_task(row),
        principal=row.principal,
        seed=row.seed,
        song_id=row.song_id,
        attempt=attempt,
        crashes=row.crashes,
        server_deaths=row.server_deaths,
        memory=dict(row.memory),
    )


def _refuse_too_many(connection: sa.Connection, principal: str, most: int) -> None:
    unfinished = sa.select(sa.func.count()).where(
        tasks.c.status.in_(UNFINISHED), tasks.c.principal == principal
    )
    if connection.execute(unfinished).scalar_one() >= most:
        raise TooManyError(f"{most} tasks are unfinished; wait until one has ended, then ask again")


def _of_request(connection: sa.Connection, principal: str, request_id: str) -> sa.Row[Any] | None:
    wanted = sa.select(tasks).where(tasks.c.principal == principal, tasks.c.request_id == request_id)
    return connection.execute(wanted).one_or_none()


def _same_request(row: sa.Row[Any], print_: str) -> Task:
    if row.fingerprint != print_:
        raise ConflictError(
            "was used before for another request; repeat that request unchanged, or choose a new id",
            field="request_id",
        )
    return _task(row)


def _task(row: sa.Row[Any]) -> Task:
    return Task(
        id=row.id,
        action=parse_work(row.action),
        engine=row.engine,
        created_at=from_microseconds(row.created_at),
        state=_state.validate_python(row.state, extra="ignore"),
    )


def _now() -> datetime:
    return datetime.now(UTC)


def _no_such_task() -> NotFoundError:
    return NotFoundError("there is no such task; list_songs names the finished songs", field="task_id")
