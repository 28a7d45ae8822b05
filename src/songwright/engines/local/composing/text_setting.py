"""Text setting: on which beat each syllable of a line is sung.

The best of all placements on the grid is found by dynamic programming: stressed syllables want strong
beats, words want to stay together, and the section's own rhythm wants to come back in every line.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.composing.metrical_grid import metric_weight
from songwright.engines.local.composing.prosody import Syllable
from songwright.engines.local.singing.voices import SHORTEST_SYLLABLE_SECONDS
from songwright.music.score import TimeSignature

__all__ = ["RhythmHabit", "draw_habit", "pickup_beats", "set_syllables"]

Floats = NDArray[np.float64]

LONGEST_PICKUP_BEATS = 1.5
_IMPOSSIBLE = 1e6
_FINEST_PER_BEAT = 8


@dataclass(frozen=True, slots=True)
class RhythmHabit:
    """The rhythm that lines of one section share.

    Attributes:
        liking: Bonus of each sixteenth of a four-bar stretch, from its bar line.
        flow: 0..1, how evenly syllables follow one another.
        breadth: Factor on the usual distance between syllables: below 1 lines run and rest, above 1 they
            stretch.
        entry: Beats after the bar line where a line's first stress likes to fall.
    """

    liking: tuple[float, ...]
    flow: float
    breadth: float
    entry: float


def draw_habit(rng: np.random.Generator, meter: TimeSignature, syncopation: float) -> RhythmHabit:
    """Draw the rhythm of a section: places in the bar that its lines like to use.

    Args:
        rng: The section's chance.
        meter: The meter.
        syncopation: 0..1, chance that a strong beat is anticipated by an eighth.
    """
    per_bar = round(meter.beats_per_bar * 4)
    liking = rng.normal(0.0, 0.42, size=2 * per_bar)
    for place in range(2 * per_bar):
        pushed = metric_weight(meter, ((place + 2) % per_bar) / 4)
        if place % 2 == 0 and pushed >= 0.6 and rng.random() < 0.8 * syncopation:
            liking[place] += 1.3
            liking[(place + 2) % (2 * per_bar)] -= 0.9
    return RhythmHabit(
        liking=tuple(np.tile(liking, 2).tolist()),
        flow=float(rng.uniform(0.15, 0.8)),
        breadth=float(rng.uniform(0.75, 1.2)),
        entry=float(rng.choice((0.0, 1.0, 2.0), p=(0.62, 0.26, 0.12))),
    )


def pickup_beats(syllables: Sequence[Syllable], tempo_bpm: float) -> float:
    """How long before its bar line a line may begin, so that its first stress can fall on it."""
    leading = next((i for i, syllable in enumerate(syllables) if syllable.stressed), 0)
    if leading == 0 or leading > 4:
        return 0.0
    return min(LONGEST_PICKUP_BEATS, 0.5 * min(leading, 3)) if tempo_bpm < 190 else 1.0


def set_syllables(
    syllables: Sequence[Syllable],
    *,
    pickup: float,
    length_beats: float,
    meter: TimeSignature,
    tempo_bpm: float,
    habit: RhythmHabit,
    strictness: float,
    model: Sequence[float] = (),
    pauses: frozenset[int] = frozenset(),
) -> tuple[float, ...]:
    """Onsets of a line's syllables in beats from its bar line, ascending; negative ones are a pickup.

    Args:
        syllables: The line's syllables; at least one.
        pickup: Beats before the bar line that may be used.
        length_beats: Where the last note must have ended.
        meter: The meter.
        tempo_bpm: Quarter-note beats a minute.
        habit: The section's rhythm.
        strictness: 0..1, how much word stress outweighs habit.
        model: Onsets of an earlier line that this one answers or repeats.
        pauses: Indices of syllables after which the line pauses, as at a comma.
    """
    count = len(syllables)
    room = pickup + length_beats
    step = _grid_step(count, room, tempo_bpm, meter.is_compound)
    first = -math.floor(pickup / step + 1e-9)
    last = math.floor(length_beats / step + 1e-9) - 1
    if last - first + 1 < count:
        spacing = room / count
        return tuple(round(-pickup + index * spacing, 6) for index in range(count))
    places: Floats = np.arange(first, last + 1).astype(np.float64) * step
    strength = np.array([metric_weight(meter, float(place)) for place in places])
    liking = _liking(habit, places, meter) + _likeness(places, model)
    gaps = np.arange(len(places))[None, :] - np.arange(len(places))[:, None]
    mean_gap = max(1.0, habit.breadth * (room - 1.0) / count / step)
    slow = math.ceil(SHORTEST_SYLLABLE_SECONDS * tempo_bpm / 60.0 / step - 1e-9)

    cost = -0.9 * liking + _emphasis(strength, stressed=syllables[0].stressed, strictness=strictness)
    # A line begins near its bar line: with its pickup, or a little late.
    cost = cost + 0.22 * np.abs(places) / max(0.5, pickup or 1.0)
    history: list[NDArray[np.intp]] = []
    for index in range(1, count):
        before = syllables[index - 1]
        joint = _gap_cost(gaps, mean_gap, slow, before, habit.flow, pause=index - 1 in pauses, step=step)
        total = cost[:, None] + joint
        best = np.argmin(total, axis=0)
        history.append(best)
        cost = total[best, np.arange(len(places))]
        cost = cost - 0.9 * liking
        cost = cost + _emphasis(strength, stressed=syllables[index].stressed, strictness=strictness)
    tail = length_beats - places
    # The last note wants a beat or two to ring, and no long silence behind it.
    cost = (
        cost
        + np.where(tail < 1.0, 2.5 * (1.0 - tail), 0.0)
        + np.where(tail < 2.0, 0.9 * (2.0 - tail), 0.0)
        + 0.35 * np.maximum(0.0, tail - 3.0)
    )
    place = int(np.argmin(cost))
    chosen = [place]
    for best in reversed(history):
        place = int(best[place])
        chosen.append(place)
    return tuple(round(float(places[index]), 6) for index in reversed(chosen))


def _grid_step(count: int, room: float, tempo_bpm: float, compound: bool) -> float:  # noqa: FBT001
    """The coarsest grid that holds the syllables: eighths where they suffice, else finer."""
    spare = 1.0 if compound else 0.8
    per_beat = 2
    while per_beat < _FINEST_PER_BEAT and count > spare * per_beat * (room - 0.5):
        per_beat *= 2
    if tempo_bpm < 78 and per_beat == 2 and not compound and count > 1.1 * room:
        per_beat = 4
    return 1.0 / per_beat


def _liking(habit: RhythmHabit, places: Floats, meter: TimeSignature) -> Floats:
    stretch = round(2 * meter.beats_per_bar * 4)
    table = np.array(habit.liking)
    return np.asarray(table[np.round(places * 4).astype(int) % stretch], dtype=np.float64)


def _likeness(places: Floats, model: Sequence[float]) -> Floats:
    if not model:
        return np.zeros(len(places))
    near = np.abs(places[:, None] - np.array(model)[None, :]).min(axis=1)
    return np.where(near < 1e-6, 0.8, -0.25)


def _emphasis(strength: Floats, *, stressed: bool, strictness: float) -> Floats:
    firmness = 0.7 + 1.3 * strictness
    if stressed:
        return firmness * 2.2 * (1.0 - strength)
    return firmness * 0.8 * np.maximum(0.0, strength - 0.3)


def _gap_cost(
    gaps: NDArray[np.intp],
    mean_gap: float,
    slow: int,
    before: Syllable,
    flow: float,
    *,
    pause: bool,
    step: float,
) -> Floats:
    """The cost of each distance between two neighbouring syllables."""
    steps = np.maximum(gaps, 1).astype(np.float64)
    wanted = mean_gap * (1.25 if before.stressed else 0.85)
    if pause:
        wanted *= 2.0
    cost = (0.5 + 0.6 * flow) * np.abs(np.log2(steps / wanted))
    # Odd multiples of the grid step sound hesitant between plain syllables.
    cost = cost + np.where((gaps > 2) & (gaps % 2 == 1), 0.25, 0.0)
    if not before.word_end:
        cost = cost + 0.5 * np.maximum(0.0, steps * step - 1.0)
    elif not pause:
        cost = cost + 0.7 * np.maximum(0.0, steps * step - 2.0)
    cost = cost + np.where(gaps < slow, 6.0, 0.0) + np.where(2 * gaps < 3 * slow, 0.4, 0.0)
    return np.where(gaps < 1, _IMPOSSIBLE, cost)
