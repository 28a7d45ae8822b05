"""Make a first song as an agent would: a real MCP client that starts the installed server over stdio."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

PROMPT = "warm indie pop, 104 bpm, in G major, female voice, acoustic guitar and piano, hopeful"
LYRIC = """\
[Verse]
Morning comes in silver on the water
I can hear the city start to sing
Every window opens like a letter
Every little bird is on the wing

[Chorus]
Carry me home on a song that we know
Carry me over the hill
Wherever the rivers and railways may go
I will be singing it still

[Verse]
Evening writes its colours on the ceiling
All the lamps are lighting one by one
Hold my hand and tell me what you're feeling
We can keep the warmth after the sun

[Chorus]
Carry me home on a song that we know
Carry me over the hill
Wherever the rivers and railways may go
I will be singing it still
"""
DEADLINE_SECONDS = 600.0


async def show_progress(fraction: float, total: float | None, stage: str | None) -> None:
    """Draw the progress of the call on one line."""
    done = fraction / total if total else fraction
    bar = ("#" * round(30 * done)).ljust(30, ".")
    end = "" if sys.stderr.isatty() else "\n"
    start = "\r" if sys.stderr.isatty() else ""
    print(f"{start}  [{bar}] {done:4.0%}  {stage or '':<32}", end=end, file=sys.stderr, flush=True)


async def ask_for_song(client: Client) -> dict[str, Any]:
    """Call the tool, and follow the task if the song takes longer than one call waits."""
    result = await client.call_tool(
        "generate_song",
        {"prompt": PROMPT, "lyric": LYRIC, "title": "Carry Me Home", "seed": "first-song"},
        read_timeout_seconds=DEADLINE_SECONDS,
        progress_callback=show_progress,
    )
    while True:
        answer = result.structured_content
        if result.is_error or answer is None:
            words = [block.text for block in result.content if isinstance(block, TextContent)]
            raise SystemExit("\n".join(["the server refused:", *words]))
        if answer["song"] is not None:
            song: dict[str, Any] = answer["song"]
            return song
        if answer["task"]["status"] not in ("queued", "running"):
            raise SystemExit(f"the task ended {answer['task']['status']}")
        result = await client.call_tool(
            "get_task",
            {"task_id": answer["task"]["id"], "wait_seconds": 45},
            read_timeout_seconds=DEADLINE_SECONDS,
            progress_callback=show_progress,
        )


def describe(song: dict[str, Any], took_seconds: float) -> str:
    """The song in a few lines."""
    level = song["loudness"]
    minutes, seconds = divmod(round(song["duration_seconds"]), 60)
    lines = [
        "",
        f"  {song['title']}",
        f"  file      {song['file']}",
        f"  length    {minutes}:{seconds:02}   made in {took_seconds:.0f} s",
        f"  tempo     {song['tempo_bpm']:g} bpm, {song['time_signature']}",
        f"  key       {song['key']}",
        f"  loudness  {level['integrated_lufs']:.1f} LUFS, true peak {level['true_peak_dbtp']:.1f} dBTP",
        "  sections",
    ]
    lines += [
        f"    {section['start_seconds']:7.2f} - {section['end_seconds']:7.2f}  {section['name']}"
        for section in song["sections"]
    ]
    return "\n".join(lines)


async def main() -> None:
    """Start the server, ask for a song, say where it is."""
    command = Path(sys.executable).with_name("songwright.exe" if os.name == "nt" else "songwright")
    server = StdioServerParameters(command=str(command), env=dict(os.environ))
    print("songwright is making a song ...", file=sys.stderr)
    started = time.monotonic()
    async with Client(server, read_timeout_seconds=DEADLINE_SECONDS) as client:
        song = await ask_for_song(client)
    print(describe(song, time.monotonic() - started))


if __name__ == "__main__":
    anyio.run(main)
