"""The installed server as a client starts it: a child process that speaks the protocol and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters
from mcp_answers import facts

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


def environment(home: Path, **more: str) -> dict[str, str]:
    return dict(os.environ) | {"SONGWRIGHT_HOME": str(home), "SONGWRIGHT_ENGINE": "scripted"} | more


async def test_a_client_starts_the_server_and_gets_a_song(tmp_path: Path, mode: str) -> None:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "songwright"], env=environment(tmp_path / "home")
    )
    async with Client(server, mode=mode) as client:
        song = facts(await client.call_tool("generate_song", {"prompt": "folk", "title": "First"}))["song"]
    assert song["title"] == "First"
    assert (await anyio.Path(song["file"]).read_bytes()).startswith(b"fLaC")


def test_nothing_but_the_protocol_goes_to_standard_output(tmp_path: Path) -> None:
    messages = [
        HELLO,
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/list"},
        {
            "jsonrpc": "2.0",
            "id": 3,
            "method": "tools/call",
            "params": {"name": "list_songs", "arguments": {}},
        },
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
        for message in messages:
            process.stdin.write(json.dumps(message) + "\n")
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.stdin.close()
        rest = process.stdout.read()
    assert {answer["id"] for answer in answers} == {1, 2, 3}
    assert rest == ""
    assert process.returncode == 0


def test_numbers_that_are_not_finite_are_refused_on_the_wire(tmp_path: Path) -> None:
    call = (
        '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":'
        '{"name":"generate_song","arguments":{"prompt":"folk","weirdness":NaN}}}'
    )
    finished = subprocess.run(
        [sys.executable, "-m", "songwright"],
        input=json.dumps(HELLO) + "\n" + call + "\n",
        capture_output=True,
        env=environment(tmp_path / "home"),
        text=True,
        check=True,
        timeout=60,
    )
    assert "weirdness: must be" in finished.stdout
    assert not list(tmp_path.rglob("*.flac"))


@pytest.mark.parametrize("variable", ["SONGWRIGHT_WORKERS", "SONGWRIGHT_ENGINE"])
async def test_a_bad_setting_fails_the_call_and_not_the_server(tmp_path: Path, variable: str) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "songwright"],
        env=environment(tmp_path / "home", **{variable: "0!"}),
    )
    async with Client(server) as client:
        assert (await client.list_tools()).tools
        result = await client.call_tool("list_songs", {})
        assert result.is_error
        assert variable in result.content[0].text
        assert "operator" in result.content[0].text
