"""Chords that are asked for, by the score that is written."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from songwright.engines.local.composing.asked_chords import key_of_chords
from songwright.engines.local.composing.compose import Composition, compose
from songwright.music.actions import Generate
from songwright.music.figures import parse_progression
from songwright.music.score import ScoreSection

LYRIC = "[Verse]\nThe kettle sings upon the stove\n[Chorus]\nStay in with me, stay in with me\n"


def composed(prompt: str, seed: str = "a", **fields: object) -> Composition:
    return compose(Generate.model_validate({"prompt": prompt, **fields}), seed)


def bars_of(song: Composition, section: ScoreSection) -> list[list[str]]:
    """The chord symbols that sound in each bar of a section."""
    beats = song.score.time_signature.beats_per_bar
    return [
        [
            span.chord.symbol
            for span in song.chords
            if span.start_beats < (bar + 1) * beats - 1e-6
            and span.start_beats + span.duration_beats > bar * beats + 1e-6
        ]
        for bar in range(section.start_bar, section.start_bar + section.bars)
    ]


def round_and_round(text: str, bars: int) -> list[list[str]]:
    progression = [[chord.symbol for chord in bar] for bar in parse_progression(text)]
    return [progression[bar % len(progression)] for bar in range(bars)]


SYMBOLS = ["C", "Dm", "Em7", "F#m7b5", "G7", "Am", "Bb", "Esus4", "Abmaj7", "D/F#", "C#dim", "B7", "Fm6"]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(SYMBOLS), min_size=1, max_size=7),
    st.sampled_from(["pop", "jazz waltz", "techno", "metal", "bossa nova", "trap"]),
    st.booleans(),
    st.booleans(),
)
def test_every_section_goes_round_the_chords_from_its_first_bar(
    symbols: list[str], style: str, is_sung: bool, shares_bars: bool
) -> None:
    text = f"| {' | '.join(symbols)} {'Am' if shares_bars else ''} |" if shares_bars else " ".join(symbols)
    song = composed(style, chords=text, **({"lyric": LYRIC} if is_sung else {"instrumental": True}))
    for section in song.form.sections:
        merged = [_without_repeats(bar) for bar in round_and_round(text, section.bars)]
        assert [_without_repeats(bar) for bar in bars_of(song, section)] == merged
    assert song.chords[0].start_beats == 0
    assert any(wish.startswith("chords ") for wish in song.brief.understanding.understood)


def _without_repeats(symbols: list[str]) -> list[str]:
    return [symbol for place, symbol in enumerate(symbols) if not place or symbols[place - 1] != symbol]


def struck(song: Composition) -> Iterator[tuple[int, int]]:
    """The bass note at the start of every chord, as a pitch class, and the chord's lowest tone."""
    bass = next(part for part in song.parts if part.name == "bass")
    for span in song.chords:
        for note in bass.notes:
            if abs(note.start_beats - span.start_beats) < 0.01:
                yield note.midi_pitch % 12, span.chord.bass
                break


@pytest.mark.parametrize("chords", ["Am F C G", "| C | G/B | Am7 F |", "Ebmaj7 Cm7 Fm7 Bb7"])
@pytest.mark.parametrize("style", ["pop", "rock", "folk", "soul"])
def test_the_bass_stands_on_the_chords(chords: str, style: str) -> None:
    pairs = list(struck(composed(style, chords=chords, lyric=LYRIC)))
    assert len(pairs) >= 8
    assert sum(played == lowest for played, lowest in pairs) >= 0.9 * len(pairs)


@pytest.mark.parametrize("chords", ["Am F C G", "F#m D A E", "Dm7 G7 Cmaj7 A7"])
def test_the_sung_melody_follows_the_chords(chords: str) -> None:
    within, total = 0.0, 0.0
    for seed in range(6):
        song = composed("pop", str(seed), chords=chords, lyric=LYRIC)
        assert song.vocal is not None
        for line in song.vocal.lines:
            for note in line.notes:
                middle = note.start_beats + note.duration_beats / 2
                span = next(s for s in reversed(song.chords) if s.start_beats <= middle)
                total += note.duration_beats
                within += note.duration_beats * (note.midi_pitch % 12 in span.chord.pitch_classes)
    assert within / total > 0.5


@pytest.mark.parametrize(
    ("chords", "key"),
    [
        ("Am F C G", "A minor"),
        ("C G Am F", "C major"),
        ("Dm7 G7 Cmaj7", "C major"),
        ("Em C G D", "E minor"),
        ("G D Em C", "G major"),
        ("Am G F E", "A minor"),
        ("Bb F Gm Eb", "Bb major"),
        ("F#m D A E", "F# minor"),
        ("E A B7", "E major"),
        ("Dm Gm A7 Dm", "D minor"),
    ],
)
def test_the_key_is_that_of_the_chords_where_none_is_given(chords: str, key: str) -> None:
    assert str(key_of_chords(parse_progression(chords))) == key
    assert str(composed("pop", chords=chords, instrumental=True).score.key) == key


def test_a_given_key_stays_beside_the_chords() -> None:
    assert str(composed("pop in A minor", chords="C G F", instrumental=True).score.key) == "A minor"
    assert str(composed("pop", chords="C G F", key="G", instrumental=True).score.key) == "G major"


def test_chords_by_section_stand_in_the_lyrics_markers() -> None:
    lyric = (
        "[Verse 1 | Dm | Am C]\nThe kettle sings upon the stove\n"
        "[Chorus | F G Am]\nStay in with me, stay in with me\n"
        "[Verse 2]\nThe rain has come to stay again\n"
        "[Bridge | Bb7]\nNobody knows\n"
        "[Chorus]\nStay in with me, stay in with me\n"
    )
    song = composed("folk", lyric=lyric)
    asked = {"verse": "| Dm | Am C |", "chorus": "F G Am", "bridge": "Bb7"}
    for section in song.form.sections:
        if section.kind in asked:
            assert bars_of(song, section) == round_and_round(asked[section.kind], section.bars)
    assert "chords F | G | Am in the chorus 1" in song.brief.understanding.understood
    assert "|" not in song.lyric


def test_a_section_of_its_own_chords_stands_among_those_of_the_song() -> None:
    song = composed("folk", chords="Em D", lyric="[Verse]\nGo slow\n[Chorus | C G]\nGo on, go on")
    for section in song.form.sections:
        text = "C G" if section.kind == "chorus" else "Em D"
        assert bars_of(song, section) == round_and_round(text, section.bars)
