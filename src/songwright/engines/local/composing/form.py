"""Form: the order of sections, their bars, and where in them every line of the lyric is sung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from songwright.engines.local.composing.form_blocks import (
    BREATH_BEATS,
    Block,
    FormRequest,
    phrase_bars,
    singable,
    sung_blocks,
    total_bars,
    usual_bars,
)
from songwright.engines.local.composing.form_fitting import Fitted, fitted_blocks, fitted_played, fitted_sung
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.randomness import stream
from songwright.music.lyrics import ENGLISH, LyricSection, LyricSheet
from songwright.music.score import ScoreSection, SectionKind
from songwright.music.timeline import name_sections

__all__ = [
    "BREATH_BEATS",
    "LONGEST_USUAL_SECONDS",
    "Form",
    "FormRequest",
    "PlacedLine",
    "lay_out",
    "lay_out_as_written",
    "lay_out_within",
    "phrase_bars",
]

LONGEST_USUAL_SECONDS = 200.0
_FEWEST_SECTIONS_OF_A_FORM = 3


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
        left_out: Lines that there was no room for in the length asked for.
    """

    sections: tuple[ScoreSection, ...]
    lines: tuple[PlacedLine, ...]
    unsung: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def lay_out(request: FormRequest) -> Form:
    """Lay a song out in sections of whole bars.

    A sung form follows the sheet: its sections in their order, every line in a phrase of whole bars sized
    by its syllables, and nothing repeated. Where a length was asked for, it has exactly the bars of it. An
    instrumental form is one of the genre's plans.
    """
    sheet = request.sheet
    unsung = _unsung(sheet) if sheet else ()
    if sheet is None or not any(singable(section) for section in sheet.sections):
        return _place(request, Fitted(_played_blocks(request)), unsung)
    if request.target_bars is not None:
        fitted = fitted_sung(request, sheet, request.target_bars)
        if not fitted.blocks:
            fitted = replace(fitted, blocks=_played_blocks(replace(request, sheet=None)))
        return _place(request, fitted, unsung)
    blocks = sung_blocks(request, sheet)
    if not request.loops:
        blocks = _framed(request, blocks)
    if not request.compact and total_bars(blocks) * request.bar_seconds > LONGEST_USUAL_SECONDS:
        return lay_out(replace(request, compact=True))
    return _place(request, Fitted(blocks), unsung)


def lay_out_as_written(request: FormRequest, sheet: LyricSheet) -> Form:
    """Lay out the sections of a sheet in their order and no others, for a song that goes on."""
    return _place(request, Fitted(sung_blocks(request, sheet)), _unsung(sheet))


def lay_out_within(request: FormRequest, sheet: LyricSheet, bars: int) -> Form:
    """Lay out the sections of a sheet in just so many bars, for a song that goes on."""
    if any(singable(section) for section in sheet.sections):
        fitted = fitted_sung(request, sheet, bars)
        if fitted.blocks:
            return _place(request, fitted, _unsung(sheet))
        sheet = LyricSheet((LyricSection("outro", ()),))
    return _place(request, Fitted(fitted_blocks(sung_blocks(request, sheet), bars)), _unsung(sheet))


def _unsung(sheet: LyricSheet) -> tuple[str, ...]:
    sections = sheet.sections
    return tuple(
        line for section in sections for line in section.lines if not syllabify(line, section.language)
    )


def _framed(request: FormRequest, blocks: list[Block]) -> list[Block]:
    """Add what the genre plays before, between and after the words."""
    rng = stream(request.seed, "form", "frame")
    plan = request.facts.plans[int(rng.integers(len(request.facts.plans)))]
    middle_chance, middle_place = rng.random(), rng.random()
    has_solo = any(not block.lines for block in blocks)
    framed = list(blocks)
    if framed[0].kind != "intro" and framed[0].lines and (plan[0] in ("intro", "drop") or rng.random() < 0.5):
        framed.insert(0, Block("intro", usual_bars(request, "intro")))
    if framed[-1].kind != "outro" and (plan[-1] == "outro" or rng.random() < 0.6):
        framed.append(Block("outro", usual_bars(request, "outro")))
    if not request.compact and not has_solo:
        kind: SectionKind = next((k for k in plan if k in ("solo", "break", "drop")), "break")
        wanted = 0.75 if kind in plan else 0.15 + 0.4 * request.weirdness
        choruses = [i for i, block in enumerate(framed) if block.kind == "chorus" and i + 2 < len(framed)]
        if choruses and middle_chance < wanted:
            place = choruses[-1 if middle_place < 0.6 else 0] + 1
            framed.insert(place, Block(kind, usual_bars(request, kind)))
    return framed


def _played_blocks(request: FormRequest) -> list[Block]:
    """An instrumental's form: one of the genre's plans, fitted to its length."""
    rng = stream(request.seed, "form", "plan")
    plan = list(request.facts.plans[int(rng.integers(len(request.facts.plans)))])
    if request.weirdness > 0.5 and rng.random() < request.weirdness - 0.4 and len(plan) > 4:
        first, second = sorted(1 + rng.choice(len(plan) - 2, size=2, replace=False))
        plan[first], plan[second] = plan[second], plan[first]
    usual_seconds = float(rng.uniform(110, 170))
    # One marker alone, such as [Instrumental], says that nothing is sung rather than how long the song is.
    if request.sheet is not None and len(request.sheet.sections) >= _FEWEST_SECTIONS_OF_A_FORM:
        plan = [section.kind for section in request.sheet.sections]
        if request.target_bars is None:
            return [Block(kind, usual_bars(request, kind)) for kind in plan]
    bars = request.target_bars or max(1, round(usual_seconds / request.bar_seconds / 4)) * 4
    return fitted_played(request, plan, bars)


def _place(request: FormRequest, fitted: Fitted, unsung: tuple[str, ...]) -> Form:
    blocks = fitted.blocks
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
    return Form(tuple(sections), tuple(lines), unsung, fitted.left_out)


def _energy(request: FormRequest, blocks: Sequence[Block], index: int) -> float:
    """The genre's energy for the kind, rising from one occurrence to the next."""
    kind = blocks[index].kind
    alike = [i for i, block in enumerate(blocks) if block.kind == kind]
    base = request.facts.energy.get(kind, 0.5)
    if len(alike) == 1 or kind in ("intro", "outro"):
        return round(base, 3)
    share = alike.index(index) / (len(alike) - 1)
    return round(min(1.0, max(0.0, base - 0.05 + 0.13 * share)), 3)
