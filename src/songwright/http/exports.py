"""``POST /producer/wav`` and ``/producer/videos``: links to a song in another form."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from songwright.http.bodies import AudioBody, parse_body
from songwright.http.desk import Caller, Desk
from songwright.http.faults import ApiError

__all__ = ["RendersVideo", "videos", "wav"]


@runtime_checkable
class RendersVideo(Protocol):
    """A studio that makes videos of songs."""

    async def video_path(self, song_id: str, principal: str) -> Path:
        """Where the song's video is on this machine, made if need be: MP4.

        Raises:
            NotFoundError: There is no such song.
        """
        ...


async def wav(desk: Desk, caller: Caller, value: Any, task_id: str) -> list[dict[str, str]]:  # noqa: ARG001
    """A link to the song as WAV, with the samples of its master."""
    body = parse_body(AudioBody, value)
    studio = await desk.studio()
    song_id = await studio.resolve_song_id(body.audio_id, caller.principal, field="audio_id")
    song = await studio.song(song_id, caller.principal)
    await desk.renderings.path(studio, song.id, "audio.wav", caller.principal)
    url = desk.link(caller.base_url, song.id, caller.principal)("audio.wav")
    return [{"title": song.facts.title, "file_url": url, "audio_url": url, "audio_id": song.id}]


async def videos(desk: Desk, caller: Caller, value: Any, task_id: str) -> dict[str, str]:  # noqa: ARG001
    """A link to a video of the song."""
    body = parse_body(AudioBody, value)
    studio = await desk.studio()
    song_id = await studio.resolve_song_id(body.audio_id, caller.principal, field="audio_id")
    if not isinstance(studio, RendersVideo):
        raise ApiError(400, "api_not_implemented", "This server makes no videos yet.")
    await studio.video_path(song_id, caller.principal)
    url = desk.link(caller.base_url, song_id, caller.principal)("video.mp4")
    return {"video_url": url, "audio_id": song_id}
