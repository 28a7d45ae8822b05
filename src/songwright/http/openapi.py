"""The API's own description, OpenAPI 3.1, made from the models that read its bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

import songwright
from songwright.http import examples
from songwright.http.bodies import AudioBody, AudiosBody, LyricsBody, TasksBody, UploadBody
from songwright.http.schemas import SCHEMAS

__all__ = ["openapi"]

_ERRORS: dict[int, str] = {
    400: "The request can't be done as it is: `bad_request`, `no_token` or `api_not_implemented`.",
    401: "The token is not one of this server's: `invalid_token`.",
    403: "A limit on costs is reached, `used_up`; or the access token lacks a scope, or the service behind "
    "refuses the content: `forbidden`.",
    404: "There is no such API: `no_api`.",
    405: "The method is not POST: `no_api`.",
    406: "Accept rules out application/json: `bad_request`.",
    408: "The body took too long to arrive: `timeout`.",
    409: "The Idempotency-Key stands for another request: `duplication`.",
    413: "The body is too long: `content_too_large`.",
    429: "Too many requests, or too many unfinished tasks: `too_many_requests`.",
    500: "The engine or the server failed: `api_error`.",
    503: "The disk or the database does not work now: `storage`; or access tokens can't be checked: "
    "`api_error`.",
    504: "The song takes longer than a connection is held; the task goes on: `timeout`.",
    507: "The disk of the server is full: `storage`.",
}


@dataclass(frozen=True, slots=True)
class _Endpoint:
    path: str
    operation_id: str
    summary: str
    description: str
    body: type[BaseModel]
    answer: str
    bodies: dict[str, dict[str, Any]]


_ENDPOINTS = (
    _Endpoint(
        "/producer/audios",
        "audios",
        "Make a song, or another one from a song",
        "Without `async` and `callback_url` the connection is held until the song is there. With either, the "
        "call returns the task's id at once: poll `/producer/tasks`, or wait for the callback, which has the "
        "body that a held connection would have got.",
        AudiosBody,
        "AudiosAnswer",
        examples.AUDIOS,
    ),
    _Endpoint(
        "/producer/tasks",
        "tasks",
        "What became of earlier calls",
        "`finished_at` is null until a task has ended; `response` is then what a held connection would have "
        "got. An id that is not known is answered with an empty object.",
        TasksBody,
        "TasksAnswer",
        examples.TASKS,
    ),
    _Endpoint(
        "/producer/lyrics",
        "lyrics",
        "Write words for a song",
        "A title and words with section markers, ready for `lyric`.",
        LyricsBody,
        "LyricsAnswer",
        examples.LYRICS,
    ),
    _Endpoint(
        "/producer/upload",
        "upload",
        "Take a recording into the library",
        "The recording is fetched from a public address; later calls name it by `audio_id`.",
        UploadBody,
        "UploadAnswer",
        examples.UPLOAD,
    ),
    _Endpoint(
        "/producer/wav",
        "wav",
        "Get a song as WAV",
        "A link to the song with the samples of its master.",
        AudioBody,
        "WavAnswer",
        examples.EXPORT,
    ),
    _Endpoint(
        "/producer/videos",
        "videos",
        "Get a song as video",
        "A link to a video of the song.",
        AudioBody,
        "VideoAnswer",
        examples.EXPORT,
    ),
)


def openapi() -> dict[str, Any]:
    """The description, without servers."""
    schemas = dict(SCHEMAS)
    for body in (AudiosBody, TasksBody, LyricsBody, UploadBody, AudioBody):
        schemas[body.__name__] = _body_schema(body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "songwright: the Producer API",
            "version": songwright.__version__,
            "summary": "Makes songs and works on them.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "paths": {
            **{endpoint.path: {"post": _operation(endpoint)} for endpoint in _ENDPOINTS},
            "/files/{expires}/{signature}/{song_id}/{name}": {"get": _file_operation()},
        },
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(endpoint: _Endpoint) -> dict[str, Any]:
    return {
        "operationId": endpoint.operation_id,
        "summary": endpoint.summary,
        "description": endpoint.description,
        # The second, empty alternative: where no tokens are set, none is asked for.
        "security": [{"bearer": []}, {}],
        "parameters": [
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Your name for this call: repeated, it gets the answer of the first.",
                "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"#/components/schemas/{endpoint.body.__name__}"},
                    "examples": {name: {"value": value} for name, value in endpoint.bodies.items()},
                }
            },
        },
        "responses": {
            "200": {
                "description": "Done, or accepted.",
                "headers": _TRACE_HEADER,
                "content": {
                    "application/json": {"schema": {"$ref": f"#/components/schemas/{endpoint.answer}"}}
                },
            },
            **{str(status): _error(status, description) for status, description in _ERRORS.items()},
        },
    }


def _error(status: int, description: str) -> dict[str, Any]:
    headers = dict(_TRACE_HEADER)
    if status in (429, 503, 507):
        headers["Retry-After"] = {
            "required": status != 503,
            "description": "Seconds to wait.",
            "schema": {"type": "integer", "minimum": 1},
        }
    return {
        "description": description,
        "headers": headers,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }


def _file_operation() -> dict[str, Any]:
    names = ("expires", "signature", "song_id", "name")
    return {
        "operationId": "files",
        "summary": "Fetch a file of a song",
        "description": "Links come with songs, expire, and can be fetched in parts by Range.",
        "security": [],
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
            for name in names
        ],
        "responses": {
            "200": {"description": "The file.", "content": _FILE_CONTENT},
            "206": {"description": "A part of it.", "content": _FILE_CONTENT},
            "416": {"description": "There is no such part.", "content": {"text/plain": {}}},
            "401": _error(401, "The link has expired: `token_expired`."),
            "404": _error(404, "There is no such file: `no_api`."),
            "500": _error(500, "The server failed: `api_error`."),
            "503": _error(503, "The disk or the database does not work now: `storage`."),
            "507": _error(507, "The disk of the server is full: `storage`."),
        },
    }


def _body_schema(body: type[BaseModel]) -> dict[str, Any]:
    schema = body.model_json_schema(by_alias=True)
    schema.pop("title", None)
    schema["properties"] = {name: _plain(field) for name, field in schema["properties"].items()}
    return schema


def _plain(field: dict[str, Any]) -> dict[str, Any]:
    """A field's schema without saying each time that null counts as left out."""
    plain = {name: value for name, value in field.items() if name not in ("title", "anyOf")}
    if "anyOf" in field:
        plain |= next(option for option in field["anyOf"] if option.get("type") != "null")
        if plain.get("default", ...) is None:
            del plain["default"]
    return plain


_TRACE_HEADER: dict[str, Any] = {
    "X-Trace-Id": {
        "required": True,
        "description": "Names the request in answers and logs.",
        "schema": {"type": "string", "format": "uuid"},
    }
}
_FILE_CONTENT: dict[str, Any] = {
    media_type: {}
    for media_type in (
        "audio/mpeg",
        "audio/wav",
        "application/zip",
        "image/png",
        "video/mp4",
    )
}
