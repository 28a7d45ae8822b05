"""Pitches for a phrase: the singable line that best follows its contour, its motif and its chords.

The best of all lines is found by dynamic programming over pairs of neighbouring pitches, so that a leap can
be recovered by step. Costs follow what corpus studies agree on: small intervals prevail, leaps turn
back (von Hippel & Huron 2000), strong and long notes are chord tones, cadences rest on stable degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from songwright.music.score import SCALES, Chord, Key

__all__ = ["Cadence", "Floats", "Phrase", "Slot", "choose_pitches", "scale_at"]

Floats = NDArray[np.float64]
Cadence = Literal["open", "closed", "none"]

_FORBIDDEN = 1e6
# Cost of each melodic interval, 0..12 semitones; human songs have a fifth to a quarter of unisons, half
# steps and whole steps, a sixth of thirds, a tenth of fourths and wider.
_INTERVAL_COST = (0.3, 0.12, 0.0, 0.22, 0.36, 0.28, 3.0, 0.34, 1.1, 1.1, 3.0, 5.0, 0.9)
_WIDEST = 12
# Cost of each degree of the scale for itself: melodies dwell on the tonic, the third and the fifth
# (Krumhansl & Kessler 1982); the leading note and the fourth pass.
_DEGREE_COST = (-0.26, 0.1, 0.0, -0.1, -0.1, 0.0, 0.2, -0.1, 0.1, 0.08, 0.15, 0.62)


@dataclass(frozen=True, slots=True)
class Slot:
    """A note that wants a pitch.

    Attributes:
        weight: 0..1, metric strength of its onset.
        beats: Its length.
        chord: The chord that sounds with it.
        target: The contour's pitch there, a MIDI pitch that may lie between keys.
        carried: Whether it carries on the syllable before (a melisma), which moves by step.
        model: Pitch of an earlier line there, to follow, or None.
    """

    weight: float
    beats: float
    chord: Chord
    target: float
    carried: bool = False
    model: float | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the pitches of one line depend on.

    Attributes:
        slots: The notes in order; at least one.
        motif: Scale steps from note to note that the line starts with.
        cadence: "closed" rests on the tonic where the chord allows, "open" avoids it.
        lowest, highest: Range as MIDI pitches, both included.
        leap: 0..1, taste for leaps.
        blue: 0..1, taste for blue thirds and sevenths.
        previous: Pitch of the note before the phrase, or None.
        faithfulness: How strongly ``Slot.model`` is followed.
    """

    slots: tuple[Slot, ...]
    motif: tuple[int, ...]
    cadence: Cadence
    lowest: int
    highest: int
    leap: float
    blue: float
    previous: int | None = None
    faithfulness: float = 0.3


def scale_at(key: Key, chord: Chord) -> frozenset[int]:
    """The pitch classes to sing over a chord: the key's scale, bent to the chord's own tones.

    A chord tone from outside the key takes the place of its neighbour: G sharp that of G over E7 in
    A minor, B flat that of B over Bb in C major.
    """
    scale = {(key.tonic + step) % 12 for step in SCALES[key.mode]}
    tones = set(chord.pitch_classes)
    for interval, tone in zip(chord.intervals, chord.pitch_classes, strict=True):
        if tone in scale:
            continue
        raised = interval in (4, 7, 8) and chord.root in scale
        neighbour = (tone - 1) % 12 if raised else (tone + 1) % 12
        if neighbour not in tones:
            scale.discard(neighbour)
        scale.add(tone)
    return frozenset(scale)


def choose_pitches(phrase: Phrase, key: Key, rng: np.random.Generator) -> tuple[int, ...]:
    """MIDI pitches for a phrase, one for each slot, within its range."""
    pitches = np.arange(phrase.lowest, phrase.highest + 1)
    noise = rng.normal(0.0, 0.32, size=(len(phrase.slots), 128))
    emissions = [
        _fit(phrase, index, key, pitches) + noise[index, phrase.lowest : phrase.highest + 1]
        for index in range(len(phrase.slots))
    ]
    if phrase.previous is not None:
        away = np.abs(pitches - phrase.previous)
        emissions[0] = emissions[0] + 0.12 * np.maximum(0, away - 4) + np.where(away == 6, 0.8, 0.0)
    if len(emissions) == 1:
        return (int(pitches[np.argmin(emissions[0])]),)
    steps = _scale_steps(key, pitches)
    moves = _interval_costs(pitches, phrase.leap)
    turns = _turn_costs(pitches)
    # cost[a, b]: best cost of a line whose last two pitches are a and b.
    cost = emissions[0][:, None] + emissions[1][None, :] + _move(phrase, 1, moves, steps)
    history: list[NDArray[np.intp]] = []
    for index in range(2, len(emissions)):
        total = cost[:, :, None] + turns
        best = np.argmin(total, axis=0)
        history.append(best)
        reached = np.take_along_axis(total, best[None, :, :], axis=0)[0]
        cost = reached + _move(phrase, index, moves, steps) + emissions[index][None, :]
    before, last = np.unravel_index(int(np.argmin(cost)), cost.shape)
    line = [int(last), int(before)]
    for best in reversed(history):
        line.append(int(best[line[-1], line[-2]]))
    return tuple(int(pitches[index]) for index in reversed(line))


