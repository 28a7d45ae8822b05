"""How a score swings when it is heard."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from songwright.music.score import Score
from songwright.style.genre import Genre, load_genre
from songwright.style.swing import swing_beats

__all__ = ["Swing", "heard_beats", "swing_of"]


@dataclass(frozen=True, slots=True)
class Swing:
    """Pairs of notes, the first of which takes more than its half.

    Attributes:
        unit: The note value of the pair's notes, as MusicXML names it.
        first_percent: The share of the first, 51 to 67; two thirds is a triplet.
    """

    unit: Literal["eighth", "16th"]
    first_percent: int


def heard_beats(score: Score) -> Callable[[float], float]:
    """From the beat at which the score has something to the beat at which it is heard.

    The players' own small deviations are left out.
    """
    genre = _genre(score)
    if genre is None:
        return float
    return lambda beats: swing_beats(beats, score.swing, genre, score.time_signature)


def swing_of(score: Score) -> Swing | None:
    """The score's swing, or None where it is straight."""
    genre = _genre(score)
    if genre is None:
        return None
    pair = 0.5 if genre.swing_unit == "sixteenth" else 1.0
    first = swing_beats(pair / 2, score.swing, genre, score.time_signature) / pair
    if round(100 * first) == 50:
        return None
    return Swing("16th" if genre.swing_unit == "sixteenth" else "eighth", round(100 * first))


def _genre(score: Score) -> Genre | None:
    try:
        return load_genre(score.genre)
    except KeyError:
        return None
