"""Roman numerals mean the chords of the textbooks: names and notes written out, read back by letters."""

from __future__ import annotations

import pytest

from songwright.engines.local.composing.numerals import chord_of, diatonic_seventh, parse_numeral
from songwright.music.score import Key

PITCHES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}


def pitch_class(name: str) -> int:
    return (PITCHES[name[0]] + name.count("#") - name[1:].count("b")) % 12


# Of C major, from the root up, as a lead-sheet dictionary has them.
IN_C = [
    ("I", "C", "C E G"),
    ("i", "Cm", "C Eb G"),
    ("I5", "C5", "C G"),
    ("I6", "C6", "C E G A"),
    ("i6", "Cm6", "C Eb G A"),
    ("I69", "C6/9", "C E G A D"),
    ("i69", "Cm6/9", "C Eb G A D"),
    ("I7", "C7", "C E G Bb"),
    ("i7", "Cm7", "C Eb G Bb"),
    ("Imaj7", "Cmaj7", "C E G B"),
    ("imaj7", "Cm(maj7)", "C Eb G B"),
    ("I9", "C9", "C E G Bb D"),
    ("i9", "Cm9", "C Eb G Bb D"),
    ("Imaj9", "Cmaj9", "C E G B D"),
    ("imaj9", "Cm(maj9)", "C Eb G B D"),
    ("I11", "C11", "C E G Bb D F"),
    ("i11", "Cm11", "C Eb G Bb D F"),
    ("I13", "C13", "C E G Bb D A"),
    ("i13", "Cm13", "C Eb G Bb D A"),
    ("I7b9", "C7b9", "C E G Bb Db"),
    ("I7#9", "C7#9", "C E G Bb D#"),
    ("I7sus4", "C7sus4", "C F G Bb"),
    ("I9sus4", "C9sus4", "C F G Bb D"),
    ("Isus4", "Csus4", "C F G"),
    ("Isus", "Csus4", "C F G"),
    ("Isus2", "Csus2", "C D G"),
    ("Iadd9", "Cadd9", "C E G D"),
    ("iadd9", "Cm(add9)", "C Eb G D"),
    ("io", "Cdim", "C Eb Gb"),
    ("io7", "Cdim7", "C Eb Gb A"),
    ("iø7", "Cm7b5", "C Eb Gb Bb"),
    ("I+", "Caug", "C E G#"),
    ("Iaug7", "Caug7", "C E G# Bb"),
    ("ii", "Dm", "D F A"),
    ("iii", "Em", "E G B"),
    ("IV", "F", "F A C"),
    ("V7", "G7", "G B D F"),
    ("vi", "Am", "A C E"),
    ("viio", "Bdim", "B D F"),
    ("bVII", "Bb", "Bb D F"),
    ("bVI", "Ab", "Ab C Eb"),
    ("bIII", "Eb", "Eb G Bb"),
    ("bII", "Db", "Db F Ab"),
    ("V/ii", "A", "A C# E"),
    ("V7/V", "D7", "D F# A C"),
    ("V/vi", "E", "E G# B"),
]


@pytest.mark.parametrize(("numeral", "symbol", "notes"), IN_C)
def test_a_numeral_has_the_name_and_the_notes_of_the_textbook(numeral: str, symbol: str, notes: str) -> None:
    chord = chord_of(parse_numeral(numeral), Key(0, "major"))
    assert chord.symbol == symbol
    written = [pitch_class(name) for name in notes.split()]
    assert [(chord.root + interval) % 12 for interval in chord.intervals] == written
    assert chord.bass == written[0]
    # Close position but for ninths, elevenths and thirteenths, which lie in the octave above.
    assert list(chord.intervals) == sorted(chord.intervals)


@pytest.mark.parametrize(
    ("mode", "numeral", "symbol"),
    [
        ("major", "I", "Dmaj7"),
        ("major", "ii", "Em7"),
        ("major", "IV", "Gmaj7"),
        ("major", "V", "A7"),
        ("minor", "i", "Dm7"),
        ("minor", "bIII", "Fmaj7"),
        ("minor", "bVI", "Bbmaj7"),
        ("minor", "bVII", "C7"),
        ("minor", "V", "A7"),
        ("mixolydian", "I", "D7"),
        ("lydian", "II", "E7"),
    ],
)
def test_a_triad_gets_the_seventh_of_its_key(mode: str, numeral: str, symbol: str) -> None:
    key = Key(2, mode)  # type: ignore[arg-type]
    assert chord_of(diatonic_seventh(parse_numeral(numeral), key), key).symbol == symbol


def test_the_bass_of_an_inversion_is_named_behind_a_stroke() -> None:
    first = chord_of(parse_numeral("I"), Key(7, "major"), bass_interval=4)
    assert (first.symbol, first.bass) == ("G/B", 11)
    assert chord_of(parse_numeral("V7"), Key(7, "major"), bass_interval=10).symbol == "D7/C"


@pytest.mark.parametrize("text", ["", "VIII", "Hello", "Ibogus", "V/", "bbII"])
def test_what_is_no_numeral_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Roman numeral"):
        parse_numeral(text)
