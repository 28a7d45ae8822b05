"""Form: the order of sections, their bars, and where in them every line of the lyric is sung."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import median

from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.randomness import stream
from songwright.engines.local.singing.voices import COMFORTABLE_SYLLABLES_PER_SECOND
from songwright.music.lyrics import ENGLISH, LyricSheet
from songwright.music.score import ScoreSection, SectionKind, TimeSignature
from songwright.music.timeline import name_sections
from songwright.style.genre import FormFacts, MelodyFacts

__all__ = [
    "BREATH_BEATS",
    "LONGEST_USUAL_SECONDS",
    "Form",
    "FormRequest",
    "PlacedLine",
    "lay_out",
    "lay_out_as_written",
]

SHORTEST_SONG_SECONDS = 92.0
LONGEST_USUAL_SECONDS = 200.0
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
        target_seconds: Length asked for, or None for a usual length.
        weirdness: 0..1, how far to stray from regular forms.
        compact: Leave out what the words do not need.
    """

    sheet: LyricSheet | None
    facts: FormFacts
    melody: MelodyFacts
    tempo_bpm: float
    meter: TimeSignature
    target_seconds: float | None
    weirdness: float
    seed: str
    compact: bool = False

    @property
    def bar_seconds(self) -> float:
        """The length of one bar."""
        return self.meter.beats_per_bar * 60.0 / self.tempo_bpm


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """One line of the lyric in its place.

    Attributes:
        text: The line as written.
        section: Index of its section in the form.
        start_bar: Its first bar, counted from 0 at the start of the song.
        bars: Bars that its phrase takes, the breath after it included.
        phrase: Which line of its section it is, from 0.
        language: ISO 639-1 code of its words' language.
    """

    text: str
    section: int
    start_bar: int
    bars: int
    phrase: int
    language: str = ENGLISH


@dataclass(frozen=True, slots=True)
class Form:
    """The song's sections and the place of every line.

    Attributes:
        sections: Contiguous from bar 0.
        lines: In order: every singable line of the sheet once, then those of repeated choruses.
        unsung: Lines with nothing to sing in them, such as "***".
    """

    sections: tuple[ScoreSection, ...]
    lines: tuple[PlacedLine, ...]
    unsung: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    kind: SectionKind
    bars: int
    lines: tuple[tuple[str, int], ...] = ()
    language: str = ENGLISH


def lay_out(request: FormRequest) -> Form:
    """Lay a song out in sections of whole bars.

    A sung form follows the sheet: its sections in their order, every line in a phrase of whole bars sized
    by its syllables. Where that makes less than a song, a solo and repeated choruses follow the last line.
    An instrumental form is one of the genre's plans.
    """
    lines = request.sheet.lines if request.sheet else ()
    unsung = _unsung(request.sheet) if request.sheet else ()
    if request.sheet is None or not len(unsung) < len(lines):
        blocks = _played_blocks(request)
    else:
        blocks = _framed(request, _sung_blocks(request, request.sheet))
        ceiling = request.target_seconds * 1.1 if request.target_seconds else LONGEST_USUAL_SECONDS
        if _seconds(request, blocks) > ceiling and not request.compact:
            return lay_out(replace(request, compact=True))
        blocks = _grown(request, blocks)
    return _place(request, blocks, unsung)


def lay_out_as_written(request: FormRequest, sheet: LyricSheet) -> Form:
    """Lay out the sections of a sheet in their order and no others, for a song that goes on."""
    return _place(request, _sung_blocks(request, sheet), _unsung(sheet))


def _unsung(sheet: LyricSheet) -> tuple[str, ...]:
    sections = sheet.sections
    return tuple(
        line for section in sections for line in section.lines if not syllabify(line, section.language)
    )


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


def _sung_blocks(request: FormRequest, sheet: LyricSheet) -> list[_Block]:
    blocks = []
    for section in sheet.sections:
        lines = [line for line in section.lines if syllabify(line, section.language)]
        if lines:
            blocks.append(_sung_block(request, section.kind, lines, section.language))
        else:
            blocks.append(_Block(section.kind, _usual_bars(request, section.kind)))
    return blocks


def _sung_block(request: FormRequest, kind: SectionKind, lines: Sequence[str], language: str) -> _Block:
    counts = [len(syllabify(line, language)) for line in lines]
    unit = phrase_bars(request, round(median(counts)), kind)
    sized = []
    for line, count in zip(lines, counts, strict=True):
        own = phrase_bars(request, count, kind)
        # Lines of a section share one length, so that they pair; only a line that can't fit takes more.
        sized.append((line, unit if own <= unit else _rounded(own, unit)))
    total = sum(bars for _, bars in sized)
    frame = 2 if request.compact or unit == 1 else 4
    rng = stream(request.seed, "form", "tail", kind)
    if total < 6 or rng.random() >= 0.5 * max(0.0, request.weirdness - 0.4):
        total = _rounded(total, frame)
    return _Block(kind, total, tuple(sized), language)


def _rounded(bars: int, unit: int) -> int:
    return math.ceil(bars / unit) * unit


