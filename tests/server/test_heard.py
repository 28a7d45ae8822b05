"""What was heard in a song, in one line for a reader."""

from __future__ import annotations

import pytest

from songwright.server.heard import HeardInBrief, heard_words

HEARD = HeardInBrief(longest_silence_seconds=0.5, clicks=2, clipped_samples=3, parts="A B A")


def test_what_was_not_heard_is_said_to_be_missing() -> None:
    assert heard_words(HEARD) == (
        "no steady tempo, no key, longest silence 0.5 s, 2 clicks, 3 clipped samples"
    )


@pytest.mark.parametrize(
    ("relation", "told"),
    [
        ("same", "92 bpm (as meant)"),
        ("double", "92 bpm (double beside what was meant)"),
        ("not heard", "92 bpm"),
        (None, "92 bpm"),
    ],
)
def test_a_tempo_stands_beside_what_was_asked(relation: str | None, told: str) -> None:
    heard = HEARD.model_copy(update={"tempo_bpm": 92.0, "tempo": relation})
    assert heard_words(heard).split(", ")[0] == told


def test_a_key_and_the_voice_are_told() -> None:
    heard = HEARD.model_copy(update={"key": "D minor", "key_relation": "same", "sung_in_tune": 0.9312})
    words = heard_words(heard).split(", ")
    assert words[1] == "D minor (as meant)"
    assert words[-1] == "93.1% of sung frames in tune"
