"""Performing: a score's notes as players would play them, with swing, timing, dynamics and slides.

What is played in a bar depends on the seed, the part, the bar's number, and the notes of the bar's own
section. So an edit of one section leaves every other section's performance as it was.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songwright.engines.local.arranging.ranges import Family, playing_of
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.engines.local.randomness import stream
from songwright.music.score import Note, Part, Score
from songwright.style.genre import Behaviour, Genre
from songwright.style.swing import swing_beats

__all__ = ["perform"]

_STRUMMED: frozenset[Behaviour] = frozenset({"strum", "power"})
_SINGING_FAMILIES: frozenset[Family] = frozenset(
    {"bowed", "brass", "reeds", "flutes", "synth-lead", "voices"}
)
_MACHINES = frozenset({"electronic_kit", "tr808_kit", "tr909_kit"})
_BEND_STEP_SECONDS = 0.01


@dataclass(frozen=True, slots=True)
class _Player:
    """What decides how a part is played."""

    name: str
    instrument: str
    family: Family
    behaviour: Behaviour | None
    timing_seconds: float
    push_seconds: float
    slide: float


def perform(score: Score, genre: Genre, seed: str) -> tuple[PerformedPart, ...]:
    """Play a score.

    Args:
        score: The song.
        genre: Whose players play it: their timing, push, slides and swing.
        seed: Decides every deviation.

    Returns:
        One performed part for each part of the score, in the same order, notes sorted by start. No note
        starts before 0 seconds.
    """
    return tuple(_perform_part(score, genre, part, seed) for part in score.parts)


def _perform_part(score: Score, genre: Genre, part: Part, seed: str) -> PerformedPart:
    player = _player_of(genre, part)
    bar_beats = score.time_signature.beats_per_bar
    starts = [section.start_bar for section in score.sections]
    notes = sorted(part.notes, key=lambda note: (note.start_beats, note.midi_pitch))
    played: list[PerformedNote] = []
    by_section: dict[int, list[Note]] = {}
    for note in notes:
        bar = _bar_of(note, bar_beats)
        by_section.setdefault(bisect_right(starts, bar) - 1, []).append(note)
    for section in sorted(by_section):
        first_bar = starts[section] if section >= 0 else 0
        played.extend(_perform_section(score, genre, player, by_section[section], first_bar, seed))
    played.sort(key=lambda note: (note.start_seconds, note.midi_pitch))
    return PerformedPart(part.name, part.instrument, part.stem, tuple(played))


def _player_of(genre: Genre, part: Part) -> _Player:
    layer = next((layer for layer in genre.layers if layer.name == part.name), None)
    timing = genre.mix.timing_ms / 1000
    if part.stem == "drums":
        timing *= 0.2 if part.instrument in _MACHINES else 0.7
    return _Player(
        name=part.name,
        instrument=part.instrument,
        family=playing_of(part.instrument).family,
        behaviour=layer.behaviour if layer else None,
        timing_seconds=timing,
        push_seconds=genre.mix.push_ms.get(part.stem, 0.0) / 1000,
        slide=genre.bass.slide if part.stem == "bass" and genre.bass else 0.0,
    )


def _bar_of(note: Note, bar_beats: float) -> int:
    return int((note.start_beats + 1e-6) // bar_beats)


def _perform_section(
    score: Score, genre: Genre, player: _Player, notes: Sequence[Note], first_bar: int, seed: str
) -> list[PerformedNote]:
    bar_beats = score.time_signature.beats_per_bar
    spread = _spread_seconds(player)
    groups: list[list[Note]] = []
    for note in notes:
        if groups and abs(groups[-1][0].start_beats - note.start_beats) < 1e-6:
            groups[-1].append(note)
        else:
            groups.append([note])
    played: list[PerformedNote] = []
    bar, draw = -1, np.random.default_rng(0)
    for place, group in enumerate(groups):
        if _bar_of(group[0], bar_beats) != bar:
            bar = _bar_of(group[0], bar_beats)
            draw = stream(seed, "perform", player.name, bar)
        at = swing_beats(group[0].start_beats, score.swing, genre, score.time_signature)
        deviations = np.clip(draw.standard_normal(1 + 2 * len(group)), -2.2, 2.2).tolist()
        start = score.seconds(at) + player.push_seconds + deviations[0] * player.timing_seconds
        later = groups[place + 1][0] if place + 1 < len(groups) else None
        offsets = _spread(player, group, spread, bar_beats)
        # Fingers are uneven, but the strings of one stroke keep their order.
        uneven = player.timing_seconds * 0.25
        if len(group) > 1 and offsets[-1] != offsets[0]:
            uneven = min(uneven, abs(offsets[1] - offsets[0]) * 0.2)
        accent = _accent(group[0].start_beats, bar_beats, score, bar - first_bar, player)
        for index, note in enumerate(group):
            own = start + offsets[index] + deviations[1 + 2 * index] * uneven
            own = max(0.0, own)
            end = swing_beats(
                note.start_beats + note.duration_beats, score.swing, genre, score.time_signature
            )
            duration = max(0.03, score.seconds(end) + player.push_seconds - own)
            duration = _articulated(player, note, later, duration)
            velocity = round(note.velocity * accent + 3.0 * deviations[2 + 2 * index])
            bend = _bend(player, note, later, duration, deviations[0], draw)
            played.append(PerformedNote(own, duration, note.midi_pitch, max(1, min(127, velocity)), bend))
    return played


def _spread_seconds(player: _Player) -> float:
    """Seconds between the first and the last string of a strum; other hands roll a little."""
    if player.behaviour in _STRUMMED and player.family in ("plucked", "electric-guitar"):
        return 0.016 if player.behaviour == "strum" else 0.006
    match player.family:
        case "plucked":
            return 0.02
        case "electric-guitar":
            return 0.01
        case "keys" | "mallets":
            return 0.005
        case _:
            return 0.0


def _spread(player: _Player, group: Sequence[Note], seconds: float, bar_beats: float) -> list[float]:
    if len(group) < 2 or seconds == 0:
        return [0.0] * len(group)
    beat = group[0].start_beats % bar_beats
    up = player.behaviour == "strum" and abs(beat - round(beat)) > 1e-6
    # Soft strokes are slower: 8 ms for a hard one, up to 25 ms for a soft one.
    loudness = max(note.velocity for note in group) / 127
    total = min(0.025, max(0.004, seconds * (1.9 - 1.3 * loudness))) if seconds > 0.005 else seconds
    step = total / (len(group) - 1)
    order = range(len(group) - 1, -1, -1) if up else range(len(group))
    return [step * place for place in order]


def _accent(beats: float, bar_beats: float, score: Score, bar: int, player: _Player) -> float:
    """Weight by the place in the bar and in the four-bar phrase."""
    place = beats % bar_beats
    compound = score.time_signature.is_compound
    pulse = 1.5 if compound else 1.0
    if place < 1e-6:
        metric = 1.04
    elif abs(place / pulse - round(place / pulse)) < 1e-6:
        metric = 1.0
    else:
        metric = 0.95
    if player.family == "kit":
        return 1.0 + (metric - 1.0) * 0.4
    phrase = (0.97, 1.0, 1.03, 0.99)[bar % 4]
    return metric * phrase


def _articulated(player: _Player, note: Note, later: Note | None, seconds: float) -> float:
    """Legato for those who bow and blow, a little air for those who pluck; kits ring as they will."""
    if player.family == "kit" or player.behaviour in ("stab", "skank", "power", "fx"):
        return seconds
    meets = later is not None and abs(note.start_beats + note.duration_beats - later.start_beats) < 1e-6
    if player.family in _SINGING_FAMILIES or player.behaviour in ("pad", "counter", "lead", "tremolo"):
        return seconds + 0.035 if meets else max(0.03, seconds - 0.02)
    if player.family == "bass":
        return seconds if meets and player.slide > 0 else max(0.03, seconds * 0.96)
    return seconds


def _bend(
    player: _Player,
    note: Note,
    later: Note | None,
    seconds: float,
    deviation: float,
    draw: np.random.Generator,
) -> tuple[float, ...]:
    if player.slide > 0:
        # Drawn for every note, so that a slide never changes what its neighbours do.
        slides = draw.random() < player.slide
        if slides and later is not None and _slidable(note, later):
            return _slide_to(later.midi_pitch - note.midi_pitch, seconds)
        return ()
    if player.behaviour not in ("lead", "hook", "counter") or seconds < 0.35:
        return ()
    if player.family in ("bowed", "reeds", "brass", "flutes", "synth-lead", "electric-guitar"):
        scoop = (
            -0.35 if player.behaviour == "lead" and deviation < -0.6 and player.family != "flutes" else 0.0
        )
        return _vibrato(player.family, seconds, scoop)
    return ()


def _slidable(note: Note, later: Note) -> bool:
    interval = abs(later.midi_pitch - note.midi_pitch)
    gap = later.start_beats - note.start_beats - note.duration_beats
    return 0 < interval <= 12 and abs(gap) < 0.05 and note.duration_beats >= 0.5


def _slide_to(semitones: int, seconds: float) -> tuple[float, ...]:
    """Rest on the note, then glide to the next in its last tenth of a second."""
    count = max(4, min(400, math.ceil(seconds / _BEND_STEP_SECONDS)))
    glide = min(0.12, seconds * 0.4)
    curve: list[float] = []
    for step in range(count):
        left = seconds * (1 - step / (count - 1))
        amount = max(0.0, 1 - left / glide)
        curve.append(round(semitones * amount * amount * (3 - 2 * amount), 4))
    return tuple(curve)


def _vibrato(family: Family, seconds: float, scoop: float) -> tuple[float, ...]:
    """A vibrato that sets in late, after a scoop from below where there is one."""
    depth = {"bowed": 0.16, "reeds": 0.12, "brass": 0.08, "flutes": 0.1}.get(family, 0.14)
    count = max(4, min(600, math.ceil(seconds / _BEND_STEP_SECONDS)))
    times = np.linspace(0.0, seconds, count)
    grown = np.clip((times - 0.28) / 0.35, 0.0, 1.0)
    curve = depth * grown * np.sin(2 * np.pi * 5.4 * times) + scoop * np.exp(-times / 0.035)
    return tuple(round(value, 4) for value in curve.tolist())
