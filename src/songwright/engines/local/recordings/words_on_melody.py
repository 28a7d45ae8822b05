"""Which words are sung on which notes: a lyric laid onto a melody that is there already.

Lines take stretches of the melody in order. The stretches are found by dynamic programming: a line wants
about as many notes as it has syllables, without a long rest inside it, and begins behind one. Notes that no
line wants (an instrument's tune, a hummed bar) are passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil

from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.composing.prosody import Syllable, syllabify
from songwright.engines.local.editing.rewriting import Placed
from songwright.engines.local.singing.abroad.tongues import sung_here
from songwright.music.lyrics import ENGLISH, LyricSheet
from songwright.music.score import Note, ScoreSection, SungLine, SungNote, TimeSignature

__all__ = ["SungWords", "in_sections", "words_on_melody"]

_BREATH_BEATS = 0.2
"""A rest that a line may begin behind."""

_MOST_NOTES_A_SYLLABLE = 2.5
_FEWEST_NOTES_A_SYLLABLE = 0.45
_SPLIT_COST = 0.6
_MELISMA_COST = 0.35
_PASSED_OVER_COST = 0.25
_REST_COST = 0.8
_FREE_REST_BEATS = 0.75
_START_REWARD = 0.5
_LONGEST_REWARD_BEATS = 2.0
_LINE_LEFT_OUT_COST = 40.0
_STRONG_BEAT_BONUS = 0.25


@dataclass(frozen=True, slots=True)
class SungWords:
    """A line of a lyric and the notes that it is sung on.

    Attributes:
        lyric_section: Index of its section in the lyric.
        text: The line as written.
        notes: In order, not overlapping.
        language: ISO 639-1 code of its words' language.
    """

    lyric_section: int
    text: str
    notes: tuple[SungNote, ...]
    language: str = ENGLISH

    @property
    def start_beats(self) -> float:
        """Where its first note begins."""
        return self.notes[0].start_beats

    @property
    def end_beats(self) -> float:
        """Where its last note ends."""
        return self.notes[-1].start_beats + self.notes[-1].duration_beats


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Notes ``first`` to ``last``, the second not included."""

    first: int
    last: int


def words_on_melody(sheet: LyricSheet, melody: Sequence[Note]) -> list[SungWords]:
    """Lay a lyric onto a melody.

    Args:
        sheet: Its lines, in the order they are sung. Those without a syllable are left out.
        melody: One note at a time, in order.

    Returns:
        The lines that found notes, in order.
    """
    texts = [
        (index, line, syllables)
        for index, section in enumerate(sheet.sections)
        for line in section.lines
        if (syllables := _syllables(line, section.language))
    ]
    if not texts or not melody:
        return []
    stretches = _stretches([len(syllables) for _, _, syllables in texts], melody)
    return [
        SungWords(
            index,
            text,
            _set(syllables, melody[stretch.first : stretch.last]),
            sheet.sections[index].language,
        )
        for (index, text, syllables), stretch in zip(texts, stretches, strict=True)
        if stretch is not None
    ]


def _syllables(line: str, language: str) -> tuple[Syllable, ...]:
    """A line's syllables; as English would have them where its language can't be asked."""
    return syllabify(line, language if language in sung_here() else ENGLISH)


def in_sections(
    words: Sequence[SungWords], sections: Sequence[ScoreSection], meter: TimeSignature
) -> list[Placed]:
    """Sung words as lines of a song: each belongs to the section that its middle lies in.

    Args:
        words: In order.
        sections: Of the song, from bar 0 on.
        meter: Of the song.
    """
    placed: list[Placed] = []
    phrases: dict[int, int] = {}
    bar = meter.beats_per_bar
    for line in words:
        section = _section_at(sections, (line.start_beats + line.end_beats) / 2, meter)
        phrase = phrases.get(section, 0)
        phrases[section] = phrase + 1
        first_bar = max(0, int(line.start_beats / bar + 1e-6))
        bars = max(1, ceil(line.end_beats / bar - 1e-6) - first_bar)
        place = PlacedLine(line.text, section, first_bar, bars, phrase, line.language)
        placed.append((place, SungLine(line.text, section, line.notes, line.language)))
    return placed


