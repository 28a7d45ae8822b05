"""How good is a song as written? Marks that need no sound, for choosing among takes.

Each mark asks what a listener would: does the chorus lift, does its hook come back, do phrases close, do the
words lie well, can it be sung. None is a law of good songs; together they tell a take whose chance fell
badly from one whose chance fell well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from statistics import fmean

from songwright.engines.local.composing.compose import Composition
from songwright.engines.local.composing.metrical_grid import metric_weight
from songwright.engines.local.singing.voices import SHORTEST_SYLLABLE_SECONDS
from songwright.music.score import Note, ScoreSection, SectionKind, SungNote

__all__ = ["Merit", "merit_of"]

_PEAKS: frozenset[SectionKind] = frozenset({"chorus", "drop"})
_LIFT_SEMITONES = 3.0
_OPENING_NOTES = 4
_FARTHEST_SEMITONES = 7

_Phrase = Sequence[SungNote | Note]


@dataclass(frozen=True, slots=True)
class Merit:
    """Marks of a song as written, 0..1 each.

    Attributes:
        lift: How far the chorus lies above the verse; three semitones are enough.
        hook: Share of the chorus's phrases that open as its first one or its answer does.
        cadences: Share of sections that end on the tonic triad, the last of all counting double on the tonic.
        setting: How much stronger the beats of stressed syllables are than those of the others.
        ease: Share of steps that are no wider than a fifth and of syllables that are long enough.
    """

    lift: float
    hook: float
    cadences: float
    setting: float
    ease: float

    @property
    def score(self) -> float:
        """The mean of the marks."""
        return fmean(asdict(self).values())


def merit_of(song: Composition) -> Merit:
    """Mark a song by its sung lines, or by its lead melody where nobody sings."""
    phrases: list[tuple[ScoreSection, _Phrase]] = []
    if song.vocal is not None:
        phrases = [(song.form.sections[line.section], line.notes) for line in song.vocal.lines if line.notes]
    else:
        phrases = [(song.form.sections[line.section], line.notes) for line in song.lead if line.notes]
    if not phrases:
        return Merit(0.0, 0.0, 0.0, 0.0, 0.0)
    return Merit(
        lift=_lift(phrases),
        hook=_hook([notes for section, notes in phrases if section.kind in _PEAKS]),
        cadences=_cadences(song, phrases),
        setting=_setting(song),
        ease=_ease(song, [notes for _, notes in phrases]),
    )


def _lift(phrases: Sequence[tuple[ScoreSection, _Phrase]]) -> float:
    high = [note.midi_pitch for section, notes in phrases if section.kind in _PEAKS for note in notes]
    low = [note.midi_pitch for section, notes in phrases if section.kind not in _PEAKS for note in notes]
    if not high or not low:
        return 0.5
    lift = min(1.0, max(0.0, (fmean(high) - fmean(low)) / _LIFT_SEMITONES))
    return lift if max(high) >= max(low) else 0.7 * lift


def _hook(chorus: Sequence[_Phrase]) -> float:
    openings = [
        tuple(after.midi_pitch - before.midi_pitch for before, after in pairwise(notes[:_OPENING_NOTES]))
        for notes in chorus
        if len(notes) >= _OPENING_NOTES
    ]
    if not openings:
        return 0.5
    counts = sorted((openings.count(opening) for opening in set(openings)), reverse=True)
    share = sum(counts[:2]) / len(openings)
    # One phrase again and again has no answer.
    return share if len(counts) > 1 else 0.6 * share


def _cadences(song: Composition, phrases: Sequence[tuple[ScoreSection, _Phrase]]) -> float:
    key = song.brief.key
    third = 3 if key.mode in ("minor", "dorian", "phrygian") else 4
    ends = [
        (notes[-1].midi_pitch - key.tonic) % 12
        for (section, notes), following in zip(phrases, [*phrases[1:], None], strict=True)
        if (following is None or following[0] is not section) and section.kind != "pre-chorus"
    ]
    if not ends:
        return 0.5
    closed = sum(end in (0, third, 7) for end in ends) + 2 * (ends[-1] == 0)
    return closed / (len(ends) + 2)


def _setting(song: Composition) -> float:
    if song.vocal is None:
        return 0.5
    meter = song.brief.time_signature
    sung = [note for line in song.vocal.lines for note in line.notes if note.syllable]
    strong = [metric_weight(meter, note.start_beats) for note in sung if note.stressed]
    weak = [metric_weight(meter, note.start_beats) for note in sung if not note.stressed]
    if not strong or not weak:
        return 0.5
    return min(1.0, max(0.0, 0.3 + fmean(strong) - fmean(weak)))


def _ease(song: Composition, phrases: Sequence[_Phrase]) -> float:
    steps = [
        abs(after.midi_pitch - before.midi_pitch) for notes in phrases for before, after in pairwise(notes)
    ]
    shortest_beats = SHORTEST_SYLLABLE_SECONDS * song.brief.tempo_bpm / 60.0
    lengths = [note.duration_beats for notes in phrases for note in notes]
    narrow = fmean(step <= _FARTHEST_SEMITONES for step in steps) if steps else 1.0
    return 0.5 * narrow + 0.5 * fmean(length >= shortest_beats for length in lengths)
