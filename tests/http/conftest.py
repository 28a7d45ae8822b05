"""The API in memory, over a studio that plays a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from producer_client import BASE, Serve, calling
from starlette.applications import Starlette

from songwright.engines.scripted import ScriptedEngine
from songwright.http import producer_api
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings under which requests go to the script, and nobody runs into limits."""
    return Settings(
        home=tmp_path / "home",
        workers=2,
        engine="scripted",
        requests_per_second=100_000,
        unfinished_tasks=1000,
    )


@pytest.fixture
def serve() -> Serve:
    """Opens the whole application over one engine."""

    @asynccontextmanager
    async def serving(
        settings: Settings, engine: ScriptedEngine | None = None, studio: type[Studio] = Studio
    ) -> AsyncIterator[Starlette]:
        performer = engine or ScriptedEngine()

        def open_studio() -> AbstractAsyncContextManager[Studio]:
            return studio.open(settings, engines={"scripted": lambda: performer}, jobs=InProcessJobs)

        async with (
            StudioDoor.hinged(open_studio) as door,
            producer_api(door.studio, settings, BASE) as routes,
        ):
            yield build_app(door, settings, parse_bind("127.0.0.1:8765", ()), routes)

    return serving


@pytest.fixture
async def client(serve: Serve, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client whose songs take milliseconds."""
    async with serve(settings) as app, calling(app) as calls:
        yield calls
