"""``GET /files/...``: files of songs, by signed links, in parts where a client asks for parts."""

from __future__ import annotations

import logging
import os
import re
import uuid
from collections.abc import Awaitable, Callable

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.staticfiles import NotModifiedResponse, StaticFiles

from songwright.errors import NotFoundError, SongwrightError
from songwright.http.desk import Desk, refusal
from songwright.http.faults import ApiError, fault_of, fault_of_crash
from songwright.http.renderings import MEDIA_TYPES

__all__ = ["FILES_PATH", "file_endpoint"]

FILES_PATH = "/{expires}/{signature}/{song_id}/{name}"
"""Below ``/files``."""

_RANGES = re.compile(
    rb"bytes=[ \t]*(\d{1,99}-\d{0,99}|-\d{1,99})([ \t]*,[ \t]*(\d{1,99}-\d{0,99}|-\d{1,99}))*[ \t]*",
    re.IGNORECASE,
)

_VALIDATORS = StaticFiles()
"""Knows when a client has a file already; it serves none here."""

_log = logging.getLogger(__name__)

_HEADERS = {
    "Cache-Control": "private, max-age=86400, immutable",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


def file_endpoint(desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """Serves what a link is for."""

    async def serve(request: Request) -> Response:
        with desk.metrics.timed("files") as outcome:
            try:
                response = await _found(desk, request)
            except ApiError as error:
                response = refusal(error, str(uuid.uuid4()))
            except Exception as error:  # noqa: BLE001 - one request's failure is not the server's
                _log.exception("a file could not be served")
                response = refusal(fault_of_crash(error), str(uuid.uuid4()))
            outcome.status = response.status_code
        return response

    return serve


async def _found(desk: Desk, request: Request) -> Response:
    wanted: dict[str, str] = request.path_params
    try:
        studio = await desk.studio()
        owner = await studio.owner(wanted["song_id"])
        name = desk.links.check(
            expires=wanted["expires"],
            signature=wanted["signature"],
            song_id=wanted["song_id"],
            name=wanted["name"],
            owner=owner,
        )
        path = await desk.renderings.path(studio, wanted["song_id"], name, owner or "")
    except NotFoundError:
        raise ApiError(404, "no_api", "There is no such file.") from None
    except SongwrightError as error:
        raise fault_of(error) from error
    _forget_range_that_is_none(request)
    file = FileResponse(
        path,
        media_type=MEDIA_TYPES[name],
        filename=f"{wanted['song_id'][:8]}-{name}",
        content_disposition_type="inline",
        headers=_HEADERS,
        stat_result=await anyio.to_thread.run_sync(os.stat, path),
    )
    is_known = _VALIDATORS.is_not_modified(file.headers, request.headers)
    return NotModifiedResponse(file.headers) if is_known else file


def _forget_range_that_is_none(request: Request) -> None:
    """Leave a Range header out that asks for nothing: RFC 9110, section 14.2, has it ignored."""
    headers = request.scope["headers"]
    request.scope["headers"] = [
        (name, value) for name, value in headers if name != b"range" or _is_range(value)
    ]


def _is_range(value: bytes) -> bool:
    if not _RANGES.fullmatch(value.strip()):
        return False
    parts = [part.strip().split(b"-") for part in value.partition(b"=")[2].split(b",")]
    return all(not first or not last or int(first) <= int(last) for first, last in parts)
