"""From notes in beats to notes on paper: grids, note values, ties and voices, with no file format in mind.

Times are counted in ``DIVISIONS`` of a quarter note. Most beats are divided by two; a beat whose notes
fit thirds better is written as a triplet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Generic, TypeVar

__all__ = ["DIVISIONS", "NoteValue", "Piece", "Sound", "into_voices", "notated", "snap", "triplet_beats"]

DIVISIONS = 24
"""Steps of a quarter note: they divide by eight for 32nd notes and by six for triplets."""

_STRAIGHT_STEP = 3
_TRIPLET_STEP = 4

What = TypeVar("What")


@dataclass(frozen=True, slots=True)
class NoteValue:
    """A note value such as a dotted eighth.

    Attributes:
        name: As MusicXML names it.
        triplet: Whether three of them take the time of two.
    """

    name: str
    dots: int = 0
    triplet: bool = False


_STRAIGHT: tuple[tuple[int, NoteValue], ...] = (
    (96, NoteValue("whole")),
    (72, NoteValue("half", dots=1)),
    (48, NoteValue("half")),
    (36, NoteValue("quarter", dots=1)),
    (24, NoteValue("quarter")),
    (18, NoteValue("eighth", dots=1)),
    (12, NoteValue("eighth")),
    (9, NoteValue("16th", dots=1)),
    (6, NoteValue("16th")),
    (3, NoteValue("32nd")),
)
_TRIPLETS: tuple[tuple[int, NoteValue], ...] = (
    (16, NoteValue("quarter", triplet=True)),
    (8, NoteValue("eighth", triplet=True)),
    (4, NoteValue("16th", triplet=True)),
)


@dataclass(frozen=True, slots=True)
class Sound(Generic[What]):
    """Something that sounds for a time, in divisions."""

    start: int
    end: int
    what: What


@dataclass(frozen=True, slots=True)
class Piece(Generic[What]):
    """A written note or rest: no longer than its bar, of one note value.

    Attributes:
        what: None for a rest.
        tied_from: Whether it carries on the piece before.
        tied_to: Whether the next piece carries it on.
        tuplet: "start" or "stop" where a bracket over a triplet begins or ends.
    """

    start: int
    duration: int
    value: NoteValue
    what: What | None
    tied_from: bool = False
    tied_to: bool = False
    tuplet: str | None = None


def triplet_beats(times_beats: Iterable[float]) -> frozenset[int]:
    """The beats, by number, whose times are nearer to thirds than to eighths of the beat."""
    straight: dict[int, float] = {}
    triplet: dict[int, float] = {}
    for time in times_beats:
        beat = int(time)
        within = (time - beat) * DIVISIONS
        straight[beat] = straight.get(beat, 0.0) + _distance(within, _STRAIGHT_STEP)
        triplet[beat] = triplet.get(beat, 0.0) + _distance(within, _TRIPLET_STEP)
    return frozenset(beat for beat in straight if triplet[beat] + 0.25 < straight[beat])


def snap(time_beats: float, triplets: frozenset[int]) -> int:
    """The division that a time is written at."""
    beat = int(time_beats)
    step = _TRIPLET_STEP if beat in triplets else _STRAIGHT_STEP
    return beat * DIVISIONS + round((time_beats - beat) * DIVISIONS / step) * step


def into_voices(sounds: Iterable[Sound[What]], most: int) -> list[list[Sound[What]]]:
    """Share sounds out among voices, in each of which one follows the other.

    Where more than ``most`` overlap, the sound that would end first is cut short.
    """
    voices: list[list[Sound[What]]] = []
    for sound in sorted(sounds, key=lambda sound: (sound.start, -sound.end)):
        free = next((voice for voice in voices if voice[-1].end <= sound.start), None)
        if free is not None:
            free.append(sound)
        elif len(voices) < most:
            voices.append([sound])
        else:
            crowded = min(voices, key=lambda voice: voice[-1].end)
            if crowded[-1].start < sound.start:
                crowded[-1] = replace(crowded[-1], end=sound.start)
                crowded.append(sound)
    return voices


def notated(
    sounds: Sequence[Sound[What]], bar_length: int, bars: int, triplets: frozenset[int]
) -> list[list[Piece[What]]]:
    """One voice, bar by bar: notes split into note values and tied, rests between.

    Args:
        sounds: In order, without overlaps.
        bar_length: In divisions.
        bars: How many to write.
        triplets: Beats that are divided by three.
    """
    total = bars * bar_length
    whole: list[Sound[What | None]] = []
    at = 0
    for sound in sounds:
        start, end = min(sound.start, total), min(sound.end, total)
        if start > at:
            whole.append(Sound(at, start, None))
        if end > start:
            whole.append(Sound(start, end, sound.what))
        at = max(at, end)
    if at < total:
        whole.append(Sound(at, total, None))
    written: list[list[Piece[What]]] = [[] for _ in range(bars)]
    for stretch in whole:
        pieces = list(_pieces(stretch, bar_length, triplets))
        for number, piece in enumerate(pieces):
            tied = stretch.what is not None
            written[piece.start // bar_length].append(
                replace(piece, tied_from=tied and number > 0, tied_to=tied and number < len(pieces) - 1)
            )
    return [_bracketed(bar) for bar in written]


def _distance(value: float, step: int) -> float:
    return abs(value - round(value / step) * step)


def _pieces(sound: Sound[What | None], bar_length: int, triplets: frozenset[int]) -> Iterator[Piece[What]]:
    for start, end in pairwise(_cuts(sound, bar_length, triplets)):
        at = start
        while at < end:
            inside_triplet = at // DIVISIONS in triplets and not (
                at % DIVISIONS == 0 and end - at >= DIVISIONS
            )
            if inside_triplet:
                length, value = next(row for row in _TRIPLETS if row[0] <= end - at)
            else:
                length, value = _straight_value(at % bar_length, end - at)
            yield Piece(at, length, value, sound.what)
            at += length


def _cuts(sound: Sound[What | None], bar_length: int, triplets: frozenset[int]) -> list[int]:
    """Where a sound must be cut: at barlines, and at both ends of triplets, so that those stay whole."""
    cuts = {sound.start, sound.end}
    cuts.update(range((sound.start // bar_length + 1) * bar_length, sound.end, bar_length))
    for beat in range(sound.start // DIVISIONS, -(-sound.end // DIVISIONS)):
        if beat in triplets:
            cuts.update((beat * DIVISIONS, (beat + 1) * DIVISIONS))
    return sorted(cut for cut in cuts if sound.start <= cut <= sound.end)


def _straight_value(position: int, left: int) -> tuple[int, NoteValue]:
    """The longest value that fits and that a reader expects at a place in the bar.

    A value may begin on multiples of half its undotted length: a quarter on any eighth, but not on a 16th.
    """
    for length, value in _STRAIGHT:
        undotted = length * 2 // 3 if value.dots else length
        if length <= left and position % max(_STRAIGHT_STEP, undotted // 2) == 0:
            return length, value
    raise ValueError("times must be on the grid")


def _bracketed(bar: list[Piece[What]]) -> list[Piece[What]]:
    marked = list(bar)
    beats: dict[int, list[int]] = {}
    for index, piece in enumerate(bar):
        if piece.value.triplet:
            beats.setdefault(piece.start // DIVISIONS, []).append(index)
    for indices in beats.values():
        if len(indices) > 1:
            marked[indices[0]] = replace(marked[indices[0]], tuplet="start")
            marked[indices[-1]] = replace(marked[indices[-1]], tuplet="stop")
    return marked
