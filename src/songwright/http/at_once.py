"""Calls that are answered when they are done: lyrics and exports.

Their answers are kept, to be retrieved like a task's and for a caller who repeats an ``Idempotency-Key``.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import anyio.to_thread

from songwright.http.desk import Caller, Desk, Handler
from songwright.http.records import success_body
from songwright.tasks.calls import Call, CallType

__all__ = ["Work", "answered_at_once"]

Work = Callable[[Desk, Caller, Any, str], Awaitable[Any]]
"""Does what a call asks, given the body as a JSON value and the id of the call; returns ``data``."""


def answered_at_once(call_type: CallType, work: Work) -> Handler:
    """A handler that does the work, keeps the answer, and gives it."""

    async def handler(desk: Desk, caller: Caller, value: Any) -> dict[str, Any]:
        begun = desk.clock()
        call = _call(call_type, caller, value, begun)
        calls = await (await desk.studio()).calls()
        if call.idempotency_key is not None and isinstance(value, dict):
            before = await anyio.to_thread.run_sync(calls.answered_before, call)
            if before is not None and before.response is not None:
                return before.response
        data = await work(desk, caller, value, call.task_id)
        answer = success_body(call.task_id, caller.trace_id, data)
        kept = await anyio.to_thread.run_sync(
            calls.keep, replace(call, finished_at=desk.clock(), response=answer)
        )
        return kept.response or answer

    return handler


def _call(call_type: CallType, caller: Caller, value: Any, begun: datetime) -> Call:
    return Call(
        task_id=str(uuid.uuid4()),
        principal=caller.principal,
        type=call_type,
        trace_id=caller.trace_id,
        created_at=begun,
        request=value,
        base_url=caller.base_url,
        idempotency_key=_key_of(call_type, caller.idempotency_key),
    )


def _key_of(call_type: CallType, key: str | None) -> str | None:
    """A key names a call of one endpoint: the same key at another is another name."""
    return None if key is None else hashlib.sha256(f"{call_type}:{key}".encode()).hexdigest()
