"""How many calls a second the HTTP server answers, against a bare one-tool server of the same SDK.

Both servers run at the same time and are asked by turns, several rounds in one run, 50 calls at once, over
raw HTTP requests of revision 2026-07-28, so that load on the machine falls on both alike. Run it as
``python benchmarks/mcp_rate.py``.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx

BARE_SERVER = """
import sys

import uvicorn
from mcp.server import MCPServer

server = MCPServer("bare", version="0", log_level="ERROR")


@server.tool()
async def echo(text: str) -> str:
    return text


config = uvicorn.Config(server.streamable_http_app(stateless_http=True), port=0, log_config=None)
listener = config.bind_socket()
listener.listen()
print(f"http://127.0.0.1:{listener.getsockname()[1]}/mcp", file=sys.stderr, flush=True)
uvicorn.Server(config).run([listener])
"""
AT_ONCE = 50
TARGET_RATIO = 0.7
REVISION = "2026-07-28"

_numbers = itertools.count(1)


@asynccontextmanager
async def served(command: list[str], home: Path) -> AsyncIterator[str]:
    """A server in a process of its own; gives its address, the last word of the line that has it."""
    environment = dict(os.environ) | {"SONGWRIGHT_HOME": str(home), "SONGWRIGHT_ENGINE": "scripted"}
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment
    )
    errors = cast("asyncio.StreamReader", process.stderr)
    try:
        line = await errors.readline()
        while b"/mcp" not in line:
            line = await errors.readline()
        yield line.decode().split()[-1]
    finally:
        process.kill()
        await process.wait()


async def call(client: httpx.AsyncClient, url: str, name: str, arguments: dict[str, Any]) -> httpx.Response:
    """One call of a tool."""
    meta = {
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientInfo": {"name": "benchmark", "version": "0"},
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    return await client.post(
        url,
        json={
            "jsonrpc": "2.0",
            "id": next(_numbers),
            "method": "tools/call",
            "params": {"name": name, "arguments": arguments, "_meta": meta},
        },
        headers={
            "accept": "application/json, text/event-stream",
            "mcp-protocol-version": REVISION,
            "mcp-method": "tools/call",
            "mcp-name": name,
        },
    )


async def calls_per_second(
    client: httpx.AsyncClient, url: str, name: str, arguments: dict[str, Any], calls: int
) -> float:
    """The rate of a tool with ``AT_ONCE`` calls under way all the time. Ends the run where one fails."""
    left = iter(range(calls))

    async def ask() -> None:
        for _ in left:
            response = await call(client, url, name, arguments)
            if response.status_code != 200 or '"isError":true' in response.text.replace(" ", ""):
                sys.exit(f"{name} failed: {response.status_code} {response.text[:300]}")

    started = time.perf_counter()
    await asyncio.gather(*(ask() for _ in range(AT_ONCE)))
    return calls / (time.perf_counter() - started)


async def measure(rounds: int, calls: int) -> dict[str, float]:
    """The median rate of each tool."""
    rates: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare_server.py"
        script.write_text(BARE_SERVER, encoding="utf-8")
        songwright = [sys.executable, "-m", "songwright", "serve", "--http", "127.0.0.1:0"]
        limits = httpx.Limits(max_connections=AT_ONCE)
        async with (
            served([sys.executable, str(script)], Path(folder)) as bare,
            served(songwright, Path(folder) / "home") as ours,
            httpx.AsyncClient(timeout=60, limits=limits) as client,
        ):
            made = await call(client, ours, "generate_song", {"prompt": "folk", "request_id": "one"})
            task_id = made.text.partition("task://")[2][:36]
            asked: list[tuple[str, str, dict[str, Any]]] = [
                (bare, "echo", {"text": "x"}),
                (ours, "get_task", {"task_id": task_id}),
                (ours, "list_songs", {}),
            ]
            for turn in range(rounds + 1):
                for url, name, arguments in asked:
                    rate = await calls_per_second(client, url, name, arguments, calls)
                    if turn:  # the first round fills the caches
                        rates.setdefault(name, []).append(rate)
    return {name: statistics.median(found) for name, found in rates.items()}


def main() -> None:
    """Measure, print rates and their ratios, and fail where one is below the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=5, help="rounds")
    parser.add_argument("--calls", type=int, default=300, help="calls of each tool in a round")
    given = parser.parse_args()
    rates = asyncio.run(measure(given.n, given.calls))
    bare = rates.pop("echo")
    print(f"bare mcp server, echo : {bare:6.0f} calls/s, {AT_ONCE} at once")
    for name, rate in rates.items():
        print(
            f"songwright, {name:10}: {rate:6.0f} calls/s, ratio {rate / bare:.2f} (at least {TARGET_RATIO})"
        )
    sys.exit(any(rate / bare < TARGET_RATIO for rate in rates.values()))


if __name__ == "__main__":
    main()
