"""Tunes for the lead instrument: an intro's hook, a solo, the melody of an instrumental."""

from __future__ import annotations

import numpy as np

from songwright.engines.local.arranging.plan import LeadLine
from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.composing.melody import write_wordless
from songwright.engines.local.composing.melody_request import MelodyRequest, Register
from songwright.engines.local.randomness import stream
from songwright.music.score import Note, ScoreSection, VocalPart

__all__ = ["LEAD_REGISTER", "hook_of", "lead_lines"]

LEAD_REGISTER = Register(60, 81)
"""From middle C to the A above the treble staff: where most lead instruments speak well."""

HOOK_BEATS = 8.0
_HOOK_SECTIONS = ("intro", "outro", "break")


def lead_lines(request: MelodyRequest, vocal: VocalPart | None) -> tuple[LeadLine, ...]:
    """Melodies for the sections in which nobody sings; in an instrumental, for all of them.

    Every kind of section keeps its tune when it comes back. Quiet sections may go without.
    """
    sung = {line.section for line in vocal.lines} if vocal else set()
    lines: list[LeadLine] = []
    for index, section in enumerate(request.sections):
        if index in sung or not _plays(request, index, section, instrumental=vocal is None):
            continue
        phrases = _phrases(request, index, section)
        notes = write_wordless(request, phrases, lively=section.kind in ("solo", "drop", "chorus"))
        if notes:
            lines.append(LeadLine(index, notes))
    return tuple(lines)


def hook_of(
    sections: tuple[ScoreSection, ...], vocal: VocalPart | None, lead: tuple[LeadLine, ...]
) -> tuple[Note, ...]:
    """The motif that the chorus opens with, from beat 0; the first tune's where there is no chorus."""
    notes: list[Note] = []
    if vocal is not None:
        lines = [line for line in vocal.lines if sections[line.section].kind == "chorus"] or list(vocal.lines)
        velocity = 84
        notes = [Note(n.start_beats, n.duration_beats, n.midi_pitch, velocity) for n in lines[0].notes]
    elif lead:
        chosen = next((line for line in lead if sections[line.section].kind in ("chorus", "drop")), lead[0])
        notes = list(chosen.notes)
    if not notes:
        return ()
    first = notes[0].start_beats
    return tuple(
        Note(round(note.start_beats - first, 6), note.duration_beats, note.midi_pitch, note.velocity)
        for note in notes
        if note.start_beats - first < HOOK_BEATS
    )


def _plays(request: MelodyRequest, index: int, section: ScoreSection, *, instrumental: bool) -> bool:
    rng = stream(request.seed_of(index), "lead", section.kind)
    if section.kind in ("solo", "drop"):
        return True
    if instrumental:
        return section.kind not in ("intro", "outro", "break") or rng.random() < 0.45
    chance = {"intro": 0.75, "outro": 0.6, "break": 0.5}.get(section.kind, 1.0)
    return bool(rng.random() < chance)


def _phrases(request: MelodyRequest, index: int, section: ScoreSection) -> list[PlacedLine]:
    """The section in phrases of some four seconds, each a stretch of whole bars."""
    bar_seconds = request.meter.beats_per_bar * 60.0 / request.tempo_bpm
    bars = min((1, 2, 4), key=lambda count: abs(np.log(count * bar_seconds / 4.4)))
    return [
        PlacedLine("", index, section.start_bar + offset, min(bars, section.bars - offset), phrase)
        for phrase, offset in enumerate(range(0, section.bars, bars))
    ]
