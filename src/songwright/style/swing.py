"""Where the beats of a genre fall when it swings."""

from __future__ import annotations

import math

from songwright.music.score import TimeSignature
from songwright.style.genre import Genre

__all__ = ["swing_beats"]


def swing_beats(beats: float, swing: float, genre: Genre, meter: TimeSignature) -> float:
    """Where a beat falls when it swings.

    The off-beat of each pair moves from the middle of the pair toward two thirds of it, and what lies
    between moves in proportion.

    Args:
        beats: A place in the song, in quarter notes.
        swing: 0 straight .. 1 triplets.
        genre: Says whether eighths or sixteenths swing.
        meter: In a compound meter the eighths are triplets already, so only sixteenths can swing.
    """
    if swing <= 0:
        return beats
    sixteenths = genre.swing_unit == "sixteenth"
    if meter.is_compound and not sixteenths:
        return beats
    pair = 0.5 if sixteenths else 1.0
    whole = math.floor(beats / pair + 1e-9) * pair
    place = max(0.0, (beats - whole) / pair)
    middle = 0.5 + swing / 6
    warped = place * middle / 0.5 if place < 0.5 else middle + (place - 0.5) * (1 - middle) / 0.5
    return whole + warped * pair
