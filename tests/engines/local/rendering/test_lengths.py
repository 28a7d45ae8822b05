"""Lengths and ends of finished sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ
from songwright.engines.local.composing.compose import compose
from songwright.engines.local.render_action import manuscript_of
from songwright.engines.local.rendering.score_to_audio import Sound, make_sound
from songwright.music.actions import Generate


def made(prompt: str, **fields: Any) -> Sound:
    action = Generate.model_validate({"prompt": prompt, **fields})
    song = manuscript_of(compose(action, "a"), "a")
    return make_sound(song, raw=False, done=lambda _stage: None)


def level_db(audio: NDArray[np.int32]) -> float:
    return float(20 * np.log10(np.sqrt(np.mean((audio / FULL_SCALE_INT24) ** 2)) + 1e-9))


@pytest.mark.parametrize(
    ("seconds", "fields"),
    [
        (5, {"prompt": "happy pop jingle", "lyric": "Fresh bread, fresh bread every day"}),
        (8.5, {"prompt": "rock", "instrumental": True, "tempo_bpm": 60}),
        (20, {"prompt": "jazz waltz", "instrumental": True}),
    ],
)
def test_the_sound_is_as_long_as_asked_and_ends_without_a_click(
    seconds: float, fields: dict[str, Any]
) -> None:
    sound = made(duration_seconds=seconds, **fields)
    assert sound.mix.shape[1] / SAMPLE_RATE_HZ == pytest.approx(seconds, abs=0.001)
    assert np.array_equal(sound.mix, sum(sound.stems.values()))
    last = sound.mix[:, -10:]
    assert np.abs(last).max() < FULL_SCALE_INT24 * 1e-4
    # No long silence at the end: what is asked for is music.
    before_last = sound.mix[:, -round(2.0 * SAMPLE_RATE_HZ) : -round(1.0 * SAMPLE_RATE_HZ)]
    assert level_db(before_last) > -55
    if "lyric" in fields:
        assert level_db(sound.stems["vocals"]) > -40


@pytest.mark.parametrize(
    ("prompt", "fields"),
    [
        ("seamless lofi loop", {"duration_seconds": 10, "instrumental": True}),
        ("loopable techno, 2 bars", {"instrumental": True}),
        ("pop loop", {"lyric": "Go round and round with me", "duration_seconds": 8}),
    ],
)
def test_a_loop_joins_its_own_beginning_to_the_sample(prompt: str, fields: dict[str, Any]) -> None:
    sound = made(prompt, **fields)
    assert np.array_equal(sound.mix, sum(sound.stems.values()))
    for audio in (sound.mix, *sound.stems.values()):
        step = np.abs(audio[:, 0] - audio[:, -1]).max()
        near = np.abs(np.diff(audio[:, -4096:], axis=1)).max()
        assert step <= near + FULL_SCALE_INT24 * 1e-5
    # What rings at the end sounds on in the beginning.
    assert level_db(sound.mix[:, -2205:]) > -60


def test_the_ring_behind_a_loops_last_bar_sounds_in_its_first() -> None:
    once = made("ambient pads, 4 bars", instrumental=True)
    loop = made("ambient pads loop, 4 bars", instrumental=True)
    at_once = slice(0, 10)
    assert level_db(loop.mix[:, at_once]) > level_db(once.mix[:, at_once]) + 12
