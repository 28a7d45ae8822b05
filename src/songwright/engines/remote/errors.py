"""What can go wrong with work done elsewhere, sorted by who must act."""

from __future__ import annotations

from songwright.errors import ConfigurationError, EngineError, RequestError

__all__ = [
    "BalanceUsedUpError",
    "DeadlineError",
    "DownloadError",
    "MalformedReplyError",
    "ModerationError",
    "OutcomeUnknownError",
    "RemoteFailureError",
    "TaskLostError",
    "TokenRefusedError",
    "TooManyRequestsError",
    "UnreachableError",
]


class TokenRefusedError(ConfigurationError):
    """The service does not accept the token."""

    code = "token_refused"


class BalanceUsedUpError(ConfigurationError):
    """The account has nothing left to pay with."""

    code = "balance_used_up"


class ModerationError(RequestError):
    """The service refuses the content of the request."""

    code = "content_refused"


class TooManyRequestsError(EngineError):
    """The service takes no more requests for now; nothing was charged."""

    code = "too_many_requests"


class UnreachableError(EngineError):
    """The service can't be reached; nothing was sent."""

    code = "unreachable"


class OutcomeUnknownError(EngineError):
    """A request was sent and its answer was lost, so it may have been accepted and charged."""

    code = "outcome_unknown"


class RemoteFailureError(EngineError):
    """The service accepted the work and failed at it."""

    code = "remote_failure"


class TaskLostError(EngineError):
    """The service no longer knows the task."""

    code = "task_lost"


class DeadlineError(EngineError):
    """The work was not done in time."""

    code = "deadline"


class DownloadError(EngineError):
    """The song was made, but its audio can't be fetched or is damaged."""

    code = "download"


class MalformedReplyError(EngineError):
    """The service answered something that is not documented."""

    code = "malformed_reply"
