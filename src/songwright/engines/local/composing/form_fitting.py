"""Forms of exactly so many bars: which sections there are room for, and how the rest is shared out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from songwright.engines.local.composing.form_blocks import (
    Block,
    FormRequest,
    hurried_block,
    singable,
    sung_blocks,
    usual_bars,
)
from songwright.engines.local.randomness import stream
from songwright.music.lyrics import LyricSection, LyricSheet
from songwright.music.score import SectionKind

__all__ = ["Fitted", "fitted_blocks", "fitted_played", "fitted_sung", "shared_out"]

_MOST_RETURNS = 3
"""How often a chorus comes back beyond the lyric, at most; what is left is played."""

_LONG_BARS = 24
_SHORT_BARS = 8
_ROOM_FOR_AN_ENDING = 6
_STRETCH = 1.5
_DISLIKE_OF_ONE_SECTION = 0.5
_LONGEST_FORM = 400
_FRAME: frozenset[SectionKind] = frozenset({"intro", "outro"})
# Small forms, for songs that have no room for a genre's plan; "chorus" stands for the genre's peak.
_SMALL_FORMS: tuple[tuple[SectionKind, ...], ...] = (
    ("chorus",),
    ("verse", "chorus"),
    ("intro", "chorus"),
    ("intro", "chorus", "outro"),
    ("intro", "verse", "chorus"),
    ("intro", "verse", "chorus", "outro"),
)
_LINKS: tuple[SectionKind, ...] = ("solo", "break")


@dataclass(frozen=True, slots=True)
class Fitted:
    """Blocks that fill the bars asked for, and the lines there was no room for."""

    blocks: list[Block]
    left_out: tuple[str, ...] = ()


def shared_out(usual: Sequence[int], total: int) -> list[int]:
    """Share bars out in proportion to their usual numbers: in fours or twos where there is room for them.

    Args:
        usual: One at least, each 1 at least.
        total: At least as many as there are shares.

    Returns:
        Shares of 1 or more that sum to the total; what makes no group goes to the last.
    """
    unit = 4 if total >= _LONG_BARS else 2 if total >= _SHORT_BARS else 1
    while unit * len(usual) > total:
        unit //= 2
    ideal = [bars * total / sum(usual) for bars in usual]
    shares = [max(unit, math.floor(bars / unit) * unit) for bars in ideal]
    while sum(shares) > total:
        spare = [index for index, share in enumerate(shares) if share > unit]
        most = max(spare, key=lambda index: (shares[index] - ideal[index], index))
        shares[most] -= unit
    while total - sum(shares) >= unit:
        least = min(
            range(len(shares)), key=lambda index: ((shares[index] - ideal[index]) / ideal[index], index)
        )
        shares[least] += unit
    shares[-1] += total - sum(shares)
    return shares


def fitted_played(request: FormRequest, plan: Sequence[SectionKind], bars: int) -> list[Block]:
    """An instrumental of so many bars: of the genre's plan as much, or as often, as comes nearest."""
    kinds = min(_played_forms(request, plan, bars), key=lambda form: _misfit(request, form, bars))
    shares = shared_out([usual_bars(request, kind) for kind in kinds], bars)
    return [Block(kind, share) for kind, share in zip(kinds, shares, strict=True)]


def fitted_blocks(blocks: Sequence[Block], bars: int) -> list[Block]:
    """Blocks that are played, sized to fill so many bars; the last of them where there is no bar for each."""
    kept = list(blocks[-bars:])
    shares = shared_out([block.bars for block in kept], bars)
    return [replace(block, bars=share) for block, share in zip(kept, shares, strict=True)]


def _misfit(request: FormRequest, kinds: Sequence[SectionKind], bars: int) -> tuple[float, int]:
    usual = sum(usual_bars(request, kind) for kind in kinds)
    alone = _DISLIKE_OF_ONE_SECTION if len(kinds) == 1 and bars >= _SHORT_BARS else 0.0
    return round(abs(math.log(usual / bars)) + alone, 3), -len(kinds)


def _played_forms(
    request: FormRequest, plan: Sequence[SectionKind], bars: int
) -> Iterator[tuple[SectionKind, ...]]:
    """Forms to choose from, none with more sections than bars."""
    peak: SectionKind = "drop" if "drop" in plan and "chorus" not in plan else "chorus"
    frame = frozenset() if not request.loops else _FRAME
    for small in _SMALL_FORMS:
        kinds = tuple(peak if kind == "chorus" else kind for kind in small if kind not in frame)
        if len(kinds) <= bars:
            yield kinds
    ending = tuple(kind for kind in plan[-1:] if kind == "outro" and kind not in frame)
    body = [kind for kind in plan if kind not in _FRAME] or ["verse"]
    longer = [kind for kind in (plan[:-1] if ending else plan) if kind not in frame]
    turn = 0
    while sum(usual_bars(request, kind) for kind in longer) < 2 * bars and len(longer) < _LONGEST_FORM:
        longer.append(body[turn % len(body)])
        turn += 1
    for count in range(2, len(longer) + 1):
        kinds = (*longer[:count], *ending)
        if (peak in kinds or peak not in plan) and len(kinds) <= bars:
            yield kinds


