"""import_audio, as clients call it."""

from __future__ import annotations

from pathlib import Path

import pytest
from mcp import Client
from mcp_answers import Serve, facts, refusal
from pydantic import HttpUrl

from songwright.settings import Settings
from standins.sound import encoded, tones


@pytest.fixture
def recording(settings: Settings) -> Path:
    folder = settings.home / "imports"
    folder.mkdir(parents=True)
    path = folder / "Night Drive.wav"
    path.write_bytes(encoded(tones(2, (220.0,))))
    return path


async def test_a_recording_becomes_a_song_that_other_tools_know(client: Client, recording: Path) -> None:
    made = facts(await client.call_tool("import_audio", {"path": str(recording), "title": "Mine"}))
    assert made["task"]["status"] == "succeeded"
    assert made["song"]["action"] == "import_audio"
    cover = facts(await client.call_tool("cover_song", {"audio_id": "Mine", "prompt": "jazz"}))
    assert cover["song"]["parents"][0]["song_id"] == made["song"]["id"]
    listed = facts(await client.call_tool("list_songs", {}))["songs"]
    assert [song["action"] for song in listed] == ["cover", "import_audio"]
    lineage = await client.read_resource(f"song://{cover['song']['id']}/lineage")
    assert "import_audio" in lineage.contents[0].text  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({}, "give one of them"),
        ({"path": "a.wav", "url": "https://cdn.example/a.wav"}, "give one of them"),
        ({"url": "file:///etc/passwd"}, "url: must be an http or https URL"),
        ({"url": "ftp://cdn.example/a.wav"}, "url: must be an http or https URL"),
        ({"url": "http://127.0.0.1/a.wav"}, "url: "),
        ({"path": "/etc/passwd"}, "SONGWRIGHT_IMPORT_FOLDERS"),
        ({"path": "missing.wav"}, "no such file"),
        ({"path": "a\x00b"}, "control characters"),
        ({"path": "x" * 5000}, "at most 4096"),
    ],
)
async def test_what_cannot_be_imported_is_told_in_one_sentence(
    client: Client, arguments: dict[str, str], said: str
) -> None:
    assert said in refusal(await client.call_tool("import_audio", arguments))
    assert facts(await client.call_tool("list_songs", {}))["songs"] == []


async def test_a_client_elsewhere_names_no_files(serve: Serve, settings: Settings, recording: Path) -> None:
    public = settings.model_copy(update={"public_url": HttpUrl("https://songs.example/")})
    async with serve(public) as address, Client(f"{address}/mcp") as client:
        said = refusal(await client.call_tool("import_audio", {"path": str(recording)}))
    assert "give a url" in said
