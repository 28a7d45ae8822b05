"""The shapes of answers, as JSON Schema."""

from __future__ import annotations

from typing import Any, get_args

from songwright.music.actions import ModelName

__all__ = ["SCHEMAS"]

_STRING: dict[str, Any] = {"type": "string"}
_UUID: dict[str, Any] = {"type": "string", "format": "uuid"}
_URL: dict[str, Any] = {"type": "string", "format": "uri"}
_SECONDS: dict[str, Any] = {"type": ["number", "null"], "description": "Unix seconds; null until then."}


def _object(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _success(data: dict[str, Any]) -> dict[str, Any]:
    return _object({"success": {"const": True}, "task_id": _UUID, "trace_id": _UUID, "data": data})


SCHEMAS: dict[str, dict[str, Any]] = {
    "Error": _object(
        {
            "success": {"const": False},
            "task_id": {**_UUID, "description": "The task that ended so, where there is one."},
            "error": _object({"code": _STRING, "message": _STRING}),
            "trace_id": _UUID,
        },
        optional=("task_id",),
    ),
    "Song": _object(
        {
            "id": {**_UUID, "description": "The `audio_id` of later calls."},
            "title": _STRING,
            "image_url": _URL,
            "lyric": {**_STRING, "description": "`[Instrumental]` where nothing is sung."},
            "audio_url": {**_URL, "description": "MP3."},
            "video_url": {"type": ["string", "null"]},
            "image_id": _STRING,
            "topic": {"type": ["string", "null"]},
            "seed": _STRING,
            "sound": {**_STRING, "description": "The prompt; empty for songs made from given words."},
            "style": _STRING,
            "prompt": _STRING,
            "created_at": {"type": "string", "format": "date-time"},
            "model": {
                "enum": list(get_args(ModelName)),
                "description": "The model that was asked for; `engine_model` says what really ran.",
            },
            "engine_model": {**_STRING, "description": "What really ran."},
            "progress": {"const": "100%"},
            "state": {"const": "succeeded"},
            "duration": {**_STRING, "pattern": r"^[0-9]+\.[0-9]+$", "description": "Seconds."},
        }
    ),
    "SeparatedStems": _object(
        {
            "title": _STRING,
            "lyric": _STRING,
            "stems_url": {**_URL, "description": "ZIP of FLAC files that sum to the song."},
            "model": _STRING,
            "progress": {"const": "100%"},
            "state": {"const": "succeeded"},
        }
    ),
    "Accepted": _object({"success": {"const": True}, "task_id": _UUID, "trace_id": _UUID}),
    "Finished": _success(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": {"oneOf": [_ref("Song"), _ref("SeparatedStems")]},
        }
    ),
    "AudiosAnswer": {"oneOf": [_ref("Finished"), _ref("Accepted")]},
    "Task": _object(
        {
            "id": _UUID,
            "type": {"enum": ["audios", "lyrics", "upload", "wav", "videos"]},
            "trace_id": _UUID,
            "created_at": {"type": "number", "description": "Unix seconds."},
            "started_at": _SECONDS,
            "finished_at": _SECONDS,
            "elapsed": {
                "type": ["number", "null"],
                "minimum": 0,
                "description": "Seconds from start to end.",
            },
            "request": {"type": "object", "description": "The body as it was sent."},
            "response": {"type": "object", "description": "What a held connection would have got."},
            "data": {
                "type": ["array", "object"],
                "description": "The response's `data` once more, where it has some.",
            },
            "callback": _object(
                {
                    "status": {"enum": ["pending", "delivered", "abandoned"]},
                    "attempts": {"type": "integer", "minimum": 0},
                    "last_outcome": {"type": ["string", "null"]},
                    "next_attempt_at": _SECONDS,
                }
            ),
        },
        optional=("response", "data", "callback"),
    ),
    "NoTask": _object({}),
    "TaskList": _object(
        {"items": {"type": "array", "items": _ref("Task")}, "count": {"type": "integer", "minimum": 0}}
    ),
    "TasksAnswer": {"oneOf": [_ref("Task"), _ref("TaskList"), _ref("NoTask")]},
    "LyricsAnswer": _success(
        _object({"text": _STRING, "lyrics": _STRING, "title": _STRING, "status": {"const": "complete"}})
    ),
    "Uploaded": _success(_object({"audio_id": _UUID, "lyric": _STRING, "audio_url": _URL})),
    "UploadAnswer": {"oneOf": [_ref("Uploaded"), _ref("Accepted")]},
    "WavAnswer": _success(
        {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": _object({"title": _STRING, "file_url": _URL, "audio_url": _URL, "audio_id": _UUID}),
        }
    ),
    "VideoAnswer": _success(_object({"video_url": _URL, "audio_id": _UUID})),
}
