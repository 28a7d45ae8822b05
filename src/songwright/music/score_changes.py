"""What changed between two scores: notes by part and by section, and chords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from songwright.music.comparison import Change, PartChange
from songwright.music.score import Score, ScoreSection

__all__ = ["changed_chord_bars", "melody_kept", "notes_kept", "part_changes"]

_Placed = tuple[str, float, float, int]
_VOICE = "voice"
_FINEST_BEATS = 1 / 96


def part_changes(first: Score, second: Score) -> tuple[PartChange, ...]:
    """The parts whose notes or instruments differ, the voice first, then by name."""
    before, after = _by_part(first), _by_part(second)
    instruments = [{part.name: part.instrument for part in score.parts} for score in (first, second)]
    changes = []
    for name in sorted(before.keys() | after.keys(), key=lambda name: (name != _VOICE, name)):
        old, new = before.get(name, Counter()), after.get(name, Counter())
        kept = (old & new).total()
        played = instruments[0].get(name), instruments[1].get(name)
        other = None if played[0] == played[1] else Change(first=played[0], second=played[1])
        if kept != old.total() or kept != new.total() or other is not None:
            changes.append(
                PartChange(
                    part=name,
                    kept=kept,
                    added=new.total() - kept,
                    removed=old.total() - kept,
                    instrument=other,
                )
            )
    return tuple(changes)


def changed_chord_bars(first: Score, second: Score) -> int:
    """Bars whose chords differ, and bars that one score has beyond the other."""
    before, after = _chords_by_bar(first), _chords_by_bar(second)
    return sum(before.get(bar) != after.get(bar) for bar in before.keys() | after.keys())


def notes_kept(first: Score, first_name: str, second: Score, second_name: str) -> float | None:
    """The share of a section's notes, in all parts, that stand at the same places in the other's.

    Returns:
        None where a score has no such section, or both are empty.
    """
    return _share(_in_section(first, first_name), _in_section(second, second_name))


def melody_kept(first: Score, first_name: str, second: Score, second_name: str) -> float | None:
    """The same of the sung notes alone."""
    old, new = (
        None if notes is None else [note for note in notes if note[0] == _VOICE]
        for notes in (_in_section(first, first_name), _in_section(second, second_name))
    )
    return _share(old, new)


def _share(old: Iterable[_Placed] | None, new: Iterable[_Placed] | None) -> float | None:
    if old is None or new is None:
        return None
    before, after = Counter(old), Counter(new)
    most = max(before.total(), after.total())
    return round((before & after).total() / most, 3) if most else None


def _notes(score: Score) -> Iterable[_Placed]:
    for part in score.parts:
        for note in part.notes:
            yield part.name, _placed(note.start_beats), _placed(note.duration_beats), note.midi_pitch
    for line in score.vocal.lines if score.vocal is not None else ():
        for sung in line.notes:
            yield _VOICE, _placed(sung.start_beats), _placed(sung.duration_beats), sung.midi_pitch


def _placed(beats: float) -> float:
    return round(beats / _FINEST_BEATS) * _FINEST_BEATS


def _by_part(score: Score) -> dict[str, Counter[_Placed]]:
    found: dict[str, Counter[_Placed]] = {}
    for note in _notes(score):
        found.setdefault(note[0], Counter())[note] += 1
    return found


def _in_section(score: Score, name: str) -> list[_Placed] | None:
    section = next((section for section in score.sections if section.name == name), None)
    if section is None:
        return None
    start, end = _beats(score, section)
    return [
        (part, _placed(at - start), length, pitch)
        for part, at, length, pitch in _notes(score)
        if start <= at < end
    ]


def _beats(score: Score, section: ScoreSection) -> tuple[float, float]:
    bar = score.time_signature.beats_per_bar
    return section.start_bar * bar, (section.start_bar + section.bars) * bar


def _chords_by_bar(score: Score) -> dict[int, tuple[tuple[float, str], ...]]:
    bar_beats = score.time_signature.beats_per_bar
    found: dict[int, tuple[tuple[float, str], ...]] = {}
    for bar in range(score.bars):
        start, end = bar * bar_beats, (bar + 1) * bar_beats
        found[bar] = tuple(
            (_placed(max(0.0, span.start_beats - start)), span.chord.symbol)
            for span in score.chords
            if span.start_beats < end and span.start_beats + span.duration_beats > start
        )
    return found
