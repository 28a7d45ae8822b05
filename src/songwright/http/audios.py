"""``POST /producer/audios``: make a song, in one of four modes.

Without ``async`` and ``callback_url`` the connection is held until the song is there. With either, or both,
the call returns at once; the result is polled for, posted to the callback, or both.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.requests import Request

from songwright.access import caller_token
from songwright.http.bodies import AudiosBody, parse_body, to_action
from songwright.http.desk import Caller, Desk
from songwright.http.faults import ApiError, fault_of_task
from songwright.http.records import accepted_body, ended_body
from songwright.music.song import Song
from songwright.music.task import Cancelled, Failed, Succeeded, Task
from songwright.studio import Studio
from songwright.tasks.calls import Call, CallType

__all__ = ["answer_of_task", "audios", "song_of"]


async def audios(desk: Desk, caller: Caller, value: Any) -> dict[str, Any]:
    """Accept an action; answer with its song, or with the task's id."""
    action = to_action(parse_body(AudiosBody, value))
    studio = await desk.studio()
    task = await studio.submit(
        action,
        request_id=None if caller.idempotency_key is None else f"http:{caller.idempotency_key}",
        principal=caller.principal,
        over_http=True,
        # How the caller wants to be answered is no part of what it asks for.
        asked=action.model_copy(update={"async_": False}),
        caller_token=caller_token(caller.request.headers),
    )
    at_once = action.async_ or action.callback_url is not None
    return await answer_of_task(desk, caller, value, task, "audios", at_once=at_once)


async def answer_of_task(
    desk: Desk, caller: Caller, value: Any, task: Task, call_type: CallType, *, at_once: bool
) -> dict[str, Any]:
    """Keep the call that made a task, and answer it.

    Args:
        desk: What the endpoint works with.
        caller: Who calls.
        value: The body as it was sent.
        task: The task that was accepted.
        call_type: The endpoint.
        at_once: Whether the caller does not wait for the end.

    Raises:
        ApiError: The task has ended without a song, or takes longer than a connection is held.
    """
    studio = await desk.studio()
    call = await anyio.to_thread.run_sync(
        (await studio.calls()).keep,
        Call(
            task_id=task.id,
            principal=caller.principal,
            type=call_type,
            trace_id=caller.trace_id,
            created_at=task.created_at,
            request=value,
            base_url=caller.base_url,
        ),
    )
    if at_once:
        return accepted_body(task.id, call.trace_id)
    ended = await _ended(studio, task, caller, desk.settings.hold_seconds)
    match ended.state:
        case Succeeded(song_id=song_id):
            song = await studio.song(song_id, caller.principal)
            return ended_body(
                ended, call.trace_id, song, desk.link(caller.base_url, song.id, caller.principal)
            )
        case Failed() | Cancelled():
            raise fault_of_task(task.id, ended.state)
        case _:
            raise ApiError(
                504,
                "timeout",
                "The song takes longer than a connection is held; the work goes on. Poll /producer/tasks.",
                task_id=task.id,
            )


async def song_of(studio: Studio, task: Task, principal: str) -> Song | None:
    """The song of a task, where it has succeeded."""
    match task.state:
        case Succeeded(song_id=song_id):
            return await studio.song(song_id, principal)
        case _:
            return None


async def _ended(studio: Studio, task: Task, caller: Caller, timeout_seconds: float) -> Task:
    """Wait for a task as long as the caller does."""
    ended: Task | None = None
    async with anyio.create_task_group() as group:

        async def until_gone(request: Request) -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(partial(until_gone, caller.request))
        ended = await studio.wait(task.id, timeout_seconds, principal=caller.principal)
        group.cancel_scope.cancel()
    return ended or task
