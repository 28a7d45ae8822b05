"""The installed server as a client starts it: a child process that speaks the protocol and nothing else."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp_answers import facts, refusal

from callback_receiver import receiving

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
NOT_A_NUMBER = (
    '{"jsonrpc":"2.0","id":3,"method":"tools/call","params":'
    '{"name":"generate_song","arguments":{"prompt":"folk","weirdness":NaN}}}'
)


def environment(home: Path, **more: str) -> dict[str, str]:
    return dict(os.environ) | {"SONGWRIGHT_HOME": str(home), "SONGWRIGHT_ENGINE": "scripted"} | more


def server(home: Path, **more: str) -> StdioServerParameters:
    return StdioServerParameters(
        command=sys.executable, args=["-m", "songwright"], env=environment(home, **more)
    )


async def test_a_client_starts_the_server_and_gets_a_song(tmp_path: Path, mode: str) -> None:
    async with Client(server(tmp_path / "home"), mode=mode) as client:
        song = facts(await client.call_tool("generate_song", {"prompt": "folk", "title": "First"}))["song"]
    assert song["title"] == "First"
    assert (await anyio.Path(song["file"]).read_bytes()).startswith(b"fLaC")


def test_the_wire_carries_the_protocol_alone_and_no_number_that_is_not_finite(tmp_path: Path) -> None:
    messages = [
        json.dumps(HELLO),
        json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"}),
        json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/list"}),
        NOT_A_NUMBER,
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "songwright"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(tmp_path / "home"),
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("\n".join(messages) + "\n")
        process.stdin.flush()
        answers = {
            answer["id"]: answer for answer in (json.loads(process.stdout.readline()) for _ in range(3))
        }
        process.stdin.close()
        rest = process.stdout.read()
    assert sorted(answers) == [1, 2, 3]
    assert answers[3]["result"]["isError"] is True
    assert answers[3]["result"]["content"][0]["text"].startswith("weirdness: must be")
    assert rest == ""
    assert process.returncode == 0
    assert not list(tmp_path.rglob("*.flac"))


async def test_a_bad_setting_fails_the_call_and_not_the_server(tmp_path: Path) -> None:
    async with Client(server(tmp_path / "home", SONGWRIGHT_WORKERS="many")) as client:
        assert (await client.list_tools()).tools
        said = refusal(await client.call_tool("list_songs", {}))
    assert said.startswith("SONGWRIGHT_WORKERS: ")
    assert "operator" in said


async def test_a_callback_leaves_from_a_server_that_speaks_stdio_alone(tmp_path: Path) -> None:
    async with receiving() as receiver:
        there = server(tmp_path / "home", SONGWRIGHT_ALLOWED_HOSTS=receiver.host)
        async with Client(there) as client:
            request = {"prompt": "folk", "title": "First", "callback_url": receiver.url}
            task = facts(await client.call_tool("generate_song", request))["task"]
            told = (await receiver.until(1))[0]
    assert told.value["task_id"] == task["id"]
    assert told.value["success"] is True
    assert told.headers["webhook-signature"].startswith("v1,")


def test_a_line_that_is_no_message_is_refused_and_the_next_one_answered(tmp_path: Path) -> None:
    bad = {
        "{": (-32700, None),
        "[" * 5000: (-32700, None),
        '{"jsonrpc":"2.0","id":7,"method":"ping","params":{"x":"\\ud800"}}': (-32700, 7),
        '{"jsonrpc":"2.0","id":["\\ud800"],"method":"ping"}': (-32700, None),
        "[]": (-32600, None),
        "3": (-32600, None),
        '{"jsonrpc":"1.0","id":1,"method":"ping"}': (-32600, None),
    }
    process = subprocess.run(
        [sys.executable, "-m", "songwright"],
        input="\n".join(["", json.dumps(HELLO), *bad, "  "]) + "\n",
        capture_output=True,
        env=environment(tmp_path / "home"),
        text=True,
        timeout=60,
        check=True,
    )
    answers = [json.loads(line) for line in process.stdout.splitlines()]
    refusals = [answer for answer in answers if "error" in answer]
    assert [(told["error"]["code"], told["id"]) for told in refusals] == list(bad.values())
    assert all(re.fullmatch(r"The message must be one .*\.", told["error"]["message"]) for told in refusals)
    assert len(answers) == len(bad) + 1
    assert "Traceback" not in process.stderr


META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "0"},
    "io.modelcontextprotocol/clientCapabilities": {},
}


def discover(request_id: int) -> dict[str, Any]:
    params = {"_meta": META}
    return {"jsonrpc": "2.0", "id": request_id, "method": "server/discover", "params": params}


def answers_to(home: Path, *messages: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """What a server answers, by id, to messages that are all there before it has started."""
    with subprocess.Popen(
        [sys.executable, "-m", "songwright"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(home),
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("".join(json.dumps(message) + "\n" for message in messages))
        process.stdin.flush()
        asked = sum("id" in message for message in messages)
        told = [json.loads(process.stdout.readline()) for _ in range(asked)]
        process.stdin.close()
    return {answer["id"]: answer for answer in told}


def test_who_has_asked_what_the_server_can_do_may_still_shake_hands(tmp_path: Path) -> None:
    started = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    listing = {"jsonrpc": "2.0", "id": 4, "method": "tools/list"}
    told = answers_to(tmp_path / "home", discover(2), discover(3), HELLO, started, listing)
    assert told[2]["result"] == told[3]["result"]
    assert "2026-07-28" in told[2]["result"]["supportedVersions"]
    assert told[1]["result"]["protocolVersion"] == "2025-11-25"
    assert len(told[4]["result"]["tools"]) == 15


def test_who_has_asked_what_the_server_can_do_may_go_on_without_a_handshake(tmp_path: Path) -> None:
    listing = {"jsonrpc": "2.0", "id": 4, "method": "tools/list", "params": {"_meta": META}}
    told = answers_to(tmp_path / "home", discover(2), listing, discover(5))
    assert len(told[4]["result"]["tools"]) == 15
    assert told[5]["result"] == told[2]["result"]


def test_a_question_about_the_server_that_is_not_well_put_decides_nothing(tmp_path: Path) -> None:
    bare = {"jsonrpc": "2.0", "id": 2, "method": "server/discover"}
    told = answers_to(tmp_path / "home", bare, HELLO)
    assert "error" in told[2]
    assert told[1]["result"]["protocolVersion"] == "2025-11-25"
