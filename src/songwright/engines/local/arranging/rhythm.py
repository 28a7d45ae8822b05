"""Drums: grooves that follow the form, with ghost notes, fills, builds, stops and cymbals."""

from __future__ import annotations

from functools import cache

import numpy as np

from songwright.engines.local.arranging.grid import attacks, bars_of, fit_bar, pulse_beats
from songwright.engines.local.arranging.passages import Passage
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.randomness import stream
from songwright.music.score import Note, TimeSignature
from songwright.style.genre import DrumName, Groove

__all__ = ["DRUM_KEYS", "drum_notes", "kick_beats"]

DRUM_KEYS: dict[DrumName, int] = {
    "kick": 36,
    "stick": 37,
    "snare": 38,
    "clap": 39,
    "brush_swirl": 40,
    "floor": 41,
    "hat": 42,
    "pedal": 44,
    "tom3": 45,
    "open": 46,
    "tom2": 47,
    "crash": 49,
    "tom1": 50,
    "ride": 51,
    "china": 52,
    "bell": 53,
    "tambourine": 54,
    "splash": 55,
    "cowbell": 56,
    "bongo": 60,
    "bongo_low": 61,
    "conga_mute": 62,
    "conga": 63,
    "conga_low": 64,
    "timbale": 65,
    "cabasa": 69,
    "shaker": 70,
    "clave": 75,
    "block": 76,
    "triangle": 81,
}
"""General MIDI percussion keys."""

_TIME_KEEPERS: frozenset[DrumName] = frozenset(
    {"hat", "pedal", "open", "ride", "bell", "tambourine", "shaker", "cabasa", "triangle", "brush_swirl"}
)
_CYMBALS_THAT_RING: frozenset[DrumName] = frozenset({"crash", "china", "splash", "open"})
# Velocity of an accent, a normal hit and a ghost note; metal and skins sit differently in a kit.
_LOUD = {"x": 114, "o": 94, "g": 40, "?": 66}
_LIGHT = {"x": 92, "o": 70, "g": 44, "?": 56}
_LIGHT_DRUMS: frozenset[DrumName] = _TIME_KEEPERS | {"conga_mute", "clave", "block"}


def drum_notes(plan: Plan, passage: Passage, seed: str) -> tuple[Note, ...]:
    """The drums of one section as General MIDI percussion, in order of time.

    The groove belongs to the section's kind, so verses resemble each other; small changes belong to the
    bar. Nothing depends on another section's notes.
    """
    if plan.kit is None or not plan.genre.grooves:
        return ()
    if passage.energy < plan.genre.drums.enters:
        return tuple(_pick_up(plan, passage, seed))
    notes: list[Note] = []
    groove = choose_groove(plan, passage, seed)
    build = _build_into(plan, passage, seed)
    build_bars = min(passage.bars - 1, _bars_in(build)) if build else 0
    for bar in range(passage.bars):
        final = bar == passage.bars - 1
        if passage.last and final:
            notes.extend(_last_hit(plan, passage, bar))
            continue
        if build and bar >= passage.bars - build_bars:
            offset = bar - (passage.bars - build_bars)
            notes.extend(_build_bar(plan, passage, build, bar, offset, build_bars))
            continue
        pattern = groove
        if final:
            pattern = _fill(plan, passage, seed) or groove
        notes.extend(_groove_bar(plan, passage, pattern, bar, seed))
    stop = passage.end_beats - passage.rest_beats
    notes = [note for note in notes if note.start_beats < stop - 1e-6]
    return tuple(sorted(notes, key=lambda note: (note.start_beats, note.midi_pitch)))


def kick_beats(notes: tuple[Note, ...]) -> tuple[float, ...]:
    """Where the kick falls, in beats."""
    return tuple(note.start_beats for note in notes if note.midi_pitch == DRUM_KEYS["kick"])


