"""SIGTERM and SIGINT end a server in order: exit code 0, and the work goes on with the next one."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")

SERVER = Path(__file__).with_name("gated_server.py")
SIGNALS = [signal.SIGTERM, signal.SIGINT]
BODY = {"action": "generate", "prompt": "folk"}
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-11-25",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}
CALL = {
    "jsonrpc": "2.0",
    "id": 2,
    "method": "tools/call",
    "params": {"name": "generate_song", "arguments": {"prompt": "folk", "wait_seconds": 50}},
}


@contextmanager
def server(home: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, SERVER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=dict(os.environ) | {"SONGWRIGHT_HOME": str(home), "SONGWRIGHT_ENGINE": "scripted"},
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def address(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().split(" at ")[1].strip().removesuffix("/mcp")


def say(process: subprocess.Popen[str], *messages: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.writelines(json.dumps(message) + "\n" for message in messages)
    process.stdin.flush()


def until(file: Path) -> None:
    deadline = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < deadline, f"no {file.name}"
        time.sleep(0.02)


def tasks(home: Path) -> list[tuple[str, int]]:
    with closing(sqlite3.connect(home / "library.db")) as database:
        return database.execute("select status, is_held + crashes + server_deaths from tasks").fetchall()


def log_of(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.read()


@pytest.mark.parametrize("number", SIGNALS)
def test_http_ends_with_its_task_given_back_and_who_waits_is_answered(
    tmp_path: Path, number: signal.Signals
) -> None:
    answers: list[httpx.Response] = []
    with server(tmp_path, "--http", "127.0.0.1:0") as process:
        base = address(process)

        def hold() -> None:
            answers.append(httpx.post(f"{base}/producer/audios", json=BODY, timeout=60, trust_env=False))

        holding = threading.Thread(target=hold)
        holding.start()
        until(tmp_path / "performed")
        headers = {"Accept": "text/event-stream"}
        with (
            httpx.Client(trust_env=False, timeout=60) as http,
            http.stream("GET", f"{base}/mcp", headers=headers) as standing,
        ):
            assert standing.status_code == 200
            process.send_signal(number)
            assert [*standing.iter_text()][-1:] in ([], [""])
        assert process.wait(60) == 0
        holding.join()
        assert log_of(process) == ""
    assert [(answer.status_code, answer.json()["error"]["code"]) for answer in answers] == [(504, "timeout")]
    assert tasks(tmp_path) == [("running", 0)]


@pytest.mark.parametrize("number", SIGNALS)
def test_stdio_ends_with_its_task_given_back_and_the_next_server_finishes_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    with server(tmp_path) as process:
        say(process, HELLO, {"jsonrpc": "2.0", "method": "notifications/initialized"}, CALL)
        until(tmp_path / "performed")
        process.send_signal(number)
        assert process.wait(60) == 0
        assert log_of(process) == ""
    assert tasks(tmp_path) == [("running", 0)]
    (tmp_path / "gate").touch()
    with server(tmp_path):
        deadline = time.monotonic() + 60
        while tasks(tmp_path) != [("succeeded", 0)]:
            assert time.monotonic() < deadline, "nobody finished it"
            time.sleep(0.05)


@pytest.mark.parametrize("words", [[], ["--http", "127.0.0.1:0"]], ids=["stdio", "http"])
def test_a_second_signal_ends_a_server_that_takes_too_long(tmp_path: Path, words: list[str]) -> None:
    with server(tmp_path, "--stubborn", *words) as process:
        if words:
            httpx.get(f"{address(process)}/readyz", timeout=60, trust_env=False)
        else:
            call = {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "list_songs"}}
            say(process, HELLO, {"jsonrpc": "2.0", "method": "notifications/initialized"}, call)
            assert process.stdout is not None
            process.stdout.readline()
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        until(tmp_path / "closing")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == -signal.SIGTERM


def test_a_client_that_is_killed_leaves_no_traceback(tmp_path: Path) -> None:
    with server(tmp_path) as process:
        say(process, HELLO)
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        listing = {"jsonrpc": "2.0", "id": 3, "method": "tools/list"}
        say(process, listing, listing, listing)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(60) == 0
        assert log_of(process) == ""


def test_a_command_that_is_told_to_end_leaves_its_task_to_the_next_one(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "songwright", "make", "warm folk, 96 bpm"]
    environment = dict(os.environ) | {"SONGWRIGHT_HOME": str(tmp_path), "SONGWRIGHT_ENGINE": "local"}
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        try:
            until(tmp_path / "work")
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 1
            assert log_of(process).endswith(
                "songwright: ended by SIGTERM; what was begun goes on when songwright runs again\n"
            )
        finally:
            process.kill()
    assert tasks(tmp_path) in ([("running", 0)], [("queued", 0)])
