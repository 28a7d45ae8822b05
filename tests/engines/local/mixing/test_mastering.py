from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from songwright.audio.loudness import measure_loudness
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.fitting import fit_beside
from songwright.engines.local.mixing.mastering import (
    CONTEXT_SECONDS,
    GRID_SAMPLES,
    Mastered,
    MasterState,
    MasterTarget,
    master,
)
from songwright.music.actions import StemName

Stems = dict[StemName, NDArray[np.float32]]


def dense(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.tanh(0.5 * np.random.default_rng(1).standard_normal((2, times.size)))


def short_hits(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.random.default_rng(2).standard_normal((2, times.size)) * np.exp(-(times % 0.5) * 30)


def plucked(times: NDArray[np.float64]) -> NDArray[np.float64]:
    pitch_hz = 220 + 110 * (np.floor(times) % 5)
    return np.stack([np.sin(2 * np.pi * pitch_hz * times) * np.exp(-(times % 1) * 4)] * 2)


def sparse(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.sin(2 * np.pi * 440 * times) * np.exp(-(times % 5) * 6)] * 2)


def square_bass(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.sign(np.sin(2 * np.pi * 50 * times)) * (times % 0.5 < 0.3)] * 2)


def hot_and_one_sided(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([20 * np.random.default_rng(3).standard_normal(times.size), np.zeros(times.size)])


def loud_chorus(times: NDArray[np.float64]) -> NDArray[np.float64]:
    return dense(times) * np.where(times % 8 < 5, 0.05, 1.0)


MATERIALS = [dense, short_hits, plucked, sparse, square_bass, hot_and_one_sided, loud_chorus]
Material = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def stems_of(material: Material, seconds: float = 10.0) -> Stems:
    times = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    sound = material(times)
    air = np.random.default_rng(9).standard_normal(sound.shape) * 1e-3 * np.abs(sound).max()
    return {
        "vocals": (0.3 * sound).astype(np.float32),
        "drums": (0.7 * sound).astype(np.float32),
        "other": air.astype(np.float32),
    }


def copied(stems: Stems) -> Stems:
    return {name: audio.copy() for name, audio in stems.items()}


def total(mastered: Mastered) -> NDArray[np.int32]:
    return np.sum(list(mastered.stems.values()), axis=0, dtype=np.int32)


@pytest.mark.parametrize("material", MATERIALS)
@pytest.mark.parametrize("tilt_db", [0.0, -2.0])
def test_any_material_meets_loudness_and_ceiling(material: Material, tilt_db: float) -> None:
    mastered = master(stems_of(material), MasterTarget(tilt_db=tilt_db))
    measured = measure_loudness(mastered.mix, SAMPLE_RATE_HZ)
    assert measured.integrated_lufs == pytest.approx(-14.0, abs=0.3)
    assert measured.true_peak_dbtp <= -1.0
    assert mastered.loudness.integrated_lufs == pytest.approx(measured.integrated_lufs, abs=0.01)
    assert mastered.loudness.true_peak_dbtp == pytest.approx(measured.true_peak_dbtp, abs=0.01)


@pytest.mark.parametrize("material", MATERIALS)
def test_stems_sum_to_the_master_exactly(material: Material) -> None:
    mastered = master(stems_of(material, 3), MasterTarget(tilt_db=1.0))
    assert np.array_equal(total(mastered), mastered.mix)
    assert max(int(np.abs(stem).max()) for stem in mastered.stems.values()) < 2**23


def test_stems_that_cancel_each_other_still_sum_to_the_master() -> None:
    loud = np.random.default_rng(4).standard_normal((2, 44_100))
    rest = 0.01 * np.random.default_rng(5).standard_normal((2, 44_100))
    stems: Stems = {"vocals": loud.astype(np.float32), "other": (rest - loud).astype(np.float32)}
    mastered = master(stems, MasterTarget())
    assert np.array_equal(total(mastered), mastered.mix)
    assert max(int(np.abs(stem).max()) for stem in mastered.stems.values()) < 2**23


@pytest.mark.parametrize("samples", [1, 31, 5000, 44_100])
def test_silence_stays_silence(samples: int) -> None:
    mastered = master({"vocals": np.zeros((2, samples), np.float32)}, MasterTarget(tilt_db=1.0))
    assert not mastered.mix.any()
    assert np.isfinite(mastered.state.static_gain_db)


def test_clicks_too_far_apart_to_be_loud_stay_under_the_ceiling() -> None:
    clicks = np.zeros((2, 10 * SAMPLE_RATE_HZ), np.float32)
    clicks[:, ::SAMPLE_RATE_HZ] = 0.5
    assert master({"drums": clicks}, MasterTarget()).loudness.true_peak_dbtp <= -1.0


def test_the_same_stems_give_the_same_bytes() -> None:
    stems = stems_of(short_hits, 4)
    first, second = (master(copied(stems), MasterTarget()) for _ in range(2))
    assert first.mix.tobytes() == second.mix.tobytes()
    assert first.state == second.state


def test_the_gain_curve_does_not_click() -> None:
    # The ratio of the output to a steady tone under it shows the gain itself.
    stems = stems_of(short_hits, 6)
    steady = np.full_like(stems["other"], 0.01)
    mastered = master({**stems, "bass": steady}, MasterTarget())
    gain = mastered.stems["bass"][0].astype(np.float64) / (0.01 * 2**23)
    step_db = np.abs(np.diff(20 * np.log10(gain)))
    assert step_db.max() < 0.5
    assert gain.min() < 0.7 * gain.max()


def test_a_stretch_mastered_alone_gets_the_gain_that_it_had_in_the_song() -> None:
    stems = stems_of(short_hits, 16)
    song = master(copied(stems), MasterTarget(tilt_db=1.5))
    context = -(-int(CONTEXT_SECONDS * SAMPLE_RATE_HZ) // GRID_SAMPLES) * GRID_SAMPLES
    start, stop = 10 * GRID_SAMPLES, 10 * GRID_SAMPLES + 10 * SAMPLE_RATE_HZ
    stretch = {name: np.ascontiguousarray(audio[:, start:stop]) for name, audio in stems.items()}
    alone = master(stretch, MasterTarget(), given=song.state)
    inside = slice(context, stop - start - context)
    for name, stem in alone.stems.items():
        assert np.abs(stem[:, inside] - song.stems[name][:, start:stop][:, inside]).max() <= 2
    assert alone.state == song.state


def test_an_edit_leaves_the_gain_far_from_it_alone() -> None:
    stems = stems_of(plucked, 12)
    song = master(copied(stems), MasterTarget())
    edited = copied(stems)
    edited["drums"][:, 5 * SAMPLE_RATE_HZ : 6 * SAMPLE_RATE_HZ] *= -1.7
    again = master(edited, MasterTarget(), given=song.state)
    far = slice(0, int((5 - CONTEXT_SECONDS) * SAMPLE_RATE_HZ))
    assert np.array_equal(again.mix[:, far], song.mix[:, far])
    assert again.loudness.true_peak_dbtp <= -1.0


def test_raw_is_a_plain_gain_under_the_ceiling() -> None:
    stems = stems_of(short_hits, 4)
    before = copied(stems)
    mastered = master(stems, MasterTarget(finish="raw"))
    gain = 10 ** (mastered.state.static_gain_db / 20)
    assert mastered.loudness.true_peak_dbtp == pytest.approx(-1.3, abs=0.05)
    assert np.abs(mastered.stems["drums"] - gain * before["drums"] * 2**23).max() < 2


def test_a_louder_stretch_put_into_a_raw_song_keeps_under_the_ceiling() -> None:
    state = master(stems_of(short_hits, 4), MasterTarget(finish="raw")).state
    louder = {name: 3 * audio for name, audio in stems_of(short_hits, 4).items()}
    assert master(louder, MasterTarget(finish="raw"), given=state).loudness.true_peak_dbtp <= -1.0


def test_the_state_survives_storage() -> None:
    state = master(stems_of(dense, 2), MasterTarget(tilt_db=1.0)).state
    assert MasterState.model_validate_json(state.model_dump_json()) == state


def test_a_stem_fits_beside_others_that_keep_every_sample() -> None:
    backing = master(stems_of(dense, 6), MasterTarget(integrated_lufs=-10)).mix
    voice = (0.5 * plucked(np.arange(backing.shape[1]) / SAMPLE_RATE_HZ)).astype(np.float32)
    assert measure_loudness(backing / 2**23 + voice, SAMPLE_RATE_HZ).true_peak_dbtp > -1.0
    fitted = fit_beside(voice.copy(), backing)
    assert measure_loudness(backing + fitted, SAMPLE_RATE_HZ).true_peak_dbtp <= -1.0
    assert np.abs(fitted).max() > 0.2 * np.abs(voice).max() * 2**23


def test_a_stem_with_room_enough_is_left_alone() -> None:
    backing = master(stems_of(dense, 2), MasterTarget(integrated_lufs=-30)).mix
    voice = (0.2 * plucked(np.arange(backing.shape[1]) / SAMPLE_RATE_HZ)).astype(np.float32)
    assert np.array_equal(fit_beside(voice.copy(), backing), np.rint(voice * 2**23))
