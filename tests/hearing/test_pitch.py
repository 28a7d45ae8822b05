from __future__ import annotations

import numpy as np
import pytest
from tests.hearing.synthetic import melody, noise, silence, tone

from songwright.hearing.pitch import (
    WantedNote,
    hear_pitch,
    pitch_error,
    vowel_onset_errors_seconds,
)

PITCHES = [57.0, 60.0, 64.0, 62.0, 69.0, 72.0, 67.0, 52.0, 55.0, 74.0]
NOTE_SECONDS = 0.4


def notes(shift_seconds: float = 0.0) -> list[WantedNote]:
    return [
        WantedNote(number * NOTE_SECONDS + shift_seconds, NOTE_SECONDS, pitch, "la")
        for number, pitch in enumerate(PITCHES)
    ]


@pytest.mark.parametrize("cents", [-60.0, -20.0, 0.0, 10.0, 30.0])
def test_the_error_in_cents_of_a_melody_is_measured(cents: float) -> None:
    heard = hear_pitch(melody([pitch + cents / 100 for pitch in PITCHES], NOTE_SECONDS))
    error = pitch_error(heard, notes())
    assert error is not None
    assert error.median_cents == pytest.approx(cents, abs=2)
    assert (error.within_50_cents > 0.97) == (abs(cents) < 50)


@pytest.mark.parametrize("harmonics", [1, 2, 12])
def test_no_octave_is_mistaken_whatever_the_timbre(harmonics: int) -> None:
    for pitch in (45, 52, 60, 69, 78, 83):
        midi = hear_pitch(tone(pitch, 0.5, harmonics)).midi_pitch
        assert np.nanmax(np.abs(midi - pitch)) < 0.2


def test_vibrato_is_followed() -> None:
    time = np.arange(22_050) / 22_050
    wanted = 64 + 0.4 * np.sin(2 * np.pi * 5.5 * time)
    phase = 2 * np.pi * np.cumsum(440 * 2 ** ((wanted - 69) / 12)) / 22_050
    heard = hear_pitch((0.2 * (np.sin(phase) + 0.5 * np.sin(2 * phase))).astype(np.float32)).midi_pitch
    assert np.nanmax(heard) - np.nanmin(heard) == pytest.approx(0.8, abs=0.15)


@pytest.mark.parametrize("sound", [silence(3), noise(3), silence(0), noise(0.001)])
def test_nothing_is_sung_in_noise_or_silence(sound: np.ndarray) -> None:
    heard = hear_pitch(sound)
    assert heard.voiced.sum() <= 2
    assert pitch_error(hear_pitch(silence(2)), notes()) is None


@pytest.mark.parametrize("late_seconds", [-0.06, -0.02, 0.0, 0.05])
def test_late_and_early_vowels_are_told(late_seconds: float) -> None:
    gaps = [np.concatenate([silence(0.15), tone(pitch, 0.35)]) for pitch in PITCHES]
    sound = np.concatenate(gaps)
    wanted = [
        WantedNote(number * 0.5 + 0.15 - late_seconds, 0.35, pitch, "ta")
        for number, pitch in enumerate(PITCHES)
    ]
    errors = vowel_onset_errors_seconds(sound, hear_pitch(sound), wanted)
    assert len(errors) >= len(PITCHES) - 1
    assert np.median(errors) == pytest.approx(late_seconds, abs=0.015)


@pytest.mark.parametrize("syllable", ["la", "a", "we", "stray", ""])
def test_a_vowel_that_no_stop_or_hiss_precedes_has_no_instant_of_onset(syllable: str) -> None:
    sound = np.concatenate([silence(0.5), tone(60, 0.5)])
    wanted = [WantedNote(0.5, 0.5, 60, syllable)]
    assert len(vowel_onset_errors_seconds(sound, hear_pitch(sound), wanted)) == 0
