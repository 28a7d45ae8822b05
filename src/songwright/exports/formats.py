"""The formats that a song can be exported to. Imports nothing heavy: tools show these in their schemas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from songwright.errors import RequestError

__all__ = ["EXPORT_FORMATS", "BitDepth", "ExportFormat", "ExportOptions", "FormatFacts"]

ExportFormat = Literal[
    "wav",
    "flac",
    "mp3",
    "ogg",
    "opus",
    "midi",
    "musicxml",
    "lrc",
    "lyrics_json",
    "srt",
    "ass",
    "webvtt",
    "stems",
    "waveform",
    "piano_roll",
    "video",
]

BitDepth = Literal[16, 24]

MAX_ARTIST_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class FormatFacts:
    """What is known of a format.

    Attributes:
        suffix: What its files' names end in, with the dot.
        media_type: As registered with IANA, or as players know it.
        summary: What the file holds, for a reader who chooses.
    """

    suffix: str
    media_type: str
    summary: str


EXPORT_FORMATS: dict[ExportFormat, FormatFacts] = {
    "wav": FormatFacts(".wav", "audio/wav", "PCM, 24 or 16 bits"),
    "flac": FormatFacts(".flac", "audio/flac", "the master, lossless, with tags and a cover"),
    "mp3": FormatFacts(".mp3", "audio/mpeg", "lossy, plays everywhere"),
    "ogg": FormatFacts(".ogg", "audio/ogg", "lossy, Vorbis"),
    "opus": FormatFacts(".opus", "audio/ogg", "lossy, smallest, 48 kHz"),
    "midi": FormatFacts(".mid", "audio/midi", "notes by part, with tempo, key, sections and words"),
    "musicxml": FormatFacts(
        ".musicxml",
        "application/vnd.recordare.musicxml+xml",
        "sheet music: notes, chords, words under the notes",
    ),
    "lrc": FormatFacts(".lrc", "application/x-lrc", "the lyric with the time of each line"),
    "lyrics_json": FormatFacts(".json", "application/json", "the lyric with the time of each word"),
    "srt": FormatFacts(
        ".srt", "application/x-subrip", "the lyric as subtitles, for video editors and players"
    ),
    "ass": FormatFacts(".ass", "text/x-ssa", "the lyric as karaoke subtitles, for video players"),
    "webvtt": FormatFacts(
        ".vtt", "text/vtt", "the lyric as subtitles of web players, with the time of each word"
    ),
    "stems": FormatFacts(".zip", "application/zip", "the stems as FLAC; they sum to the song"),
    "waveform": FormatFacts(".png", "image/png", "a picture of the waveform with its sections"),
    "piano_roll": FormatFacts(".png", "image/png", "a picture of the notes"),
    "video": FormatFacts(".mp4", "video/mp4", "cover and moving lyrics; needs songwright[video]"),
}


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How an export is to be.

    Attributes:
        bit_depth: Bits a sample, WAV only; None is 24.
        artist: Who is named as the artist in tags; None is songwright.

    Raises:
        RequestError: The artist's name is empty, too long, or more than one line.
    """

    bit_depth: BitDepth | None = None
    artist: str | None = None

    def __post_init__(self) -> None:
        if self.artist is not None and not (
            0 < len(self.artist.strip()) <= MAX_ARTIST_CHARACTERS and self.artist.isprintable()
        ):
            raise RequestError(
                f"must be one line of 1 to {MAX_ARTIST_CHARACTERS} printable characters", field="artist"
            )

    def check(self, export_format: ExportFormat) -> None:
        """Refuse what the format has no room for.

        Raises:
            RequestError: Names the option.
        """
        if self.bit_depth is not None and export_format != "wav":
            raise RequestError("only WAV takes a bit depth; leave it out", field="bit_depth")
