"""Files that clients fetch: written when they are first asked for, then kept. Songs never change."""

from __future__ import annotations

import uuid
from pathlib import Path
from weakref import WeakValueDictionary

import anyio
import anyio.to_thread

from songwright.exports.formats import EXPORT_FORMATS, ExportFormat
from songwright.http.links import FileName
from songwright.music.song import Song
from songwright.studio import Studio

__all__ = ["FILES", "MEDIA_TYPES", "Renderings"]

FILES: dict[ExportFormat, FileName] = {
    "mp3": "audio.mp3",
    "wav": "audio.wav",
    "flac": "audio.flac",
    "ogg": "audio.ogg",
    "opus": "audio.opus",
    "stems": "stems.zip",
    "video": "video.mp4",
    "midi": "score.mid",
    "musicxml": "score.musicxml",
    "lrc": "lyrics.lrc",
    "lyrics_json": "lyrics.json",
    "srt": "lyrics.srt",
    "ass": "lyrics.ass",
    "webvtt": "lyrics.vtt",
    "waveform": "waveform.png",
    "piano_roll": "piano_roll.png",
}
"""The file that holds a song in each form."""

MEDIA_TYPES: dict[FileName, str] = {name: EXPORT_FORMATS[form].media_type for form, name in FILES.items()} | {
    "cover.png": "image/png"
}

_FORMATS: dict[FileName, ExportFormat] = {name: form for form, name in FILES.items()}
_WRITTEN_AT_ONCE = 2
_MOST_REMEMBERED = 10_000


class Renderings:
    """Finds the files of songs, a few being written at a time."""

    def __init__(self, covers: Path) -> None:
        """Keep covers in the folder ``covers``, which may be deleted at any time."""
        self._covers = covers
        self._writing = anyio.CapacityLimiter(_WRITTEN_AT_ONCE)
        self._locks: WeakValueDictionary[tuple[str, FileName], anyio.Lock] = WeakValueDictionary()
        self._found: dict[tuple[str, FileName], Path] = {}

    async def path(self, studio: Studio, song_id: str, name: FileName, principal: str) -> Path:
        """Where a file of a song is, after it was written if need be.

        Raises:
            NotFoundError: There is no such song, or it has no stems.
            UnsupportedError: A package is missing; the message names it.
            EngineError: The song's files are damaged, or the disk is full.
        """
        song = await studio.song(song_id, principal)
        file = (song.id, name)
        # A player asks for several parts at once: the first request writes the file, the others wait for it.
        async with self._locks.setdefault(file, anyio.Lock()):
            known = self._found.get(file)
            if known is not None and await anyio.Path(known).exists():
                return known
            async with self._writing:
                path = await self._written(studio, song, name, principal)
            if len(self._found) >= _MOST_REMEMBERED:
                self._found.clear()
            self._found[file] = path
            return path

    async def _written(self, studio: Studio, song: Song, name: FileName, principal: str) -> Path:
        wanted = _FORMATS.get(name)
        if wanted is not None:
            return await studio.export(song.id, wanted, principal=principal)
        master = await studio.audio_path(song.id, principal)
        return await anyio.to_thread.run_sync(self._cover, song, master)

    def _cover(self, song: Song, master: Path) -> Path:
        from songwright.exports.pictures import cover_png

        final = self._covers / f"{song.id}.png"
        if not final.exists():
            self._covers.mkdir(parents=True, exist_ok=True)
            arriving = final.with_suffix(f".{uuid.uuid4()}")
            try:
                arriving.write_bytes(cover_png(song, master))
                arriving.replace(final)
            finally:
                arriving.unlink(missing_ok=True)
        return final
