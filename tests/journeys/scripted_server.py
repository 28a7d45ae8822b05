"""A songwright server of its own process whose engine plays a script, and waits while a file is there.

``python scripted_server.py stdio HOME HOLD`` or ``... http HOME HOLD``; over HTTP the address goes to
standard error. Jobs are the durable ones, so killing the process is a fair test.
"""

from __future__ import annotations

import sys
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import anyio
import uvicorn

from songwright.engines.scripted import ScriptedEngine
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import build_app
from songwright.server.stdio import run_stdio
from songwright.settings import Settings
from songwright.studio import Studio

TRANSPORT, HOME, HOLD = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
# Limits that no journey comes near; what they do is tested elsewhere.
SETTINGS = Settings(
    home=HOME, workers=2, engine="scripted", requests_per_second=10_000, unfinished_tasks=10_000
)


def open_studio() -> AbstractAsyncContextManager[Studio]:
    return Studio.open(SETTINGS, engines={"scripted": lambda: ScriptedEngine(hold=HOLD.exists)})


async def serve_http() -> None:
    async with StudioDoor.hinged(open_studio) as door:
        app = build_app(door, SETTINGS, parse_bind("127.0.0.1:0", ()))
        config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1)
        listener = config.bind_socket()
        # From here on connections wait for the server, so the address may be told.
        listener.listen()
        print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", file=sys.stderr, flush=True)  # noqa: T201
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    if TRANSPORT == "stdio":
        run_stdio(open_studio)
    else:
        anyio.run(serve_http)
