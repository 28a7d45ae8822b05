from __future__ import annotations

import pytest
from tests.hearing.synthetic import RATE_HZ, beat, silence

from songwright.hearing.agreement import compare_with_asked, key_relation, parse_key, tempo_relation
from songwright.hearing.measure import measure
from songwright.music.measured import KeyRelation, TempoRelation
from songwright.music.score import Key


@pytest.mark.parametrize("mode", ["major", "minor", "dorian", "mixolydian", "phrygian", "lydian"])
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_that_is_written_is_read_again(tonic: int, mode: str) -> None:
    key = Key(tonic=tonic, mode=mode)
    assert parse_key(str(key)) == key


@pytest.mark.parametrize("words", ["", "H major", "C", "C# weird", "major", "Cbb minor"])
def test_other_words_name_no_key(words: str) -> None:
    assert parse_key(words) is None


@pytest.mark.parametrize(
    ("asked", "heard", "relation"),
    [
        (100, 101.9, "same"),
        (100, 199, "double"),
        (140, 70.5, "half"),
        (100, 133, "other"),
        (90, None, "not heard"),
    ],
)
def test_a_tempo_is_the_same_or_double_or_half(
    asked: float, heard: float | None, relation: TempoRelation
) -> None:
    assert tempo_relation(asked, heard)[0] == relation


@pytest.mark.parametrize(
    ("asked", "heard", "relation"),
    [
        ("A minor", "A minor", "same"),
        ("A minor", "C major", "relative"),
        ("C major", "A minor", "relative"),
        ("D dorian", "D minor", "same"),
        ("D dorian", "C major", "relative"),
        ("G mixolydian", "G major", "same"),
        ("G mixolydian", "C major", "relative"),
        ("C major", "C minor", "parallel"),
        ("C major", "G major", "fifth away"),
        ("C major", "F# major", "other"),
    ],
)
def test_a_key_is_related_as_musicians_say(asked: str, heard: str, relation: KeyRelation) -> None:
    wanted, found = parse_key(asked), parse_key(heard)
    assert wanted is not None
    assert key_relation(wanted, found) == relation


def test_what_was_asked_stands_beside_what_was_heard() -> None:
    beside = compare_with_asked(measure(beat(126), RATE_HZ), asked_tempo_bpm=126.0, asked_key=None)
    assert beside.tempo == "same"
    assert beside.tempo_error_percent == pytest.approx(0.0, abs=0.3)
    assert beside.key is None


def test_silence_agrees_with_nothing() -> None:
    measured = measure(silence(5), RATE_HZ)
    beside = compare_with_asked(measured, asked_tempo_bpm=100.0, asked_key="C major")
    assert (beside.tempo, beside.key) == ("not heard", "not heard")