def fitted_sung(request: FormRequest, sheet: LyricSheet, bars: int) -> Fitted:
    """A song of so many bars on given words.

    The sheet's sections are sung in their order. Where there are too many, whole sections at the end are left
    out; of the first section, lines. Where there is room, what is played fills it, and a chorus of the sheet
    comes back a few times at most.
    """
    sections = list(sheet.sections)
    ending = 1 if bars >= _ROOM_FOR_AN_ENDING and not request.loops else 0
    for count in range(len(sections), 0, -1):
        kept = sections[:count]
        if not any(singable(section) for section in kept):
            break
        for compact in (False, True):
            sized = sung_blocks(replace(request, compact=compact), LyricSheet(tuple(kept)))
            if _least(sized) + (ending if not compact and sized[-1].lines else 0) <= bars:
                return Fitted(_filled(request, sized, bars), _lines(sections[count:]))
    first = next(section for section in sections if singable(section))
    hurried = hurried_block(request, first, bars)
    if hurried is None:
        return Fitted([], _lines(sections))
    left_out = (*singable(first)[len(hurried.lines) :], *_lines(sections[sections.index(first) + 1 :]))
    return Fitted(_filled(request, [hurried], bars), left_out)


def _lines(sections: Sequence[LyricSection]) -> tuple[str, ...]:
    return tuple(line for section in sections for line in singable(section))


def _least(blocks: Sequence[Block]) -> int:
    return sum(block.bars if block.lines else 1 for block in blocks)


def _filled(request: FormRequest, sized: list[Block], bars: int) -> list[Block]:
    """Blocks with as much played before, between and after them as fills the bars."""
    blocks = list(sized)
    rest = bars - sum(block.bars for block in blocks if block.lines)
    chorus = next((block for block in reversed(blocks) if block.kind == "chorus" and block.lines), None)
    has_other_words = any(block.lines and block.kind != "chorus" for block in blocks)
    if request.loops:
        return _padded(blocks, rest)
    if rest and blocks[-1].lines and blocks[-1].kind != "outro":
        blocks.append(Block("outro", usual_bars(request, "outro")))
    # An intro is worth its place once the ending has two bars.
    if rest - _played(blocks, least=True) >= 2 and blocks[0].lines:
        blocks.insert(0, Block(request.opens_with, usual_bars(request, request.opens_with)))
    returns = 0
    while chorus is not None and has_other_words and returns < _MOST_RETURNS:
        link = Block(_LINKS[returns % 2], usual_bars(request, _LINKS[returns % 2]))
        if rest - chorus.bars < _played(blocks) + link.bars:
            break
        end = len(blocks) - (not blocks[-1].lines and blocks[-1].kind == "outro")
        blocks[end:end] = [link, chorus]
        rest -= chorus.bars
        returns += 1
    turn = int(stream(request.seed, "form", "links").integers(2))
    while rest > _STRETCH * _played(blocks) and len(blocks) < _LONGEST_FORM:
        _insert_link(request, blocks, _LINKS[turn % 2])
        turn += 1
    return _padded(blocks, rest)


def _played(blocks: Sequence[Block], *, least: bool = False) -> int:
    return sum(1 if least else block.bars for block in blocks if not block.lines)


def _insert_link(request: FormRequest, blocks: list[Block], kind: SectionKind) -> None:
    """Put something to be played where sung sections meet, the last meeting first; else before the end."""
    meetings = [place for place in range(1, len(blocks)) if blocks[place - 1].lines and blocks[place].lines]
    end = len(blocks) - (blocks[-1].kind == "outro" and not blocks[-1].lines)
    blocks.insert(meetings[-1] if meetings else end, Block(kind, usual_bars(request, kind)))


def _padded(blocks: list[Block], rest: int) -> list[Block]:
    """The blocks with the rest shared out among those that are played, or after the last sung line."""
    places = [index for index, block in enumerate(blocks) if not block.lines]
    while len(places) > rest:
        # A section that is played and has no bar left is not there.
        blocks = [block for index, block in enumerate(blocks) if index != places[-1]]
        places.pop()
    if not places:
        return [*blocks[:-1], replace(blocks[-1], bars=blocks[-1].bars + rest)]
    shares = shared_out([blocks[index].bars for index in places], rest)
    filled = list(blocks)
    for index, share in zip(places, shares, strict=True):
        filled[index] = replace(blocks[index], bars=share)
    return filled
