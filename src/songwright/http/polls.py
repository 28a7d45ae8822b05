"""``POST /producer/tasks``: what became of earlier calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import anyio.to_thread

from songwright.errors import NotFoundError
from songwright.http.audios import song_of
from songwright.http.bodies import TasksBody, parse_body
from songwright.http.desk import Caller, Desk
from songwright.http.faults import ApiError
from songwright.http.records import call_record, task_record
from songwright.tasks.calls import Call

__all__ = ["tasks"]


async def tasks(desk: Desk, caller: Caller, value: Any) -> dict[str, Any]:
    """Tell of one task, or of several. An id that is not known is an empty object, or left out."""
    body = parse_body(TasksBody, value)
    calls = await (await desk.studio()).calls()
    if body.action == "retrieve":
        if body.id is None:
            raise ApiError(400, "bad_request", "id: is missing.")
        found = await _records(desk, caller, [body.id])
        return found.get(body.id, {})
    if body.ids is not None:
        found = await _records(desk, caller, body.ids)
        items = [found[task_id] for task_id in body.ids if task_id in found]
        return {"items": items, "count": len(items)}
    page, count = await anyio.to_thread.run_sync(
        partial(
            calls.page,
            caller.principal,
            limit=body.limit,
            offset=body.offset,
            call_type=body.type,
            created_from=_time(body.created_at_min),
            created_to=_time(body.created_at_max),
        )
    )
    found = await _records(desk, caller, [call.task_id for call in page])
    return {"items": [found[call.task_id] for call in page if call.task_id in found], "count": count}


async def _records(desk: Desk, caller: Caller, task_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    calls = await (await desk.studio()).calls()
    known = await anyio.to_thread.run_sync(calls.find, caller.principal, task_ids)
    records: dict[str, dict[str, Any]] = {}
    for task_id in dict.fromkeys(task_ids):
        record = await _record(desk, caller, task_id, known.get(task_id))
        if record is not None:
            records[task_id] = record
    return records


async def _record(desk: Desk, caller: Caller, task_id: str, call: Call | None) -> dict[str, Any] | None:
    if call is not None and call.response is not None:
        return call_record(call)
    studio = await desk.studio()
    try:
        task = await studio.task(task_id, caller.principal)
    except NotFoundError:
        return None
    callback = None
    if task.action.callback_url is not None:
        callback = await anyio.to_thread.run_sync((await studio.callbacks()).of_task, task.id)
    song = await song_of(studio, task, caller.principal)
    link = desk.link(caller.base_url, song.id if song else "", caller.principal)
    return task_record(task, call, callback, song, link)


def _time(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
