"""A real client of a real server process, over stdio and HTTP, on both protocol revisions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import anyio
import pytest
from journey import SERVER, Journey
from mcp import Client, StdioServerParameters


async def _killed(process: anyio.abc.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()


@pytest.fixture
def journey(tmp_path: Path, transport: str, mode: str) -> Journey:
    """A journey that has not begun, by a way of ``by_way_of``."""
    home, hold = tmp_path / "home", tmp_path / "hold"
    arguments = [str(SERVER), transport, str(home), str(hold)]

    @asynccontextmanager
    async def over_stdio() -> AsyncIterator[Client]:
        parameters = StdioServerParameters(command=sys.executable, args=arguments, env=dict(os.environ))
        async with Client(parameters, mode=mode) as client:
            yield client

    @asynccontextmanager
    async def over_http() -> AsyncIterator[Client]:
        async with AsyncExitStack() as stack:
            process = await anyio.open_process(
                [sys.executable, *arguments], stdin=None, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
            stack.push_async_callback(_killed, process)
            assert process.stderr is not None
            line = b""
            while not line.endswith(b"\n"):
                line += await process.stderr.receive()
            yield await stack.enter_async_context(Client(line.decode().split()[-1], mode=mode))

    return Journey(home, hold, over_stdio if transport == "stdio" else over_http)
