"""Makes songs and edits through the studio, as any client would."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from tools.edits.sound import Samples, read

from songwright.errors import RequestError
from songwright.music.actions import Action, StemName
from songwright.music.imports import ImportAudio
from songwright.music.song import Song
from songwright.music.task import Succeeded, Task
from songwright.studio import Studio

__all__ = ["STEMS", "Made", "Workshop"]

STEMS: tuple[StemName, ...] = get_args(StemName)
_DEADLINE_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Made:
    """A finished song.

    Attributes:
        seconds: How long the task took, queueing left out.
    """

    song: Song
    master: Path
    stems: dict[StemName, Path]
    seconds: float

    def samples(self) -> Samples:
        """The master."""
        return read(self.master)

    def stem(self, name: StemName) -> Samples:
        """A stem."""
        return read(self.stems[name])


class Workshop:
    """A studio with a memory for what it was asked before: the same request is made once."""

    def __init__(self, studio: Studio, home: Path, sources: str) -> None:
        self._studio = studio
        self._home = home
        self._sources = sources

    async def make(self, name: str, action: Action) -> Made:
        """Make a song, or an edit.

        Raises:
            RuntimeError: It failed.
        """
        task = await self._studio.submit(action, engine="local", request_id=f"{name}-{self._sources}")
        return await self._made(name, task)

    async def take(self, name: str, request: ImportAudio) -> Made:
        """Import a recording.

        Raises:
            RuntimeError: It failed.
        """
        return await self._made(
            name, await self._studio.import_audio(request, request_id=f"{name}-{self._sources}")
        )

    async def _made(self, name: str, task: Task) -> Made:
        task = await self._studio.wait(task.id, _DEADLINE_SECONDS)
        if not isinstance(task.state, Succeeded):
            raise RuntimeError(f"{name}: {task.state}")
        song = await self._studio.song(task.state.song_id)
        seconds = (task.state.finished_at - task.state.started_at).total_seconds()
        print(f"  {name:<28} {song.facts.duration_seconds:6.1f} s  in {seconds:5.1f} s", file=sys.stderr)
        return Made(
            song=song,
            master=await self._studio.audio_path(song.id),
            stems={stem: await self._studio.stem_path(song.id, stem) for stem in song.stems},
            seconds=seconds,
        )

    async def zipped_stems(self, made: Made) -> Path:
        """A ZIP of a song's stems."""
        return await self._studio.export(made.song.id, "stems")

    async def refusal(self, action: Action) -> tuple[RequestError | None, bool]:
        """What a request is answered that should be refused, and whether it left a task or a file."""
        before = await self._traces()
        try:
            await self._studio.submit(action, engine="local")
        except RequestError as error:
            return error, await self._traces() != before
        return None, True

    async def _traces(self) -> tuple[int, int]:
        tasks, cursor = 0, None
        while True:
            page = await self._studio.tasks(limit=100, cursor=cursor)
            tasks += len(page.items)
            cursor = page.next_cursor
            if cursor is None:
                break
        songs = sum(1 for path in self._home.rglob("*") if path.suffix in {".flac", ".json"})
        return tasks, songs
