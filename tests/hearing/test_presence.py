"""A voice is told from a residue, from noise and from instruments, and singing from speech."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.hearing.synthetic import RATE_HZ, beat, chords, noise, silence, spoken, sung

from songwright.hearing.presence import is_part_there, is_singing, is_voice_alone, is_voice_there

Sound = NDArray[np.float32]

BAND = (beat(110.0, 8.0) + np.resize(chords(((0, (0, 4, 7)), (5, (0, 4, 7)))), 8 * RATE_HZ)).astype(
    np.float32
)


def test_a_voice_is_there_alone_or_in_a_band_and_sings() -> None:
    for mix in (sung(), (sung() + BAND).astype(np.float32)):
        assert is_voice_there(sung(), mix)
    assert is_singing(sung())
    assert is_voice_alone(sung())


def test_speech_is_a_voice_that_does_not_sing() -> None:
    assert is_voice_there(spoken(), spoken())
    assert is_voice_alone(spoken())
    assert not is_singing(spoken())


@pytest.mark.parametrize(
    "sound", [noise(8.0), BAND, beat(120.0, 8.0), silence(8.0), silence(0.0), noise(0.01)]
)
def test_what_is_no_voice_is_none_however_loud(sound: Sound) -> None:
    assert not is_voice_there(sound, sound)
    assert not is_voice_alone(sound)


def test_the_residue_of_a_separation_is_not_there() -> None:
    assert not is_voice_there((0.01 * sung()).astype(np.float32), BAND)
    assert not is_part_there(silence(8.0), silence(8.0))
    assert is_part_there(0.1 * BAND, BAND)
