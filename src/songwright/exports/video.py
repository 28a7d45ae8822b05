"""A song as an MP4 video: the cover, and the lyric moving with the music. Needs the ``video`` extra."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from songwright.errors import EngineError, UnsupportedError
from songwright.exports.audio import CEILING_DBTP
from songwright.exports.formats import ExportOptions
from songwright.exports.lettering import fitted, font_within
from songwright.exports.material import Material, SungWords
from songwright.exports.pictures import PAPER, cover_image
from songwright.exports.provenance import xmp
from songwright.exports.tags import Tags, tags_of
from songwright.music.song import LyricLine

__all__ = ["FRAMES_PER_SECOND", "HEIGHT", "WIDTH", "write_video"]

WIDTH, HEIGHT = 1280, 720
FRAMES_PER_SECOND = 12

_COVER_PIXELS = 560
_LEFT = 660
_ROW = 64
_FONT_PIXELS = 30
_SCROLL_SECONDS = 0.4
_BAR = 6
_DIM = (96, 102, 118)
_BRIGHT = (245, 246, 250)
_SOUND_BITS_PER_SECOND = 192_000
_AAC_RISE_DB = 0.3
# The box that holds XMP in an MP4 file (Adobe, "XMP Specification Part 3", 2020, section 1.2.7.1).
_XMP_BOX = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")

_Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """All lines of the lyric on one tall picture, once dim and once bright.

    Attributes:
        sung: The lines with their syllables; () where those are not known.
    """

    lines: tuple[LyricLine, ...]
    sung: tuple[SungWords, ...]
    dim: _Picture
    bright: _Picture


def write_video(material: Material, target: Path, options: ExportOptions) -> None:
    """Write an MP4 file: H.264, 1280 x 720, 12 frames a second, with AAC sound.

    Raises:
        UnsupportedError: The ``video`` extra is not installed.
        EngineError: The master is damaged.
    """
    av = _pyav()
    tags = tags_of(material.song, options)
    gain = np.float32(10 ** (_gain_db(material) / 20))
    try:
        with (
            soundfile.SoundFile(material.master) as master,
            av.open(str(target), "w", options={"movflags": "faststart"}) as container,
        ):
            container.metadata.update(_metadata(tags))
            video = container.add_stream(_video_codec(av), rate=FRAMES_PER_SECOND)
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            video.options = {"preset": "veryfast", "crf": "21"}
            sound = container.add_stream("aac", rate=master.samplerate)
            sound.bit_rate = _SOUND_BITS_PER_SECOND
            sound.layout = "stereo" if master.channels == 2 else "mono"
            for number, picture in enumerate(_frames(material)):
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
                frame.pts = number
                container.mux(video.encode(frame))
                start = master.tell()
                stop = round((number + 1) * master.samplerate / FRAMES_PER_SECOND)
                samples = master.read(max(0, stop - start), dtype="float32", always_2d=True) * gain
                if len(samples):
                    container.mux(sound.encode(_sound_frame(av, samples, master.samplerate, start)))
            container.mux(video.encode(None))
            container.mux(sound.encode(None))
    except soundfile.SoundFileError as error:
        raise EngineError("the song's master can't be read; it may be damaged", retryable=False) from error
    packet = xmp(tags.title, tags.provenance).encode()
    with target.open("ab") as file:
        file.write(struct.pack(">I4s", 24 + len(packet), b"uuid") + _XMP_BOX + packet)


def _pyav() -> Any:
    try:
        import av
    except ImportError as error:
        raise UnsupportedError(
            "video needs the package PyAV; install songwright[video]", field="format"
        ) from error
    return av


def _video_codec(av: Any) -> str:
    return "libx264" if "libx264" in av.codecs_available else "mpeg4"


def _metadata(tags: Tags) -> dict[str, str]:
    said = {
        "title": tags.title,
        "artist": tags.artist,
        "date": tags.date,
        "genre": tags.genre,
        "comment": tags.provenance.statement,
        "description": json.dumps(tags.provenance.fields()),
        "lyrics": tags.lyric,
    }
    return {name: value for name, value in said.items() if value}


def _gain_db(material: Material) -> float:
    """What keeps the sound below the ceiling after AAC, which raises peaks as every lossy encoder does."""
    loudness = material.song.facts.loudness
    peak_dbtp = 0.0 if loudness is None else loudness.true_peak_dbtp
    return min(0.0, CEILING_DBTP - _AAC_RISE_DB - peak_dbtp)


def _sound_frame(av: Any, samples: NDArray[np.float32], rate_hz: int, start: int) -> Any:
    layout = "stereo" if samples.shape[1] == 2 else "mono"
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=layout)
    frame.sample_rate = rate_hz
    frame.pts = start
    return frame


def _frames(material: Material) -> Iterator[_Picture]:
    song = material.song
    still = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    cover = cover_image(song, material.master, _COVER_PIXELS)
    x = (WIDTH - _COVER_PIXELS) // 2 if not song.facts.lyric_lines else 60
    still.paste(cover, (x, (HEIGHT - _COVER_PIXELS) // 2))
    background = np.asarray(still)
    sheet = _sheet(song.facts.lyric_lines, material.sung)
    duration = song.facts.duration_seconds
    for number in range(max(1, round(duration * FRAMES_PER_SECOND))):
        seconds = number / FRAMES_PER_SECOND
        picture = background.copy()
        if sheet is not None:
            picture[:, _LEFT:] = _lyric_at(sheet, seconds)
        picture[HEIGHT - _BAR :, : round(WIDTH * seconds / duration)] = _BRIGHT
        yield picture


def _sheet(lines: tuple[LyricLine, ...], sung: tuple[SungWords, ...]) -> _Sheet | None:
    if not lines:
        return None
    room = WIDTH - _LEFT - 40
    pictures = []
    for colour in (_DIM, _BRIGHT):
        # Half a screen above and below, so that the first and the last line can stand in the middle.
        image = Image.new("RGB", (WIDTH - _LEFT, HEIGHT + _ROW * len(lines)), PAPER)
        draw = ImageDraw.Draw(image)
        for index, line in enumerate(lines):
            font = font_within(line.text, _FONT_PIXELS, room)
            y = HEIGHT // 2 + _ROW * index + _ROW // 2
            draw.text((0, y), fitted(line.text, font, room), font=font, fill=colour, anchor="lm")
        pictures.append(np.asarray(image))
    return _Sheet(lines, sung if len(sung) == len(lines) else (), *pictures)


def _lyric_at(sheet: _Sheet, seconds: float) -> _Picture:
    """What is seen of the lyric: the line that is sung stands in the middle, bright as far as it is sung."""
    begun = [index for index, line in enumerate(sheet.lines) if line.start_seconds <= seconds]
    index = begun[-1] if begun else 0
    line = sheet.lines[index]
    place = float(index)
    if index and begun:
        # A line glides into the middle while it begins.
        share = min(1.0, (seconds - line.start_seconds) / _SCROLL_SECONDS)
        place = index - 1 + share * share * (3 - 2 * share)
    top = round(_ROW * (place + 0.5))
    seen = sheet.dim[top : top + HEIGHT].copy()
    if begun and seconds < line.end_seconds + 1.0:
        row = HEIGHT // 2 + _ROW * index - top
        bright = sheet.bright[HEIGHT // 2 + _ROW * index : HEIGHT // 2 + _ROW * (index + 1)]
        lit = np.flatnonzero((bright != np.array(PAPER, np.uint8)).any(axis=(0, 2)))
        width = round((int(lit[-1]) + 1) * _sung_share(sheet, index, seconds)) if len(lit) else 0
        seen[row : row + _ROW, :width] = bright[:, :width]
    return seen


def _sung_share(sheet: _Sheet, index: int, seconds: float) -> float:
    """How much of a line has been sung: of its letters, where its syllables are known, else of its time."""
    syllables = sheet.sung[index].syllables if sheet.sung else ()
    letters = sum(len(syllable.text) for syllable in syllables)
    if not letters:
        line = sheet.lines[index]
        return _within(seconds, line.start_seconds, line.end_seconds)
    sung = sum(
        len(syllable.text) * _within(seconds, syllable.start_seconds, syllable.end_seconds)
        for syllable in syllables
    )
    return sung / letters


def _within(seconds: float, start_seconds: float, end_seconds: float) -> float:
    return min(1.0, max(0.0, (seconds - start_seconds) / max(0.05, end_seconds - start_seconds)))
