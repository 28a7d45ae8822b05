"""How soon the server answers: process start to an answered ``tools/list``, against a bare one-tool server.

Both are started by turns, several times in one run, over raw JSON lines, so that load on the machine
falls on both alike. Run it as ``python benchmarks/startup.py``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO, Any, cast

BARE_SERVER = """
from mcp.server import MCPServer

server = MCPServer("bare", version="0")


@server.tool()
def echo(text: str) -> str:
    return text


server.run()
"""
TARGET_RATIO = 1.2


def seconds_to_tools(command: list[str], home: Path) -> tuple[float, int]:
    """Seconds from process start to the answered ``tools/list``, and how many tools there were."""
    environment = dict(os.environ) | {"SONGWRIGHT_HOME": str(home)}
    started = time.perf_counter()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    ) as process:
        to_server, from_server = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)

        def send(message: dict[str, Any]) -> None:
            to_server.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
            to_server.flush()

        hello = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "benchmark", "version": "0"},
        }
        send({"id": 1, "method": "initialize", "params": hello})
        json.loads(from_server.readline())
        send({"method": "notifications/initialized"})
        send({"id": 2, "method": "tools/list"})
        answer = json.loads(from_server.readline())
        took = time.perf_counter() - started
        to_server.close()
        process.wait(30)
    return took, len(answer["result"]["tools"])


def main() -> None:
    """Measure both, print medians and their ratio, and fail where the ratio is above the target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", type=int, default=9, help="how often each is started")
    runs: int = parser.parse_args().n
    bare: list[float] = []
    ours: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "bare_server.py"
        script.write_text(BARE_SERVER, encoding="utf-8")
        for turn in range(runs + 1):
            bare_seconds, _ = seconds_to_tools([sys.executable, str(script)], Path(folder))
            our_seconds, tools = seconds_to_tools([sys.executable, "-m", "songwright"], Path(folder))
            if turn == 0:
                continue  # the first start of each fills the caches
            bare.append(bare_seconds)
            ours.append(our_seconds)
    ratio = statistics.median(ours) / statistics.median(bare)
    print(f"bare mcp server, 1 tool : median {statistics.median(bare):.3f} s of {runs}")
    print(f"songwright, {tools:2} tools    : median {statistics.median(ours):.3f} s of {runs}")
    print(f"ratio                   : {ratio:.2f} (at most {TARGET_RATIO})")
    sys.exit(ratio > TARGET_RATIO)


if __name__ == "__main__":
    main()
