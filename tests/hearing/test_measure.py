from __future__ import annotations

import time

import numpy as np
import pytest
from tests.hearing.synthetic import MAJOR_TRIAD, RATE_HZ, beat, chords, melody, noise, silence

from songwright.hearing.measure import measure
from songwright.hearing.pitch import WantedNote
from songwright.music.measured import Measured
from songwright.music.song import Loudness

SONG = chords(((2, MAJOR_TRIAD), (7, MAJOR_TRIAD), (9, MAJOR_TRIAD), (2, MAJOR_TRIAD)), times=6)
SONG = SONG + beat(120, 24.0)[: len(SONG)]


def test_a_song_is_put_into_numbers() -> None:
    measured = measure(np.stack([SONG, SONG]), RATE_HZ)
    assert measured.duration_seconds == pytest.approx(24.0)
    assert measured.tempo_bpm == pytest.approx(120, rel=0.005)
    assert measured.key == "D major"
    assert measured.integrated_lufs is not None
    assert measured.clicks == 0
    assert Measured.model_validate_json(measured.model_dump_json()) == measured


def test_the_sample_rate_makes_no_difference_to_what_is_heard() -> None:
    import soxr

    faster = measure(soxr.resample(SONG, RATE_HZ, 48_000), 48_000)
    slower = measure(SONG, RATE_HZ)
    assert faster.tempo_bpm == pytest.approx(slower.tempo_bpm, rel=0.002)
    assert faster.key == slower.key


def test_24_bit_integers_are_heard_as_the_floats_they_stand_for() -> None:
    floats = measure(np.round(SONG * 2**23) / 2**23, RATE_HZ)
    assert measure(np.round(SONG * 2**23).astype(np.int32), RATE_HZ) == floats


def test_the_same_sound_is_heard_the_same_way_twice() -> None:
    assert measure(SONG, RATE_HZ, SONG) == measure(SONG.copy(), RATE_HZ, SONG.copy())


def test_a_vocal_stem_is_compared_with_its_score() -> None:
    pitches = [60.0, 62.0, 64.0, 67.0, 65.0, 64.0, 62.0, 60.0]
    vocals = melody([pitch + 0.1 for pitch in pitches], 0.5)
    notes = [WantedNote(0.5 * number, 0.5, pitch, "la") for number, pitch in enumerate(pitches)]
    heard = measure(vocals, RATE_HZ, vocals, notes=notes).vocals
    assert heard is not None
    assert heard.median_error_cents == pytest.approx(10, abs=2)
    assert heard.within_50_cents is not None
    assert heard.within_50_cents > 0.97
    assert heard.lowest_midi_pitch == pytest.approx(60.1, abs=0.3)


def test_a_loudness_that_is_known_is_taken_as_it_is() -> None:
    known = Loudness(integrated_lufs=-14.0, true_peak_dbtp=-1.5)
    assert measure(SONG, RATE_HZ, loudness=known).integrated_lufs == -14.0


@pytest.mark.parametrize(
    "sound",
    [
        silence(0),
        silence(0.001),
        silence(30),
        noise(20),
        noise(0.3),
        np.ones(3, np.float32),
        np.ones(RATE_HZ * 5, np.float32),
        np.full(RATE_HZ, np.nan, np.float32),
        np.zeros((2, 0), np.float32),
    ],
    ids=[
        "nothing",
        "an instant",
        "silence",
        "noise",
        "a fragment",
        "three samples",
        "a constant",
        "NaN",
        "2x0",
    ],
)
def test_what_is_no_music_is_measured_without_claims(sound: np.ndarray) -> None:
    measured = measure(sound, RATE_HZ, sound)
    assert measured.tempo_bpm is None
    assert measured.key is None
    assert measured.vocals is not None
    assert measured.vocals.sung_share < 0.05


@pytest.mark.parametrize("shape", [(2, 2, 100), (1_000, 2)])
def test_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        measure(np.zeros(shape, np.float32), RATE_HZ)


def test_three_minutes_are_measured_in_a_few_seconds() -> None:
    song = np.tile(np.repeat(np.stack([SONG, SONG]), 2, axis=1), 8)[:, : 180 * 44_100]
    started = time.process_time()
    measure(song, 44_100)
    assert time.process_time() - started < 4.0
