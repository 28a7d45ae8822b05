"""Kills real servers again and again while they work, and counts what was lost.

``python tools/chaos/kills.py [--kills 200] [--seed 1]`` starts servers over HTTP and over stdio on one home,
gives them tasks for the fast and for the embedded engine, kills each with -9 at a random moment, and lets the
last one work everything off. It prints a table and ends with 1 where a task was lost, doubled or failed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tools.chaos.inspect_home import faults_of_home  # noqa: E402 - the tools are no package that is installed

from songwright.tasks.server_deaths import most_server_deaths  # noqa: E402

_READY_SECONDS = 60.0
_WORKED_OFF_SECONDS = 900.0
_SHORTEST_LIFE_SECONDS, _LONGEST_LIFE_SECONDS = 0.2, 4.0
_TASKS_A_LIFE = 2
_EMBEDDED_SHARE = 0.25


class Server(Protocol):
    """A server that takes tasks."""

    process: subprocess.Popen[bytes]

    def ask(self, body: dict[str, Any]) -> str:
        """The id of the task that was acknowledged."""
        ...


class HttpServer:
    """A server over HTTP, asked through the Producer API."""

    def __init__(self, home: Path, engine: str) -> None:
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self._url = f"http://127.0.0.1:{free.getsockname()[1]}"
        self.process = _start(home, engine, "serve", "--http", self._url.removeprefix("http://"))
        _wait(self._is_up, _READY_SECONDS)

    def ask(self, body: dict[str, Any]) -> str:
        """Ask for a song without waiting for it."""
        request = urllib.request.Request(  # noqa: S310 - this machine's own address
            f"{self._url}/producer/audios",
            json.dumps({**body, "async": True}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_READY_SECONDS) as answer:  # noqa: S310
            return str(json.load(answer)["task_id"])

    def _is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self._url}/healthz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False


class StdioServer:
    """A server over stdio, asked through MCP."""

    def __init__(self, home: Path, engine: str) -> None:
        self.process = _start(home, engine)
        self._call("initialize", {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "kills", "version": "1"},
        })  # fmt: skip
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def ask(self, body: dict[str, Any]) -> str:
        """Ask for a song without waiting for it."""
        arguments = {name: value for name, value in body.items() if name != "action"}
        answer = self._call("tools/call", {
            "name": "generate_song", "arguments": {**arguments, "wait_seconds": 0},
        })  # fmt: skip
        return str(answer["structuredContent"]["task"]["id"])

    def _call(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        self._send({"jsonrpc": "2.0", "id": method, "method": method, "params": params})
        while line := _pipe(self.process.stdout).readline():
            message = json.loads(line)
            if message.get("id") == method:
                result: dict[str, Any] = message["result"]
                return result
        raise ConnectionError("the server has gone")

    def _send(self, message: dict[str, Any]) -> None:
        pipe = _pipe(self.process.stdin)
        pipe.write(json.dumps(message).encode() + b"\n")
        pipe.flush()


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise ConnectionError("the server has no pipe")
    return pipe


@dataclass
class Score:
    """What was seen."""

    accepted: list[str] = field(default_factory=list)
    resumed_seconds: list[float] = field(default_factory=list)
    strays: int = 0


def main() -> int:
    """Kill, work off, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    chance = random.Random(options.seed)  # noqa: S311 - repeatable, not secret
    folder = Path(tempfile.mkdtemp(prefix="songwright-kills-"))
    home, score = folder / "home", Score()
    try:
        for _ in range(options.kills):
            _one_life(home, chance, score)
        last = HttpServer(home, "scripted")
        _wait(lambda: not _unfinished(home), _WORKED_OFF_SECONDS)
        last.process.terminate()
        code = last.process.wait(_READY_SECONDS)
        return _print(home, options.kills, score, code)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _one_life(home: Path, chance: random.Random, score: Score) -> None:
    engine = "local" if chance.random() < _EMBEDDED_SHARE else "scripted"
    # What the server has died under again and again is held back at first, and is not resumed at once.
    attempts = _attempts(home) if _soon_resumed(home) else None
    began = time.monotonic()
    life_seconds = chance.uniform(_SHORTEST_LIFE_SECONDS, _LONGEST_LIFE_SECONDS)
    server: Server = chance.choice([HttpServer, StdioServer])(home, engine)
    try:
        if attempts is not None:
            _wait(lambda: _attempts(home) > attempts or not _unfinished(home), _READY_SECONDS)
            score.resumed_seconds.append(time.monotonic() - began)
        for _ in range(_TASKS_A_LIFE):
            score.accepted.append(server.ask(_body(engine, chance)))
        time.sleep(life_seconds)
    except (OSError, urllib.error.URLError, KeyError):
        pass  # not acknowledged
    finally:
        server.process.kill()
        server.process.wait()
        for stream in (server.process.stdin, server.process.stdout):
            if stream is not None:
                stream.close()


def _body(engine: str, chance: random.Random) -> dict[str, Any]:
    words = "pop, 12 seconds, 120 bpm" if engine == "local" else "a song"
    return {"action": "generate", "prompt": words, "instrumental": True, "seed": str(chance.randrange(10**6))}


def _start(home: Path, engine: str, *words: str) -> subprocess.Popen[bytes]:
    settings = {
        "SONGWRIGHT_HOME": str(home),
        "SONGWRIGHT_ENGINE": engine,
        "SONGWRIGHT_UNFINISHED_TASKS": "9999",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "songwright", *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **settings},
    )


def _ask(home: Path, question: str) -> Any:
    if not (home / "library.db").exists():
        return 0
    with closing(sqlite3.connect(f"file:{home / 'library.db'}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return connection.execute(question).fetchone()[0] or 0
        except sqlite3.OperationalError:
            return 0  # the tables are being made


def _unfinished(home: Path) -> int:
    return int(_ask(home, "SELECT COUNT(*) FROM tasks WHERE status IN ('queued', 'running')"))


def _soon_resumed(home: Path) -> int:
    waiting = "SELECT COUNT(*) FROM tasks WHERE status IN ('queued', 'running') AND server_deaths <= "
    return int(_ask(home, waiting + str(most_server_deaths(0.0))))


def _attempts(home: Path) -> int:
    return int(_ask(home, "SELECT SUM(attempts) FROM tasks"))


def _wait(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError("what was waited for did not come")
        time.sleep(0.02)


def _print(home: Path, kills: int, score: Score, code: int) -> int:
    broken = faults_of_home(home, score.accepted, frozenset())
    with closing(sqlite3.connect(home / "library.db")) as connection:
        ends = dict(connection.execute("SELECT status, COUNT(*) FROM tasks GROUP BY 1").fetchall())
        engines = dict(connection.execute("SELECT engine, COUNT(*) FROM tasks GROUP BY 1").fetchall())
        [(most,)] = connection.execute("SELECT MAX(attempts) FROM tasks")
    resumed = sorted(score.resumed_seconds) or [0.0]
    rows = {
        "kills": kills,
        "tasks acknowledged": len(score.accepted),
        "tasks by engine": engines,
        "tasks by end": ends,
        "most attempts of a task": most,
        "work resumed after the process's start, s (median, 95 %, most)": [
            round(resumed[int((len(resumed) - 1) * share)], 2) for share in (0.5, 0.95, 1.0)
        ],
        "exit code of the last server after SIGTERM": code,
        "broken promises": len(broken),
    }
    for name, value in rows.items():
        sys.stdout.write(f"| {name} | {value} |\n")
    for line in broken[:50]:
        sys.stdout.write(f"  {line}\n")
    return 1 if broken or code else 0


if __name__ == "__main__":
    sys.exit(main())
