"""Every error songwright raises on purpose, sorted by who must act.

    SongwrightError
    ├── RequestError            the caller changes the request and asks again
    │   ├── NotFoundError       ... because the song, task or section it names does not exist
    │   ├── UnsupportedError    ... because the chosen engine cannot do it; says which engines can
    │   ├── ConflictError       ... because it contradicts something already accepted
    │   ├── TooManyError        ... later, because too much of the caller's is under way
    │   └── CostLimitError      ... for less, because the operator's limit on costs is reached
    ├── ConfigurationError      the operator changes a setting; names the variable
    ├── StorageError            the operator makes room, or brings the disk or database back; it passes
    └── EngineError             the engine failed; says whether trying again can help
        ├── FetchError          ... because what the request names elsewhere can't be fetched
        └── DamagedError        ... because a file of the song it works on is missing or damaged

Messages are read by agents and people. They name the field, tool or setting, the rule, and the next
step. They never quote what came from outside, so text in a request cannot speak through an error.
"""

from __future__ import annotations

__all__ = [
    "ConfigurationError",
    "ConflictError",
    "CostLimitError",
    "DamagedError",
    "EngineError",
    "FetchError",
    "NotFoundError",
    "RequestError",
    "SongwrightError",
    "StorageError",
    "TooManyError",
    "UnsupportedError",
]


class SongwrightError(Exception):
    """The root of all errors that songwright raises on purpose.

    Attributes:
        code: A stable word for programs, such as ``bad_request``.
        message: One or two sentences for the reader.
    """

    code: str = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class RequestError(SongwrightError):
    """The caller must change the request.

    Attributes:
        field: The request's field at fault, or None when the request as a whole is.
    """

    code = "bad_request"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field


class NotFoundError(RequestError):
    """The request names something that does not exist here."""

    code = "not_found"


class UnsupportedError(RequestError):
    """The chosen engine cannot do what the request asks."""

    code = "unsupported"


class ConflictError(RequestError):
    """The request contradicts something already accepted."""

    code = "conflict"


class TooManyError(RequestError):
    """As much as the caller may have under way is under way; the same request fits later.

    Attributes:
        retry_after_seconds: When it is worth trying again, where that is known.
    """

    code = "too_many"

    def __init__(
        self, message: str, *, field: str | None = None, retry_after_seconds: int | None = None
    ) -> None:
        super().__init__(message, field=field)
        self.retry_after_seconds = retry_after_seconds


class CostLimitError(RequestError):
    """The request would cost more than the operator allows."""

    code = "cost_limit"


class ConfigurationError(SongwrightError):
    """The operator must change a setting.

    Attributes:
        setting: The environment variable or file at fault.
    """

    code = "configuration"

    def __init__(self, message: str, *, setting: str) -> None:
        super().__init__(f"{setting}: {message}")
        self.setting = setting


class StorageError(SongwrightError):
    """Where songs and tasks are kept can't be used now; the same request succeeds once it can.

    Attributes:
        full: Whether it is for want of room, as opposed to a disk or database that does not answer.
    """

    code = "storage"

    def __init__(self, message: str, *, full: bool = False) -> None:
        super().__init__(message)
        self.full = full


class EngineError(SongwrightError):
    """The engine failed while it worked.

    Attributes:
        retryable: Whether the same request may succeed if it is made again.
    """

    code = "engine"

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class FetchError(EngineError):
    """What the request names elsewhere could not be fetched: its server does not answer, or not rightly."""

    code = "not_fetched"


class DamagedError(EngineError):
    """A file that was kept with a song is missing, or is not what was kept."""

    code = "damaged"

    def __init__(self, message: str) -> None:
        super().__init__(message, retryable=False)
