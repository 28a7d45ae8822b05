"""What goes wrong, as the Producer API says it: an HTTP status, a documented code, a message."""

from __future__ import annotations

import re
from typing import Any, Literal, assert_never

from songwright.disk import storage_trouble
from songwright.errors import (
    ConfigurationError,
    ConflictError,
    CostLimitError,
    EngineError,
    FetchError,
    RequestError,
    SongwrightError,
    StorageError,
    TooManyError,
    UnsupportedError,
)
from songwright.music.task import Cancelled, Failed

__all__ = ["ApiError", "ErrorCode", "error_body", "fault_of", "fault_of_crash", "fault_of_task"]

# The codes of the hosted service, and `storage`, which has no like there.
ErrorCode = Literal[
    "api_error",
    "api_not_implemented",
    "bad_request",
    "content_too_large",
    "duplication",
    "forbidden",
    "invalid_token",
    "no_api",
    "no_token",
    "storage",
    "timeout",
    "token_expired",
    "too_many_requests",
    "used_up",
]

_TOO_MANY_RETRY_SECONDS = 2
_BUSY_RETRY_SECONDS = 15
_STORAGE_RETRY_SECONDS = 10
_FAILURES: dict[str, tuple[int, ErrorCode]] = {
    "bad_request": (400, "bad_request"),
    "not_found": (400, "bad_request"),
    "conflict": (400, "bad_request"),
    "forbidden_address": (400, "bad_request"),
    "not_fetched": (400, "bad_request"),
    "unsupported": (400, "api_not_implemented"),
    "cost_limit": (403, "used_up"),
    "balance_used_up": (403, "used_up"),
    "content_refused": (403, "forbidden"),
    "too_many_requests": (429, "too_many_requests"),
    "storage": (503, "storage"),
    "deadline": (504, "timeout"),
}
"""What songwright's engines call a failure, and what the API calls it."""


_WORDS: dict[str, str] = {
    "cancel_task": "stopping the task",
    "compare_songs": "comparing the songs",
    "cover_song": "the action cover",
    "export_song": "/producer/wav",
    "extend_song": "the action extend",
    "generate_song": "the action generate",
    "get_song": "/producer/tasks",
    "get_task": "/producer/tasks",
    "import_audio": "/producer/upload",
    "list_songs": "/producer/tasks with the action retrieve_batch",
    "request_id": "Idempotency-Key",
    "separate_stems": "the action stems",
    "vary_song": "the action variation",
}
"""What this API calls what the other doors' words name."""

_NAMES = re.compile(rf"\b({'|'.join(_WORDS)})\b")


def _in_words_of_http(message: str) -> str:
    """A message whose advice can be followed here."""
    return _NAMES.sub(lambda named: _WORDS[named[0]], message)


class ApiError(Exception):
    """A request that is answered with an error.

    Attributes:
        status: HTTP status.
        code: One of the documented codes.
        message: For the reader; holds nothing that came from outside.
        retry_after_seconds: When it is worth trying again, where that is known.
        task_id: The task that it is about, where there is one.
        closes: Whether the connection can't be used again.
    """

    def __init__(
        self,
        status: int,
        code: ErrorCode,
        message: str,
        *,
        retry_after_seconds: int | None = None,
        task_id: str | None = None,
        closes: bool = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = _in_words_of_http(message)
        self.retry_after_seconds = retry_after_seconds
        self.task_id = task_id
        self.closes = closes

    @property
    def headers(self) -> dict[str, str]:
        """Headers that go with the answer."""
        headers: dict[str, str] = {}
        if self.retry_after_seconds is not None:
            headers["Retry-After"] = str(self.retry_after_seconds)
        if self.status == 401:
            headers["WWW-Authenticate"] = f'Bearer error="{self.code}"'
        if self.closes:
            headers["Connection"] = "close"
        return headers


def error_body(error: ApiError, trace_id: str) -> dict[str, Any]:
    """The documented envelope of an error, for answers and callbacks."""
    body: dict[str, Any] = {"success": False, "error": {"code": error.code, "message": error.message}}
    if error.task_id is not None:
        body["task_id"] = error.task_id
    return {**body, "trace_id": trace_id}


def fault_of(error: SongwrightError) -> ApiError:
    """What a client is told of an error of songwright's own."""
    match error:
        case TooManyError():
            return ApiError(
                429,
                "too_many_requests",
                error.message,
                retry_after_seconds=error.retry_after_seconds or _TOO_MANY_RETRY_SECONDS,
            )
        case UnsupportedError():
            return ApiError(400, "api_not_implemented", error.message)
        case CostLimitError():
            return ApiError(403, "used_up", error.message)
        case ConflictError(field="request_id"):
            # By this name the caller gave it here.
            message = error.message.removeprefix("request_id: ").replace("a new id", "a new key")
            return ApiError(409, "duplication", f"Idempotency-Key: {message}")
        case ConflictError():
            return ApiError(409, "duplication", error.message)
        case RequestError():
            return ApiError(400, "bad_request", error.message)
        case ConfigurationError():
            # The setting and its rule are the operator's to know.
            return ApiError(500, "api_error", "The server is not set up rightly; its operator must act.")
        case StorageError():
            status = 507 if error.full else 503
            return ApiError(status, "storage", error.message, retry_after_seconds=_STORAGE_RETRY_SECONDS)
        case FetchError():
            return ApiError(400, "bad_request", error.message)
        case EngineError():
            return ApiError(500, "api_error", error.message)
        case _:
            return ApiError(500, "api_error", "The server failed; try again later.")


def fault_of_crash(error: Exception) -> ApiError:
    """What a client is told of a failure that nobody foresaw, unless storage is what failed.

    The cause is for the log: its text may hold what no client should see.
    """
    trouble = storage_trouble(error)
    if trouble is not None:
        return fault_of(trouble)
    return ApiError(500, "api_error", "The server failed unexpectedly; try again later.")


def fault_of_task(task_id: str, state: Failed | Cancelled) -> ApiError:
    """Why a task ended without a song."""
    match state:
        case Cancelled():
            return ApiError(500, "api_error", "The task was cancelled.", task_id=task_id)
        case Failed(failure=failure):
            status, code = _FAILURES.get(failure.code, (500, "api_error"))
            retry_after_seconds = {429: _BUSY_RETRY_SECONDS, 503: _STORAGE_RETRY_SECONDS}.get(status)
            return ApiError(
                status, code, failure.message, retry_after_seconds=retry_after_seconds, task_id=task_id
            )
        case _:
            assert_never(state)
