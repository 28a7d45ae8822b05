"""The blocks that a form is laid out of: what a form depends on, and how many bars words need."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.randomness import stream
from songwright.engines.local.singing.voices import (
    COMFORTABLE_SYLLABLES_PER_SECOND,
    FASTEST_SYLLABLES_PER_SECOND,
)
from songwright.music.lyrics import ENGLISH, LyricSection, LyricSheet
from songwright.music.score import SectionKind, TimeSignature
from songwright.style.genre import FormFacts, MelodyFacts

__all__ = [
    "BREATH_BEATS",
    "Block",
    "FormRequest",
    "hurried_block",
    "phrase_bars",
    "singable",
    "sung_blocks",
    "total_bars",
    "usual_bars",
]

BREATH_BEATS = 1.0
"""What a sung line leaves free at its end."""

_PHRASE_SECONDS = 4.2
_PHRASE_BARS = (1, 2, 4, 8)
_PLAYED: frozenset[SectionKind] = frozenset({"intro", "solo", "break", "drop", "outro"})


@dataclass(frozen=True, slots=True)
class FormRequest:
    """What a form depends on.

    Attributes:
        sheet: The words, or None where nothing is sung.
        target_bars: How many bars were asked for, or None for as many as words and genre want.
        weirdness: 0..1, how far to stray from regular forms.
        loops: Whether the end joins the beginning, so that nothing leads in or out.
        opens_with: What is played before the first words where there is room for it.
        compact: Leave out what the words do not need.
    """

    sheet: LyricSheet | None
    facts: FormFacts
    melody: MelodyFacts
    tempo_bpm: float
    meter: TimeSignature
    target_bars: int | None
    weirdness: float
    seed: str
    loops: bool = False
    opens_with: SectionKind = "intro"
    compact: bool = False

    @property
    def bar_seconds(self) -> float:
        """The length of one bar."""
        return self.meter.beats_per_bar * 60.0 / self.tempo_bpm


@dataclass(frozen=True, slots=True)
class Block:
    """A section before it has a place: its bars, and its lines with the bars of each."""

    kind: SectionKind
    bars: int
    lines: tuple[tuple[str, int], ...] = ()
    language: str = ENGLISH


def total_bars(blocks: Sequence[Block]) -> int:
    """The bars of all blocks."""
    return sum(block.bars for block in blocks)


def singable(section: LyricSection) -> tuple[str, ...]:
    """The lines of a section that have something to sing in them."""
    return tuple(line for line in section.lines if syllabify(line, section.language))


def phrase_bars(request: FormRequest, syllables: int, kind: SectionKind) -> int:
    """How many bars a line of so many syllables takes: near the genre's usual rate, never rushed."""
    bar_beats = request.meter.beats_per_bar
    usual, densest = request.melody.notes_per_beat
    comfortable = COMFORTABLE_SYLLABLES_PER_SECOND[1] * 60.0 / request.tempo_bpm
    fastest = min(1.6 * densest if request.compact else densest, comfortable)
    usual = min(usual * (1.12 if kind in ("chorus", "post-chorus") else 1.0), fastest)
    if request.compact:
        usual = fastest

    def misfit(bars: int) -> float:
        rate = syllables / (bars * bar_beats - BREATH_BEATS)
        length = 0.3 if request.compact else 1.0
        return abs(math.log(rate / usual)) + length * abs(
            math.log(bars * request.bar_seconds / _PHRASE_SECONDS)
        )

    least = math.ceil((syllables / fastest + BREATH_BEATS) / bar_beats - 1e-9)
    fitting = [bars for bars in _PHRASE_BARS if bars >= least]
    return min(fitting, key=misfit) if fitting else least + least % 2


def sung_blocks(request: FormRequest, sheet: LyricSheet) -> list[Block]:
    """The sections of a sheet in their order: those with words sized by them, others as usual."""
    blocks = []
    for section in sheet.sections:
        lines = singable(section)
        if lines:
            blocks.append(_sung_block(request, section.kind, lines, section.language))
        else:
            blocks.append(Block(section.kind, usual_bars(request, section.kind)))
    return blocks


def hurried_block(request: FormRequest, section: LyricSection, most_bars: int) -> Block | None:
    """As many of a section's lines as can be sung in so few bars, the first of them at the voice's limit.

    None where not even the first line can be sung.
    """
    lines = singable(section)
    close = replace(request, compact=True)
    for count in range(len(lines), 0, -1):
        sized = tuple(
            (line, phrase_bars(close, len(syllabify(line, section.language)), section.kind))
            for line in lines[:count]
        )
        if sum(bars for _, bars in sized) <= most_bars:
            return Block(section.kind, sum(bars for _, bars in sized), sized, section.language)
    if not lines:
        return None
    beats = len(syllabify(lines[0], section.language)) * request.tempo_bpm / 60 / FASTEST_SYLLABLES_PER_SECOND
    least = math.ceil((beats + BREATH_BEATS) / request.meter.beats_per_bar - 1e-9)
    if least > most_bars:
        return None
    return Block(section.kind, least, ((lines[0], least),), section.language)


def _sung_block(request: FormRequest, kind: SectionKind, lines: Sequence[str], language: str) -> Block:
    counts = [len(syllabify(line, language)) for line in lines]
    unit = phrase_bars(request, round(median(counts)), kind)
    sized = []
    for line, count in zip(lines, counts, strict=True):
        own = phrase_bars(request, count, kind)
        # Lines of a section share one length, so that they pair; only a line that can't fit takes more.
        sized.append((line, unit if own <= unit else _rounded(own, unit)))
    total = sum(bars for _, bars in sized)
    frame = 2 if request.compact or unit == 1 else 4
    if request.target_bars is not None:
        frame = 1
    rng = stream(request.seed, "form", "tail", kind)
    if total < 6 or rng.random() >= 0.5 * max(0.0, request.weirdness - 0.4):
        total = _rounded(total, frame)
    return Block(kind, total, tuple(sized), language)


def _rounded(bars: int, unit: int) -> int:
    return math.ceil(bars / unit) * unit


def usual_bars(request: FormRequest, kind: SectionKind) -> int:
    """How many bars a section that is played takes."""
    bars = request.facts.bars.get(kind, 8 if kind not in ("intro", "outro", "break") else 4)
    # Facts count bars of 4/4 at a walking pace: short bars need more of them for the same stretch of time.
    if request.bar_seconds < 1.3 and bars <= 8:
        bars *= 2
    if request.compact and kind in _PLAYED:
        bars = max(2, bars // 2)
    return bars