def choose_groove(plan: Plan, passage: Passage, seed: str) -> Groove:
    """The groove of a section: fit for its meter, its kind and its energy."""
    beats = _in_meter(plan, "beat")
    own = [groove for groove in beats if passage.kind in groove.sections]
    general = [groove for groove in beats if not groove.sections]
    fit = [groove for groove in own + general if groove.energy[0] <= passage.energy <= groove.energy[1]]
    if not fit:
        fit = sorted(general or beats, key=lambda groove: _distance(groove, passage.energy))[:1]
    # Each groove has a rank for this kind of section, so that two verses of unlike energy agree; one meant
    # for fuller sections yields to one that is nearer.
    ranks = {
        groove.name: stream(seed, "groove", passage.kind, groove.name).random() * 0.3
        - abs(sum(groove.energy) / 2 - passage.energy)
        for groove in fit
    }
    preferred = [groove for groove in fit if groove.sections] or fit
    return max(preferred, key=lambda groove: ranks[groove.name])


def _in_meter(plan: Plan, role: str) -> list[Groove]:
    grooves = [groove for groove in plan.genre.grooves if groove.role == role]
    same = [groove for groove in grooves if groove.meter == str(plan.time_signature)]
    return same or [groove for groove in grooves if groove.meter == "4/4"]


def _distance(groove: Groove, energy: float) -> float:
    low, high = groove.energy
    return max(low - energy, energy - high, 0.0)


def _bars_in(groove: Groove) -> int:
    return max(len(bars_of(text)) for text in groove.pattern.values())


def _build_into(plan: Plan, passage: Passage, seed: str) -> Groove | None:
    if not passage.into_peak or passage.following is None or passage.bars < 2:
        return None
    kind = passage.following.kind
    builds = [groove for groove in _in_meter(plan, "build") if not groove.sections or kind in groove.sections]
    if not builds:
        return None
    draw = stream(seed, "build", passage.index)
    if kind != "drop" and draw.random() > 0.65:
        return None
    return builds[int(draw.integers(len(builds)))]


def _fill(plan: Plan, passage: Passage, seed: str) -> Groove | None:
    fills = _in_meter(plan, "fill")
    target = max(passage.energy, passage.following_energy) if passage.rises else passage.energy * 0.9
    fit = [groove for groove in fills if groove.energy[0] <= target <= groove.energy[1]]
    if not fit:
        return None
    return fit[int(stream(seed, "fill", passage.index).integers(len(fit)))]


@cache
def _fitted(text: str, written: str, meter: TimeSignature, *, keeps_time: bool) -> tuple[str, ...]:
    bars = bars_of(text)
    if written == str(meter):
        return bars
    return tuple(fit_bar(bar, meter, keeps_time=keeps_time) for bar in bars)


def _groove_bar(plan: Plan, passage: Passage, groove: Groove, bar: int, seed: str) -> list[Note]:
    draw = stream(seed, "rhythm", passage.index, bar)
    # A soft hit that may come keeps its place through each four bars, as a drummer's habit would.
    habit = stream(seed, "habit", passage.kind, bar % 4)
    crash = bar == 0 and _crashes(plan, passage, seed)
    start = passage.bar_start_beats(bar)
    scale = _loudness(passage, bar)
    notes: list[Note] = []
    for drum, text in groove.pattern.items():
        bars = _fitted(text, groove.meter, plan.time_signature, keeps_time=drum in _TIME_KEEPERS)
        for step in attacks(bars[bar % len(bars)], passage.bar_beats):
            if step.mark == "?" and habit.random() < 0.5:
                continue
            if crash and step.beat == 0 and drum in _TIME_KEEPERS:
                continue
            notes.append(_hit(drum, start + step.beat, _velocity(drum, step.mark) * scale))
    if crash:
        notes.append(_hit("crash", start, 104 * scale))
        if not any(note.midi_pitch == 36 and note.start_beats == start for note in notes):
            notes.append(_hit("kick", start, 108 * scale))
    if groove.role == "beat" and bar % 4 == 3 and bar < passage.bars - 1:
        notes = _turn_around(plan, passage, notes, start, draw)
    return notes


