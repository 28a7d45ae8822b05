"""The tags of an exported file, whatever its container writes them as."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.exports.formats import ExportOptions
from songwright.exports.provenance import Provenance, provenance_of
from songwright.music.imports import ImportAudio
from songwright.music.song import Song

__all__ = ["Tags", "artist_of", "tags_of"]

DEFAULT_ARTIST = "songwright"
_UNKNOWN_ARTIST = "Unknown artist"


@dataclass(frozen=True, slots=True)
class Tags:
    """What a file says of its song.

    Attributes:
        date: ISO 8601, YYYY-MM-DD.
        key: As ID3's TKEY and most DJ software write it: "Am", "F#"; None where unknown.
        lyric: The words with their lines, "" for an instrumental.
        lines: When each line begins, in seconds, and its words.
        cover: A PNG picture, or None.
    """

    title: str
    artist: str
    genre: str | None
    date: str
    tempo_bpm: float | None
    key: str | None
    lyric: str
    lines: tuple[tuple[float, str], ...]
    provenance: Provenance
    cover: bytes | None = None


def tags_of(
    song: Song, options: ExportOptions, *, cover: bytes | None = None, title: str | None = None
) -> Tags:
    """The tags of a song.

    Args:
        song: The song.
        options: Names the artist.
        cover: A PNG picture to embed.
        title: Instead of the song's.
    """
    facts = song.facts
    return Tags(
        title=title or facts.title,
        artist=options.artist or artist_of(song),
        genre=facts.genre,
        date=song.created_at.date().isoformat(),
        tempo_bpm=facts.tempo_bpm,
        key=_short_key(facts.key),
        lyric="\n".join(line.text for line in facts.lyric_lines) or facts.lyric,
        lines=tuple((line.start_seconds, line.text) for line in facts.lyric_lines),
        provenance=provenance_of(song),
        cover=cover,
    )


def artist_of(song: Song) -> str:
    """Who is named as the artist where nobody else is: of a recording whoever made it, not songwright."""
    match song.action:
        case ImportAudio(artist=artist):
            return artist or _UNKNOWN_ARTIST
        case _:
            return DEFAULT_ARTIST


def _short_key(key: str | None) -> str | None:
    if key is None:
        return None
    tonic, _, mode = key.partition(" ")
    return tonic + ("m" if mode in ("minor", "dorian", "phrygian") else "")
