"""Measure every instrument at the reference velocity: ``python tools/instrument_levels.py``."""

from __future__ import annotations

import math

import numpy as np

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.engines.local.playing.player import render_part
from songwright.style.instruments import INSTRUMENTS, REFERENCE_DBFS, REFERENCE_VELOCITY, Family, Instrument

__all__ = ["measured_dbfs", "measured_gain_db"]

BASS_DRUM, SNARE = 36, 38


def reference_pitches(facts: Instrument) -> tuple[int, ...]:
    """The pitches over which an instrument is levelled: five in the middle half of its range."""
    if facts.is_kit:
        return BASS_DRUM, SNARE
    quarter = (facts.high - facts.low) / 4
    return tuple(round(facts.low + quarter + quarter * step / 2) for step in range(5))


def measured_dbfs(name: str) -> float:
    """The level of an instrument as ``REFERENCE_DBFS`` defines it."""
    facts = INSTRUMENTS[name]
    frames = round((0.2 if facts.is_kit else 0.5) * SAMPLE_RATE_HZ)
    effect = facts.family is Family.EFFECT
    powers = []
    for pitch in reference_pitches(facts):
        out = np.zeros((2, 4 * frames if effect else frames), np.float32)
        note = PerformedNote(0.0, 2.0, pitch, REFERENCE_VELOCITY)
        render_part(PerformedPart("level", name, "other", (note,)), out)
        windows = np.mean(out.astype(np.float64).reshape(2, -1, frames) ** 2, axis=(0, 2))
        powers.append(float(windows.max()))
    return 10 * math.log10(max(np.mean(powers), 1e-12))


def measured_gain_db(name: str) -> float:
    """The gain that is missing to the reference."""
    return REFERENCE_DBFS - measured_dbfs(name)


if __name__ == "__main__":
    for instrument_name in INSTRUMENTS:
        print(f"{instrument_name:24s} {measured_dbfs(instrument_name):7.2f} dBFS")
