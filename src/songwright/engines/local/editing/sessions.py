"""The sessions behind songs, stored or heard, and what an edit kept of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.base import Source
from songwright.engines.local.editing.sources import has_own_score, own_score
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import Manuscript, Session, read_session
from songwright.music.song import Facts

__all__ = ["facts_behind", "notes_kept", "session_behind", "titled"]


def session_behind(source: Source) -> Session:
    """The session of a song to edit: the one stored with it, or where it has none, what is heard in it.

    Raises:
        EngineError: It can't be read.
    """
    score = own_score(source)
    if score is not None:
        return read_session(score)
    from songwright.engines.local.recordings.listening import hear_song

    return hear_song(source)


def facts_behind(source: Source, session: Session) -> Facts:
    """What a song says of itself; where another engine made it, with the sections and bars that are heard."""
    facts = source.song.facts
    if has_own_score(source.song):
        return facts
    return facts_of(
        session,
        session.sung,
        samples=round(facts.duration_seconds * SAMPLE_RATE_HZ),
        loudness=session.levels.loudness,
        seed=facts.seed,
        raw=False,
        understanding=facts.understanding,
    )


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
