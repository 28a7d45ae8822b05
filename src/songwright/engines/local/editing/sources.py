"""Which songs an edit knows by their score, and which it must hear first; and that its record says so."""

from __future__ import annotations

from collections.abc import Sequence

from songwright.engines.base import Rendition, Source

__all__ = ["has_own_score", "with_hearing_noted"]

_OWN = "local"


def has_own_score(source: Source) -> bool:
    """Whether a score of this engine is kept with a song: of what it wrote, or heard when it was imported."""
    return source.score is not None and source.song.engine == _OWN


def with_hearing_noted(rendition: Rendition, sources: Sequence[Source]) -> Rendition:
    """An edit whose first notes say of every song without a score of this engine that it was heard."""
    told = tuple(
        f"{what} was heard by the local engine, which has no score of it: tempo, chords, melody and form are "
        "what it heard"
        for what, source in zip(("the song", "the second song"), sources, strict=False)
        if not has_own_score(source)
    )
    if not told:
        return rendition
    facts = rendition.facts
    understanding = facts.understanding.model_copy(update={"notes": (*told, *facts.understanding.notes)})
    return rendition.model_copy(update={"facts": facts.model_copy(update={"understanding": understanding})})
