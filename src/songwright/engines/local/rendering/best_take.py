"""The Pro model: several takes of a new song, of which the best is kept.

All takes are written and marked, which costs little; the two with the best marks are played, listened to
and compared. The first take is the song that the standard model makes of the same request and seed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from songwright.engines.base import Context, Rendition
from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.composing.merit import Merit, merit_of
from songwright.engines.local.rendering.song_facts import PRO_MODEL
from songwright.hearing.agreement import compare_with_asked
from songwright.music.actions import Generate
from songwright.music.measured import KeyRelation, Measured, TempoRelation
from songwright.music.song import Facts

__all__ = ["TAKES", "best_take"]

TAKES = 3
_PLAYED = 2

_TEMPO_MARKS: dict[TempoRelation, float] = {"same": 1.0, "double": 0.7, "half": 0.7}
_KEY_MARKS: dict[KeyRelation, float] = {"same": 1.0, "relative": 0.8, "fifth away": 0.4}

Play = Callable[[Composition, str, Context], Rendition]
"""Plays a song as written, with its seed, into a folder."""


@dataclass(frozen=True, slots=True)
class _Take:
    number: int
    seed: str
    song: Composition
    merit: Merit


@dataclass(frozen=True, slots=True)
class _Played:
    take: _Take
    folder: Path
    rendition: Rendition
    heard: float

    @property
    def score(self) -> float:
        """Half what is written, half what is heard."""
        return 0.5 * self.take.merit.score + 0.5 * self.heard


def best_take(action: Generate, context: Context, play: Play) -> Rendition:
    """Write several takes, play the most promising, keep the best. The same request gives the same song."""
    takes = [_written(action, context.seed, number) for number in range(1, TAKES + 1)]
    chosen = sorted(takes, key=lambda take: (-take.merit.score, take.number))[:_PLAYED]
    played = [_played(take, context, play, place) for place, take in enumerate(chosen)]
    best = max(played, key=lambda each: (round(each.score, 6), -each.take.number))
    other = next(each for each in played if each is not best)
    for name in (best.rendition.master, best.rendition.score, *best.rendition.stems.values()):
        if name is not None:
            shutil.move(best.folder / name, context.folder / name)
    for each in played:
        shutil.rmtree(each.folder)
    facts = best.rendition.facts
    notes = (*facts.understanding.notes, _reason(best, other))
    return best.rendition.model_copy(
        update={
            "facts": facts.model_copy(
                update={
                    "model": PRO_MODEL,
                    "seed": context.seed,
                    "understanding": facts.understanding.model_copy(update={"notes": notes}),
                }
            )
        }
    )


def _written(action: Generate, seed: str, number: int) -> _Take:
    own = seed if number == 1 else f"{seed}/take-{number}"
    song = compose(action, own)
    return _Take(number, own, song, merit_of(song))


def _played(take: _Take, context: Context, play: Play, place: int) -> _Played:
    folder = context.folder / f"take-{take.number}"
    folder.mkdir()

    def report(fraction: float, stage: str) -> None:
        context.report((place + fraction) / _PLAYED, f"take {place + 1} of {_PLAYED}: {stage}")

    rendition = play(take.song, take.seed, replace(context, folder=folder, report=report))
    return _Played(take, folder, rendition, _heard(rendition.facts))


def _heard(facts: Facts) -> float:
    """How well the sound bears out what was written, 0..1."""
    measured = facts.measured
    if measured is None:
        return 0.0
    beside = compare_with_asked(measured, asked_tempo_bpm=facts.tempo_bpm, asked_key=facts.key)
    marks = [
        _TEMPO_MARKS.get(beside.tempo or "other", 0.0),
        _KEY_MARKS.get(beside.key or "other", 0.0),
        1.0 if _is_clean(measured) else 0.0,
    ]
    if measured.vocals is not None and measured.vocals.within_50_cents is not None:
        marks.append(measured.vocals.within_50_cents)
    return sum(marks) / len(marks)


def _is_clean(measured: Measured) -> bool:
    return measured.clicks == 0 and measured.clipped_samples == 0


def _reason(best: _Played, other: _Played) -> str:
    marks, others = asdict(best.take.merit), asdict(other.take.merit)
    ahead = [
        f"{name} {marks[name]:.2f} against {others[name]:.2f}" for name in marks if marks[name] > others[name]
    ]
    if best.heard > other.heard:
        ahead.append(f"heard as written {best.heard:.2f} against {other.heard:.2f}")
    return (
        f"Pro: {TAKES} takes written, {_PLAYED} played; take {best.take.number} kept, "
        f"{best.score:.2f} against {other.score:.2f}: {', '.join(ahead) or 'the first of equals'}"
    )
