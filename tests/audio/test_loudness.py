from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from numpy.typing import NDArray
from scipy.signal import resample_poly

from songwright.audio.loudness import SILENT_DB, level_curve, measure_loudness, true_peak_curve


def tone(frequency_hz: float, seconds: float, rate_hz: int = 48_000) -> NDArray[np.float32]:
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.sin(2 * np.pi * frequency_hz * times).astype(np.float32)


def noise(seconds: float, rate_hz: int, gate_seconds: float = 0.0) -> NDArray[np.float32]:
    samples = int(seconds * rate_hz)
    sound = np.random.default_rng(7).standard_normal((2, samples)) * 0.1
    if gate_seconds:
        sound *= (np.arange(samples) / rate_hz) % (2 * gate_seconds) < gate_seconds
    return sound.astype(np.float32)


def test_a_full_scale_sine_at_997_hz_in_one_channel_reads_minus_3_01_lufs() -> None:
    # The calibration that ITU-R BS.1770 states.
    sound = np.stack([tone(997, 5), np.zeros(5 * 48_000, np.float32)])
    assert measure_loudness(sound, 48_000).integrated_lufs == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("gate_seconds", [0.0, 0.25, 1.5])
def test_loudness_agrees_with_an_independent_meter(rate_hz: int, gate_seconds: float) -> None:
    sound = noise(8, rate_hz, gate_seconds)
    other = pyloudnorm.Meter(rate_hz, filter_class="DeMan").integrated_loudness(sound.T)
    assert measure_loudness(sound, rate_hz).integrated_lufs == pytest.approx(other, abs=0.05)


def test_silence_between_passages_does_not_count() -> None:
    passage = noise(5, 44_100)
    rest = np.zeros_like(passage)
    alone = measure_loudness(passage, 44_100).integrated_lufs
    assert measure_loudness(np.hstack([passage, rest, passage]), 44_100).integrated_lufs == pytest.approx(
        alone, abs=0.3
    )


def test_true_peak_finds_what_lies_between_samples() -> None:
    # A quarter of the sample rate at 45 degrees: every sample at 0.707, the wave at 1.0.
    fade = np.minimum(1, np.minimum(np.arange(44_100), np.arange(44_100)[::-1]) / 4410)
    sound = (fade * np.sin(np.pi / 2 * np.arange(44_100) + np.pi / 4)).astype(np.float32)
    assert np.abs(sound).max() < 0.71
    assert measure_loudness(sound, 44_100).true_peak_dbtp == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize("seed", range(3))
def test_true_peak_agrees_with_plain_oversampling(seed: int) -> None:
    sound = np.random.default_rng(seed).standard_normal((2, 30_000)).astype(np.float32) * 0.2
    plain = 20 * np.log10(np.abs(resample_poly(sound, 4, 1, axis=1)).max())
    assert measure_loudness(sound, 44_100).true_peak_dbtp == pytest.approx(plain, abs=0.15)


def test_the_curve_of_true_peaks_has_the_same_top_with_a_floor() -> None:
    sound = noise(2, 44_100)
    full = true_peak_curve(sound)
    assert true_peak_curve(sound, floor=0.5 * float(np.abs(sound).max())).max() == full.max()
    assert full.size == -(-sound.shape[1] // 32)


def test_integers_of_24_bits_read_as_the_floats_they_stand_for() -> None:
    sound = noise(2, 44_100)
    whole = np.rint(sound * 2**23).astype(np.int32)
    as_float, as_integers = measure_loudness(sound, 44_100), measure_loudness(whole, 44_100)
    assert as_integers.integrated_lufs == pytest.approx(as_float.integrated_lufs, abs=1e-4)
    assert as_integers.true_peak_dbtp == pytest.approx(as_float.true_peak_dbtp, abs=1e-4)


@pytest.mark.parametrize("samples", [0, 1, 100, 17_639, 44_100])
def test_silence_of_any_length_reads_a_finite_floor(samples: int) -> None:
    loudness = measure_loudness(np.zeros((2, samples), np.float32), 44_100)
    assert loudness.integrated_lufs == SILENT_DB
    assert loudness.true_peak_dbtp == SILENT_DB


def test_a_level_curve_follows_the_sound() -> None:
    sound = np.hstack([noise(1, 44_100), np.zeros((2, 44_100), np.float32), 0.1 * noise(1, 44_100)])
    levels = level_curve(sound, 44_100, hop_seconds=0.5)
    assert levels.shape == (6,)
    assert levels[0] - levels[4] == pytest.approx(20, abs=0.5)
    assert levels[3] == SILENT_DB
