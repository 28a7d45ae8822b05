"""Words laid onto a melody that was heard."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.prosody import syllabify
from songwright.engines.local.recordings.form_of_words import form_of_words
from songwright.engines.local.recordings.words_on_melody import in_sections, words_on_melody
from songwright.music.lyrics import parse_lyric
from songwright.music.score import Note, ScoreSection, TimeSignature

FOUR = TimeSignature(4, 4)
LINES = ("Walking down the street", "Come and find me", "Over the river and home", "Stay with me tonight")
HEARD = (ScoreSection("verse", "verse", 0, 8, 0.3), ScoreSection("chorus", "chorus", 8, 16, 0.9))


def phrase(start: float, count: int, step: float = 0.5, pitch: int = 64) -> list[Note]:
    return [Note(start + index * step, step, pitch + index % 3, 84) for index in range(count)]


def melody_of(lines: tuple[str, ...], first: float = 16.0, apart: float = 8.0) -> list[Note]:
    return [
        note
        for index, line in enumerate(lines)
        for note in phrase(first + index * apart, len(syllabify(line)))
    ]


def test_every_line_lands_on_its_phrase() -> None:
    words = words_on_melody(parse_lyric("\n".join(LINES)), melody_of(LINES))
    assert [line.text for line in words] == list(LINES)
    assert [line.start_beats for line in words] == [16, 24, 32, 40]


def test_an_instruments_tune_before_the_singing_is_passed_over() -> None:
    tune = phrase(0, 3) + phrase(4, 2) + phrase(8, 3)
    words = words_on_melody(parse_lyric("\n".join(LINES)), tune + melody_of(LINES))
    assert words[0].start_beats == 16


def test_a_syllable_is_carried_on_where_there_are_more_notes() -> None:
    (line,) = words_on_melody(parse_lyric("Come home"), phrase(0, 4))
    assert [note.syllable for note in line.notes if note.syllable] == ["Come", "home"]
    assert len(line.notes) == 4


def test_a_note_is_shared_where_there_are_more_syllables() -> None:
    (line,) = words_on_melody(parse_lyric("Over the river"), phrase(0, 3, step=1.0))
    assert len(line.notes) == len(syllabify("Over the river")) == 5
    assert line.end_beats == 3.0


def test_sections_are_where_their_words_are_sung() -> None:
    sheet = parse_lyric(f"[Verse]\n{LINES[0]}\n{LINES[1]}\n[Chorus]\n{LINES[2]}\n{LINES[3]}")
    words = words_on_melody(sheet, melody_of(LINES))
    sections = form_of_words(sheet, words, HEARD, FOUR)
    assert [(section.name, section.start_bar, section.bars) for section in sections] == [
        ("intro", 0, 4),
        ("verse", 4, 4),
        ("chorus", 8, 3),
        ("outro", 11, 13),
    ]
    assert sections[2].energy == 0.9
    assert [place.section for place, _ in in_sections(words, sections, FOUR)] == [1, 1, 2, 2]


def test_without_words_the_sections_are_those_that_were_heard() -> None:
    assert form_of_words(parse_lyric(""), [], HEARD, FOUR) == HEARD


notes = st.builds(
    lambda gap, duration, pitch: (gap, duration, pitch),
    st.floats(0, 4),
    st.floats(0.125, 4),
    st.integers(40, 80),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(notes, max_size=40), st.lists(st.sampled_from(LINES), max_size=8))
def test_any_words_on_any_melody_make_whole_lines_in_order(
    steps: list[tuple[float, float, int]], lines: list[str]
) -> None:
    melody, at = [], 0.0
    for gap, duration, pitch in steps:
        melody.append(Note(at + gap, duration, pitch, 84))
        at += gap + duration
    words = words_on_melody(parse_lyric("\n".join(["[Verse]", *lines])), melody)
    assert [line.text for line in words] == [text for text in lines if text in {w.text for w in words}][
        : len(words)
    ] or len(words) < len(lines)
    for earlier, later in pairwise(words):
        assert earlier.notes[-1].start_beats < later.start_beats
    for line in words:
        assert "".join(note.syllable for note in line.notes) == "".join(s.text for s in syllabify(line.text))
        assert line.notes[0].syllable
        for a, b in pairwise(line.notes):
            assert a.start_beats + a.duration_beats <= b.start_beats + 1e-5
