"""Songs and tasks as the Producer API tells of them: field by field, with strings where it has strings."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, assert_never

from songwright.http.faults import error_body, fault_of_task
from songwright.http.links import FileName
from songwright.music.actions import Sounding, Stems
from songwright.music.imports import ImportAudio
from songwright.music.song import Song
from songwright.music.task import Cancelled, Failed, Queued, Running, Succeeded, Task
from songwright.tasks.callbacks import Callback
from songwright.tasks.calls import Call

__all__ = ["accepted_body", "call_record", "ended_body", "success_body", "task_record", "trace_id_of"]

LinkTo = Callable[[FileName], str]

_TRACES = uuid.UUID("5c9f1f0e-6c1c-4b2c-9a55-6a3c1f2b7c10")
_INSTRUMENTAL = "[Instrumental]"


def trace_id_of(task_id: str) -> str:
    """The trace id of a task that was not asked for through the Producer API."""
    return str(uuid.uuid5(_TRACES, task_id))


def success_body(task_id: str, trace_id: str, data: Any) -> dict[str, Any]:
    """The documented envelope of a success."""
    return {"success": True, "task_id": task_id, "trace_id": trace_id, "data": data}


def accepted_body(task_id: str, trace_id: str) -> dict[str, Any]:
    """The answer to a call that does not wait."""
    return {"success": True, "task_id": task_id, "trace_id": trace_id}


def ended_body(task: Task, trace_id: str, song: Song | None, link: LinkTo) -> dict[str, Any]:
    """What a task came to: the same for a held connection, a callback and a task's record.

    Args:
        task: One that has ended.
        trace_id: Its trace id.
        song: Its song, where it succeeded.
        link: Makes links to the song's files.
    """
    match task.state:
        case Succeeded():
            return success_body(task.id, trace_id, [] if song is None else _data(song, link))
        case Failed() | Cancelled():
            return error_body(fault_of_task(task.id, task.state), trace_id)
        case Queued() | Running():
            return accepted_body(task.id, trace_id)
        case _:
            assert_never(task.state)


def task_record(
    task: Task, call: Call | None, callback: Callback | None, song: Song | None, link: LinkTo
) -> dict[str, Any]:
    """A task as ``/producer/tasks`` tells of it.

    There is no status field: ``finished_at`` is null until the task has ended.
    """
    started_at, finished_at = _times(task)
    trace_id = call.trace_id if call else trace_id_of(task.id)
    asked = task.action.model_dump(mode="json", exclude_defaults=True) | {"action": task.action.action}
    record: dict[str, Any] = {
        "id": task.id,
        "type": "upload" if isinstance(task.action, ImportAudio) else "audios",
        "trace_id": trace_id,
        "created_at": task.created_at.timestamp(),
        "started_at": _seconds(started_at),
        "finished_at": _seconds(finished_at),
        "elapsed": _elapsed(started_at, finished_at),
        "request": call.request if call else asked,
    }
    if finished_at is not None:
        record |= _answered(ended_body(task, trace_id, song, link))
    if callback is not None:
        record["callback"] = {
            "status": callback.status,
            "attempts": callback.attempts,
            "last_outcome": callback.last_outcome,
            "next_attempt_at": _seconds(callback.due_at),
        }
    return record


def call_record(call: Call) -> dict[str, Any]:
    """A call that was answered at once, as ``/producer/tasks`` tells of it."""
    return {
        "id": call.task_id,
        "type": call.type,
        "trace_id": call.trace_id,
        "created_at": call.created_at.timestamp(),
        "started_at": call.created_at.timestamp(),
        "finished_at": _seconds(call.finished_at),
        "elapsed": _elapsed(call.created_at, call.finished_at),
        "request": call.request,
    } | _answered(call.response or {})


def _answered(response: dict[str, Any]) -> dict[str, Any]:
    """An answer as a record has it: whole, and its data at the top as well, where the vendor's CLI looks."""
    return {"response": response} | ({"data": response["data"]} if "data" in response else {})


def _data(song: Song, link: LinkTo) -> list[dict[str, Any]] | dict[str, Any]:
    match song.action:
        case ImportAudio():
            return {"audio_id": song.id, "lyric": song.facts.lyric, "audio_url": link("audio.mp3")}
        case Stems():
            return [_stems_item(song, link)]
        case action:
            return [_item(song, action, link)]


def _stems_item(song: Song, link: LinkTo) -> dict[str, Any]:
    return {
        "title": song.facts.title,
        "lyric": "",
        "stems_url": link("stems.zip"),
        "model": "",
        "progress": "100%",
        "state": "succeeded",
    }


def _item(song: Song, action: Sounding, link: LinkTo) -> dict[str, Any]:
    facts = song.facts
    prompt = action.prompt
    return {
        "id": song.id,
        "title": facts.title,
        "image_url": link("cover.png"),
        "lyric": facts.lyric or _INSTRUMENTAL,
        "audio_url": link("audio.mp3"),
        "video_url": None,
        "image_id": song.id,
        "topic": None,
        "seed": facts.seed,
        "sound": "" if action.sings_given_words and action.action == "generate" else prompt,
        "style": facts.genre or "",
        "prompt": prompt,
        "created_at": song.created_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        # Of the documented set, whatever ran: clients with types refuse other names.
        "model": action.model,
        "engine_model": facts.model,
        "progress": "100%",
        "state": "succeeded",
        "duration": str(float(facts.duration_seconds)),
    }


def _times(task: Task) -> tuple[datetime | None, datetime | None]:
    match task.state:
        case Queued():
            return None, None
        case Running(started_at=started_at):
            return started_at, None
        case (
            Succeeded(started_at=started, finished_at=finished)
            | Failed(started_at=started, finished_at=finished)
            | Cancelled(started_at=started, finished_at=finished)
        ):
            return started, finished
        case _:
            assert_never(task.state)


def _seconds(time: datetime | None) -> float | None:
    return None if time is None else time.timestamp()


def _elapsed(started_at: datetime | None, finished_at: datetime | None) -> float | None:
    if started_at is None or finished_at is None:
        return None
    return max(0.0, (finished_at - started_at).total_seconds())