def _fit(phrase: Phrase, index: int, key: Key, pitches: NDArray[np.intp]) -> Floats:
    """How badly each pitch suits a slot by itself."""
    slot = phrase.slots[index]
    scale = scale_at(key, slot.chord)
    tones = set(slot.chord.pitch_classes)
    final = index == len(phrase.slots) - 1
    firmness = max(slot.weight, min(1.0, slot.beats / 1.5))
    cost = np.zeros(len(pitches))
    for place, pitch in enumerate(pitches.tolist()):
        tone = pitch % 12
        if tone in tones:
            cost[place] = _DEGREE_COST[(tone - key.tonic) % 12]
            continue
        if tone not in scale:
            blue = (tone - key.tonic) % 12 in (3, 10) and phrase.blue > 0 and not final
            cost[place] = 2.6 - 2.2 * phrase.blue + 1.2 * firmness if blue else _FORBIDDEN
            continue
        rubs = (tone - 1) % 12 in tones
        cost[place] = firmness * (2.2 if rubs else 1.0) + (0.15 if rubs else 0.0)
        cost[place] += _DEGREE_COST[(tone - key.tonic) % 12]
        if final:
            cost[place] += 2.5
    cost = cost + 0.5 * ((pitches - slot.target) / 2.6) ** 2
    if slot.model is not None:
        cost = cost + phrase.faithfulness * np.abs(pitches - slot.model)
    if final and phrase.cadence != "none":
        cost = cost + _cadence_cost(phrase, slot, key, pitches)
    return np.asarray(cost, dtype=np.float64)


def _cadence_cost(phrase: Phrase, slot: Slot, key: Key, pitches: NDArray[np.intp]) -> Floats:
    degree = (pitches - key.tonic) % 12
    home = degree == 0
    if phrase.cadence == "open":
        return np.where(home, 2.0, 0.0)
    tonic_fits = key.tonic in slot.chord.pitch_classes
    if not tonic_fits:
        # Over a chord without the tonic the fifth is the steadiest note to rest on.
        return np.where(degree == 7, -1.6, np.where(home, 0.6, 0.3))
    third = (degree == 3) | (degree == 4)
    return np.where(home, -2.6, np.where(third, -0.8, 0.4))


def _interval_costs(pitches: NDArray[np.intp], leap: float) -> Floats:
    table = np.array(_INTERVAL_COST)
    away = np.abs(pitches[:, None] - pitches[None, :])
    cost = np.where(away > _WIDEST, 20.0, table[np.minimum(away, _WIDEST)])
    return np.where(away > 4, cost * (1.5 - 1.6 * leap), cost)


def _turn_costs(pitches: NDArray[np.intp]) -> Floats:
    """turn[a, b, c]: the cost of going on to c after a, b."""
    first = pitches[None, :, None] - pitches[:, None, None]
    second = pitches[None, None, :] - pitches[None, :, None]
    leapt = np.abs(first) >= 5
    onward = np.sign(first) * np.sign(second) > 0
    cost = np.where(leapt & onward, 1.6, 0.0)
    cost = cost + np.where(leapt & (second == 0), 0.4, 0.0)
    cost = cost + np.where(leapt & (np.abs(second) > 4), 1.2, 0.0)
    cost = cost + np.where((first == 0) & (second == 0), 0.7, 0.0)
    # Going back and forth between two notes says nothing.
    return cost + np.where((second == -first) & (first != 0), 0.3, 0.0)


def _scale_steps(key: Key, pitches: NDArray[np.intp]) -> Floats:
    """Each pitch as a count of scale steps; a pitch outside the scale lies between two."""
    scale = SCALES[key.mode]
    steps = np.empty(len(pitches))
    for place, pitch in enumerate(pitches.tolist()):
        octave, tone = divmod(pitch - key.tonic, 12)
        below = sum(1 for step in scale if step <= tone) - 1
        steps[place] = 7 * octave + below + (0.0 if tone in scale else 0.5)
    return steps


def _move(phrase: Phrase, index: int, moves: Floats, steps: Floats) -> Floats:
    """The cost of going from one pitch to the next at a place in the phrase."""
    if phrase.slots[index].carried:
        away = np.abs(steps[:, None] - steps[None, :])
        return np.where(away == 0, 6.0, 2.0 * np.maximum(0.0, away - 1.0))
    if index - 1 < len(phrase.motif):
        wanted = phrase.motif[index - 1]
        strayed = np.abs((steps[None, :] - steps[:, None]) - wanted)
        # The motif is heard in its first notes; later it is only a tendency.
        pull = 0.85 if index <= 6 else 0.5
        return moves + pull * np.minimum(strayed, 4.0)
    return moves
