"""A client of the MCP server in memory, on both protocol revisions, over a studio that plays a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import anyio
import pytest
import uvicorn
from mcp import Client
from mcp_answers import Connect, Serve
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from songwright.access import PRINCIPAL_KEY
from songwright.engines.scripted import ScriptedEngine
from songwright.server.app import build_server
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings under which requests that name no engine go to the script."""
    return Settings(home=tmp_path / "home", workers=2, engine="scripted")


@pytest.fixture(params=["auto", "legacy"], ids=["2026-07-28", "2025-11-25"])
def mode(request: pytest.FixtureRequest) -> str:
    """How the client speaks: the newest revision, or the one with a handshake."""
    mode: str = request.param
    return mode


@pytest.fixture
def connect(settings: Settings, mode: str) -> Connect:
    """Connects a client to a server whose studio has one engine."""

    @asynccontextmanager
    async def connected(engine: ScriptedEngine) -> AsyncIterator[Client]:
        def open_studio() -> AbstractAsyncContextManager[Studio]:
            return Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs)

        async with StudioDoor.hinged(open_studio) as door, Client(build_server(door), mode=mode) as client:
            yield client

    return connected


@pytest.fixture
async def client(connect: Connect) -> AsyncIterator[Client]:
    """A connected client whose songs take milliseconds."""
    async with connect(ScriptedEngine()) as connected:
        yield connected


async def _whose(request: Request) -> Response:
    return JSONResponse({"principal": request.scope.get(PRINCIPAL_KEY)})


@pytest.fixture
def serve() -> Serve:
    """Serves on a free port of this machine and gives the address."""

    @asynccontextmanager
    async def serving(settings: Settings) -> AsyncIterator[str]:
        def open_studio() -> AbstractAsyncContextManager[Studio]:
            return Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

        async with StudioDoor.hinged(open_studio) as door:
            app = build_app(door, settings, parse_bind("127.0.0.1:0", ()), routes=[Route("/whose", _whose)])
            config = uvicorn.Config(
                app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1
            )
            server = uvicorn.Server(config)
            listener = config.bind_socket()
            async with anyio.create_task_group() as group:
                group.start_soon(server.serve, [listener])
                while not server.started:
                    await anyio.lowlevel.checkpoint()
                try:
                    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
                finally:
                    server.should_exit = True

    return serving
