from __future__ import annotations

import pytest
from tools.listening.languages import LYRICS
from tools.listening.words import errors_between, word_error

from songwright.engines.local.singing.abroad.tongues import TONGUES
from songwright.style.languages import languages_of, read_lyric


@pytest.mark.parametrize(
    ("written", "heard"),
    [
        ("I can't stay, I'm leaving", "I can not stay i am leaving!"),
        ("Boats along the harbour wall", "boats along the harbor wall."),
        ("Seven in the evening", "7 in the evening"),
        ("Oh, the wheels keep rolling", "O the wheels keep rolling"),
    ],
)
def test_spelling_is_no_error(written: str, heard: str) -> None:
    assert word_error(written, heard) == 0.0


@pytest.mark.parametrize(
    ("heard", "error"),
    [("one two three four", 0.0), ("one two three", 0.25), ("one two free four", 0.25), ("", 1.0),
     ("one and two three four", 0.25), ("la la la la la la la la la", 1.0)],
)  # fmt: skip
def test_each_wrong_missing_or_added_word_counts(heard: str, error: float) -> None:
    assert word_error("one two three four", heard) == pytest.approx(error)


def test_characters_are_compared_without_the_blanks_between_them() -> None:
    assert errors_between("la luna brilla", "La luna, bri lla!") == (pytest.approx(2 / 3), 0.0)
    assert errors_between("sol", "") == (1.0, 1.0)


def test_there_are_words_to_sing_for_every_language_that_is_offered() -> None:
    assert LYRICS.keys() == TONGUES.keys()
    assert {code: languages_of(read_lyric(lyric)) for code, lyric in LYRICS.items()} == {
        code: (code,) for code in TONGUES
    }
