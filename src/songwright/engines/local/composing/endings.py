"""How a score begins and ends: fades, and ends without a ring."""

from __future__ import annotations

from dataclasses import replace

from songwright.engines.local.composing.brief import Brief
from songwright.music.score import Score

__all__ = ["COLD_END", "COLD_RING_SECONDS", "with_ending"]

COLD_RING_SECONDS = 0.12
"""What is left of a ring where a song stops: long enough to be no click."""

COLD_END = "cold end"

# Records fade for five to fifteen seconds; short songs for a share of their length.
_LONGEST_FADE_OUT_SECONDS, _FADE_OUT_SHARE = 10.0, 0.3
_SHORTEST_FADE_OUT_SECONDS = 3.0
_LONGEST_FADE_IN_SECONDS, _FADE_IN_SHARE = 6.0, 0.2


def with_ending(score: Score, brief: Brief) -> Score:
    """The score with the fades that were asked for; what nobody asked about stays as it is.

    A fade begins with the last section or later, so that what is added to a song later begins at full level.
    """
    seconds = score.duration_seconds
    if brief.fades_out and not score.loops:
        last = score.sections[-1].start_bar * score.time_signature.beats_per_bar
        length = max(
            _SHORTEST_FADE_OUT_SECONDS, min(_LONGEST_FADE_OUT_SECONDS, seconds - score.seconds(last))
        )
        score = replace(score, fade_out_seconds=round(min(length, _FADE_OUT_SHARE * seconds), 3))
    elif brief.ends_cold and score.ring_seconds <= COLD_RING_SECONDS:
        score = replace(score, fade_out_seconds=COLD_RING_SECONDS)
    if brief.fades_in and not score.loops:
        length = min(_LONGEST_FADE_IN_SECONDS, _FADE_IN_SHARE * seconds)
        score = replace(score, fade_in_seconds=round(length, 3))
    return score
