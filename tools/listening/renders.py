"""Makes the songs through the studio, as any client would, and keeps them between runs."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from tools.listening.requests import Request

import songwright
from songwright.music.song import Song
from songwright.music.task import Failed, Succeeded
from songwright.settings import Settings
from songwright.studio import Studio

__all__ = ["Render", "digest_of", "render_all", "source_digest"]

_DEADLINE_SECONDS = 1_200.0
_SOUND_SOURCES = ("engines", "music")


@dataclass(frozen=True, slots=True)
class Render:
    """A finished song with its files.

    Attributes:
        key: Names the request and the sources that made it; what is measured is kept under it.
        seconds: How long the studio took, queueing left out.
    """

    request: Request
    key: str
    song: Song
    master: Path
    vocals: Path | None
    score: Path
    seconds: float


def digest_of(*parts: bytes | str) -> str:
    """A short name for contents."""
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part.encode() if isinstance(part, str) else part)
        digest.update(b"\0")
    return digest.hexdigest()


def source_digest(*folders: Path) -> str:
    """A short name for the contents of source and data files."""
    files = sorted(
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in {".py", ".toml", ".json", ".onnx", ".npz", ".flac"}
    )
    return digest_of(*(part for path in files for part in (path.name, path.read_bytes())))


async def _render(studio: Studio, request: Request, sources: str) -> Render | str:
    key = f"{request.name}-{digest_of(request.action.model_dump_json(), sources)}"
    task = await studio.submit(request.action, engine="local", request_id=key)
    task = await studio.wait(task.id, _DEADLINE_SECONDS)
    match task.state:
        case Succeeded(song_id=song_id):
            pass
        case Failed(failure=failure):
            return f"{request.name}: {failure.message}"
        case _:
            return f"{request.name}: not finished after {_DEADLINE_SECONDS:.0f} s"
    song = await studio.song(song_id)
    seconds = (task.state.finished_at - task.state.started_at).total_seconds()
    print(f"  {request.name:<14} {song.facts.duration_seconds:6.1f} s  in {seconds:5.1f} s", file=sys.stderr)
    return Render(
        request=request,
        key=key,
        song=song,
        master=await studio.audio_path(song_id),
        vocals=await studio.stem_path(song_id, "vocals") if "vocals" in song.stems else None,
        score=await studio.score_path(song_id),
        seconds=seconds,
    )


async def render_all(
    requests: Sequence[Request], home: Path, processes: int
) -> tuple[list[Render], list[str]]:
    """Make every song that is not there yet.

    Args:
        requests: What to ask.
        home: The studio's home folder, kept between runs.
        processes: How many songs to make at a time.

    Returns:
        The songs in the order of the requests, and one sentence for each request that failed.
    """
    package = Path(songwright.__file__).parent
    sources = source_digest(*(package / name for name in _SOUND_SOURCES))
    made: dict[str, Render | str] = {}
    settings = Settings(home=home, workers=processes)

    async def one(studio: Studio, request: Request) -> None:
        made[request.name] = await _render(studio, request, sources)

    async with Studio.open(settings) as studio, anyio.create_task_group() as group:
        for request in requests:
            group.start_soon(one, studio, request)
    results = [made[request.name] for request in requests]
    return (
        [result for result in results if isinstance(result, Render)],
        [result for result in results if isinstance(result, str)],
    )
