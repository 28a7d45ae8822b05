"""The journeys that the embedded engine makes itself: sound by the engine that everyone has."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters

LYRIC = "[Verse]\nMorning comes over the hill\n\n[Chorus]\nCarry me home\n\n[Chorus]\nCarry me home again"

pytestmark = pytest.mark.slow


@asynccontextmanager
async def connected(home: Path, transport: str, mode: str) -> AsyncIterator[Client]:
    """A client of the installed server."""
    environment = dict(os.environ) | {"SONGWRIGHT_HOME": str(home), "SONGWRIGHT_ENGINE": "local"}
    command = [sys.executable, "-m", "songwright"]
    async with AsyncExitStack() as stack:
        if transport == "stdio":
            there: Any = StdioServerParameters(command=command[0], args=command[1:], env=environment)
        else:
            process = await anyio.open_process(
                [*command, "serve", "--http", "127.0.0.1:0"],
                env=environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            stack.push_async_callback(process.wait)
            stack.callback(_kill, process)
            there = (await _first_line(process)).split()[-1]
        yield await stack.enter_async_context(Client(there, mode=mode))


def _kill(process: anyio.abc.Process) -> None:
    with suppress(ProcessLookupError):
        process.kill()


async def _first_line(process: anyio.abc.Process) -> str:
    assert process.stderr is not None
    line = b""
    while not line.endswith(b"\n"):
        line += await process.stderr.receive()
    return line.decode()


async def song_of(client: Client, name: str, **request: Any) -> dict[str, Any]:
    """One call, and as many looks as a slow machine needs."""
    result = await client.call_tool(name, {**request, "wait_seconds": 300})
    assert not result.is_error, result.content
    assert result.structured_content is not None
    song: dict[str, Any] = result.structured_content["song"]
    return song


# One revision a transport: the scripted journeys go through all four, and rendering takes its time.
@pytest.mark.parametrize(
    ("transport", "mode"),
    [("stdio", "auto"), pytest.param("http", "legacy", marks=pytest.mark.evidence)],
)
async def test_an_idea_becomes_a_song_whose_second_chorus_is_fixed_and_which_is_mashed_with_another(
    tmp_path: Path, transport: str, mode: str
) -> None:
    async with connected(tmp_path / "home", transport, mode) as client:
        song = await song_of(client, "generate_song", prompt="folk, 120 bpm", lyric=LYRIC, seed="1")
        assert (await anyio.Path(song["file"]).read_bytes()).startswith(b"fLaC")
        assert song["engine"] == "local"
        for one, other in itertools.pairwise(song["sections"]):
            assert one["end_seconds"] == pytest.approx(other["start_seconds"], abs=0.01)
        second = [part["name"] for part in song["sections"] if part["name"].startswith("chorus")][1]
        fixed = await song_of(client, "replace_section", audio_id=song["id"], section=second, seed="2")
        assert fixed["promise"]["outside_max_abs_diff"] == 0
        other = await song_of(client, "generate_song", prompt="folk, 110 bpm", lyric=LYRIC, seed="3")
        mash = await song_of(client, "swap_vocals", audio_id=song["id"], swap_audio_id=other["id"])
        assert [parent["song_id"] for parent in mash["parents"]] == [song["id"], other["id"]]
