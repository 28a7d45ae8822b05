"""The callbacks that tasks owe: kept beside the tasks, claimed by whoever delivers them, tried for a day.

A callback is written down in the transaction that accepts its task, so neither is without the other. It is
due once the task has ended. Whoever delivers it claims it for a while first; a process that dies in between
leaves a claim that runs out, and another tries again. So each is delivered at least once, and the receiver
tells repeats by the ``webhook-id``, which is the same for every attempt.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args
from urllib.parse import urlsplit

import sqlalchemy as sa

from songwright.library.database import Database
from songwright.library.schema import callbacks, from_microseconds, tasks, to_microseconds

__all__ = ["RETRY_DELAYS", "Callback", "CallbackStatus", "Callbacks", "owe_callback"]

CallbackStatus = Literal["pending", "delivered", "abandoned"]

RETRY_DELAYS = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=6),
    timedelta(hours=10),
)
"""How long to wait after each failed attempt: eleven attempts, the last about a day after the first."""

_CLAIM = timedelta(seconds=60)
_ENDED = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback as it is now.

    Attributes:
        host: Host and port of the URL.
        attempts: How often it was tried.
        last_outcome: What the last attempt came to, such as ``HTTP 500``.
        due_at: When it is tried next, once its task has ended; None when it is settled.
    """

    task_id: str
    principal: str
    url: str
    host: str
    status: CallbackStatus
    attempts: int
    last_outcome: str | None
    due_at: datetime | None


class Callbacks:
    """Reads and moves callbacks. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_task(self, task_id: str) -> Callback | None:
        """The callback that a task owes or has delivered, if it was asked for one."""
        wanted = sa.select(callbacks).where(callbacks.c.task_id == task_id)
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        return None if row is None else _callback(row)

    def claim(
        self, now: datetime, limit: int, *, most_to_a_host: int, busy_hosts: Collection[str] = ()
    ) -> list[Callback]:
        """Callbacks to try now, longest due first, which nobody else gets for a minute.

        Args:
            now: The time.
            limit: At most so many.
            most_to_a_host: At most so many to one host.
            busy_hosts: Hosts to leave alone.
        """
        moment = to_microseconds(now)
        wanted = (
            sa.select(callbacks)
            .join(tasks, tasks.c.id == callbacks.c.task_id)
            .where(
                callbacks.c.status == "pending",
                callbacks.c.due_at <= moment,
                callbacks.c.claimed_until <= moment,
                callbacks.c.host.not_in(list(busy_hosts)),
                tasks.c.status.in_(_ENDED),
            )
            .order_by(callbacks.c.due_at, callbacks.c.task_id)
            .limit(limit)
        )
        with self._database.read() as connection:
            if connection.execute(wanted.limit(1)).first() is None:
                return []
        with self._database.write() as connection:
            due = connection.execute(wanted.with_for_update(of=callbacks, skip_locked=True)).all()
            to_host: Counter[str] = Counter()
            rows = []
            for row in due:
                to_host[row.host] += 1
                if to_host[row.host] <= most_to_a_host:
                    rows.append(row)
            connection.execute(
                callbacks.update()
                .where(callbacks.c.task_id.in_([row.task_id for row in rows]))
                .values(claimed_until=to_microseconds(now + _CLAIM))
            )
        return [_callback(row) for row in rows]

    def delivered(self, task_id: str, now: datetime, outcome: str) -> None:
        """Note that the receiver has taken it."""
        self._settle(task_id, now, "delivered", outcome)

    def abandoned(self, task_id: str, now: datetime, outcome: str) -> None:
        """Note that it is not tried again."""
        self._settle(task_id, now, "abandoned", outcome)

    def failed(self, task_id: str, now: datetime, outcome: str) -> None:
        """Note an attempt in vain: it is tried later, or abandoned when it was the last."""
        with self._database.write() as connection:
            tried = connection.execute(
                sa.select(callbacks.c.attempts).where(callbacks.c.task_id == task_id)
            ).scalar_one()
            if tried >= len(RETRY_DELAYS):
                connection.execute(_settled(task_id, now, "abandoned", outcome))
                return
            connection.execute(
                callbacks.update()
                .where(callbacks.c.task_id == task_id, callbacks.c.status == "pending")
                .values(
                    attempts=tried + 1,
                    due_at=to_microseconds(now + RETRY_DELAYS[tried]),
                    claimed_until=0,
                    last_outcome=outcome,
                )
            )

    def forget_settled(self, before: datetime) -> int:
        """Remove what was settled before a time, and nobody asks for any more; how many."""
        old = callbacks.delete().where(callbacks.c.settled_at < to_microseconds(before))
        with self._database.write() as connection:
            return connection.execute(old).rowcount

    def counts(self) -> dict[str, int]:
        """How many callbacks of anyone have each status."""
        wanted = sa.select(callbacks.c.status, sa.func.count()).group_by(callbacks.c.status)
        with self._database.read() as connection:
            found = {row[0]: row[1] for row in connection.execute(wanted)}
        return {status: found.get(status, 0) for status in get_args(CallbackStatus)}

    def _settle(self, task_id: str, now: datetime, status: CallbackStatus, outcome: str) -> None:
        with self._database.write() as connection:
            connection.execute(_settled(task_id, now, status, outcome))


def owe_callback(connection: sa.Connection, task_id: str, principal: str, url: str) -> None:
    """Write a callback down, within the transaction that accepts its task."""
    connection.execute(
        callbacks.insert().values(
            task_id=task_id,
            principal=principal,
            url=url,
            host=urlsplit(url).netloc.lower(),
            status="pending",
            due_at=0,
            claimed_until=0,
            attempts=0,
        )
    )


def _settled(task_id: str, now: datetime, status: CallbackStatus, outcome: str) -> sa.Update:
    return (
        callbacks.update()
        .where(callbacks.c.task_id == task_id, callbacks.c.status == "pending")
        .values(
            status=status,
            attempts=callbacks.c.attempts + 1,
            claimed_until=0,
            last_outcome=outcome,
            settled_at=to_microseconds(now),
        )
    )


def _callback(row: sa.Row[tuple[object, ...]]) -> Callback:
    return Callback(
        task_id=row.task_id,
        principal=row.principal,
        url=row.url,
        host=row.host,
        status=row.status,
        attempts=row.attempts,
        last_outcome=row.last_outcome,
        due_at=from_microseconds(row.due_at) if row.status == "pending" and row.due_at else None,
    )
