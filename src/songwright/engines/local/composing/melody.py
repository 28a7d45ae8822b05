"""Melody: every line of the lyric as sung notes, and tunes for instruments.

Sections of one kind share rhythm, contour and motif, so that verse 2 is verse 1's tune fitted to new
syllables. Lines pair: the first of a pair ends open, the second closes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from songwright.engines.local.composing.form import BREATH_BEATS, PlacedLine
from songwright.engines.local.composing.line_rhythm import (
    SetLine,
    habit_of,
    missing_notes,
    set_lines,
    timed_notes,
)
from songwright.engines.local.composing.melody_request import MelodyRequest, chord_at
from songwright.engines.local.composing.metrical_grid import metric_weight
from songwright.engines.local.composing.motifs import cadence_of, curve_at, drift, idea_of, label_of
from songwright.engines.local.composing.pitches import Phrase, Slot, choose_pitches
from songwright.engines.local.composing.prosody import Syllable
from songwright.engines.local.composing.text_setting import set_syllables
from songwright.engines.local.randomness import stream
from songwright.music.score import Note, SectionKind, SungLine, SungNote

__all__ = ["write_lines", "write_wordless"]


def write_lines(request: MelodyRequest, lines: Sequence[PlacedLine]) -> tuple[SungLine, ...]:
    """Melodies for lines in order, every syllable sung, a breath of a beat between lines."""
    ready = set_lines(request, lines)
    lacking = missing_notes(request, ready)
    models: dict[tuple[str, SectionKind, int], tuple[SungLine, float]] = {}
    sung: list[SungLine] = []
    previous: int | None = None
    for placed in ready:
        section = request.sections[placed.line.section]
        place = (request.seed_of(placed.line.section), section.kind, placed.line.phrase)
        model = models.get(place)
        notes = _sing(request, placed, len(_peers(placed, ready)), lacking, model, previous)
        line = SungLine(placed.line.text, placed.line.section, notes, placed.line.language)
        models.setdefault(place, (line, placed.line.start_bar * request.meter.beats_per_bar))
        sung.append(line)
        previous = notes[-1].midi_pitch
    return tuple(sung)


def write_wordless(
    request: MelodyRequest, phrases: Sequence[PlacedLine], *, lively: bool
) -> tuple[Note, ...]:
    """A tune without words: the same art, with stresses of its own.

    Args:
        request: What the melody depends on.
        phrases: Stretches of whole bars, all of one section, in order; their text is not used.
        lively: More notes, as in a solo.

    Returns:
        Notes in order, not overlapping, inside the phrases' bars.
    """
    notes: list[Note] = []
    previous: int | None = None
    for phrase in phrases:
        section = request.sections[phrase.section]
        seed = request.seed_of(phrase.section)
        syllables = _pulse(request, phrase, lively=lively)
        start = phrase.start_bar * request.meter.beats_per_bar
        length = phrase.bars * request.meter.beats_per_bar - 0.5 * BREATH_BEATS
        onsets = set_syllables(
            syllables,
            pickup=0.0,
            length_beats=length,
            meter=request.meter,
            tempo_bpm=request.tempo_bpm,
            habit=habit_of(request, seed, section.kind),
            strictness=0.4,
        )
        placed = SetLine(phrase, syllables, tuple(start + onset for onset in onsets), start + length)
        tune = _sing(request, placed, len(phrases), {}, None, previous)
        previous = tune[-1].midi_pitch
        for note in tune:
            weight = metric_weight(request.meter, note.start_beats)
            notes.append(
                Note(note.start_beats, note.duration_beats, note.midi_pitch, round(72 + 22 * weight))
            )
    return tuple(notes)


def _pulse(request: MelodyRequest, phrase: PlacedLine, *, lively: bool) -> tuple[Syllable, ...]:
    """Stresses of a wordless phrase, the same wherever its label comes back."""
    seed = request.seed_of(phrase.section)
    kind = request.sections[phrase.section].kind
    label = label_of(request, seed, kind, phrase.phrase)
    rng = stream(seed, "melody", kind, label, "pulse")
    usual, densest = request.facts.notes_per_beat
    rate = usual + (densest - usual) * float(rng.uniform(0.2, 0.7) if lively else rng.uniform(-0.3, 0.2))
    beats = phrase.bars * request.meter.beats_per_bar - BREATH_BEATS
    fastest = 6.0 * 60.0 / request.tempo_bpm
    count = max(2, round(min(rate, fastest) * beats))
    stresses = rng.random(count) < 0.45
    return tuple(Syllable("la", index, bool(stresses[index]), word_end=True) for index in range(count))


def _peers(placed: SetLine, ready: Sequence[SetLine]) -> list[SetLine]:
    return [other for other in ready if other.line.section == placed.line.section]


def _sing(
    request: MelodyRequest,
    placed: SetLine,
    peers: int,
    missing: Mapping[SectionKind, float],
    model: tuple[SungLine, float] | None,
    previous: int | None,
) -> tuple[SungNote, ...]:
    """Pitches for one line."""
    section = request.sections[placed.line.section]
    seed = request.seed_of(placed.line.section)
    label = label_of(request, seed, section.kind, placed.line.phrase)
    timed = timed_notes(request, placed, missing.get(section.kind, 0.0) * placed.line.bars)
    lowest, highest, middle = request.register.band(section.kind)
    idea = idea_of(request, seed, section.kind, label)
    start = placed.line.start_bar * request.meter.beats_per_bar
    length = placed.line.bars * request.meter.beats_per_bar
    amplitude = 0.3 * (highest - lowest)
    last_of_section = placed.line.phrase == peers - 1
    above = drift(section.kind, placed.line.phrase, peers)
    slots = tuple(
        Slot(
            weight=metric_weight(request.meter, note.start_beats),
            beats=note.duration_beats,
            chord=chord_at(request.chords, note.start_beats),
            target=middle + above + amplitude * curve_at(idea.curve, (note.start_beats - start) / length),
            carried=not note.syllable,
            model=None if model is None else _model_pitch(model, note.start_beats - start),
        )
        for note in timed
    )
    same_words = model is not None and model[0].text == placed.line.text
    phrase = Phrase(
        slots=slots,
        motif=idea.motif,
        cadence=cadence_of(placed.line.phrase, last=last_of_section, kind=section.kind),
        lowest=lowest,
        highest=highest,
        leap=min(1.0, request.facts.leap + 0.25 * max(0.0, request.weirdness - 0.5)),
        blue=request.facts.blue,
        previous=previous,
        faithfulness=2.5 if same_words else 0.35,
    )
    pitches = choose_pitches(phrase, request.key, stream(seed, "melody", section.kind, label, "taste"))
    return tuple(
        SungNote(n.start_beats, n.duration_beats, pitch, n.syllable, n.word, n.stressed)
        for n, pitch in zip(timed, pitches, strict=True)
    )


def _model_pitch(model: tuple[SungLine, float], beats: float) -> float:
    line, start = model
    return float(
        np.interp(
            beats, [n.start_beats - start for n in line.notes], [float(n.midi_pitch) for n in line.notes]
        )
    )