def _usual_bars(request: FormRequest, kind: SectionKind) -> int:
    bars = request.facts.bars.get(kind, 8 if kind not in ("intro", "outro", "break") else 4)
    # Facts count bars of 4/4 at a walking pace: short bars need more of them for the same stretch of time.
    if request.bar_seconds < 1.3 and bars <= 8:
        bars *= 2
    if request.compact and kind in _PLAYED:
        bars = max(2, bars // 2)
    return bars


def _framed(request: FormRequest, blocks: list[_Block]) -> list[_Block]:
    """Add what the genre plays before, between and after the words."""
    rng = stream(request.seed, "form", "frame")
    plan = request.facts.plans[int(rng.integers(len(request.facts.plans)))]
    middle_chance, middle_place = rng.random(), rng.random()
    has_solo = any(not block.lines for block in blocks)
    framed = list(blocks)
    if framed[0].kind != "intro" and framed[0].lines and (plan[0] in ("intro", "drop") or rng.random() < 0.5):
        framed.insert(0, _Block("intro", _usual_bars(request, "intro")))
    if framed[-1].kind != "outro" and (plan[-1] == "outro" or rng.random() < 0.6):
        framed.append(_Block("outro", _usual_bars(request, "outro")))
    if not request.compact and not has_solo:
        kind: SectionKind = next((k for k in plan if k in ("solo", "break", "drop")), "break")
        wanted = 0.75 if kind in plan else 0.15 + 0.4 * request.weirdness
        choruses = [i for i, block in enumerate(framed) if block.kind == "chorus" and i + 2 < len(framed)]
        if choruses and middle_chance < wanted:
            place = choruses[-1 if middle_place < 0.6 else 0] + 1
            framed.insert(place, _Block(kind, _usual_bars(request, kind)))
    return framed


def _grown(request: FormRequest, blocks: list[_Block]) -> list[_Block]:
    """Lengthen a short song after its last line: a solo, then the chorus again."""
    usual = float(stream(request.seed, "form", "length").uniform(SHORTEST_SONG_SECONDS, 128.0))
    floor = request.target_seconds or usual
    if _seconds(request, blocks) >= floor * (0.95 if request.target_seconds else 1.0):
        return blocks
    grown = list(blocks)
    outro = [grown.pop()] if grown[-1].kind == "outro" and not grown[-1].lines else []
    sung = [block for block in grown if block.lines]
    choruses = [block for block in sung if block.kind == "chorus"]
    reprise = choruses[-1:] or (sung if sum(len(b.lines) for b in sung) <= 8 else sung[-1:])
    middles: tuple[SectionKind, ...] = ("solo", "break")
    turn = 0
    while _seconds(request, grown + outro) < floor:
        if grown[-1].lines:
            middle = middles[turn % 2]
            grown.append(_Block(middle, _rounded(_usual_bars(request, middle), 4)))
        grown += reprise
        turn += 1
        if turn == 1 and _seconds(request, grown + outro) < floor and choruses:
            grown += reprise
    return grown + outro


def _played_blocks(request: FormRequest) -> list[_Block]:
    """An instrumental's form: one of the genre's plans, fitted to its length."""
    rng = stream(request.seed, "form", "plan")
    plan = list(request.facts.plans[int(rng.integers(len(request.facts.plans)))])
    if request.weirdness > 0.5 and rng.random() < request.weirdness - 0.4 and len(plan) > 4:
        first, second = sorted(1 + rng.choice(len(plan) - 2, size=2, replace=False))
        plan[first], plan[second] = plan[second], plan[first]
    if request.sheet is not None and request.sheet.sections:
        plan = [section.kind for section in request.sheet.sections]
    blocks = [_Block(kind, _usual_bars(request, kind)) for kind in plan]
    target = request.target_seconds or float(rng.uniform(110, 170))
    ending = 1 if blocks[-1].kind == "outro" else 0
    body = [kind for kind in plan if kind not in ("intro", "outro")] or ["verse"]
    turn = 0
    while _seconds(request, blocks) < 0.9 * target:
        kind = body[turn % len(body)]
        blocks.insert(len(blocks) - ending, _Block(kind, _usual_bars(request, kind)))
        turn += 1
    while _seconds(request, blocks) > 1.25 * target and len(blocks) > 2 + ending:
        blocks.pop(len(blocks) - ending - 1)
    return blocks


def _seconds(request: FormRequest, blocks: Sequence[_Block]) -> float:
    return sum(block.bars for block in blocks) * request.bar_seconds


def _place(request: FormRequest, blocks: Sequence[_Block], unsung: tuple[str, ...]) -> Form:
    names = name_sections([block.kind for block in blocks])
    sections: list[ScoreSection] = []
    lines: list[PlacedLine] = []
    bar = 0
    for index, (block, name) in enumerate(zip(blocks, names, strict=True)):
        energy = _energy(request, blocks, index)
        sections.append(ScoreSection(name, block.kind, bar, block.bars, energy))
        start = bar
        for phrase, (text, bars) in enumerate(block.lines):
            lines.append(PlacedLine(text, index, start, bars, phrase, block.language))
            start += bars
        bar += block.bars
    return Form(tuple(sections), tuple(lines), unsung)


def _energy(request: FormRequest, blocks: Sequence[_Block], index: int) -> float:
    """The genre's energy for the kind, rising from one occurrence to the next."""
    kind = blocks[index].kind
    alike = [i for i, block in enumerate(blocks) if block.kind == kind]
    base = request.facts.energy.get(kind, 0.5)
    if len(alike) == 1 or kind in ("intro", "outro"):
        return round(base, 3)
    share = alike.index(index) / (len(alike) - 1)
    return round(min(1.0, max(0.0, base - 0.05 + 0.13 * share)), 3)
