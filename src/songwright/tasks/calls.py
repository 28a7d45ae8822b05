"""What was asked through the Producer API, word for word, so that it can be told again when asked for.

A call for a song is also a task in the ledger, which says what became of it. The other calls (lyrics,
uploads, exports) end before they are answered, and their answers are kept here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa

from songwright.errors import ConflictError
from songwright.library.database import Database
from songwright.library.schema import from_microseconds, producer_calls, to_microseconds

__all__ = ["Call", "CallType", "Calls"]

CallType = Literal["audios", "lyrics", "upload", "wav", "videos"]


@dataclass(frozen=True, slots=True)
class Call:
    """One accepted call.

    Attributes:
        task_id: Id of the task; for calls that are no task, an id of the same kind.
        request: The body as it was sent.
        base_url: The URL under which the caller reached the server, without a slash at its end.
        idempotency_key: A digest of the caller's key, for calls that are no task.
        response: The answer's body, for calls that are no task.
    """

    task_id: str
    principal: str
    type: CallType
    trace_id: str
    created_at: datetime
    request: dict[str, Any]
    base_url: str
    idempotency_key: str | None = None
    finished_at: datetime | None = None
    response: dict[str, Any] | None = None


class Calls:
    """Keeps calls. Safe to share between threads and processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, call: Call) -> Call:
        """Write a call down; where the task or the caller's key is known already, the earlier one stays.

        Returns:
            The call that is kept.

        Raises:
            ConflictError: The idempotency key stands for another request.
        """
        try:
            with self._database.write() as connection:
                connection.execute(
                    producer_calls.insert().values(
                        task_id=call.task_id,
                        principal=call.principal,
                        type=call.type,
                        trace_id=call.trace_id,
                        created_at=to_microseconds(call.created_at),
                        request=call.request,
                        base_url=call.base_url,
                        idempotency_key=call.idempotency_key,
                        finished_at=None if call.finished_at is None else to_microseconds(call.finished_at),
                        response=call.response,
                    )
                )
        except sa.exc.IntegrityError:
            before = self.find(call.principal, [call.task_id]).get(call.task_id)
            if before is None and call.idempotency_key is not None:
                before = self.answered_before(call)
            if before is None:
                raise
            return before
        return call

    def answered_before(self, call: Call) -> Call | None:
        """The call that was kept under the same key of the same caller.

        Raises:
            ConflictError: It was another request.
        """
        wanted = sa.select(producer_calls).where(
            producer_calls.c.principal == call.principal,
            producer_calls.c.idempotency_key == call.idempotency_key,
        )
        with self._database.read() as connection:
            row = connection.execute(wanted).one_or_none()
        if row is None:
            return None
        before = _call(row)
        if (before.type, before.request) != (call.type, call.request):
            raise ConflictError(
                "was used before for another request; repeat that request unchanged, or choose a new key",
                field="Idempotency-Key",
            )
        return before

    def find(self, principal: str, task_ids: Sequence[str]) -> dict[str, Call]:
        """The calls that a principal made, of some ids, by their id."""
        wanted = sa.select(producer_calls).where(
            producer_calls.c.principal == principal, producer_calls.c.task_id.in_(task_ids)
        )
        with self._database.read() as connection:
            return {row.task_id: _call(row) for row in connection.execute(wanted)}

    def page(
        self,
        principal: str,
        *,
        limit: int,
        offset: int,
        call_type: CallType | None = None,
        created_from: datetime | None = None,
        created_to: datetime | None = None,
    ) -> tuple[list[Call], int]:
        """Calls, newest first, and how many match in all."""
        wanted = sa.select(producer_calls).where(producer_calls.c.principal == principal)
        if call_type is not None:
            wanted = wanted.where(producer_calls.c.type == call_type)
        if created_from is not None:
            wanted = wanted.where(producer_calls.c.created_at >= to_microseconds(created_from))
        if created_to is not None:
            wanted = wanted.where(producer_calls.c.created_at <= to_microseconds(created_to))
        newest = wanted.order_by(producer_calls.c.created_at.desc(), producer_calls.c.task_id.desc())
        with self._database.read() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(wanted.subquery())).scalar_one()
            return [_call(row) for row in connection.execute(newest.limit(limit).offset(offset))], count


def _call(row: sa.Row[tuple[object, ...]]) -> Call:
    return Call(
        task_id=row.task_id,
        principal=row.principal,
        type=row.type,
        trace_id=row.trace_id,
        created_at=from_microseconds(row.created_at),
        request=row.request,
        base_url=row.base_url,
        idempotency_key=row.idempotency_key,
        finished_at=None if row.finished_at is None else from_microseconds(row.finished_at),
        response=row.response,
    )
