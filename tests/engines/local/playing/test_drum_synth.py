import numpy as np
import pytest
from tests.engines.local.playing.playing_help import brightness_hz, level_db, played

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.drum_synth import MACHINES
from songwright.engines.local.playing.performed_notes import PerformedNote

KEYS = (
    35,
    36,
    37,
    38,
    39,
    40,
    41,
    42,
    43,
    44,
    45,
    46,
    47,
    48,
    49,
    50,
    51,
    53,
    54,
    56,
    57,
    60,
    62,
    63,
    64,
    70,
    75,
    76,
)


def hit(machine: str, key: int, velocity: int = 100, seconds: float = 0.6) -> np.ndarray:
    return played(machine, PerformedNote(0, 0.1, key, velocity), seconds=seconds)


@pytest.mark.parametrize("machine", MACHINES)
def test_every_drum_sounds_and_none_runs_away(machine: str) -> None:
    for key in KEYS:
        sound = hit(machine, key)
        assert level_db(sound, 0, 0.1) > -50, key
        assert np.abs(sound).max() < 1.2, key
        assert np.isfinite(sound).all()


@pytest.mark.parametrize("machine", MACHINES)
def test_the_bass_drum_is_low_the_snare_between_and_the_hat_high(machine: str) -> None:
    bass_drum, snare, hat = (brightness_hz(hit(machine, key)) for key in (36, 38, 42))
    assert bass_drum < 200 < snare < hat
    assert hat > 4_000


@pytest.mark.parametrize("machine", MACHINES)
def test_the_bass_drum_settles_on_its_pitch(machine: str) -> None:
    settled = hit(machine, 36)[0, 4_000:14_000]
    spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled)), 2**18))
    peak_hz = np.argmax(spectrum) * SAMPLE_RATE_HZ / 2**18
    assert peak_hz == pytest.approx(MACHINES[machine].kick_hz, rel=0.08)


@pytest.mark.parametrize("machine", MACHINES)
def test_toms_rise_with_their_keys(machine: str) -> None:
    centres = []
    for key in (41, 43, 45, 47, 48, 50):
        sound = hit(machine, key)[:, 3_000:12_000]
        spectrum = np.sum(np.abs(np.fft.rfft(sound * np.hanning(sound.shape[1]), 2**17)), axis=0)
        centres.append(int(np.argmax(spectrum)))
    assert centres == sorted(set(centres))


@pytest.mark.parametrize("machine", MACHINES)
def test_an_open_hat_rings_longer_than_a_closed_one(machine: str) -> None:
    assert level_db(hit(machine, 46), 0.15, 0.3) > level_db(hit(machine, 42), 0.15, 0.3) + 15


@pytest.mark.parametrize("machine", MACHINES)
def test_a_drum_starts_at_once_and_ends_in_silence(machine: str) -> None:
    for key in (36, 38, 42):
        sound = np.abs(hit(machine, key, seconds=2.0)).max(axis=0)
        assert np.argmax(sound) < 0.02 * SAMPLE_RATE_HZ
        assert sound[-2_000:].max() < 1e-3
