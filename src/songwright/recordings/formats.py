"""What is this file? Told by its content, never by its name."""

from __future__ import annotations

import math
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import soundfile

from songwright.errors import RequestError
from songwright.music.song import LONGEST_SONG_SECONDS

__all__ = ["Recorded", "av_format", "probe", "read_header", "refuse_length"]

_SHORTEST_SECONDS = 1.0
_RATES_HZ = range(4_000, 768_001)
_MOST_CHANNELS = 32
_TAG_CHARACTERS = 120
# Writers to pipes, who can't come back to fill it in, leave 2 GB less a page or more (ffmpeg, SoX).
_UNKNOWN_BYTES = 0x7FFF_0000
# Many headers are off by a few bytes of padding.
_WHOLE = 0.999

# The others that libsndfile knows are samplers' and laboratories' formats, or have no header to know them by.
_CONTAINERS = frozenset({"AIFF", "AU", "CAF", "FLAC", "MP3", "OGG", "RF64", "W64", "WAV", "WAVEX"})
_READ_HERE = "WAV, AIFF, FLAC, MP3, Ogg (Vorbis, Opus), CAF and AU are read"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the header of a recording says.

    Attributes:
        reader: The library that reads it.
        container: Such as "WAV".
        codec: Such as "PCM_24" or "aac".
        seconds: Its length, None where the header does not say.
        title: From its tags, one line; None where it has none.
        artist: Likewise.
    """

    reader: Literal["libsndfile", "PyAV"]
    container: str
    codec: str
    sample_rate_hz: int
    channels: int
    seconds: float | None
    title: str | None = None
    artist: str | None = None


def probe(path: Path, *, field: str) -> Recorded:
    """Read the header of a file that is to be taken in.

    Args:
        path: The file.
        field: The request's field that it came by, for messages.

    Raises:
        RequestError: It is no recording that can be read here, or too long, too short or without sound.
    """
    recorded = read_header(path, field=field)
    refuse_length(recorded.seconds, field=field)
    return recorded


def read_header(path: Path, *, field: str) -> Recorded:
    """Read the header of a file, of any length.

    Args:
        path: The file.
        field: What to call it in messages.

    Raises:
        RequestError: It is no recording that can be read here.
    """
    recorded = _by_libsndfile(path) or _by_pyav(path, field)
    if recorded.sample_rate_hz not in _RATES_HZ:
        raise RequestError("its sample rate must be from 4 to 768 kHz", field=field)
    if not 1 <= recorded.channels <= _MOST_CHANNELS:
        raise RequestError(f"must have from 1 to {_MOST_CHANNELS} channels", field=field)
    return recorded


def refuse_length(seconds: float | None, *, field: str) -> None:
    """Refuse a length that is not 1 to 600 s; None is a length that is not known yet.

    Raises:
        RequestError: It is longer or shorter.
    """
    if seconds is None:
        return
    if seconds == 0:
        raise RequestError("holds no sound; it has a header and not one sample", field=field)
    if seconds < _SHORTEST_SECONDS:
        raise RequestError(
            f"is shorter than {_SHORTEST_SECONDS:g} s, too short to be worked on; give a longer one",
            field=field,
        )
    if seconds > LONGEST_SONG_SECONDS:
        raise RequestError(
            f"is longer than {LONGEST_SONG_SECONDS:.0f} s, more than is taken; cut it, then import the part",
            field=field,
        )


def av_format(path: Path) -> str | None:
    """FFmpeg's name for the container of a file that libsndfile can't read; None for any other file.

    FFmpeg is never left to guess: among its formats are playlists, which open further files and addresses.
    """
    with path.open("rb") as file:
        head = file.read(16)
    # After ISO/IEC 14496-12, 4.3; RFC 8794, 8.1; the ASF specification, 3.1; ISO/IEC 14496-3, 1.A.2.
    if head[4:8] == b"ftyp":
        return "mp4"
    if head.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if head.startswith(b"\x30\x26\xb2\x75\x8e\x66\xcf\x11"):
        return "asf"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xF6 == 0xF0:
        return "aac"
    return None


def _by_libsndfile(path: Path) -> Recorded | None:
    try:
        with soundfile.SoundFile(path) as file:
            if file.format not in _CONTAINERS:
                return None
            rate_hz = int(file.samplerate)
            return Recorded(
                reader="libsndfile",
                container=str(file.format),
                codec=str(file.subtype),
                sample_rate_hz=rate_hz,
                channels=int(file.channels),
                seconds=_announced_seconds(file) if rate_hz else 0.0,
                title=_one_line(file.title),
                artist=_one_line(file.artist),
            )
    except (OSError, RuntimeError, UnicodeDecodeError):
        return None


def _announced_seconds(file: soundfile.SoundFile) -> float | None:
    """How long a file says that it is, which is more than it holds where it was cut off.

    libsndfile counts what is there, and its log says what should be: "data : 352800 (should be 117570)". None
    where the size was not known when the header was written.
    """
    seconds = float(file.frames / file.samplerate)
    frames = re.search(r"does not match value from 'ds64' chunk of (\d+)", file.extra_info)
    if frames:
        return int(frames[1]) / float(file.samplerate)
    for announced, held in re.findall(r"(\d+) \(should be (\d+)\)", file.extra_info):
        if int(announced) >= _UNKNOWN_BYTES:
            return None
        if int(held) < int(announced) * _WHOLE:
            return seconds * int(announced) / max(1, int(held))
    return seconds


def _by_pyav(path: Path, field: str) -> Recorded:
    name = av_format(path)
    if name is None:
        raise RequestError(
            f"is no recording of a kind that can be read; {_READ_HERE}, and where "
            "songwright[video] is installed, M4A, MP4, AAC, WebM and WMA",
            field=field,
        )
    try:
        import av
    except ImportError:
        raise RequestError(
            f"is of a kind (M4A, MP4, AAC, WebM or WMA) that needs a package; install songwright[video], or "
            f"convert it: {_READ_HERE}",
            field=field,
        ) from None
    try:
        with path.open("rb") as file, av.open(file, format=name) as container:
            if not container.streams.audio:
                raise RequestError("holds no sound", field=field)
            stream = next((each for each in container.streams.audio if each.codec_context is not None), None)
            if stream is None:
                raise RequestError(
                    f"holds sound that is protected, or in a codec that can't be read; {_READ_HERE}, so give "
                    "an unprotected copy in one of those",
                    field=field,
                )
            if not stream.codec_context.sample_rate:
                raise ValueError("no sample rate")
            return Recorded(
                reader="PyAV",
                container=name.upper(),
                codec=str(stream.codec_context.name),
                sample_rate_hz=int(stream.codec_context.sample_rate),
                channels=int(stream.codec_context.channels),
                seconds=_av_seconds(container, stream),
                title=_one_line(container.metadata.get("title")),
                artist=_one_line(container.metadata.get("artist")),
            )
    except (av.FFmpegError, OSError, ValueError) as error:
        raise RequestError(
            f"is damaged, or of a kind that can't be read; {_READ_HERE}", field=field
        ) from error


def _av_seconds(container: Any, stream: Any) -> float | None:
    import av

    seconds: float | None = None
    with suppress(TypeError):
        seconds = float(stream.duration * stream.time_base)
    with suppress(TypeError):
        seconds = seconds or container.duration / av.time_base
    return seconds if seconds is not None and math.isfinite(seconds) and seconds > 0 else None


def _one_line(tag: str | None) -> str | None:
    """A tag as far as it can be a title: printable, on one line, not too long."""
    words = " ".join("".join(letter if letter.isprintable() else " " for letter in tag or "").split())
    return words[:_TAG_CHARACTERS].strip() or None
