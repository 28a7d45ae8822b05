"""What an export is made from: a song's facts, its score and its files."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from songwright.errors import UnsupportedError
from songwright.library.songs import Library
from songwright.music.actions import StemName
from songwright.music.score import Score
from songwright.music.song import Song

__all__ = ["Material", "file_stem", "gather", "read_score"]

_LONGEST_NAME = 80
_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
# Names that Windows keeps for devices, with any suffix.
_DEVICES = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?")
_score = TypeAdapter(Score)


@dataclass(frozen=True, slots=True)
class Material:
    """A song with all that an export may need.

    Attributes:
        song: Its facts.
        master: FLAC.
        stems: FLAC, as long as the master; they sum to it.
        score: None where the song's engine keeps none.
    """

    song: Song
    master: Path
    stems: dict[StemName, Path] = field(default_factory=dict)
    score: Score | None = None

    @property
    def needed_score(self) -> Score:
        """The score.

        Raises:
            UnsupportedError: The song has none.
        """
        if self.score is None:
            raise UnsupportedError(
                "this format is written from the score, and the song has none; songs of the embedded "
                "engine have one, others export as sound, lrc or waveform",
                field="format",
            )
        return self.score


def gather(library: Library, song: Song) -> Material:
    """Find a song's files and read its score."""
    return Material(
        song=song,
        master=library.master(song),
        stems={stem: library.stem(song, stem) for stem in song.stems},
        score=read_score(library.score(song)) if song.has_score else None,
    )


def read_score(path: Path) -> Score | None:
    """The score from what an engine stored beside a song: JSON with a member ``score``.

    Returns:
        None where the file has no score in the words of :mod:`songwright.music.score`.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(stored, dict) or "score" not in stored:
        return None
    try:
        return _score.validate_python(stored["score"])
    except ValidationError:
        return None


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
