"""Keys, time signatures and chords as people write them."""

import pytest

from songwright.music.figures import (
    chords_text,
    parse_chord_symbol,
    parse_key,
    parse_meter,
    parse_progression,
)


@pytest.mark.parametrize(
    ("text", "name", "tonic", "mode"),
    [
        ("D minor", "D minor", 2, "minor"),
        ("F#", "F#", 6, None),
        ("Bb major", "Bb major", 10, "major"),
        ("Am", "A minor", 9, "minor"),
        ("Ebm", "Eb minor", 3, "minor"),
        ("c sharp min", "C# minor", 1, "minor"),
        ("B flat", "Bb", 10, None),
        ("G dorian", "G dorian", 7, "dorian"),
        ("key of E", "E", 4, None),
    ],
)
def test_a_key_is_read_as_people_write_it(text: str, name: str, tonic: int, mode: str | None) -> None:
    key = parse_key(text)
    assert (key.name, key.tonic, key.mode) == (name, tonic, mode)


@pytest.mark.parametrize("text", ["", "H", "minor", "C##", "happy", "A minor blues", "7"])
def test_what_is_no_key_is_refused_with_examples(text: str) -> None:
    with pytest.raises(ValueError, match="such as 'D minor'"):
        parse_key(text)


def test_a_time_signature_is_read_and_one_that_no_song_is_written_in_refused() -> None:
    assert parse_meter("3/4") == (3, 4)
    assert parse_meter(" 6 / 8 ") == (6, 8)
    for text in ("13/16", "waltz", "4", "0/4"):
        with pytest.raises(ValueError, match=r"one of .*3/4"):
            parse_meter(text)


@pytest.mark.parametrize(
    ("symbol", "root", "intervals", "bass"),
    [
        ("Am7", 9, (0, 3, 7, 10), 9),
        ("F#m7/C#", 6, (0, 3, 7, 10), 1),
        ("G/B", 7, (0, 4, 7), 11),
        ("Bbmaj7", 10, (0, 4, 7, 11), 10),
        ("Bdim", 11, (0, 3, 6), 11),
        ("Esus4", 4, (0, 5, 7), 4),
        ("C6/9", 0, (0, 4, 7, 9, 14), 0),
    ],
)
def test_a_chord_symbol_is_read(symbol: str, root: int, intervals: tuple[int, ...], bass: int) -> None:
    chord = parse_chord_symbol(symbol)
    assert chord is not None
    assert (chord.root, chord.intervals, chord.bass) == (root, intervals, bass)


@pytest.mark.parametrize("word", ["Hello", "am", "A-flat", "Dance", "Cx", "12", ""])
def test_a_word_is_no_chord(word: str) -> None:
    assert parse_chord_symbol(word) is None


@pytest.mark.parametrize(
    ("text", "bars"),
    [
        ("Am F C G", [["Am"], ["F"], ["C"], ["G"]]),
        ("Am - F - C - G", [["Am"], ["F"], ["C"], ["G"]]),
        ("C-G-Am-F", [["C"], ["G"], ["Am"], ["F"]]),
        ("Dm7, G7, Cmaj7", [["Dm7"], ["G7"], ["Cmaj7"]]),
        ("| C | G/B | Am7 F |", [["C"], ["G/B"], ["Am7", "F"]]),
        ("| Em | % | D |", [["Em"], ["Em"], ["D"]]),
    ],
)
def test_a_progression_is_bars_of_chords(text: str, bars: list[list[str]]) -> None:
    assert [[chord.symbol for chord in bar] for bar in parse_progression(text)] == bars


def test_a_list_of_chords_is_bars() -> None:
    assert chords_text(["Am", "F", "C G"]) == "| Am | F | C G |"
    assert chords_text('["Dm", "A7"]') == "| Dm | A7 |"


@pytest.mark.parametrize("text", ["", "| |", "Am H C", "la la la", "C " * 65])
def test_what_is_no_progression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"chord|bars"):
        parse_progression(text)
