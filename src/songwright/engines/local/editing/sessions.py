"""The stored sessions behind songs, and what an edit kept of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from songwright.engines.base import Source
from songwright.engines.local.session import Manuscript, Session, read_session
from songwright.errors import UnsupportedError

__all__ = ["notes_kept", "session_behind", "titled"]


def session_behind(source: Source, field: str = "audio_id") -> Session:
    """The session of a song to edit.

    Raises:
        UnsupportedError: The song has none; names ``field``.
        EngineError: It can't be read.
    """
    if source.score is None:
        raise UnsupportedError(
            "the song has no score of this engine; use a song that the local engine made", field=field
        )
    return read_session(source.score)


def titled(song: Manuscript, title: str | None) -> Manuscript:
    """The song under the title that a request gives it."""
    if title is None:
        return song
    return song.model_copy(update={"score": replace(song.score, title=title)})


def notes_kept(old: Manuscript, new: Manuscript) -> float | None:
    """The share of the old sung notes that the new song sings; None where one of them is not sung.

    Syllable, place and length must agree, and pitch up to one transposition of all.
    """
    if old.score.vocal is None or new.score.vocal is None:
        return None
    before, behind = (
        {
            (note.start_beats, note.duration_beats, note.syllable): note.midi_pitch
            for line in vocal.lines
            for note in line.notes
        }
        for vocal in (old.score.vocal, new.score.vocal)
    )
    shifts = Counter(behind[place] - before[place] for place in before.keys() & behind.keys())
    return shifts.most_common(1)[0][1] / len(before) if shifts else 0.0
