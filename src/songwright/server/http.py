"""MCP over streamable HTTP, in an application that other routes can join."""

from __future__ import annotations

import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

import anyio
import uvicorn
from mcp.server.lowlevel import Server
from mcp.server.transport_security import TransportSecuritySettings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

import songwright
from songwright.errors import ConfigurationError
from songwright.rates import RequestRates
from songwright.server.app import build_server
from songwright.server.cross_origin import CrossOrigin
from songwright.server.door import StudioDoor
from songwright.server.endings import OrderlyEnd
from songwright.server.guard import BearerGate, Bind, HeaderGate, RateGate, header_rules, parse_bind
from songwright.server.player import PAGE_POLICY, player_page
from songwright.server.signals import when_told_to_end
from songwright.server.unreadable import PlainRefusals
from songwright.settings import Settings
from songwright.studio import Studio

if TYPE_CHECKING:
    from songwright.server.oauth import OAuthResource

__all__ = ["MCP_PATH", "OpenApi", "application", "build_app", "run_http"]


class OpenApi(Protocol):
    """Opens another API."""

    def __call__(
        self,
        studio: Callable[[], Awaitable[Studio]],
        settings: Settings,
        local_url: str,
        /,
        *,
        rates: RequestRates,
    ) -> AbstractAsyncContextManager[Sequence[BaseRoute]]:
        """Its routes.

        Args:
            studio: The way to the studio.
            settings: What the operator decided.
            local_url: The server's own URL.
            rates: The counts of who asked how often, which it shares with MCP.
        """
        ...


MCP_PATH = "/mcp"
_GRACE_SECONDS = 3
# Longer than clients and proxies keep an idle connection, so that it is they who close it: a request sent
# into a connection that the server is closing fails.
_KEEP_ALIVE_SECONDS = 75


def build_app(
    door: StudioDoor,
    settings: Settings,
    bind: Bind,
    routes: Sequence[BaseRoute] = (),
    *,
    rates: RequestRates | None = None,
    ending: anyio.Event | None = None,
) -> Starlette:
    """The ASGI application: MCP at ``/mcp``, the player at ``/``, and the routes of others behind one guard.

    No request depends on one before it, so any number of processes may share the load.

    Args:
        door: The way to the studio. It outlives the application.
        settings: Tokens, request rate and public URL.
        bind: Where it listens; decides which Host headers are accepted and whether results name files.
        routes: What else it serves. Handlers find whose request it is under ``PRINCIPAL_KEY`` in the scope.
        rates: How often each caller may ask, where the other routes count too.
        ending: Set when the server begins to end.
    """
    server = build_server(door, shows_paths=bind.is_loopback and settings.public_url is None)
    return application(server, settings, bind, routes, rates=rates, ending=ending)


def application(
    server: Server[Any],
    settings: Settings,
    bind: Bind,
    routes: Sequence[BaseRoute] = (),
    *,
    rates: RequestRates | None = None,
    ending: anyio.Event | None = None,
    stateless: bool = True,
) -> Starlette:
    """An MCP server and the routes of others, behind one guard.

    Args:
        server: What answers at ``/mcp``.
        settings: As for :func:`build_app`.
        bind: As for :func:`build_app`.
        routes: As for :func:`build_app`.
        rates: As for :func:`build_app`.
        ending: As for :func:`build_app`.
        stateless: False gives clients of older revisions a session each, which ties them to this process
            and lets the server ask them.
    """
    oauth = _oauth(settings)
    mcp = server.streamable_http_app(
        streamable_http_path=MCP_PATH,
        stateless_http=stateless,
        # The header gate below does this for every route.
        transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
    )

    metadata = oauth.routes() if oauth else []
    origins = settings.allowed_origins

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return Starlette(
        routes=[Route("/", _player), Route("/healthz", _healthz), *mcp.routes, *metadata, *routes],
        middleware=[
            *([] if ending is None else [Middleware(OrderlyEnd, ending=ending, standing_path=MCP_PATH)]),
            *([Middleware(CrossOrigin, origins=origins)] if origins else []),
            Middleware(HeaderGate, rules=header_rules(bind, settings.public_url), origins=origins),
            Middleware(BearerGate, tokens=settings.tokens, oauth=oauth),
            Middleware(RateGate, rates=rates or request_rates(settings), path=MCP_PATH),
            Middleware(PlainRefusals, path=MCP_PATH),
        ],
        lifespan=lifespan,
    )


def run_http(address: str, settings: Settings, api: OpenApi) -> None:
    """Serve MCP and another API until SIGTERM or SIGINT, then end in order.

    Raises:
        ConfigurationError: The address is not valid, not free, or open to everyone; or OAuth is not set up.
    """
    bind = parse_bind(address, settings.tokens, has_oauth=settings.oauth_issuer is not None)
    anyio.run(_serve, bind, settings, api)


def request_rates(settings: Settings) -> RequestRates:
    """The counts of who asked how often, by this process's clock."""
    return RequestRates(settings.requests_per_second, time.monotonic)


class _Server(uvicorn.Server):
    """Leaves signals alone: uvicorn would end the process by them before the studio is closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def stop_when(self, told: anyio.Event, door: StudioDoor) -> None:
        await told.wait()
        door.keep_nobody_waiting()
        self.should_exit = True


async def _serve(bind: Bind, settings: Settings, api: OpenApi) -> None:
    told = anyio.Event()
    with _listener(bind) as listener, when_told_to_end(told.set):
        port = listener.getsockname()[1]
        rates = request_rates(settings)
        print(f"songwright serves MCP at {bind.url(port)}{MCP_PATH}", file=sys.stderr, flush=True)  # noqa: T201
        async with (
            StudioDoor.hinged(lambda: Studio.open(settings)) as door,
            api(door.studio, settings, bind.url(port), rates=rates) as routes,
            anyio.create_task_group() as group,
        ):
            config = uvicorn.Config(
                build_app(door, settings, bind, routes, rates=rates, ending=told),
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=_GRACE_SECONDS,
                timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            )
            server = _Server(config)
            group.start_soon(server.stop_when, told, door)
            await server.serve(sockets=[listener])
            group.cancel_scope.cancel()


def _listener(bind: Bind) -> socket.socket:
    family = socket.AF_INET6 if ":" in bind.host else socket.AF_INET
    try:
        listener = socket.create_server((bind.host, bind.port), family=family)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen there: {error.strerror or type(error).__name__}; choose another address or port",
            setting="--http",
        ) from None
    # asyncio does this for sockets whose protocol is named, which these are not. Without it each answer waits
    # some 40 ms for the client's delayed acknowledgement.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _oauth(settings: Settings) -> OAuthResource | None:
    if settings.oauth_issuer is None:
        return None
    from songwright.server.oauth import oauth_resource

    return oauth_resource(settings, MCP_PATH)


async def _player(_: Request) -> Response:
    return HTMLResponse(player_page(), headers={"Content-Security-Policy": PAGE_POLICY})


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok", "version": songwright.__version__})
