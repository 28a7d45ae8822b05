"""The rhythm of sung lines: when each begins, where its syllables fall and how long they are held."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from songwright.engines.local.composing.form import BREATH_BEATS, PlacedLine
from songwright.engines.local.composing.melody_request import MelodyRequest
from songwright.engines.local.composing.prosody import Syllable, syllabify
from songwright.engines.local.composing.text_setting import (
    RhythmHabit,
    draw_habit,
    pickup_beats,
    set_syllables,
)
from songwright.engines.local.randomness import stream
from songwright.music.score import SectionKind, SungNote

__all__ = ["SetLine", "habit_of", "missing_notes", "set_lines", "timed_notes"]

_LONGEST_NOTE_BEATS = 4.0
_MOST_MELISMAS = 0.6
_PAUSE = re.compile(r"[,;:.!?\u2026\u2014]$")


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line whose rhythm is decided: beats from the song's start."""

    line: PlacedLine
    syllables: tuple[Syllable, ...]
    onsets: tuple[float, ...]
    ends: float


def set_lines(request: MelodyRequest, lines: Sequence[PlacedLine]) -> list[SetLine]:
    """Rhythm first: each line between the breath before it and the breath after it."""
    bar = request.meter.beats_per_bar
    syllables = [syllabify(line.text, line.language) for line in lines]
    pickups = []
    for index, (line, own) in enumerate(zip(lines, syllables, strict=True)):
        wanted = pickup_beats(own, request.tempo_bpm)
        room = line.start_bar * bar
        if index:
            before = lines[index - 1]
            room -= (before.start_bar + before.bars) * bar
            if room <= 0:
                # The pickup takes its time from the line before, which must be able to spare it.
                dense = len(syllables[index - 1]) / (before.bars * bar - BREATH_BEATS - wanted)
                room = wanted if dense <= 1.25 * request.facts.notes_per_beat[1] else 0.0
        if line.start_bar * bar >= request.earliest_beats:
            room = min(room, line.start_bar * bar - request.earliest_beats)
        pickups.append(min(wanted, max(0.0, room)))
    pickups.append(0.0)
    ready: list[SetLine] = []
    models: dict[tuple[str, SectionKind, int], tuple[tuple[float, ...], int]] = {}
    for index, (line, own) in enumerate(zip(lines, syllables, strict=True)):
        section = request.sections[line.section]
        seed = request.seed_of(line.section)
        start = line.start_bar * bar
        after = lines[index + 1] if index + 1 < len(lines) else None
        adjacent = after is not None and after.start_bar == line.start_bar + line.bars
        length = line.bars * bar - BREATH_BEATS - (pickups[index + 1] if adjacent else 0.0)
        place = (seed, section.kind, line.phrase)
        onsets = set_syllables(
            own,
            pickup=pickups[index],
            length_beats=length,
            meter=request.meter,
            tempo_bpm=request.tempo_bpm,
            habit=habit_of(request, seed, section.kind),
            strictness=request.strictness,
            model=models[place][0] if place in models else (),
            pauses=_pauses(line.text, own),
        )
        models.setdefault(place, (onsets, len(own)))
        ready.append(SetLine(line, own, tuple(start + onset for onset in onsets), start + length))
    return ready


def habit_of(request: MelodyRequest, seed: str, kind: SectionKind) -> RhythmHabit:
    """The rhythm that all sections of a kind share."""
    return draw_habit(stream(seed, "melody", kind, "rhythm"), request.meter, request.facts.syncopation)


def _pauses(text: str, syllables: Sequence[Syllable]) -> frozenset[int]:
    words = text.split()
    if not syllables or len(words) != syllables[-1].word + 1:
        return frozenset()
    return frozenset(
        index
        for index, syllable in enumerate(syllables[:-1])
        if syllable.word_end and _PAUSE.search(words[syllable.word])
    )


def missing_notes(request: MelodyRequest, ready: Sequence[SetLine]) -> dict[SectionKind, float]:
    """How many notes a bar each chorus lacks to be as dense as the verses."""
    rates: dict[SectionKind, tuple[int, int]] = {}
    for placed in ready:
        kind = request.sections[placed.line.section].kind
        notes, bars = rates.get(kind, (0, 0))
        rates[kind] = (notes + len(placed.onsets), bars + placed.line.bars)
    density = {kind: notes / bars for kind, (notes, bars) in rates.items()}
    if "verse" not in density:
        return {}
    return {
        kind: max(0.0, 1.06 * density["verse"] - density[kind])
        for kind in density
        if kind in ("chorus", "post-chorus")
    }


def timed_notes(request: MelodyRequest, placed: SetLine, missing: float) -> list[SungNote]:
    """The line's notes with their lengths, still on one pitch.

    ``missing`` notes are made up by melismas on the longest syllables, on a part of them at most.
    """
    kind = request.sections[placed.line.section].kind
    rng = stream(request.seed_of(placed.line.section), "melody", kind, placed.line.phrase, "lengths")
    pauses = _pauses(placed.line.text, placed.syllables)
    lengths: list[float] = []
    for index, onset in enumerate(placed.onsets):
        final = index == len(placed.onsets) - 1
        length = (placed.ends if final else placed.onsets[index + 1]) - onset
        ring = float(rng.choice((1.0, 1.5, 2.0, 3.0), p=(0.12, 0.2, 0.4, 0.28)))
        if final:
            length = min(length, max(ring, 0.5))
        elif length > 2.0:
            length = 1.5 if index in pauses else 2.0
        elif index in pauses and length >= 1.0:
            length -= 0.5
        lengths.append(min(length, _LONGEST_NOTE_BEATS))
    count = math.ceil(min(missing, _MOST_MELISMAS * len(lengths)) - 1e-9)
    if not missing and rng.random() < 0.08:
        count = 1
    long = [i for i in range(len(lengths)) if lengths[i] >= 1.0 and placed.syllables[i].text]
    # The last note of a line is left to ring as long as others can move.
    last = len(lengths) - 1
    order = sorted(long, key=lambda i: (i == last, -lengths[i], not placed.syllables[i].stressed, i))
    carried = set(order[:count])
    notes: list[SungNote] = []
    for index, (syllable, onset) in enumerate(zip(placed.syllables, placed.onsets, strict=True)):
        length = lengths[index]
        first = _turning_point(length) if index in carried else length
        notes.append(SungNote(onset, first, 60, syllable.text, syllable.word, syllable.stressed))
        if index in carried:
            notes.append(SungNote(onset + first, length - first, 60, "", syllable.word, syllable.stressed))
    return notes


def _turning_point(length: float) -> float:
    """Where in a long note a melisma moves on: on the grid of eighths where it can."""
    return max(0.5, math.floor(length) / 2) if length >= 1.0 else length / 2