def _stretches(wanted: Sequence[int], melody: Sequence[Note]) -> list[_Stretch | None]:
    """For every line its notes, or None where it finds none."""
    count = len(melody)
    rests = _rests_before(melody)
    starts = {0} | {index for index in range(count) if rests[index] >= _BREATH_BEATS}
    if len(starts) < len(wanted):
        starts = set(range(count))
    ends = sorted({start for start in starts if start} | {count})
    inner = _long_rests(rests)
    # best[i]: the least cost of the lines so far with every note before i used or passed over.
    best = [_PASSED_OVER_COST * index for index in range(count + 1)]
    choices: list[list[_Stretch | None]] = []
    for syllables in wanted:
        fewest = max(1, int(_FEWEST_NOTES_A_SYLLABLE * syllables))
        most = max(2, ceil(_MOST_NOTES_A_SYLLABLE * syllables))
        after = [cost + _LINE_LEFT_OUT_COST for cost in best]
        choice: list[_Stretch | None] = [None] * (count + 1)
        for start in sorted(starts):
            reward = _START_REWARD * min(rests[start], _LONGEST_REWARD_BEATS)
            for end in ends:
                notes = end - start
                if notes < fewest:
                    continue
                if notes > most:
                    break
                extra = notes - syllables
                fit = _MELISMA_COST * extra if extra > 0 else _SPLIT_COST * -extra
                cost = best[start] + fit + _REST_COST * (inner[end] - inner[start + 1]) - reward
                if cost < after[end]:
                    after[end], choice[end] = cost, _Stretch(start, end)
        for index in range(1, count + 1):
            passed = after[index - 1] + _PASSED_OVER_COST
            if passed < after[index]:
                after[index], choice[index] = passed, choice[index - 1]
        best = after
        choices.append(choice)
    found: list[_Stretch | None] = []
    at = count
    for choice in reversed(choices):
        stretch = choice[at]
        found.append(stretch)
        if stretch is not None:
            at = stretch.first
    return found[::-1]


def _rests_before(melody: Sequence[Note]) -> list[float]:
    rests = [_LONGEST_REWARD_BEATS]
    for earlier, later in pairwise(melody):
        rests.append(max(0.0, later.start_beats - earlier.start_beats - earlier.duration_beats))
    return rests


def _long_rests(rests: Sequence[float]) -> list[float]:
    """Sums of the rests before each note, beyond what a line may hold."""
    sums = [0.0]
    for rest in rests:
        sums.append(sums[-1] + max(0.0, rest - _FREE_REST_BEATS))
    return sums


def _section_at(sections: Sequence[ScoreSection], beats: float, meter: TimeSignature) -> int:
    bar = int(beats / meter.beats_per_bar)
    return next(
        (index for index, section in enumerate(sections) if bar < section.start_bar + section.bars),
        len(sections) - 1,
    )


def _set(syllables: Sequence[Syllable], melody: Sequence[Note]) -> tuple[SungNote, ...]:
    """One note at least for every syllable; further notes carry a syllable on."""
    notes = _enough(list(melody), len(syllables))
    openings = sorted(sorted(range(1, len(notes)), key=lambda at: _opens(notes, at))[-(len(syllables) - 1) :])
    openings = [0, *openings] if len(syllables) > 1 else [0]
    sung: list[SungNote] = []
    syllable = -1
    for index, note in enumerate(notes):
        opens = index in openings
        syllable += opens
        here = syllables[syllable]
        sung.append(
            SungNote(
                start_beats=note.start_beats,
                duration_beats=note.duration_beats,
                midi_pitch=note.midi_pitch,
                syllable=here.text if opens else "",
                word=here.word,
                stressed=opens and here.stressed,
            )
        )
    return tuple(_held(sung))


def _enough(notes: list[Note], wanted: int) -> list[Note]:
    """At least as many notes as syllables: the longest is halved until there are."""
    while len(notes) < wanted:
        at = max(range(len(notes)), key=lambda index: notes[index].duration_beats)
        note = notes[at]
        half = round(note.duration_beats / 2, 6)
        rest = round(note.duration_beats - half, 6)
        second = replace(note, start_beats=round(note.start_beats + half, 6), duration_beats=rest)
        notes[at : at + 1] = [replace(note, duration_beats=half), second]
    return notes


def _opens(notes: Sequence[Note], at: int) -> float:
    """How much a note looks like the start of a syllable."""
    before, note = notes[at - 1], notes[at]
    rest = max(0.0, note.start_beats - before.start_beats - before.duration_beats)
    strong = _STRONG_BEAT_BONUS if abs(note.start_beats - round(note.start_beats)) < 0.05 else 0.0
    same = _STRONG_BEAT_BONUS if note.midi_pitch == before.midi_pitch else 0.0
    return 2.0 * rest + note.duration_beats + strong + same


def _held(notes: Sequence[SungNote]) -> list[SungNote]:
    """A syllable that is carried on to another note sounds until that note begins."""
    held = list(notes)
    for index in range(len(held) - 1):
        if not held[index + 1].syllable:
            reach = round(held[index + 1].start_beats - held[index].start_beats, 6)
            held[index] = replace(held[index], duration_beats=max(held[index].duration_beats, reach))
    return held
