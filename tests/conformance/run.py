"""Runs MCP's official conformance suite against songwright, as ``make conformance`` does.

The server is the real one, from ``build_server`` behind the guard of the HTTP application, with the fixtures
that the suite calls by name laid over it. It is served twice: stateless, as songwright always is, for
2026-07-28, and with sessions for 2025-11-25, whose scenarios have the server ask the client.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

import anyio
import uvicorn
from fixture_resources import add_prompts, add_resources
from fixture_tasks import FixtureTasks
from fixtures import TOOLS, add_tools

from songwright.engines.scripted import ScriptedEngine
from songwright.server.app import build_server, call_for
from songwright.server.door import StudioDoor
from songwright.server.guard import parse_bind
from songwright.server.http import application
from songwright.server.task_book import StudioTaskBook
from songwright.server.task_extension import serve_task_extension
from songwright.server.tools.submission import result_of
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12"
NODE = "node@22"
SCENARIO_MS = 120_000
"""Most scenarios take a tenth of a second; on a busy machine the suite's own 30 s have run out."""

TASK_SCENARIOS = (
    "lifecycle",
    "capability-negotiation",
    "wire-fields",
    "request-state-removal",
    "mrtr-input",
    "request-headers",
    "dispatch-and-envelope",
    "status-notifications",
    "required-task-error",
    "mrtr-composition",
)


@contextmanager
def served(home: Path, *, stateless: bool) -> Iterator[str]:
    """The server on a free port of this machine; gives the address of its MCP endpoint."""
    ready, addresses, servers = threading.Event(), list[str](), list[uvicorn.Server]()

    async def serve() -> None:
        settings = Settings(home=home, workers=2, engine="scripted")

        def open_studio() -> AbstractAsyncContextManager[Studio]:
            return Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs)

        async with StudioDoor.hinged(open_studio) as door, anyio.create_task_group() as group:
            mcp = build_server(door)
            tasks = FixtureTasks(group, StudioTaskBook(result_of))
            add_tools(mcp, TOOLS | tasks.tools())
            add_resources(mcp)
            add_prompts(mcp)
            serve_task_extension(mcp, tasks, lambda context: call_for(context, door))
            bind = parse_bind("127.0.0.1:0", ())
            config = uvicorn.Config(
                application(mcp, settings, bind, stateless=stateless),
                port=0,
                log_config=None,
                timeout_graceful_shutdown=1,
            )
            listener = config.bind_socket()
            addresses.append(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp")
            servers.append(uvicorn.Server(config))
            ready.set()
            await servers[0].serve([listener])
            group.cancel_scope.cancel()

    thread = threading.Thread(target=anyio.run, args=(serve,))
    thread.start()
    ready.wait(60)
    try:
        yield addresses[0]
    finally:
        servers[0].should_exit = True
        thread.join()


def conformance(*arguments: str) -> bool:
    """Run the suite once; whether it passed."""
    command = ["npx", "--yes", "-p", NODE, "-p", SUITE, "conformance", "server", *arguments]
    command += ["--timeout", str(SCENARIO_MS)]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    """Run what both revisions require, and the scenarios of the Tasks extension."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, help="where the suite leaves its records")
    out: Path | None = parser.parse_args().out
    if shutil.which("npx") is None:
        sys.exit("npx is not there; install Node.js with npm and run this again")
    passed: dict[str, bool] = {}
    with tempfile.TemporaryDirectory() as folder:
        records = out or Path(folder) / "records"
        for revision, stateless in (("2026-07-28", True), ("2025-11-25", False)):
            with served(Path(folder) / revision, stateless=stateless) as url:
                passed[revision] = conformance(
                    "--url", url, "--requirements", revision, "-o", str(records / revision)
                )
        with served(Path(folder) / "tasks", stateless=True) as url:
            for name in TASK_SCENARIOS:
                scenario = f"tasks-{name}"
                passed[scenario] = conformance(
                    "--url", url, "--scenario", scenario, "-o", str(records / scenario)
                )
    for name, well in passed.items():
        sys.stdout.write(f"{'passed' if well else 'FAILED'}  {name}\n")
    sys.exit(not all(passed.values()))


if __name__ == "__main__":
    main()
