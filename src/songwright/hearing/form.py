"""What are the sections? Stretches that sound alike, put on bar lines and given the names of song form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from songwright.hearing.sections import HeardPart
from songwright.music.score import ScoreSection, SectionKind, TimeSignature
from songwright.music.timeline import name_sections
from songwright.music.transcription import HeardNote

__all__ = ["form_sections"]

_SHORTEST_BARS = 2
_LONGEST_END_SECTION_BARS = 16
_FEW_NOTES = 0.3
_DB_FOR_A_FULL_TUNE = 3.0
_ENERGY_RANGE_DB = 20.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    label: str
    start_bar: int
    bars: int
    level_db: float
    notes_a_bar: float


def form_sections(
    parts: Sequence[HeardPart],
    melody: Sequence[HeardNote],
    beat_seconds: Sequence[float],
    meter: TimeSignature,
) -> tuple[ScoreSection, ...]:
    """Sections in whole bars, contiguous, covering all bars.

    The repeated label that is loudest and has most tune is the chorus, others with a tune are verses, one
    that comes once behind a chorus is a bridge; what begins or ends the song with little tune is its intro
    or outro, and what has little tune inside a solo.

    Args:
        parts: As heard, in order, on the clock.
        melody: The tune, in beats.
        beat_seconds: Every beat, the first and the last at bar lines.
        meter: Of the beats.
    """
    stretches = _on_bar_lines(parts, melody, beat_seconds, meter)
    kinds = _kinds(stretches)
    loudest = max(each.level_db for each in stretches)
    return tuple(
        ScoreSection(
            name=name,
            kind=kind,
            start_bar=each.start_bar,
            bars=each.bars,
            energy=round(float(np.clip(1.0 + (each.level_db - loudest) / _ENERGY_RANGE_DB, 0.0, 1.0)), 3),
        )
        for name, kind, each in zip(name_sections(kinds), kinds, stretches, strict=True)
    )


def _on_bar_lines(
    parts: Sequence[HeardPart],
    melody: Sequence[HeardNote],
    beat_seconds: Sequence[float],
    meter: TimeSignature,
) -> list[_Stretch]:
    bar_beats = round(meter.beats_per_bar)
    lines = np.array(beat_seconds[::bar_beats])
    bars = len(lines) - 1
    starts = [0]
    kept = list(parts[:1])
    for part in parts[1:]:
        line = int(np.argmin(np.abs(lines - part.start_seconds)))
        if line - starts[-1] >= _SHORTEST_BARS and bars - line >= _SHORTEST_BARS:
            starts.append(line)
            kept.append(part)
    if not kept:
        return [_Stretch("A", 0, bars, 0.0, 0.0)]
    note_bars = np.array([note.start_beats for note in melody]) / bar_beats
    return [
        _Stretch(
            part.label,
            first,
            last - first,
            part.level_db,
            float(((note_bars >= first) & (note_bars < last)).sum()) / (last - first),
        )
        for part, (first, last) in zip(kept, pairwise([*starts, bars]), strict=True)
    ]


def _kinds(stretches: Sequence[_Stretch]) -> list[SectionKind]:
    most_notes = max(each.notes_a_bar for each in stretches)
    quiet = [each.notes_a_bar <= _FEW_NOTES * most_notes for each in stretches]
    last = len(stretches) - 1
    labels = [each.label for each in stretches]
    chorus = _chorus_label(stretches, quiet, most_notes)
    kinds: list[SectionKind] = []
    for number, each in enumerate(stretches):
        short = each.bars <= _LONGEST_END_SECTION_BARS
        if last > 0 and number == 0 and quiet[0] and short:
            kinds.append("intro")
        elif last > 1 and number == last and short and (quiet[last] or _fades(stretches)):
            kinds.append("outro")
        elif each.label == chorus:
            kinds.append("chorus")
        elif quiet[number]:
            kinds.append("solo" if most_notes > 0 else "break")
        elif labels.count(each.label) == 1 and "chorus" in kinds:
            kinds.append("bridge")
        else:
            kinds.append("verse")
    return kinds


def _chorus_label(stretches: Sequence[_Stretch], quiet: Sequence[bool], most_notes: float) -> str | None:
    strength: dict[str, list[float]] = {}
    for each, is_quiet in zip(stretches, quiet, strict=True):
        if not is_quiet:
            tune = each.notes_a_bar / most_notes
            strength.setdefault(each.label, []).append(each.level_db + _DB_FOR_A_FULL_TUNE * tune)
    if len(strength) < 2:
        return None
    repeated = {label: values for label, values in strength.items() if len(values) > 1} or strength
    return max(repeated, key=lambda label: float(np.mean(repeated[label])))


def _fades(stretches: Sequence[_Stretch]) -> bool:
    """Whether the last stretch is clearly softer than the one before."""
    return stretches[-1].level_db < stretches[-2].level_db - 4.0
