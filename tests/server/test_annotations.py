"""What tools say about themselves is what they do."""

from __future__ import annotations

import hashlib
import socket
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp_answers import facts

from songwright.settings import Settings

ARGUMENTS: dict[str, dict[str, Any]] = {
    "cancel_task": {},
    "compare_songs": {"first_id": "last", "second_id": "last"},
    "cover_song": {"audio_id": "last", "prompt": "jazz"},
    "export_song": {"audio_id": "last", "format": "wav"},
    "extend_song": {"audio_id": "last"},
    "generate_song": {"prompt": "folk"},
    "get_song": {"audio_id": "last"},
    "get_task": {},
    "import_audio": {"url": "https://cdn.example/demo.mp3"},
    "list_songs": {},
    "replace_section": {"audio_id": "last", "section": "verse"},
    "separate_stems": {"audio_id": "last"},
    "swap_instrumentals": {"audio_id": "last"},
    "swap_vocals": {"audio_id": "last"},
    "vary_song": {"audio_id": "last"},
}


@pytest.fixture
def mode() -> str:
    """One revision is enough: what a tool does does not depend on it."""
    return "auto"


def kept(settings: Settings) -> dict[str, str]:
    """A digest of every file of the library, and every row of its tables."""
    digests = {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (settings.home / "songs").rglob("*")
        if path.is_file()
    }
    for database in settings.home.glob("*.db"):
        digests |= rows(database)
    return digests


def rows(database: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    with closing(sqlite3.connect(database)) as connection:
        for table in ("songs", "tasks", "song_parents"):
            for row in connection.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of ours
                found[f"{table} {row[0]} {row[1]}"] = repr(row)
    return found


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
async def test_a_tool_does_no_more_than_it_says(
    client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    made = facts(await client.call_tool("generate_song", {"prompt": "folk", "lyric": "[Verse]\nla"}))
    tools = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(ARGUMENTS) == set(tools)
    hints = tools[name].annotations
    assert hints is not None
    takes_task = "task_id" in tools[name].input_schema["properties"]
    arguments = ARGUMENTS[name] | ({"task_id": made["task"]["id"]} if takes_task else {})

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("reached for the network")

    if not hints.open_world_hint:
        monkeypatch.setattr(socket.socket, "connect", refuse)
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
    before = kept(settings)
    facts(await client.call_tool(name, arguments))
    once = kept(settings)
    facts(await client.call_tool(name, arguments))
    twice = kept(settings)
    if hints.read_only_hint:
        assert once == before
    if not hints.destructive_hint:
        assert before.items() <= once.items()
    if hints.idempotent_hint:
        assert twice == once
    else:
        assert len(twice) > len(once) > len(before)
