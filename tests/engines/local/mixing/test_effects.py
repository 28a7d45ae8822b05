from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import fftconvolve, sosfilt, sosfreqz

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import active_regions, apply_gain, hop_peaks, ramps
from songwright.engines.local.mixing.effects.colour import amplify, chorus, place, saturate
from songwright.engines.local.mixing.effects.dynamics import (
    HOP_SAMPLES,
    Compression,
    compression_db,
    de_ess,
    ducking_db,
)
from songwright.engines.local.mixing.effects.equaliser import (
    Band,
    double_rate,
    equalise,
    halve_rate,
    sections,
)
from songwright.engines.local.mixing.effects.space import Echo, Room, add_space, echo_response, room_response

CHAINS = [
    (Band("high_pass", 30.0),),
    (Band("high_pass", 80.0), Band("high_pass", 80.0), Band("low_shelf", 120.0, -6.0)),
    (Band("peak", 60.0, 9.0, 4.0), Band("low_pass", 15_000.0), Band("high_shelf", 9000.0, 4.0)),
    (Band("band_pass", 2000.0, q=0.6), Band("peak", 500.0, 0.0)),
]


def noise(samples: int, channels: int = 2) -> NDArray[np.float32]:
    return np.random.default_rng(0).standard_normal((channels, samples)).astype(np.float32) * 0.2


def tone(frequency_hz: float, samples: int, amplitude: float = 0.5) -> NDArray[np.float32]:
    sound = amplitude * np.sin(2 * np.pi * frequency_hz / SAMPLE_RATE_HZ * np.arange(samples))
    return np.stack([sound, sound]).astype(np.float32)


def level_at(sound: NDArray[np.float32], frequency_hz: float) -> float:
    middle = sound[0, 4096 : 4096 + SAMPLE_RATE_HZ].astype(np.float64)
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size)))
    return 20 * np.log10(float(spectrum[round(frequency_hz)]) + 1e-9)


@pytest.mark.parametrize("chain", CHAINS)
@pytest.mark.parametrize("samples", [1, 63, 2048, 65_536, 150_001])
def test_the_fast_equaliser_is_the_recursive_filter(chain: tuple[Band, ...], samples: int) -> None:
    sound = noise(samples)
    expected = sosfilt(sections(chain), sound.astype(np.float64))
    assert np.abs(equalise(sound.copy(), chain) - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("band", "frequency_hz", "expected_db"),
    [
        (Band("peak", 1000.0, 6.0, 1.0), 1000.0, 6.0),
        (Band("high_shelf", 4000.0, 5.0), 18_000.0, 5.0),
        (Band("high_shelf", 4000.0, 5.0), 50.0, 0.0),
        (Band("low_shelf", 300.0, -4.0), 20.0, -4.0),
        (Band("low_shelf", 300.0, -4.0), 15_000.0, 0.0),
        (Band("high_pass", 100.0), 100.0, -3.0),
        (Band("low_pass", 5000.0), 5000.0, -3.0),
        (Band("band_pass", 2000.0, q=0.6), 2000.0, 0.0),
    ],
)
def test_a_band_has_its_gain_where_it_should(band: Band, frequency_hz: float, expected_db: float) -> None:
    _, response = sosfreqz(sections((band,)), [frequency_hz], fs=SAMPLE_RATE_HZ)
    assert 20 * np.log10(abs(response[0])) == pytest.approx(expected_db, abs=0.1)


def test_doubling_and_halving_the_rate_gives_the_sound_back() -> None:
    sound = tone(9000.0, 50_000)[0]
    back = halve_rate(double_rate(sound))
    assert np.abs(back - sound)[100:-100].max() < 1e-3


def test_silence_has_no_active_region_and_a_hit_has_one_with_its_ring() -> None:
    sound = np.zeros((2, 100_000), np.float32)
    assert active_regions(sound) == []
    sound[1, 40_000] = 0.5
    ((start, stop),) = active_regions(sound)
    assert start <= 40_000 < 45_000 < stop < 60_000


def test_gains_run_straight_from_node_to_node() -> None:
    assert ramps(np.array([0.0, 1.0, 1.0]), 4, 1, 7).tolist() == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]
    assert apply_gain(np.ones((2, 9), np.float32), np.array([2.0]), 4).tolist() == [[2.0] * 9] * 2


def test_a_compressor_lowers_what_is_loud_by_its_ratio_and_leaves_the_rest() -> None:
    quiet, loud = tone(1000.0, 44_100, 0.05), tone(1000.0, 44_100, 0.8)
    setting = Compression(threshold_db=-12.0, ratio=4.0, attack_seconds=0.005, release_seconds=0.1)
    gains_db = compression_db(hop_peaks(np.hstack([quiet, loud, quiet]), HOP_SAMPLES), setting)
    hops = 44_100 // HOP_SAMPLES
    assert gains_db[: hops - 2].min() == pytest.approx(0.0, abs=0.01)
    expected_db = -0.75 * (20 * np.log10(0.8) + 12)
    assert gains_db[2 * hops - 10] == pytest.approx(expected_db, abs=0.2)
    assert gains_db[-10] == pytest.approx(0.0, abs=0.05)


