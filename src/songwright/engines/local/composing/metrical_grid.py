"""How strong each place in a bar is."""

from __future__ import annotations

from functools import cache

from songwright.music.score import TimeSignature

__all__ = ["metric_weight"]


@cache
def metric_weight(meter: TimeSignature, beats: float) -> float:
    """The strength, 0..1, of a place ``beats`` quarter notes after a bar line.

    The hierarchy of Lerdahl and Jackendoff's metrical grid: bar, half bar, beat, half beat, quarter beat.
    """
    place = round(beats % meter.beats_per_bar, 6)
    if place == 0:
        return 1.0
    beat = 1.5 if meter.is_compound else 4 / meter.denominator
    if place % beat == 0:
        halves = meter.beats_per_bar / 2
        return 0.8 if halves % beat == 0 and place == halves else 0.6
    if meter.is_compound:
        return 0.3 if place % 0.5 == 0 else 0.1
    if place % (beat / 2) == 0:
        return 0.3
    return 0.1 if place % (beat / 4) == 0 else 0.05
