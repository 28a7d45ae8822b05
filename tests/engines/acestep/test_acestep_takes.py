"""Of several takes the best is chosen by what is measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.engines.acestep.replies import read_models, read_outcome
from songwright.engines.acestep.requests import lyric_seconds, numeric_seed, sheet_for
from songwright.engines.acestep.takes import best_take, word_error_rate
from songwright.engines.remote.errors import MalformedReplyError
from standins.sound import tones


@pytest.mark.parametrize(
    ("wanted", "heard", "rate"),
    [
        ("carry me home", "Carry me, home!", 0.0),
        ("carry me home", "carry home", 1 / 3),
        ("carry me home", "carry me all the way home", 1.0),
        ("don’t go", "don't go", 0.0),
        ("", "", 0.0),
        ("", "words", 1.0),
    ],
)
def test_words_left_out_added_or_changed_count(wanted: str, heard: str, rate: float) -> None:
    assert word_error_rate(wanted, heard) == pytest.approx(rate)


def test_the_take_at_the_asked_tempo_is_chosen() -> None:
    beat = np.rint(tones(12, (220.0,)).T * 2**23).astype(np.int32)
    noise = np.random.default_rng(1).integers(-(2**20), 2**20, size=beat.shape, dtype=np.int32)

    choice = best_take(
        [(noise, Path("a")), (beat, Path("b"))], lyric="A line", tempo_bpm=120.0, recogniser=None
    )

    assert choice.index == 1
    assert "tempo" in choice.reason
    assert "no recogniser" in choice.reason


@given(seed=st.text(min_size=1, max_size=64), take=st.integers(0, 40))
def test_every_seed_is_a_number_that_the_server_takes(seed: str, take: int) -> None:
    assert 0 <= numeric_seed(seed, take) < 2**31
    assert numeric_seed(seed, take) == numeric_seed(seed, take)


def test_markers_stand_alone_on_their_lines() -> None:
    assert sheet_for("[Verse 1: soft] We ride\nAt dawn\n[Hook]\nGo", instrumental=False) == (
        "[Verse]\nWe ride\nAt dawn\n\n[Chorus]\nGo"
    )


def test_more_words_need_more_time_within_the_server_s_limits() -> None:
    lines = ["[Verse]\nA line to sing\n" * count for count in (1, 8, 500)]
    lengths = [lyric_seconds(text, 120.0) for text in lines]

    assert lengths == sorted(lengths)
    assert 10 <= lengths[0] < lengths[1] < lengths[2] == 600


_KEYS = st.sampled_from(["task_id", "status", "result", "models", "name", "file", "progress", "t", "metas"])
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=6) | st.just("[]") | _KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@given(data=JSON)
def test_any_json_is_read_or_called_malformed(data: Any) -> None:
    for read in (read_models, lambda data: read_outcome(data, "t"), lambda data: read_outcome([data], "t")):
        try:
            read(data)
        except MalformedReplyError:
            continue
