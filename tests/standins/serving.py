"""What both stand-ins share: stories with scripts, faults below HTTP, and a socket of their own."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

Handler = Callable[["Story", Request], Awaitable[Response]]


_connections: dict[tuple[str, int], asyncio.Transport] = {}


class _Breakable(H11Protocol):
    """Knows its connections, so that a response can break one off."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        _connections[transport.get_extra_info("peername")] = transport


def _abort(scope: Scope) -> None:
    _connections[tuple(scope["client"])].abort()


@dataclass
class Story:
    """What one test wants to be answered, and what it was heard to ask.

    ``script`` maps the name of a question to the answers to give, in order; the last one stays. A question
    that is not in it is answered well. ``files`` are made when they are fetched.
    """

    name: str
    script: dict[str, Any] = field(default_factory=dict)
    heard: list[dict[str, Any]] = field(default_factory=list)
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, Callable[[], bytes]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def hear(self, request: Request, path: str, body: Any) -> None:
        """Note a request."""
        token = request.headers.get("authorization", "")
        self.heard.append({"path": path, "body": body, "token": token})

    def next(self, question: str) -> str:
        """The answer to give now."""
        number = self.asked[question] = self.asked.get(question, -1) + 1
        answers = self.script.get(question, ["ok"])
        return str(answers[min(number, len(answers) - 1)])


class Slow(Response):
    """Never answers; waits until the client has gone."""

    async def __call__(self, _: Scope, receive: Receive, __: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass


class Reset(Response):
    """Breaks the connection off without an answer."""

    async def __call__(self, scope: Scope, _: Receive, __: Send) -> None:
        _abort(scope)


class Truncated(Response):
    """Announces more than it sends."""

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        length = str(len(self.body)).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await asyncio.sleep(0.02)
        _abort(scope)


def fault(answer: str) -> Response | None:
    """A fault that any question may meet; None where the answer names none."""
    match answer:
        case "slow":
            return Slow()
        case "reset":
            return Reset()
        case "not json":
            return PlainTextResponse("<html>the gateway's own page</html>", media_type="text/html")
        case "wrong json":
            return JSONResponse(["neither", "documented"])
        case "500 page":
            return PlainTextResponse("oops", status_code=500)
        case "502":
            return PlainTextResponse("bad gateway", status_code=502)
        case "503":
            return PlainTextResponse("unavailable", status_code=503)
        case _:
            return None


def serve(routes: dict[str, tuple[str, Handler]]) -> None:
    """Serve stories on a free port of loopback, which is printed, until standard input closes.

    Args:
        routes: Path below the story, method and handler.
    """
    stories: dict[str, Story] = {}

    async def script(request: Request) -> Response:
        name = request.path_params["story"]
        stories[name] = Story(name, await request.json())
        return Response()

    async def heard(request: Request) -> Response:
        return JSONResponse(stories[request.path_params["story"]].heard)

    def route(path: str, method: str, handler: Handler) -> Route:
        async def endpoint(request: Request) -> Response:
            name = request.path_params["story"]
            return await handler(stories.setdefault(name, Story(name)), request)

        return Route("/{story}" + path, endpoint, methods=[method])

    app = Starlette(
        routes=[
            Route("/{story}/script", script, methods=["PUT"]),
            Route("/{story}/heard", heard, methods=["GET"]),
            *(route(path, method, handler) for path, (method, handler) in routes.items()),
        ]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    # Else each answer waits some 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    print(listener.getsockname()[1], flush=True)  # noqa: T201
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    config = uvicorn.Config(app, log_level="critical", access_log=False, http=_Breakable)
    asyncio.run(uvicorn.Server(config).serve(sockets=[listener]))


def _leave_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)
