from __future__ import annotations

import pytest
from tools.listening.words import word_error


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
