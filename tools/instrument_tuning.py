"""Measure how far every instrument is from its pitch: ``python tools/instrument_tuning.py``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.engines.local.playing.player import render_part
from songwright.style.instruments import INSTRUMENTS, Family

__all__ = ["error_cents", "measured_error_cents"]

HARMONICS = 4
REACH_CENTS = 60.0


def error_cents(sound: NDArray[np.float32], midi_pitch: int) -> float | None:
    """How far a sound is above a pitch, or None where it has no clear pitch.

    The mean frequency of the power within 60 cents of each of the first four harmonics, weighted by that
    power: vibrato and sections of players average out.

    Args:
        sound: (2, frames) at 44,100 Hz; the power of both sides counts.
        midi_pitch: The pitch that is meant.
    """
    frames = sound.shape[1]
    size = 4 * frames
    power = np.sum(np.abs(np.fft.rfft(sound * np.hanning(frames), size)) ** 2, axis=0)
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    wanted = 440 * 2 ** ((midi_pitch - 69) / 12)
    total, weighted = 0.0, 0.0
    for harmonic in range(1, HARMONICS + 1):
        low, high = (wanted * harmonic * 2 ** (side * REACH_CENTS / 1200) for side in (-1, 1))
        band = slice(*np.searchsorted(frequencies, (low, high)))
        if band.stop - band.start < 8:
            continue
        loud = np.where(power[band] > 0.05 * power[band].max(), power[band], 0)
        cents = 1200 * np.log2(frequencies[band] / (wanted * harmonic))
        total += float(loud.sum())
        weighted += float((loud * cents).sum())
    return weighted / total if total > 0.03 * power.sum() else None


def measured_error_cents(name: str, midi_pitch: int) -> float | None:
    """How far one note of an instrument is above its pitch."""
    out = np.zeros((2, round(1.5 * SAMPLE_RATE_HZ)), np.float32)
    note = PerformedNote(0.0, 1.5, midi_pitch, 90)
    render_part(PerformedPart("tuning", name, "other", (note,)), out)
    return error_cents(out[:, round(0.12 * SAMPLE_RATE_HZ) :], midi_pitch)


if __name__ == "__main__":
    for instrument_name, facts in INSTRUMENTS.items():
        if facts.family in {Family.KIT, Family.EFFECT}:
            continue
        pitches = range(facts.low, facts.high + 1, 4)
        errors = {pitch: measured_error_cents(instrument_name, pitch) for pitch in pitches}
        clear = {pitch: error for pitch, error in errors.items() if error is not None}
        worst = max(clear, key=lambda pitch: abs(clear[pitch]))
        print(
            f"{instrument_name:24s} median {np.median(list(clear.values())):6.1f} cents, "
            f"worst {clear[worst]:6.1f} at {worst}, {len(errors) - len(clear)} without clear pitch"
        )
