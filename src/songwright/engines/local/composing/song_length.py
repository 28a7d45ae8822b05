"""How many bars a song of a given length has, at which tempo, and how long its last bar rings."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

from songwright.music.score import USUAL_RING_SECONDS, TimeSignature

__all__ = ["SongLength", "song_length"]

MOST_NUDGE = 0.02
"""How far a tempo that was not asked for may move: 2 %, below what listeners notice between two hearings."""

_LEAST_USUAL_RING_SECONDS = 0.9
_RING_SHARE = 0.12
_NEAR_USUAL, _NEAR_SECONDS = 0.4, 0.3
# Plucked and struck sounds have fallen silent by then.
_LONGEST_RING_SECONDS = 4.5
_LONGER_THAN_USUAL_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class SongLength:
    """A length in bars.

    Attributes:
        bars: Whole bars, one at least.
        tempo_bpm: As asked for, or nudged to fit.
        ring_seconds: What sounds behind the last bar; below 0 where the last bar is cut short.
    """

    bars: int
    tempo_bpm: float
    ring_seconds: float


def song_length(
    seconds: float, tempo_bpm: float, meter: TimeSignature, *, tempo_is_free: bool, loops: bool
) -> SongLength:
    """Fit whole bars and a ring into a length, exactly.

    A loop has no ring; it is exact where its tempo is free.

    Args:
        seconds: From the first sample to the last.
        tempo_bpm: The tempo to keep to, or near to.
        meter: Of every bar.
        tempo_is_free: Whether the tempo may be nudged.
        loops: Whether the end joins the beginning.
    """
    bar = meter.beats_per_bar * 60.0 / tempo_bpm
    if loops:
        bars = max(1, round(seconds / bar))
        # Its bars alone make a loop's length, so a free tempo goes as far as half a bar needs.
        tempo = tempo_bpm * bars * bar / seconds if tempo_is_free else tempo_bpm
        return SongLength(bars, tempo, 0.0)
    usual = min(USUAL_RING_SECONDS, max(_LEAST_USUAL_RING_SECONDS, _RING_SHARE * seconds))
    bars = max(1, round((seconds - usual) / bar))
    # A last bar that is cut short says more than one that has long fallen silent.
    if seconds - bars * bar > min(_LONGEST_RING_SECONDS, usual + _LONGER_THAN_USUAL_SECONDS):
        bars += 1
    tempo = tempo_bpm
    if tempo_is_free:
        wanted = bars * bar / (seconds - usual)
        tempo = round(tempo_bpm * min(1 + MOST_NUDGE, max(1 - MOST_NUDGE, wanted)), 2)
        off = abs(seconds - bars * meter.beats_per_bar * 60.0 / tempo - usual)
        bars, tempo = _of_whole_bpm(seconds, tempo_bpm, meter, usual, off) or (bars, tempo)
    return SongLength(bars, tempo, seconds - bars * meter.beats_per_bar * 60.0 / tempo)


def _of_whole_bpm(
    seconds: float, tempo_bpm: float, meter: TimeSignature, usual: float, otherwise_off: float
) -> tuple[int, float] | None:
    """Bars and a tempo without fractions, as people like to read it, that leave about the usual ring.

    None where a tempo with a fraction comes clearly nearer to it.
    """
    slowest, fastest = ceil(tempo_bpm * (1 - MOST_NUDGE)), floor(tempo_bpm * (1 + MOST_NUDGE))
    found: list[tuple[float, int, float]] = []
    for tempo in range(slowest, fastest + 1):
        bar = meter.beats_per_bar * 60.0 / tempo
        bars = max(1, round((seconds - usual) / bar))
        ring = seconds - bars * bar
        if ring <= min(_LONGEST_RING_SECONDS, usual + _LONGER_THAN_USUAL_SECONDS):
            found.append((abs(ring - usual), bars, float(tempo)))
    if not found:
        return None
    off, bars, whole = min(found)
    return (bars, whole) if off <= max(_NEAR_USUAL * usual, otherwise_off + _NEAR_SECONDS) else None
