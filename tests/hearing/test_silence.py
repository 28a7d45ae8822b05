from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import sawtooth
from tests.hearing.synthetic import RATE_HZ, beat, chords, noise, silence, tone

from songwright.hearing.silence import hear_flaws


def test_silence_is_found_before_within_and_after() -> None:
    sound = np.concatenate([silence(0.5), noise(2), silence(1), noise(2), silence(0.7)])
    heard = hear_flaws(sound, RATE_HZ)
    assert heard.leading_silence_seconds == pytest.approx(0.5, abs=0.03)
    assert heard.trailing_silence_seconds == pytest.approx(0.7, abs=0.03)
    assert len(heard.inner_silences_seconds) == 1
    assert heard.inner_silences_seconds[0] == pytest.approx((2.5, 3.5), abs=0.03)


def test_silence_throughout_counts_once() -> None:
    heard = hear_flaws(silence(3), RATE_HZ)
    assert heard.leading_silence_seconds == pytest.approx(3.0)
    assert heard.trailing_silence_seconds == 0.0


def test_clipping_is_counted_in_each_channel() -> None:
    wave = np.clip(2.0 * np.sin(np.arange(RATE_HZ) * 0.02), -1.0, 1.0)
    heard = hear_flaws(np.stack([wave, 0.4 * wave]), RATE_HZ)
    assert heard.clipped_samples == pytest.approx(RATE_HZ * 2 / 3, rel=0.02)


def test_a_single_sample_at_full_scale_is_no_clipping() -> None:
    wave = np.zeros(1_000, np.float32)
    wave[500] = 1.0
    assert hear_flaws(wave, RATE_HZ).clipped_samples == 0


@pytest.mark.parametrize("step", [0.05, 0.1, -0.3])
def test_a_step_in_a_tone_is_a_click(step: float) -> None:
    sound = tone(57, 3.0)
    sound[30_000:] += np.float32(step)
    heard = hear_flaws(sound, RATE_HZ)
    assert [round(time, 2) for time in heard.clicks_seconds] == [round(30_000 / RATE_HZ, 2)]


def test_a_tone_that_is_cut_off_is_a_click() -> None:
    sound = np.concatenate([0.3 * np.sin(np.arange(20_011) * 0.05), np.zeros(20_000)])
    assert len(hear_flaws(sound, RATE_HZ).clicks_seconds) == 1


@pytest.mark.parametrize(
    "sound",
    [
        beat(110, 8.0),
        noise(4),
        chords(((0, (0, 4, 7)), (5, (0, 4, 7)))),
        0.3 * sawtooth(np.arange(3 * RATE_HZ) * 2 * np.pi * 41.2 / RATE_HZ),
        silence(2),
        silence(0),
    ],
    ids=["drums", "noise", "chords", "a low sawtooth", "silence", "nothing"],
)
def test_music_is_no_click(sound: np.ndarray) -> None:
    assert hear_flaws(sound, RATE_HZ).clicks_seconds == ()
