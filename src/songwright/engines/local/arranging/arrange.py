"""Arranging: which instruments play in which section, and what."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from statistics import median_low

from songwright.engines.local.arranging.accompaniment import CHORDAL, Setting, accompany
from songwright.engines.local.arranging.bass import bass_notes
from songwright.engines.local.arranging.lines import play_line
from songwright.engines.local.arranging.orchestration import (
    bass_of,
    layers_of,
    playing_layers,
    register_shifts,
)
from songwright.engines.local.arranging.passages import Passage, passages
from songwright.engines.local.arranging.places import in_places
from songwright.engines.local.arranging.plan import Plan
from songwright.engines.local.arranging.rhythm import drum_notes, kick_beats
from songwright.music.score import Note, Part
from songwright.style.genre import BassFacts

__all__ = ["arrange"]


def arrange(
    plan: Plan,
    seed: str,
    fresh: Mapping[int, str] | None = None,
    only: Collection[int] | None = None,
) -> tuple[Part, ...]:
    """Write every instrument's part.

    A section's notes depend on the section, its chords, the melodies in it and the shape of the form, and
    on no other section's notes.

    Args:
        plan: The song without its instruments' notes.
        seed: Decides the orchestra, and the notes of every section that ``fresh`` does not name.
        fresh: Seeds for the notes of single sections, by their index, so that an edit can draw one section
            anew with the same orchestra.
        only: Indices of the sections to write; None for all.

    Returns:
        Parts in the order drums, bass, then the layers; their names are "drums", "bass" and the layers'.
        No part is empty.
    """
    seeds = fresh or {}
    course = passages(plan)
    facts = bass_of(plan)
    sung = _sung_spans(plan)
    voice = _sung_pitch(plan)
    layers = layers_of(plan, seed, course)
    shifts = register_shifts(layers)
    drums: list[Note] = []
    bass: list[Note] = []
    played: dict[str, list[Note]] = {layer.name: [] for layer in layers}
    for passage in course:
        if only is not None and passage.index not in only:
            continue
        own = seeds.get(passage.index, seed)
        beat = drum_notes(plan, passage, own)
        drums.extend(beat)
        line = _bass_line(plan, facts, passage, kick_beats(beat), own)
        bass.extend(line)
        for layer in playing_layers(plan, layers, passage):
            setting = Setting(
                plan,
                passage,
                layer,
                own,
                bool(line),
                sung,
                voice if _is_sung(plan, passage) else None,
                shifts[layer.name],
            )
            notes = accompany(setting) if layer.behaviour in CHORDAL else play_line(setting)
            if layer.behaviour != "fx":
                notes = _within(notes, passage)
            played[layer.name].extend(notes)
    parts = [Part("drums", plan.kit or "standard_kit", "drums", tuple(drums))]
    parts.append(Part("bass", facts.instrument if facts else "fingered_bass", "bass", tuple(bass)))
    parts.extend(
        Part(layer.name, layer.instruments[0], layer.stem, tuple(played[layer.name])) for layer in layers
    )
    return in_places(parts, plan.places, plan.sections, plan.time_signature.beats_per_bar)


def _bass_line(
    plan: Plan, facts: BassFacts | None, passage: Passage, kicks: tuple[float, ...], seed: str
) -> tuple[Note, ...]:
    if facts is None or passage.energy < facts.enters:
        return ()
    return bass_notes(plan, facts, passage, kicks, seed)


def _within(notes: tuple[Note, ...], passage: Passage) -> tuple[Note, ...]:
    """Cut notes at the section's end, or where everything stops before a drop."""
    end = passage.end_beats - passage.rest_beats
    return tuple(
        note
        if note.start_beats + note.duration_beats <= end
        else replace(note, duration_beats=end - note.start_beats)
        for note in notes
        if passage.start_beats - 1e-6 <= note.start_beats < end - 0.02
    )


def _sung_spans(plan: Plan) -> tuple[tuple[float, float], ...]:
    if plan.vocal is None:
        return ()
    return tuple(
        (line.notes[0].start_beats, line.notes[-1].start_beats + line.notes[-1].duration_beats)
        for line in plan.vocal.lines
        if line.notes
    )


def _is_sung(plan: Plan, passage: Passage) -> bool:
    return plan.vocal is not None and any(line.section == passage.index for line in plan.vocal.lines)


def _sung_pitch(plan: Plan) -> int | None:
    """The middle of the whole song's tune: one answer, so that no layer leaps as sections change."""
    if plan.vocal is None:
        return None
    pitches = [note.midi_pitch for line in plan.vocal.lines for note in line.notes]
    return median_low(pitches) if pitches else None
