"""Every error that the Producer API documents, as one of ours.

The codes are those of the gateway's reference pages; synonyms come from its older pages. Their messages are
never passed on: they are text from outside.
"""

from __future__ import annotations

from collections.abc import Callable

from songwright.engines.remote.errors import (
    BalanceUsedUpError,
    ModerationError,
    RemoteFailureError,
    TokenRefusedError,
    TooManyRequestsError,
)
from songwright.errors import ConfigurationError, RequestError, SongwrightError

__all__ = ["TOKEN_SETTING", "failure_of_task", "is_known", "refusal"]

TOKEN_SETTING = "ACEDATACLOUD_API_TOKEN"  # noqa: S105 - the variable's name, not a token

_BY_CODE: dict[str, str] = {
    "used_up": "balance",
    "insufficient_balance": "balance",
    "invalid_token": "token",
    "unauthorized": "token",
    "token_expired": "expired",
    "no_token": "token",
    "token_mismatched": "mismatched",
    "disabled": "disabled",
    "not_applied": "mismatched",
    "too_many_requests": "rate",
    "rate_limited": "rate",
    "busy": "rate",
    "forbidden": "moderation",
    "content_moderation": "moderation",
    "content_too_large": "too large",
    "bad_request": "request",
    "invalid_request": "request",
    "duplication": "duplicate",
    "no_api": "missing",
    "api_not_implemented": "missing",
    "api_error": "failure",
    "upstream_error": "failure",
    "task_failed": "failure",
    "unknown": "failure",
    "timeout": "timeout",
    "upstream_timeout": "timeout",
    "canceled": "cancelled",
}
_BY_STATUS: dict[int, str] = {
    400: "request",
    401: "token",
    402: "balance",
    403: "moderation",
    404: "missing",
    413: "too large",
    415: "request",
    422: "request",
    429: "rate",
    504: "timeout",
}


def _configuration(kind: type[ConfigurationError], message: str) -> Callable[[], SongwrightError]:
    return lambda: kind(message, setting=TOKEN_SETTING)


def _failure(message: str, *, retryable: bool) -> Callable[[], SongwrightError]:
    return lambda: RemoteFailureError(message, retryable=retryable)


_ERRORS: dict[str, Callable[[], SongwrightError]] = {
    "balance": _configuration(
        BalanceUsedUpError,
        "the account's balance is used up; add to it on the platform, or name another engine",
    ),
    "token": _configuration(
        TokenRefusedError, "the hosted API does not accept the token; set the one that the platform shows"
    ),
    "expired": _configuration(
        TokenRefusedError, "the token has expired; make a new one on the platform and set it"
    ),
    "mismatched": _configuration(
        TokenRefusedError, "the token is not for the Producer API; on the platform, allow the service for it"
    ),
    "disabled": _configuration(
        TokenRefusedError, "the platform has disabled the account's application; ask its support"
    ),
    "rate": lambda: TooManyRequestsError(
        "the hosted API takes no more requests for now; wait a minute and ask again, or name another engine",
        retryable=True,
    ),
    "moderation": lambda: ModerationError(
        "the hosted API refuses the content of the request; change `prompt`, `lyric` or `title`"
    ),
    "too large": lambda: RequestError(
        "the request is too large for the hosted API; shorten it", field="lyric"
    ),
    "duplicate": lambda: RequestError(
        "the hosted API has taken this very request before; change it", field="seed"
    ),
    "missing": _failure(
        "the hosted API does not offer this action at its address; check SONGWRIGHT_HOSTED_URL, or name "
        "another engine",
        retryable=False,
    ),
    "timeout": _failure(
        "the hosted API gave up for lack of time; ask again, or name another engine", retryable=True
    ),
    "cancelled": _failure("the hosted API cancelled the work; ask again", retryable=True),
    "failure": _failure("the hosted API failed; ask again later, or name another engine", retryable=True),
}


def is_known(code: str) -> bool:
    """Whether a code is documented."""
    return code in _BY_CODE


def refusal(status: int, code: str, message: str = "") -> SongwrightError:
    """Our error for an answer that refuses a request. It was not accepted, so nothing was charged.

    Args:
        status: The HTTP status.
        code: The answer's ``error.code``, or "" where it has none.
        message: The answer's ``error.message``; only known words in it are looked for.
    """
    kind = _BY_CODE.get(code) or _BY_STATUS.get(status, "failure")
    return _bad_request(message) if kind == "request" else _ERRORS[kind]()


def failure_of_task(code: str, message: str = "") -> SongwrightError:
    """Our error for a task that was accepted and failed. The API charges nothing for it."""
    return refusal(500 if code not in _BY_CODE else 200, code, message)


def _bad_request(message: str) -> RequestError:
    words = message.lower()
    for field in (
        "model",
        "audio_id",
        "continue_at",
        "replace_section_start",
        "replace_section_end",
        "lyrics_strength",
        "sound_strength",
        "weirdness",
        "prompt",
        "lyric",
        "title",
        "seed",
        "action",
    ):
        if field in words:
            return RequestError(
                "the hosted API does not accept the value; choose another, or name another engine",
                field=field,
            )
    return RequestError(
        "the hosted API does not accept the request; change its fields, or name another engine"
    )
