"""Reading a request: its body within bounds of size and time, and whether it accepts our answer."""

from __future__ import annotations

from typing import Any

import anyio
from pydantic_core import from_json
from starlette.requests import ClientDisconnect, Request

from songwright.http.faults import ApiError

__all__ = ["read_json", "refuse_unless_json_is_accepted"]

MAX_BODY_BYTES = 256 * 1024
_MAX_DISCARDED_BYTES = 64 * 1024 * 1024
_BODY_SECONDS = 15.0


async def read_json(request: Request) -> tuple[bytes, Any]:
    """The body, as it was sent and as a JSON value.

    A body that is too long is read to its end, up to a bound, and thrown away: a client that is still
    sending would not hear the answer.

    Raises:
        ApiError: 413 too long, 408 too slow, 400 not JSON.
    """
    parts: list[bytes] = []
    size = 0
    try:
        with anyio.fail_after(_BODY_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > _MAX_DISCARDED_BYTES:
                    break
                if size > MAX_BODY_BYTES:
                    parts.clear()
                else:
                    parts.append(part)
    except TimeoutError:
        raise ApiError(408, "timeout", "The body took too long to arrive.", closes=True) from None
    except ClientDisconnect:
        raise ApiError(400, "bad_request", "The body ended early.", closes=True) from None
    if size > MAX_BODY_BYTES:
        raise ApiError(
            413, "content_too_large", f"The body must have at most {MAX_BODY_BYTES} bytes.", closes=True
        )
    body = b"".join(parts)
    try:
        return body, from_json(body, allow_inf_nan=False)
    except ValueError:
        raise ApiError(400, "bad_request", "The body must be a JSON object in UTF-8.") from None


def refuse_unless_json_is_accepted(accept: str) -> None:
    """Refuse a request whose ``Accept`` header rules JSON out.

    Raises:
        ApiError: 406.
    """
    if not accept.strip():
        return
    best = 0
    quality = 0.0
    for entry in accept.split(","):
        media_type, *parameters = (part.strip().lower() for part in entry.split(";"))
        closeness = {"*/*": 1, "application/*": 2, "application/json": 3}.get(media_type, 0)
        if closeness > best:
            best, quality = closeness, _quality(parameters)
    if quality <= 0:
        raise ApiError(406, "bad_request", "Accept: the answer is application/json.")


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0
