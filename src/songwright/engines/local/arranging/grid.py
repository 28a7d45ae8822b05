"""Rhythms as text: one character a step on a bar's grid, fitted to any meter."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from songwright.music.score import TimeSignature

__all__ = ["Step", "attacks", "bars_of", "fit_bar", "pulse_beats", "restrike"]

REST = "."
HOLD = "-"


@dataclass(frozen=True, slots=True)
class Step:
    """One attack in a bar.

    Attributes:
        beat: From the start of the bar, in quarter notes.
        mark: The character that stands there.
        held_beats: Until the next attack or silence, in quarter notes.
    """

    beat: float
    mark: str
    held_beats: float


def pulse_beats(meter: TimeSignature) -> float:
    """The length of the pulse that is felt, in quarter notes: 1.5 in compound meters, else 1."""
    return 1.5 if meter.is_compound else 1.0


def bars_of(text: str) -> tuple[str, ...]:
    """The bars of a pattern; blanks are dropped."""
    return tuple(text.replace(" ", "").split("|"))


@cache
def attacks(bar: str, beats_per_bar: float) -> tuple[Step, ...]:
    """The attacks of one bar of text, in order."""
    length = beats_per_bar / len(bar)
    found: list[Step] = []
    for position, mark in enumerate(bar):
        if mark in (REST, HOLD):
            continue
        end = position + 1
        while end < len(bar) and bar[end] == HOLD:
            end += 1
        found.append(Step(position * length, mark, (end - position) * length))
    return tuple(found)


@cache
def fit_bar(bar: str, meter: TimeSignature, *, keeps_time: bool = False) -> str:
    """Fit one bar written for 4/4 to another meter.

    Simple meters take whole beats of the bar, always its first and its last, so that a backbeat and a
    pick-up survive. Compound meters stretch a beat's four steps over a dotted quarter.

    Args:
        bar: 4, 8, 12 or 16 steps.
        meter: The meter to fit.
        keeps_time: Whether the line marks time, as a hi-hat does; it then fills all three eighths.
    """
    if meter.beats_per_bar == 4 and meter.denominator != 8:
        return bar
    size = len(bar) // 4
    beats = [bar[i * size : (i + 1) * size] for i in range(4)]
    if meter.is_compound:
        return "".join(_stretch(beats[i], keeps_time=keeps_time) for i in _beat_order(meter.numerator // 3))
    whole = int(meter.beats_per_bar)
    if meter.beats_per_bar == whole:
        return "".join(beats[i] for i in _beat_order(whole))
    return "".join(_sixteenths(beats[i]) for i in _beat_order(whole)) + _sixteenths(beats[3])[:2]


def _beat_order(count: int) -> list[int]:
    match count:
        case 1 | 2:
            return list(range(count))
        case 3:
            return [0, 1, 3]
        case _:
            order = [i % 4 for i in range(count)]
            order[-1] = 3
            if count % 4 == 1:
                order[-2] = 1
            return order


def _sixteenths(beat: str) -> str:
    match len(beat):
        case 1:
            return beat + (HOLD * 3 if beat == HOLD else REST * 3)
        case 2:
            return "".join(mark + (HOLD if mark == HOLD else REST) for mark in beat)
        case 3:
            return beat[0] + (HOLD if beat[1] == HOLD else REST) + beat[1] + beat[2]
        case _:
            return beat


def _stretch(beat: str, *, keeps_time: bool) -> str:
    if len(beat) == 3:
        return "".join(mark + (HOLD if mark == HOLD else REST) for mark in beat)
    first, second, third, fourth = tuple(_sixteenths(beat))
    if keeps_time:
        return first + second + third + fourth + third + fourth
    after_first = HOLD if second == HOLD else REST
    before_third = HOLD if second != REST and third != REST else REST
    return first + after_first + second + before_third + third + fourth


def restrike(
    steps: tuple[Step, ...], changes: tuple[float, ...], mark: str | None = None
) -> tuple[Step, ...]:
    """Strike again where the chord changes under a held step.

    Args:
        steps: The attacks of a bar.
        changes: Where chords change in the bar, in quarter notes from its start.
        mark: What to strike there; by default what was held.
    """
    found = list(steps)
    for change in changes:
        for place, step in enumerate(found):
            end = step.beat + step.held_beats
            if step.beat + 1e-6 < change < end - 1e-6:
                found[place : place + 1] = [
                    Step(step.beat, step.mark, change - step.beat),
                    Step(change, mark or step.mark, end - change),
                ]
                break
    return tuple(found)
