"""Harmony: which chords a section stands on, and how its cadence leads on."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songwright.engines.local.composing.asked_chords import chord_bars
from songwright.engines.local.composing.numerals import (
    Numeral,
    chord_of,
    diatonic_seventh,
    parse_numeral,
    root_of,
)
from songwright.engines.local.randomness import stream
from songwright.music.figures import Progression
from songwright.music.score import MINOR_MODES, ChordSpan, Key, ScoreSection, SectionKind, TimeSignature
from songwright.style.genre import HarmonyFacts

__all__ = ["Harmonist", "chords_for_sections", "section_progression"]

_TRAILING_NUMBER = re.compile(r" \d+$")

# What stands in for a kind of section that the genre has no progressions for, nearest first.
_STAND_INS: dict[SectionKind, tuple[str, ...]] = {
    "intro": ("verse",),
    "verse": (),
    "pre-chorus": ("bridge", "verse"),
    "chorus": (),
    "post-chorus": ("chorus",),
    "bridge": ("pre-chorus",),
    "solo": ("chorus", "verse"),
    "break": ("verse",),
    "drop": ("chorus",),
    "outro": ("chorus", "verse"),
}
# Degrees that can take the place of one another without changing where the harmony goes:
# tonic (I iii vi), predominant (ii IV), dominant (V vii).
_BORROWED_FOR: dict[str, tuple[int, ...]] = {
    "iv": (4, 2), "ivm7": (4, 2), "iv6": (4, 2), "bVII": (5, 7), "bVI": (6, 4), "bIII": (3, 1), "bII": (2, 4),
    "v": (5,), "IV": (4,), "V": (5,), "II": (2,), "i": (1,), "I": (1,),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Harmonist:
    """What the choice of chords depends on.

    Attributes:
        facts: The genre's habits.
        family: The habits of the genre's nearest relative, drawn on as weirdness grows.
        weirdness: 0..1.
        typical: 0..1, how closely to keep to the first, most usual progressions.
        seed: The song's seed.
        asked: Chords that were asked for: they go round in every section, from its first bar, as they are.
        asked_in: The same for sections by name, such as "verse 2"; others of the kind share them.
        loops: Whether the song's first section follows on its last.
    """

    facts: HarmonyFacts
    family: HarmonyFacts | None
    key: Key
    weirdness: float
    typical: float
    seed: str
    asked: Progression = ()
    asked_in: tuple[tuple[str, Progression], ...] = ()
    loops: bool = False


@dataclass(frozen=True, slots=True)
class _Step:
    """A numeral, how many bars it lasts, and its bass above its root in semitones."""

    numeral: Numeral
    bars: float
    bass_interval: int = 0


def chords_for_sections(
    harmonist: Harmonist, sections: Sequence[ScoreSection], meter: TimeSignature
) -> tuple[ChordSpan, ...]:
    """Chords for a whole song, contiguous from beat 0 to its end.

    Sections of one kind share a progression; the way a section closes depends on what follows it.
    """
    spans: list[ChordSpan] = []
    for index, section in enumerate(sections):
        following = sections[index + 1].kind if index + 1 < len(sections) else None
        asked = _asked_for(harmonist, section)
        if asked:
            spans.extend(_asked_spans(asked, section, meter))
            continue
        if following is None and harmonist.loops:
            following = sections[0].kind
        steps = section_progression(harmonist, section.kind, section.bars, following)
        bar = float(section.start_bar)
        for step in steps:
            chord = chord_of(step.numeral, harmonist.key, bass_interval=step.bass_interval)
            beats = meter.beats_per_bar
            last = spans[-1] if spans else None
            if last is not None and last.chord == chord and bar > section.start_bar:
                spans[-1] = ChordSpan(last.start_beats, last.duration_beats + step.bars * beats, chord)
            else:
                spans.append(ChordSpan(bar * beats, step.bars * beats, chord))
            bar += step.bars
    return tuple(spans)


def _asked_for(harmonist: Harmonist, section: ScoreSection) -> Progression:
    """The chords asked for in a section: its own, else those of its kind, else those of the song."""
    own = dict(harmonist.asked_in)
    kind = next(
        (chords for name, chords in own.items() if _TRAILING_NUMBER.sub("", name) == section.kind), ()
    )
    return own.get(section.name) or own.get(section.name.removesuffix(" 1")) or kind or harmonist.asked


def _asked_spans(asked: Progression, section: ScoreSection, meter: TimeSignature) -> list[ChordSpan]:
    spans: list[ChordSpan] = []
    beat = section.start_bar * meter.beats_per_bar
    for chord, bars in chord_bars(asked, section.bars):
        length = bars * meter.beats_per_bar
        if spans and spans[-1].chord == chord:
            spans[-1] = ChordSpan(spans[-1].start_beats, spans[-1].duration_beats + length, chord)
        else:
            spans.append(ChordSpan(beat, length, chord))
        beat += length
    return spans


def section_progression(
    harmonist: Harmonist, kind: SectionKind, bars: int, following: SectionKind | None
) -> tuple[_Step, ...]:
    """The chords of one section, filling exactly ``bars`` bars.

    Args:
        harmonist: Genre, key, weirdness and seed.
        kind: The section's kind: sections of one kind share their loop.
        bars: The section's length.
        following: The next section's kind, None at the end of the song.
    """
    loop = _loop(harmonist, kind)
    span = _bars_per_chord(harmonist.facts.chords_per_bar, len(loop))
    steps: list[_Step] = []
    position, index = 0.0, 0
    while position < bars:
        length = min(span, bars - position)
        steps.append(_Step(loop[index % len(loop)], length))
        position += length
        index += 1
    steps = _close(harmonist, kind, steps, following)
    steps = _colour(harmonist, kind, steps)
    return tuple(_smooth_bass(harmonist, kind, steps))


def _bars_per_chord(chords_per_bar: float, numerals: int) -> float:
    span = 1.0 / chords_per_bar
    # A loop must fill an even number of bars, or sections would begin in its middle.
    return span if (numerals * span) % 1 == 0 else 1.0


def _loop(harmonist: Harmonist, kind: SectionKind) -> list[Numeral]:
    rng = stream(harmonist.seed, "harmony", kind)
    facts = harmonist.facts
    if harmonist.family is not None and rng.random() < max(0.0, harmonist.weirdness - 0.55):
        facts = harmonist.family
    table = facts.minor_progressions if harmonist.key.mode in MINOR_MODES else facts.progressions
    choices: tuple[str, ...] = ()
    for name in (kind, *_STAND_INS[kind], "any"):
        if table.get(name):
            choices = table[name]
            break
    if rng.random() < 0.25 and table.get("any"):
        choices = choices + table["any"]
    # The commonest progressions stand first in the data; a strong wish for the style keeps near them.
    slope = 0.35 * harmonist.typical * (1 - harmonist.weirdness)
    weights = np.exp(-slope * np.arange(len(choices)))
    text = choices[int(rng.choice(len(choices), p=weights / weights.sum()))]
    loop = [parse_numeral(word) for word in text.split()]
    return [
        diatonic_seventh(numeral, harmonist.key) if rng.random() < facts.sevenths else numeral
        for numeral in loop
    ]


def _close(
    harmonist: Harmonist, kind: SectionKind, steps: list[_Step], following: SectionKind | None
) -> list[_Step]:
    """Give the section its cadence: home at the end of the song, open before a chorus."""
    minor = harmonist.key.mode in MINOR_MODES
    home = next((s.numeral for s in steps if _is_tonic(s.numeral)), parse_numeral("i" if minor else "I"))
    rng = stream(harmonist.seed, "cadence", kind)
    dominant = parse_numeral(_dominant(harmonist, float(rng.random())))
    if following is None:
        return _with_ending(steps, [dominant, home])
    if following in ("chorus", "drop") and kind not in ("chorus", "drop"):
        # A half cadence pulls into the chorus; a chorus that starts on V itself is reached from IV instead.
        start = _loop(harmonist, following)[0]
        if _is_dominant(steps[-1].numeral) or rng.random() > 0.75:
            return steps
        pull = parse_numeral("iv" if minor else "IV") if start.degree == 5 else dominant
        return _with_ending(steps, [pull])
    turn = rng.random()
    if kind == "chorus" and turn < 0.4 and len(steps) >= 4:
        return _with_ending(steps, [dominant, home])
    if kind == "chorus" and turn < 0.55 and steps[-1].numeral.degree not in (1, 5):
        return _with_ending(steps, [dominant])
    return steps


def _with_ending(steps: list[_Step], ending: list[Numeral]) -> list[_Step]:
    if len(steps) <= len(ending):
        return [*steps[:-1], _Step(ending[-1], steps[-1].bars)]
    kept = steps[: -len(ending)]
    tail = steps[-len(ending) :]
    return [*kept, *(_Step(numeral, step.bars) for numeral, step in zip(ending, tail, strict=True))]


def _dominant(harmonist: Harmonist, draw: float) -> str:
    mode = harmonist.key.mode
    seventh = harmonist.facts.sevenths > 0.3
    if mode == "mixolydian":
        return "bVII"
    if mode == "dorian":
        return "IV" if draw < 0.5 else "bVII"
    if mode == "phrygian":
        return "bII"
    if mode == "minor" and draw < 0.4:
        return "bVII"
    if draw < 0.35:
        return "V7sus4" if seventh else "Vsus4"
    return "V7" if seventh or draw > 0.8 else "V"


def _is_tonic(numeral: Numeral) -> bool:
    return numeral.degree == 1 and numeral.accidental == 0 and numeral.of is None


def _is_dominant(numeral: Numeral) -> bool:
    return numeral.of is None and numeral.degree == 5


def _colour(harmonist: Harmonist, kind: SectionKind, steps: list[_Step]) -> list[_Step]:
    """Add secondary dominants and borrowed chords, more of them as weirdness grows."""
    rng = stream(harmonist.seed, "colour", kind)
    chance = 0.45 * harmonist.weirdness**2
    coloured: list[_Step] = []
    for index, step in enumerate(steps):
        target = steps[index + 1].numeral if index + 1 < len(steps) else None
        wish, secondary = rng.random(), rng.random()
        plain = step.numeral.of is None and step.numeral.accidental == 0
        inner = 0 < index < len(steps) - 1
        if inner and plain and wish < chance:
            borrowed = _borrowed_for(harmonist, step.numeral, rng)
            if borrowed is not None:
                if step.bars >= 1:
                    # The borrowed chord darkens the chord it replaces: IV, then iv.
                    coloured += [_Step(step.numeral, step.bars / 2), _Step(borrowed, step.bars / 2)]
                else:
                    coloured.append(_Step(borrowed, step.bars))
                continue
        if (
            target is not None
            and step.bars >= 1
            and _can_be_approached(target, harmonist.key)
            and target != step.numeral
            and secondary < 0.8 * chance
        ):
            applied = Numeral(5, 0, (0, 4, 7, 10), of=target)
            coloured += [_Step(step.numeral, step.bars / 2), _Step(applied, step.bars / 2)]
            continue
        coloured.append(step)
    return coloured


def _borrowed_for(harmonist: Harmonist, numeral: Numeral, rng: np.random.Generator) -> Numeral | None:
    fitting = [
        text
        for text in harmonist.facts.borrowed
        if numeral.degree in _BORROWED_FOR.get(text, ()) and parse_numeral(text) != numeral
    ]
    return parse_numeral(fitting[int(rng.integers(len(fitting)))]) if fitting else None


def _can_be_approached(target: Numeral, key: Key) -> bool:
    """Whether a secondary dominant can lead to it: a plain consonant chord that isn't home."""
    return (
        target.of is None
        and target.intervals[:3] in ((0, 4, 7), (0, 3, 7))
        and root_of(target, key) != key.tonic
        and target.degree in (2, 3, 4, 5, 6)
    )


def _smooth_bass(harmonist: Harmonist, kind: SectionKind, steps: list[_Step]) -> list[_Step]:
    """Put some chords in first inversion where that lets the bass walk by step."""
    rng = stream(harmonist.seed, "inversions", kind)
    wanted = rng.random() < 0.25 + 0.4 * harmonist.weirdness
    smooth = list(steps)
    for index in range(1, len(steps) - 1):
        numeral = steps[index].numeral
        if not wanted or numeral.intervals[:3] not in ((0, 4, 7), (0, 3, 7)):
            continue
        before, here, after = (
            root_of(steps[i].numeral, harmonist.key) for i in (index - 1, index, index + 1)
        )
        third = numeral.intervals[1]
        inverted = (here + third) % 12
        leap = _distance(before, here) + _distance(here, after)
        stepwise = _distance(before, inverted) <= 2 and _distance(inverted, after) <= 2
        if stepwise and leap > 6 and inverted not in (before, after):
            smooth[index] = _Step(numeral, steps[index].bars, third)
    return smooth


def _distance(first: int, second: int) -> int:
    return min((first - second) % 12, (second - first) % 12)
