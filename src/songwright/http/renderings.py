"""Files that clients fetch, made from a song's masters when they are first asked for, then kept.

Songs never change, so a file that is there is right. Each is written beside its place and renamed.
"""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from songwright.errors import NotFoundError
from songwright.http.links import FileName
from songwright.music.actions import StemName
from songwright.studio import Studio

__all__ = ["MEDIA_TYPES", "Renderings"]

MEDIA_TYPES: dict[FileName, str] = {
    "audio.mp3": "audio/mpeg",
    "audio.flac": "audio/flac",
    "audio.wav": "audio/wav",
    "stems.zip": "application/zip",
    "cover.svg": "image/svg+xml",
    "video.mp4": "video/mp4",
}

# libsndfile's lossy encoders have crashed on long songs written in one call.
_BLOCK_FRAMES = 8192
_MADE_AT_ONCE = 2
_COVER_BARS = 96
_COVER_SIZE = 512


class Renderings:
    """Makes and keeps files in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._making = anyio.CapacityLimiter(_MADE_AT_ONCE)

    async def path(self, studio: Studio, song_id: str, name: FileName, principal: str) -> Path:
        """Where a file of a song is, after it was made if need be.

        Raises:
            NotFoundError: There is no such song, or it has no such file.
        """
        song = await studio.song(song_id, principal)
        master = await studio.audio_path(song.id, principal)
        match name:
            case "audio.flac":
                return master
            case "audio.mp3":
                return await self._made(song.id, name, lambda target: _write_audio(master, target, "MP3"))
            case "audio.wav":
                return await self._made(song.id, name, lambda target: _write_audio(master, target, "WAV"))
            case "cover.svg":
                return await self._made(song.id, name, lambda target: _write_cover(master, target))
            case "stems.zip":
                stems = {stem: await studio.stem_path(song.id, stem, principal) for stem in song.stems}
                return await self._made(song.id, name, lambda target: _write_zip(stems, target))
            case "video.mp4":
                raise NotFoundError("no video has been made of the song", field="audio_id")

    async def _made(self, song_id: str, name: FileName, make: Callable[[Path], None]) -> Path:
        final = self._folder / song_id / name

        def arrive() -> None:
            final.parent.mkdir(parents=True, exist_ok=True)
            arriving = final.with_name(f".arriving-{uuid.uuid4()}-{name}")
            try:
                make(arriving)
                arriving.replace(final)
            finally:
                arriving.unlink(missing_ok=True)

        if not await anyio.Path(final).exists():
            async with self._making:
                if not await anyio.Path(final).exists():
                    await anyio.to_thread.run_sync(arrive)
        return final


def _write_audio(master: Path, target: Path, file_format: str) -> None:
    import soundfile

    with soundfile.SoundFile(master) as source:
        how: dict[str, Any] = {"samplerate": source.samplerate, "channels": source.channels}
        how["subtype"] = "MPEG_LAYER_III" if file_format == "MP3" else source.subtype
        # Integers keep a lossless copy exact; the lossy encoder takes floats.
        dtype = "float32" if file_format == "MP3" else "int32"
        with soundfile.SoundFile(target, "w", format=file_format, **how) as copy:
            for block in source.blocks(_BLOCK_FRAMES, dtype=dtype):
                copy.write(block)


def _write_zip(stems: dict[StemName, Path], target: Path) -> None:
    # FLAC is compressed already.
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for stem, path in stems.items():
            archive.write(path, f"{stem}.flac")


def _write_cover(master: Path, target: Path) -> None:
    """Draw the song's waveform as a picture."""
    import numpy as np
    import soundfile

    with soundfile.SoundFile(master) as source:
        length = max(1, -(-len(source) // _COVER_BARS))
        blocks = source.blocks(length, dtype="float32", always_2d=True)
        peaks = [float(np.abs(block).max(initial=0.0)) for block in blocks]
    loudest = max([*peaks, 1e-9])
    width = _COVER_SIZE / _COVER_BARS
    bars = "".join(
        f'<rect x="{index * width + width * 0.2:.2f}" y="{(_COVER_SIZE - height) / 2:.2f}" '
        f'width="{width * 0.6:.2f}" height="{height:.2f}" rx="1.5"/>'
        for index, peak in enumerate(peaks)
        for height in [max(2.0, 0.6 * _COVER_SIZE * peak / loudest)]
    )
    target.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_COVER_SIZE}" height="{_COVER_SIZE}" '
        f'viewBox="0 0 {_COVER_SIZE} {_COVER_SIZE}"><rect width="100%" height="100%" fill="#14213d"/>'
        f'<g fill="#fca311">{bars}</g></svg>\n',
        encoding="utf-8",
    )
