"""What an export is made from: a song's facts, its score and its files."""

from __future__ import annotations

import json
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from songwright.errors import DamagedError, UnsupportedError
from songwright.library.blobs import BlobName, stem_blob
from songwright.library.songs import Library, damaged_song, names_of
from songwright.music.actions import StemName
from songwright.music.score import Score
from songwright.music.song import Song

__all__ = ["Material", "SungSyllable", "SungWords", "file_stem", "gather", "read_stored"]

_LONGEST_NAME = 80
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
# Names that Windows keeps for devices, with any suffix.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_LOOSE = ConfigDict(extra="ignore")


@checked_dataclass(frozen=True, slots=True, config=_LOOSE)
class SungSyllable:
    """A syllable as it was sung.

    Attributes:
        text: Its letters.
        word: Index of its word in the line.
        start_seconds: Where its consonants begin, from the start of the song.
        end_seconds: Where it ends.
    """

    text: str
    word: int
    start_seconds: float
    end_seconds: float


@checked_dataclass(frozen=True, slots=True, config=_LOOSE)
class SungWords:
    """A line of the lyric as it was sung."""

    text: str
    syllables: tuple[SungSyllable, ...]


_score = TypeAdapter(Score)
_sung = TypeAdapter(tuple[SungWords, ...])


@dataclass(frozen=True, slots=True)
class Material:
    """A song with all that an export may need.

    Attributes:
        song: Its facts.
        master: FLAC.
        stems: FLAC, as long as the master; they sum to it.
        score: None where the song's engine keeps none.
        sung: Every line of the lyric as it was sung; () where the engine does not tell.
        damaged: Names of those of its files that are missing or cut off. What needs none of them can be made.
    """

    song: Song
    master: Path
    stems: dict[StemName, Path] = field(default_factory=dict)
    score: Score | None = None
    sung: tuple[SungWords, ...] = ()
    damaged: tuple[BlobName, ...] = ()

    def refuse_damaged(self, *names: BlobName) -> None:
        """Refuse to work with files that are missing or damaged.

        Raises:
            DamagedError: One of them is.
        """
        damaged = [name for name in names if name in self.damaged]
        if damaged:
            raise damaged_song(damaged)

    @property
    def needed_score(self) -> Score:
        """The score.

        Raises:
            UnsupportedError: The song has none.
            DamagedError: It is missing or cut off.
        """
        self.refuse_damaged("score.json")
        if self.score is None:
            raise UnsupportedError(
                "this format is written from the score, and the song has none; songs of the embedded "
                "engine have one, others export as sound, lrc or waveform",
                field="format",
            )
        return self.score


def gather(library: Library, song: Song) -> Material:
    """Find a song's files and read its score."""
    damaged: list[BlobName] = []
    paths: dict[BlobName, Path] = {}
    for name in names_of(song):
        try:
            paths[name] = library.file(song, name)
        except DamagedError:
            damaged.append(name)
    score, sung = read_stored(paths["score.json"]) if "score.json" in paths else (None, ())
    return Material(
        song=song,
        # Who needs it asks first whether it is damaged.
        master=paths.get("master.flac", Path("master.flac")),
        stems={stem: paths[stem_blob(stem)] for stem in song.stems if stem_blob(stem) in paths},
        score=score,
        sung=sung,
        damaged=tuple(damaged),
    )


def read_stored(path: Path) -> tuple[Score | None, tuple[SungWords, ...]]:
    """The score and the sung lines from what an engine stored beside a song.

    That is JSON with a member ``score``, in the words of :mod:`songwright.music.score`, and perhaps a member
    ``sung``. What is not there, or in other words, is left out.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None, ()
    if not isinstance(stored, dict):
        return None, ()
    score: Score | None = None
    sung: tuple[SungWords, ...] = ()
    with suppress(ValidationError):
        score = _score.validate_python(stored.get("score"))
    with suppress(ValidationError):
        sung = _sung.validate_python(stored.get("sung"))
    return score, sung


def file_stem(title: str) -> str:
    """A file name without its suffix that every platform takes: the title where that will do.

    Separators, control characters and what Windows refuses are left out, and so are dots and blanks at
    the ends; letters of every script stay. A title with nothing left becomes "song".
    """
    plain = unicodedata.normalize("NFC", _FORBIDDEN.sub(" ", title))
    plain = "".join(character for character in plain if unicodedata.category(character)[0] != "C")
    words = " ".join(plain.split())[:_LONGEST_NAME]
    # A file name may have 255 bytes on most systems.
    name = words.encode()[:200].decode(errors="ignore").strip(" .")
    if not name or _DEVICES.fullmatch(name):
        return "song"
    return name
