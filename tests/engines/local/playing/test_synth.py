import numpy as np
import pytest
from tests.engines.local.playing.playing_help import brightness_hz, error_cents, level_db, played

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote
from songwright.engines.local.playing.waveforms import unison_loop

PITCHED = (
    "supersaw",
    "saw_pad",
    "synth_pluck",
    "square_pluck",
    "sub_bass",
    "acid_bass",
    "fm_bell",
    "bass_808",
)


@pytest.mark.parametrize("name", PITCHED)
@pytest.mark.parametrize("pitch", [41, 53])
def test_patches_are_in_tune(name: str, pitch: int) -> None:
    sound = played(name, PerformedNote(0, 2, pitch, 100), seconds=2)[:, 6_000:]
    assert abs(error_cents(sound, pitch)) < 8


@pytest.mark.parametrize("midi_pitch", [28, 61, 96])
def test_a_loop_hits_its_frequency_within_half_a_cent_and_has_no_seam(midi_pitch: int) -> None:
    frequency = 440 * 2 ** ((midi_pitch - 69) / 12)
    loop = unison_loop(frequency, "saw", (0.0,), np.zeros(1), 0.0)[0]
    turns = np.argmax(np.abs(np.fft.rfft(loop)))
    assert abs(1200 * np.log2(turns * SAMPLE_RATE_HZ / len(loop) / frequency)) < 0.5
    assert abs(loop[0] - loop[-1]) <= np.abs(np.diff(loop)).max()


def test_a_high_saw_does_not_alias() -> None:
    loop = unison_loop(2_500.0, "saw", (0.0,), np.zeros(1), 0.0)[0]
    spectrum = np.abs(np.fft.rfft(loop))
    fundamental = int(np.argmax(spectrum))
    spectrum[::fundamental] = 0
    assert spectrum.max() < 1e-4 * len(loop)


def test_a_supersaw_is_wide_and_a_sub_bass_is_not() -> None:
    wide = played("supersaw", PerformedNote(0, 1, 60, 90), seconds=1)
    narrow = played("sub_bass", PerformedNote(0, 1, 36, 90), seconds=1)
    assert np.corrcoef(wide)[0, 1] < 0.8
    assert np.corrcoef(narrow)[0, 1] > 0.999


def test_the_808_bass_falls_into_its_pitch() -> None:
    sound = played("bass_808", PerformedNote(0, 1, 36, 100), seconds=1)
    assert brightness_hz(sound[:, :1_200]) > 1.3 * brightness_hz(sound[:, 8_000:20_000])


def test_a_pluck_closes_while_it_rings() -> None:
    sound = played("synth_pluck", PerformedNote(0, 1, 60, 100), seconds=1)
    assert brightness_hz(sound[:, :4_000]) > 2 * brightness_hz(sound[:, 20_000:24_000])


def test_a_riser_grows_and_brightens_over_its_note() -> None:
    sound = played("riser", PerformedNote(0, 3, 60, 100), seconds=3)
    assert level_db(sound, 2.5, 3.0) > level_db(sound, 0, 0.5) + 12
    assert brightness_hz(sound[:, -22_050:]) > 1.5 * brightness_hz(sound[:, :22_050])


def test_a_noise_sweep_closes_and_an_impact_is_loudest_at_once() -> None:
    sweep = played("noise_sweep", PerformedNote(0, 2, 60, 100), seconds=2)
    assert brightness_hz(sweep[:, :22_050]) > 2 * brightness_hz(sweep[:, 55_000:77_000])
    impact = played("impact", PerformedNote(0, 2, 36, 100), seconds=3)
    assert level_db(impact, 0, 0.5) > level_db(impact, 2, 3) + 15


@pytest.mark.parametrize("name", [*PITCHED, "reese_bass"])
def test_harder_is_louder_and_brighter(name: str) -> None:
    soft, loud = (played(name, PerformedNote(0, 0.5, 48, v), seconds=0.5) for v in (30, 120))
    assert level_db(loud) > level_db(soft) + 15
    assert brightness_hz(loud) >= 0.98 * brightness_hz(soft)
