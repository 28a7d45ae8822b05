from __future__ import annotations

import numpy as np
import pytest
from tests.hearing.synthetic import MAJOR_TRIAD, MINOR_TRIAD, beat, chords, noise, silence

from songwright.hearing.key import hear_chroma, hear_key
from songwright.music.score import Key


def major_loop(tonic: int, cents: float = 0.0) -> np.ndarray:
    return chords(
        ((tonic, MAJOR_TRIAD), (tonic + 5, MAJOR_TRIAD), (tonic + 7, MAJOR_TRIAD), (tonic, MAJOR_TRIAD)),
        cents=cents,
    )


def minor_loop(tonic: int, cents: float = 0.0) -> np.ndarray:
    return chords(
        ((tonic, MINOR_TRIAD), (tonic + 5, MINOR_TRIAD), (tonic + 7, MAJOR_TRIAD), (tonic, MINOR_TRIAD)),
        cents=cents,
    )


@pytest.mark.parametrize("tonic", range(12))
def test_a_cadence_tells_each_major_and_minor_key(tonic: int) -> None:
    assert hear_key(hear_chroma(major_loop(tonic))).key == Key(tonic=tonic, mode="major")
    assert hear_key(hear_chroma(minor_loop(tonic))).key == Key(tonic=tonic, mode="minor")


@pytest.mark.parametrize("cents", [-40.0, -20.0, 15.0, 35.0])
def test_the_key_is_found_whatever_the_tuning(cents: float) -> None:
    chroma = hear_chroma(major_loop(2, cents))
    assert chroma.tuning_cents == pytest.approx(cents, abs=5)
    assert hear_key(chroma).key == Key(tonic=2, mode="major")


def test_drums_do_not_hide_the_key() -> None:
    loop = minor_loop(9)
    drums = beat(120, seconds=len(loop) / 22_050)
    assert hear_key(hear_chroma(loop + drums[: len(loop)])).key == Key(tonic=9, mode="minor")


@pytest.mark.parametrize("sound", [silence(10), noise(20), silence(0), noise(0.5)])
def test_no_key_is_claimed_where_nothing_is_tuned(sound: np.ndarray) -> None:
    heard = hear_key(hear_chroma(sound))
    assert heard.key is None
    assert heard.confidence == 0.0


def test_an_ambiguous_loop_is_heard_with_less_confidence_and_names_the_relative_key() -> None:
    ambiguous = chords(((9, MINOR_TRIAD), (5, MAJOR_TRIAD), (0, MAJOR_TRIAD), (7, MAJOR_TRIAD)))
    heard = hear_key(hear_chroma(ambiguous))
    assert {heard.key, heard.runner_up} >= {Key(tonic=0, mode="major")}
    assert heard.confidence < hear_key(hear_chroma(major_loop(0))).confidence
