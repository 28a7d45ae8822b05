"""``POST /producer/wav`` and ``/producer/videos``: links to a song in another form."""

from __future__ import annotations

from typing import Any

from songwright.http.bodies import AudioBody, parse_body
from songwright.http.desk import Caller, Desk
from songwright.http.links import FileName
from songwright.music.song import Song

__all__ = ["videos", "wav"]


async def wav(desk: Desk, caller: Caller, value: Any, task_id: str) -> list[dict[str, str]]:  # noqa: ARG001
    """A link to the song as WAV, with the samples of its master."""
    song, url = await _exported(desk, caller, value, "audio.wav")
    return [{"title": song.facts.title, "file_url": url, "audio_url": url, "audio_id": song.id}]


async def videos(desk: Desk, caller: Caller, value: Any, task_id: str) -> dict[str, str]:  # noqa: ARG001
    """A link to a video of the song."""
    song, url = await _exported(desk, caller, value, "video.mp4")
    return {"video_url": url, "audio_id": song.id}


async def _exported(desk: Desk, caller: Caller, value: Any, name: FileName) -> tuple[Song, str]:
    """The song that a body names, and a link to a file of it, which has been written."""
    body = parse_body(AudioBody, value)
    studio = await desk.studio()
    song_id = await studio.resolve_song_id(body.audio_id, caller.principal, field="audio_id")
    song = await studio.song(song_id, caller.principal)
    await desk.renderings.path(studio, song.id, name, caller.principal)
    return song, desk.link(caller.base_url, song.id, caller.principal)(name)
