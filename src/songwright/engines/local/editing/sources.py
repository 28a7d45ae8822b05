"""Which songs an edit knows by their score, and which it must hear first; and that its record says so."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from songwright.engines.base import Rendition, Source
from songwright.music.song import Song

__all__ = ["has_own_score", "own_score", "with_hearing_noted"]

_OWN = "local"


def has_own_score(song: Song) -> bool:
    """Whether a score of this engine is kept with a song: of what it wrote, or heard when it was imported."""
    return song.has_score and song.engine == _OWN


def own_score(source: Source) -> Path | None:
    """Where the score of this engine is that is kept with a song; None where there is none."""
    return source.score if has_own_score(source.song) else None


def with_hearing_noted(rendition: Rendition, sources: Sequence[Source]) -> Rendition:
    """An edit whose first notes say of every song without a score of this engine that it was heard."""
    told = tuple(
        f"{what} was heard by the local engine, which has no score of it: tempo, chords, melody and form are "
        "what it heard"
        for what, source in zip(("the song", "the second song"), sources, strict=False)
        if not has_own_score(source.song)
    )
    if not told:
        return rendition
    facts = rendition.facts
    understanding = facts.understanding.model_copy(update={"notes": (*told, *facts.understanding.notes)})
    return rendition.model_copy(update={"facts": facts.model_copy(update={"understanding": understanding})})
