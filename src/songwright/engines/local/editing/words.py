"""Where new words go: their lines laid into bars that are there already."""

from __future__ import annotations

from collections.abc import Sequence

from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.editing.stretch import Segment
from songwright.errors import RequestError
from songwright.music.lyrics import LyricSection, LyricSheet
from songwright.music.score import SectionKind

__all__ = ["lay_words", "place_sections", "refuse_too_many_words", "rooms_for_words"]

_MOST_SYLLABLES_A_SECOND = 5.5
_FRAME: frozenset[SectionKind] = frozenset({"intro", "outro"})
_UNITS = (8, 4, 2, 1)

_Counted = tuple[str, str, int]


def refuse_too_many_words(
    sections: Sequence[LyricSection], bars: int, bar_seconds: float, *, what: str
) -> None:
    """Refuse words that can't be sung in so many bars.

    Raises:
        RequestError: There are more lines than bars, or more syllables than a voice can sing.
    """
    counts = [count for _, _, count in _counted(sections)]
    if not bars:
        raise RequestError(
            f"{what} holds no whole bar to sing in; make it at least {2 * bar_seconds:.1f} s long, or name "
            "bars such as 'bars 9-12'",
            field="lyric",
        )
    if len(counts) > bars:
        raise RequestError(
            f"has {len(counts)} lines, and {what} has room for {bars}, one a bar; give fewer lines or a "
            "longer stretch",
            field="lyric",
        )
    most = int(bars * bar_seconds * _MOST_SYLLABLES_A_SECOND)
    syllables = sum(counts)
    if syllables > most:
        raise RequestError(
            f"has {syllables} syllables, and {what} has time for {most}; give fewer words or a longer "
            "stretch",
            field="lyric",
        )


def _counted(sections: Sequence[LyricSection]) -> list[_Counted]:
    """The lines that can be sung: each with its language and the number of its syllables."""
    return [
        (line, section.language, count)
        for section in sections
        for line in section.lines
        if (count := len(syllabify(line, section.language)))
    ]


def lay_words(
    sections: Sequence[LyricSection], segments: Sequence[Segment], first_phrase: int = 0
) -> list[PlacedLine]:
    """Lay lines into segments in order, each segment's share by its bars.

    Args:
        sections: With at most as many lines as there are bars.
        segments: In order.
        first_phrase: The number of the first line within its section.
    """
    left = _counted(sections)
    bars_left = sum(segment.bars for segment in segments)
    placed: list[PlacedLine] = []
    for segment in segments:
        count = min(segment.bars, max(0, round(len(left) * segment.bars / max(1, bars_left))))
        bars_left -= segment.bars
        # What follows must have room for what is left.
        count = max(count, len(left) - bars_left)
        placed.extend(_lay(left[:count], segment, first_phrase))
        left = left[count:]
    return placed


def _lay(lines: Sequence[_Counted], segment: Segment, first_phrase: int) -> list[PlacedLine]:
    """Lines of one segment: phrases of one length where they fit, else each by its syllables."""
    if not lines:
        return []
    counts = [count for _, _, count in lines]
    unit = next(size for size in _UNITS if size * len(lines) <= segment.bars)
    spread = max(counts) / (sum(counts) / len(counts))
    lengths = [unit] * len(lines)
    # An uneven stretch, or one line far longer than the others, is shared out by syllables.
    if unit * len(lines) < 0.7 * segment.bars or (spread > 1.6 and segment.bars > len(lines)):
        lengths = _shares(counts, segment.bars)
    placed = []
    bar = segment.first_bar
    for index, ((line, language, _), bars) in enumerate(zip(lines, lengths, strict=True)):
        placed.append(PlacedLine(line, segment.section, bar, bars, first_phrase + index, language))
        bar += bars
    return placed


def _shares(counts: Sequence[int], bars: int) -> list[int]:
    """Bars for every line, at least one, the next always to the line that is densest."""
    shares = [1] * len(counts)
    for _ in range(bars - len(counts)):
        densest = max(range(len(counts)), key=lambda index: counts[index] / shares[index])
        shares[densest] += 1
    return shares


def rooms_for_words(kinds: Sequence[SectionKind], sung: frozenset[int]) -> tuple[int, ...]:
    """Indices of the sections of a song that can be sung: those that were, or in an instrumental its body.

    Args:
        kinds: The kinds of the song's sections, in order.
        sung: Indices of the sections that are sung; empty for an instrumental.
    """
    return tuple(
        index for index, kind in enumerate(kinds) if index in sung or (not sung and kind not in _FRAME)
    )


def place_sections(
    sheet: LyricSheet, kinds: Sequence[SectionKind], sung: frozenset[int]
) -> dict[int, LyricSection]:
    """Which of a song's sections takes which section of a lyric.

    Each goes to the next section of its kind, then to the next one that is free; a chorus that is written
    once is sung in every chorus.

    Args:
        sheet: The new words.
        kinds: The kinds of the song's sections, in order.
        sung: Indices of the sections that are sung; empty for an instrumental.

    Raises:
        RequestError: The lyric has more sections than the song has room for.
    """
    rooms = rooms_for_words(kinds, sung)
    wanted = [section for section in sheet.sections if section.lines]
    taken: dict[int, LyricSection] = {}
    homeless: list[LyricSection] = []
    for section in wanted:
        own = next((room for room in rooms if kinds[room] == section.kind and room not in taken), None)
        if own is None:
            homeless.append(section)
        else:
            taken[own] = section
    # Every section keeps its order among those without a place of their kind.
    for section in homeless:
        free = next((room for room in rooms if room not in taken), None)
        if free is None:
            raise RequestError(
                f"has {len(wanted)} sections, and the song has room for {len(rooms)}; give fewer, or extend "
                "the song first with extend_song",
                field="lyric",
            )
        taken[free] = section
    choruses = [section for section in wanted if section.kind == "chorus"]
    if choruses:
        for room in rooms:
            if kinds[room] == "chorus":
                taken.setdefault(room, choruses[-1])
    return taken