def test_ducking_is_deepest_at_the_kick_and_gone_after_its_recovery() -> None:
    curve = ducking_db([0.5, -3.0, 99.0], 6.0, 0.3, SAMPLE_RATE_HZ)
    at = lambda seconds: curve[round(seconds * SAMPLE_RATE_HZ / HOP_SAMPLES)]  # noqa: E731
    assert at(0.5) == pytest.approx(-6.0, abs=0.1)
    assert at(0.4) == 0.0
    assert at(0.81) == pytest.approx(0.0, abs=0.05)
    assert np.abs(np.diff(curve)).max() <= 2.1


def test_de_essing_lowers_hiss_and_leaves_vowels() -> None:
    vowel, hiss = tone(400.0, 88_200, 0.4), tone(9000.0, 88_200, 0.3)
    lowered = de_ess(hiss.copy(), reference_peak=0.4)
    assert np.abs(lowered[:, 8192:80_000]).max() < 0.6 * 0.3
    assert np.abs(de_ess(vowel.copy(), reference_peak=0.4) - vowel).max() < 0.01


def test_saturation_adds_odd_overtones_without_folding_them_back() -> None:
    bent = saturate(tone(9000.0, 60_000, 0.9), 0.6, 0.9)
    assert level_at(bent, 9000) - level_at(bent, SAMPLE_RATE_HZ - 27_000) > 60
    low = saturate(tone(1000.0, 60_000, 0.9), 0.6, 0.9)
    assert 10 < level_at(low, 1000) - level_at(low, 3000) < 40


def test_quiet_sound_passes_a_saturator_unchanged() -> None:
    quiet = tone(1000.0, 60_000, 0.002)
    assert np.abs(saturate(quiet.copy(), 0.5, 0.9) - quiet)[:, 100:-100].max() < 1e-5


def test_an_amplifier_darkens_and_keeps_to_its_length() -> None:
    sound = noise(60_000)
    loud = amplify(sound.copy(), 0.5, 0.8)
    assert level_at(loud, 12_000) < level_at(sound, 12_000) - 20
    assert np.isfinite(loud).all()


def test_chorus_widens_a_mono_sound_and_keeps_its_power() -> None:
    sound = np.repeat(noise(100_000, 1), 2, axis=0)
    wide = chorus(sound.copy(), 0.5)
    assert np.corrcoef(wide)[0, 1] < 0.95
    assert np.std(wide) == pytest.approx(np.std(sound), rel=0.1)


def test_a_stretch_drifts_in_a_chorus_as_the_song_does() -> None:
    sound = noise(3 * SAMPLE_RATE_HZ)
    whole = chorus(sound.copy(), 0.5)[:, SAMPLE_RATE_HZ:]
    alone = chorus(sound[:, SAMPLE_RATE_HZ:].copy(), 0.5, origin_seconds=1.0)
    assert np.abs(whole - alone)[:, 2000:].max() < 1e-4


@pytest.mark.parametrize("pan", [-1.0, -0.3, 0.0, 0.8])
def test_placing_a_mono_sound_keeps_its_power(pan: float) -> None:
    placed = place(pan, 1.3) @ np.ones((2, 1), np.float32)
    assert float((placed**2).sum()) == pytest.approx(2.0, abs=1e-5)


def test_a_side_that_is_panned_away_is_still_heard() -> None:
    right_only = np.array([[0.0], [1.0]], np.float32)
    assert float((place(-1.0, 1.0) @ right_only)[0, 0]) > 0.5


def test_space_is_the_convolution_of_each_send_with_its_response() -> None:
    samples = 6 * SAMPLE_RATE_HZ + 1
    bus = np.zeros((2, samples), np.float32)
    dry, late = halve_rate(noise(samples + 1, 1)[0]), halve_rate(noise(samples + 1, 1)[0])
    room, echo = room_response(Room(1.2)), echo_response(Echo(0.4))
    add_space(bus, ((dry, room), (late, echo)))
    for side in (0, 1):
        wet = fftconvolve(dry, room[side])[: dry.size] + fftconvolve(late, echo[side])[: dry.size]
        expected = double_rate(wet.astype(np.float32))[:samples]
        assert np.abs(bus[side] - expected)[:-400].max() < 1e-4


def test_a_room_is_wide_decays_in_its_time_and_is_always_the_same() -> None:
    response = room_response(Room(1.5))
    assert abs(np.corrcoef(response)[0, 1]) < 0.2
    rate_hz = SAMPLE_RATE_HZ // 2
    early, late = (np.mean(response[:, int(t * rate_hz) :][:, :2000] ** 2) for t in (0.2, 0.95))
    # Half of 1.5 s later it is half of 60 dB down, give or take the darkening.
    assert 24 < 10 * np.log10(early / late) < 42
    room_response.cache_clear()
    assert np.array_equal(room_response(Room(1.5)), response)