def _crashes(plan: Plan, passage: Passage, seed: str) -> bool:
    if passage.energy < 0.4 or plan.genre.drums.crash == 0:
        return False
    if passage.energy >= 0.75 and plan.genre.drums.crash >= 0.5:
        return True
    return bool(stream(seed, "crash", passage.index).random() < plan.genre.drums.crash)


def _turn_around(
    plan: Plan, passage: Passage, notes: list[Note], start: float, draw: np.random.Generator
) -> list[Note]:
    if draw.random() > plan.genre.drums.turnaround:
        return notes
    scale = _loudness(passage, 3)
    end = start + passage.bar_beats
    keys = {note.midi_pitch for note in notes}
    backbeat = "snare" if DRUM_KEYS["snare"] in keys else "stick" if DRUM_KEYS["stick"] in keys else None
    match int(draw.integers(3)):
        case 0 if DRUM_KEYS["hat"] in keys:
            kept = [n for n in notes if not (n.midi_pitch == DRUM_KEYS["hat"] and n.start_beats >= end - 0.5)]
            return [*kept, _hit("open", end - 0.5, 84 * scale)]
        case 1 if backbeat == "snare":
            spots = [end - 0.75, end - 0.25] if pulse_beats(plan.time_signature) == 1 else [end - 0.5]
            taken = {round(note.start_beats, 3) for note in notes if note.midi_pitch == DRUM_KEYS["snare"]}
            return notes + [_hit("snare", at, 52 * scale) for at in spots if round(at, 3) not in taken]
        case _ if DRUM_KEYS["kick"] in keys:
            at = end - 0.5
            if all(abs(n.start_beats - at) > 0.01 for n in notes if n.midi_pitch == DRUM_KEYS["kick"]):
                return [*notes, _hit("kick", at, 88 * scale)]
        case _:
            pass
    return notes


def _build_bar(plan: Plan, passage: Passage, build: Groove, bar: int, offset: int, bars: int) -> list[Note]:
    start = passage.bar_start_beats(bar)
    skipped = _bars_in(build) - bars
    notes: list[Note] = []
    for drum, text in build.pattern.items():
        written = _fitted(text, build.meter, plan.time_signature, keeps_time=True)
        steps = attacks(written[(offset + skipped) % len(written)], passage.bar_beats)
        for step in steps:
            grown = (offset + step.beat / passage.bar_beats) / bars
            velocity = _velocity(drum, step.mark) * (0.55 + 0.45 * grown)
            notes.append(_hit(drum, start + step.beat, velocity))
    return notes


def _pick_up(plan: Plan, passage: Passage, seed: str) -> list[Note]:
    following = passage.following
    if following is None or passage.following_energy < plan.genre.drums.enters or passage.energy < 0.08:
        return []
    fill = _fill(plan, passage, seed)
    if fill is None:
        return []
    notes = _groove_bar(plan, passage, fill, passage.bars - 1, seed)
    room = max(pulse_beats(plan.time_signature), passage.bar_beats / 3)
    first = passage.end_beats - room
    last = passage.end_beats - passage.rest_beats
    return [n for n in notes if first - 1e-6 <= n.start_beats < last - 1e-6 and n.midi_pitch != 49]


def _last_hit(plan: Plan, passage: Passage, bar: int) -> list[Note]:
    start = passage.bar_start_beats(bar)
    scale = _loudness(passage, 0)
    hits = [_hit("kick", start, 104 * scale)]
    if plan.genre.drums.crash > 0:
        hits.append(_hit("crash", start, 96 * scale))
    return hits


def _loudness(passage: Passage, bar: int) -> float:
    # Players lean into the last bar of each four.
    return 0.72 + 0.33 * passage.energy + 0.02 * (bar % 4 == 3)


def _velocity(drum: DrumName, mark: str) -> float:
    return (_LIGHT if drum in _LIGHT_DRUMS else _LOUD).get(mark, 80)


def _hit(drum: DrumName, beats: float, velocity: float) -> Note:
    duration = 1.0 if drum in _CYMBALS_THAT_RING else 0.25
    return Note(beats, duration, DRUM_KEYS[drum], max(1, min(127, round(velocity))))
