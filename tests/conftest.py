"""What many tests share: settings of a home folder of their own, and a studio that plays a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from songwright.engines.scripted import ScriptedEngine
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asyncio alone: the job engine runs on it."""
    return "asyncio"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings with a home folder of the test's own."""
    return Settings(home=tmp_path / "home", workers=2)


@pytest.fixture
def engine() -> ScriptedEngine:
    """The only engine of ``studio``, under the name ``scripted``."""
    return ScriptedEngine()


@pytest.fixture
async def studio(settings: Settings, engine: ScriptedEngine) -> AsyncIterator[Studio]:
    """A studio whose songs take milliseconds; jobs run in the process, without the durable engine."""
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as opened:
        yield opened
