"""The Producer API put together: routes for a server to mount, and the callbacks that go out beside them."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from songwright.access import TokenRing
from songwright.errors import SongwrightError
from songwright.exports.formats import ExportFormat
from songwright.http.at_once import answered_at_once
from songwright.http.audios import audios, song_of
from songwright.http.desk import Desk, Handler, refusal
from songwright.http.docs_page import docs_page
from songwright.http.exports import videos, wav
from songwright.http.faults import ApiError
from songwright.http.files import FILES_PATH, file_endpoint
from songwright.http.keys import Keys
from songwright.http.links import Links
from songwright.http.lyrics import lyrics
from songwright.http.metrics import CONTENT_TYPE, Metrics
from songwright.http.openapi import openapi
from songwright.http.polls import tasks
from songwright.http.records import ended_body, trace_id_of
from songwright.http.renderings import FILES, Renderings
from songwright.http.uploads import upload
from songwright.library.probe import StorageProbe
from songwright.outbound import AddressRules
from songwright.rates import RequestRates
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.callbacks import Callback
from songwright.tasks.deliveries import Deliveries

__all__ = ["deliver_callbacks", "producer_api"]

_ENDPOINTS: dict[str, Handler] = {
    "audios": audios,
    "tasks": tasks,
    "lyrics": answered_at_once("lyrics", lyrics),
    "upload": upload,
    "wav": answered_at_once("wav", wav),
    "videos": answered_at_once("videos", videos),
}
_OPEN_AFTER_SECONDS = 1.0
_USUAL_URL = "http://127.0.0.1:8765"

_log = logging.getLogger(__name__)


@asynccontextmanager
async def producer_api(
    studio: Callable[[], Awaitable[Studio]],
    settings: Settings,
    local_url: str,
    *,
    rates: RequestRates | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncIterator[Sequence[BaseRoute]]:
    """Routes of the API. As long as the block lasts, callbacks are delivered.

    Args:
        studio: The way to the studio.
        settings: Tokens, limits, public URL.
        local_url: Where this server listens, for links in callbacks of tasks that came another way.
        rates: How often each caller may ask, where callers ask other routes of the server's too.
        clock: The time, aware.

    Raises:
        ConfigurationError: The home folder can't be written to.
    """
    desk, keys = await _desk(studio, settings, clock, rates)
    probe = StorageProbe(settings.home)

    async def deliver() -> None:
        await anyio.sleep(_OPEN_AFTER_SECONDS)
        while True:
            try:
                opened = await studio()
                await opened.callbacks()
                if settings.public_url is not None:
                    await opened.publish_by(partial(_public_link, desk, str(settings.public_url).rstrip("/")))
                break
            except SongwrightError:
                # Whoever calls is told why; here it is only waited for.
                await anyio.sleep(_OPEN_AFTER_SECONDS)
            except Exception:  # noqa: BLE001 - whatever it is, the server stays
                _log.exception("callbacks wait")
                await anyio.sleep(_OPEN_AFTER_SECONDS)
        await _deliver(desk, keys, local_url)

    async with anyio.create_task_group() as group:
        group.start_soon(deliver)
        try:
            yield _routes(desk, probe)
        finally:
            group.cancel_scope.cancel()
            probe.close()


async def deliver_callbacks(studio: Callable[[], Awaitable[Studio]], settings: Settings) -> None:
    """Deliver callbacks until cancelled, from a process that serves no HTTP.

    Links in them lead to the public URL, else to where ``songwright serve --http`` listens by default.

    Args:
        studio: The way to the studio.
        settings: Secrets, allowed hosts, public URL.

    Raises:
        ConfigurationError: The home folder can't be written to.
    """
    desk, keys = await _desk(studio, settings, lambda: datetime.now(UTC))
    await _deliver(desk, keys, _USUAL_URL)


async def _deliver(desk: Desk, keys: Keys, local_url: str) -> None:
    await Deliveries(
        callbacks=await (await desk.studio()).callbacks(),
        compose=lambda callback: _callback_body(desk, callback, local_url),
        secret_of=keys.for_callbacks,
        rules=desk.rules,
        clock=desk.clock,
        note=desk.metrics.callback_tried,
    ).run()


async def _desk(
    studio: Callable[[], Awaitable[Studio]],
    settings: Settings,
    clock: Callable[[], datetime],
    rates: RequestRates | None = None,
) -> tuple[Desk, Keys]:
    tokens = TokenRing(settings.tokens, beside_oauth=settings.oauth_issuer is not None)
    keys = await anyio.to_thread.run_sync(Keys, settings, tokens)
    desk = Desk(
        studio=studio,
        settings=settings,
        tokens=tokens,
        rates=rates or RequestRates(settings.requests_per_second, time.monotonic),
        links=Links(keys.for_links, timedelta(hours=settings.link_hours), clock, tokens),
        renderings=Renderings(settings.home / "cache" / "covers"),
        metrics=Metrics(),
        rules=AddressRules.trusting(settings.allowed_hosts),
        clock=clock,
    )
    return desk, keys


def _routes(desk: Desk, probe: StorageProbe) -> list[BaseRoute]:
    endpoints = _area(
        [
            Route(f"/{name}", desk.endpoint(name, handler), methods=["POST"])
            for name, handler in _ENDPOINTS.items()
        ],
        "API does not exist, please make sure the URL is correct and the method is POST.",
    )
    files = _area([Route(FILES_PATH, file_endpoint(desk), methods=["GET"])], "There is no such file.")
    described = openapi()

    async def describe(request: Request) -> Response:
        return JSONResponse({**described, "servers": [{"url": desk.base_url(request)}]})

    async def document(request: Request) -> Response:
        return HTMLResponse(docs_page(described, desk.base_url(request)), headers=_PAGE_HEADERS)

    async def readyz(_: Request) -> Response:
        try:
            await (await desk.studio()).task_counts()
            await anyio.to_thread.run_sync(probe.check)
        except SongwrightError as error:
            _log.error("the server is not ready: %s", error.message)
            return JSONResponse({"status": "unavailable", "code": error.code}, status_code=503)
        except Exception:  # noqa: BLE001 - whatever it is, the load balancer sends calls elsewhere
            _log.exception("the server is not ready")
            return JSONResponse({"status": "unavailable"}, status_code=503)
        return JSONResponse({"status": "ready"})

    async def metrics(_: Request) -> Response:
        opened = await desk.studio()
        owed = await opened.callbacks()
        counts = await opened.task_counts(), await anyio.to_thread.run_sync(owed.counts)
        return PlainTextResponse(desk.metrics.text(*counts), media_type=CONTENT_TYPE)

    return [
        Mount("/producer", app=endpoints),
        # A link is its own permission, so a player on any page may use it.
        Mount(
            "/files",
            app=CORSMiddleware(
                files,
                allow_origins=["*"],
                allow_headers=["*"],
                expose_headers=["Accept-Ranges", "Content-Length", "Content-Range", "ETag"],
            ),
        ),
        Route("/openapi.json", describe),
        Route("/docs", document),
        Route("/readyz", readyz),
        Route("/metrics", metrics),
    ]


_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def _area(routes: list[Route], otherwise: str) -> Starlette:
    """Routes under one path, where all that is not there is told in the documented envelope."""

    async def refuse(_: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - Starlette's type is wider than its promise
        response = refusal(ApiError(error.status_code, "no_api", otherwise), str(uuid.uuid4()))
        response.headers.update(error.headers or {})
        return response

    area = Starlette(routes=routes, exception_handlers={HTTPException: refuse})
    area.router.redirect_slashes = False
    return area


def _public_link(desk: Desk, base_url: str, song_id: str, principal: str, form: ExportFormat) -> str:
    return base_url + desk.links.path(song_id, FILES[form], principal)


async def _callback_body(desk: Desk, callback: Callback, local_url: str) -> dict[str, Any]:
    studio = await desk.studio()
    task = await studio.task(callback.task_id, callback.principal)
    calls = await studio.calls()
    known = await anyio.to_thread.run_sync(calls.find, callback.principal, [callback.task_id])
    call = known.get(callback.task_id)
    song = await song_of(studio, task, callback.principal)
    public = None if desk.settings.public_url is None else str(desk.settings.public_url).rstrip("/")
    base_url = public or (call.base_url if call else local_url)
    link = desk.link(base_url, song.id if song else "", callback.principal)
    return ended_body(task, call.trace_id if call else trace_id_of(task.id), song, link) | {
        "task_id": task.id
    }
