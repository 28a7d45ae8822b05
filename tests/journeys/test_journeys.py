"""What agents come for, in as few calls as it takes, and what happens when things go wrong on the way."""

from __future__ import annotations

import itertools
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable
from contextlib import closing
from pathlib import Path
from typing import Any

import anyio
import pytest
from journey import SERVER, Journey, by_way_of
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from standins.sound import encoded, tones

LYRIC = "[Verse]\nMorning comes\n\n[Chorus]\nCarry me\n\n[Verse]\nEvening goes\n\n[Chorus]\nCarry me home"


async def answered(call: Awaitable[CallToolResult]) -> dict[str, Any]:
    result = await call
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


@by_way_of("stdio-2026-07-28", "stdio-2025-11-25", "http-2026-07-28", "http-2025-11-25")
async def test_from_an_idea_to_a_song_in_one_call_and_a_section_fixed_in_one_more(journey: Journey) -> None:
    async with journey.connect() as client:
        made = await answered(client.call_tool("generate_song", {"prompt": "indie folk", "lyric": LYRIC}))
        song = made["song"]
        assert await anyio.Path(song["file"]).exists()
        second = [section["name"] for section in song["sections"] if section["name"].startswith("chorus")][1]
        fixed = await answered(
            client.call_tool(
                "replace_section", {"audio_id": song["id"], "section": second, "prompt": "more energy"}
            )
        )
        assert fixed["song"]["parents"][0]["song_id"] == song["id"]
        assert fixed["song"]["promise"]["outside_max_abs_diff"] == 0


@by_way_of("stdio-2025-11-25", "http-2026-07-28")
async def test_two_songs_are_mashed_in_one_call(journey: Journey) -> None:
    async with journey.connect() as client:
        ids = []
        for title in ("Rain", "Sun"):
            made = await answered(client.call_tool("generate_song", {"prompt": "folk", "title": title}))
            ids.append(made["song"]["id"])
        mash = await answered(client.call_tool("swap_vocals", {"audio_id": "Rain", "swap_audio_id": "Sun"}))
        assert [parent["song_id"] for parent in mash["song"]["parents"]] == ids


def recorded(home: Path, name: str) -> Path:
    """A recording in the folder that imports come from."""
    path = home / "imports" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(encoded(tones(2, (220.0,))))
    return path


@by_way_of("stdio-2026-07-28", "http-2025-11-25")
async def test_a_recording_becomes_a_song_and_a_cover_of_it_another(journey: Journey) -> None:
    recorded(journey.home, "night_drive.wav")
    async with journey.connect() as client:
        mine = await answered(client.call_tool("import_audio", {"path": "night_drive.wav", "title": "Mine"}))
        assert await anyio.Path(mine["song"]["file"]).exists()
        cover = await answered(client.call_tool("cover_song", {"audio_id": "Mine", "prompt": "jazz"}))
        assert cover["song"]["parents"][0]["song_id"] == mine["song"]["id"]


@by_way_of("stdio-2025-11-25", "http-2026-07-28")
async def test_a_lost_reply_and_a_retry_give_one_song(journey: Journey) -> None:
    request = {"prompt": "folk", "request_id": "once"}
    async with journey.connect() as client:
        journey.hold.touch()
        with anyio.move_on_after(1.0):
            await client.call_tool("generate_song", request)
        journey.hold.unlink()
        first = await answered(client.call_tool("generate_song", request))
        again = await answered(client.call_tool("generate_song", request))
        assert first["song"]["id"] == again["song"]["id"]
        assert len((await answered(client.call_tool("list_songs", {})))["songs"]) == 1


@by_way_of("stdio-2026-07-28", "http-2025-11-25")
async def test_a_hundred_calls_at_once_make_a_hundred_songs(journey: Journey) -> None:
    answers: list[dict[str, Any]] = []

    async def ask(client: Client, number: int) -> None:
        request = {"prompt": "folk", "request_id": f"request {number}", "wait_seconds": 0}
        answers.append(await answered(client.call_tool("generate_song", request)))

    async with journey.connect() as client:
        journey.hold.touch()
        async with anyio.create_task_group() as group:
            for number in range(100):
                group.start_soon(ask, client, number)
        assert len({answer["task"]["id"] for answer in answers}) == 100
        for answer in answers[:50]:
            await answered(client.call_tool("cancel_task", {"task_id": answer["task"]["id"]}))
        assert await ledger(journey.home) == {"cancelled": 50, "queued or running": 50}


async def ledger(home: Path) -> dict[str, int]:
    """How many tasks there are by status."""

    def count() -> dict[str, int]:
        database = next(path for path in home.glob("*.db") if path.name != "jobs.db")
        with closing(sqlite3.connect(database)) as connection:
            rows = connection.execute("SELECT status, count(*) FROM tasks GROUP BY status").fetchall()
        found: dict[str, int] = {}
        for status, number in rows:
            name = "queued or running" if status in ("queued", "running") else status
            found[name] = found.get(name, 0) + number
        return found

    return await anyio.to_thread.run_sync(count)


def killed_in_mid_render(command: list[str], tool: str, arguments: dict[str, Any]) -> str:
    """Start a server, have it begin a song, and kill it; the id of the song's task."""
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        to_server, from_server = process.stdin, process.stdout
        assert to_server is not None
        assert from_server is not None

        def send(**message: Any) -> None:
            to_server.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            to_server.flush()

        def call(number: int, name: str, **arguments: Any) -> dict[str, Any]:
            send(id=number, method="tools/call", params={"name": name, "arguments": arguments})
            while (answer := json.loads(from_server.readline())).get("id") != number:
                pass
            task: dict[str, Any] = answer["result"]["structuredContent"]["task"]
            return task

        client = {"name": "test", "version": "0"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        send(id=1, method="initialize", params=hello)
        send(method="notifications/initialized")
        task = call(2, tool, **arguments, wait_seconds=0)
        for number in itertools.count(3):
            if task["status"] == "running":
                break
            task = call(number, "get_task", task_id=task["id"], wait_seconds=0.2)
        process.kill()
    return str(task["id"])


@pytest.mark.parametrize(
    ("mode", "tool", "arguments"),
    [
        ("auto", "generate_song", {"prompt": "folk"}),
        ("legacy", "import_audio", {"path": "demo.wav", "title": "Mine"}),
    ],
    ids=["2026-07-28 generate", "2025-11-25 import"],
)
async def test_a_server_that_is_killed_in_mid_render_goes_on_after_the_next_start(
    tmp_path: Path, mode: str, tool: str, arguments: dict[str, Any]
) -> None:
    home, hold = tmp_path / "home", tmp_path / "hold"
    hold.touch()
    recording = recorded(home, "demo.wav")
    command = [sys.executable, str(SERVER), "stdio", str(home), str(hold)]
    task_id = await anyio.to_thread.run_sync(killed_in_mid_render, command, tool, arguments)
    recording.unlink()
    hold.unlink()
    parameters = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
    async with Client(parameters, mode=mode) as client:
        done = await answered(client.call_tool("get_task", {"task_id": task_id, "wait_seconds": 60}))
        assert done["task"]["status"] == "succeeded"
        assert len((await answered(client.call_tool("list_songs", {})))["songs"]) == 1
