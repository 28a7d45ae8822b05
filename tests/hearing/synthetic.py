"""Sounds whose tempo, key and pitch are known because they are made from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

RATE_HZ = 22_050

Sound = NDArray[np.float32]

MAJOR_TRIAD = (0, 4, 7)
MINOR_TRIAD = (0, 3, 7)


def silence(seconds: float) -> Sound:
    return np.zeros(round(seconds * RATE_HZ), np.float32)


def noise(seconds: float, level: float = 0.1) -> Sound:
    rng = np.random.default_rng(7)
    return (level * rng.standard_normal(round(seconds * RATE_HZ))).astype(np.float32)


def click_track(tempo_bpm: float, seconds: float = 24.0) -> Sound:
    """A short burst of noise on each beat."""
    sound = silence(seconds)
    burst = noise(0.06, 0.3) * np.exp(-np.linspace(0.0, 6.0, round(0.06 * RATE_HZ))).astype(np.float32)
    for time in np.arange(0.2, seconds - 0.1, 60.0 / tempo_bpm):
        start = round(time * RATE_HZ)
        sound[start : start + len(burst)] += burst
    return sound


def beat(tempo_bpm: float, seconds: float = 24.0, swing: float = 0.0) -> Sound:
    """Kick on one and three, snare on two and four, a hat on every eighth."""
    sound = silence(seconds)
    time = np.arange(round(0.15 * RATE_HZ)) / RATE_HZ
    kick = 0.6 * np.sin(2 * np.pi * (50 * time + 8 * np.exp(-time * 40))) * np.exp(-time * 25)
    snare = 0.3 * noise(0.15, 1.0)[: len(time)] * np.exp(-time * 30)
    hat = 0.1 * np.diff(noise(0.15, 1.0), prepend=np.float32(0))[: len(time)] * np.exp(-time * 90)
    for eighth in range(int((seconds - 0.6) * tempo_bpm / 30)):
        late = swing / 6 if eighth % 2 else 0.0
        start = round((0.2 + (eighth / 2 + late) * 60 / tempo_bpm) * RATE_HZ)
        for drum, plays in ((kick, eighth % 4 == 0), (snare, eighth % 4 == 2), (hat, True)):
            if plays:
                sound[start : start + len(drum)] += drum.astype(np.float32)
    return sound


def tone(midi_pitch: float, seconds: float, harmonics: int = 6) -> Sound:
    time = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    frequency_hz = 440.0 * 2 ** ((midi_pitch - 69) / 12)
    wave = sum(np.sin(2 * np.pi * frequency_hz * k * time) / k**1.3 for k in range(1, harmonics + 1))
    fade = np.clip(np.minimum(time, seconds - time) / 0.02, 0.0, 1.0)
    return (0.1 * wave * fade).astype(np.float32)


def chords(roots: tuple[tuple[int, tuple[int, ...]], ...], times: int = 3, cents: float = 0.0) -> Sound:
    """A loop of triads above bass notes, one second each; roots are pitch classes."""
    out = []
    for root, triad in roots * times:
        voices = [tone(60 + root % 12 + step + cents / 100, 1.0) for step in triad]
        out.append(np.sum([tone(36 + root % 12 + cents / 100, 1.0), *voices], axis=0))
    return np.concatenate(out).astype(np.float32) * np.float32(0.5)


def melody(midi_pitches: list[float], seconds: float = 0.4) -> Sound:
    return np.concatenate([tone(pitch, seconds) for pitch in midi_pitches])


TUNE = (60, 62, 64, 67, 65, 64, 62, 60)


def voice(pitches: NDArray[np.float64], seconds: float) -> Sound:
    """Pulses through three resonances, at MIDI pitches that are spread over the time."""
    count = round(seconds * RATE_HZ)
    time = np.arange(count) / RATE_HZ
    places = np.linspace(0.0, seconds, len(pitches))
    hz = 440.0 * 2 ** ((np.interp(time, places, pitches) - 69.0) / 12)
    phase = np.cumsum(hz) / RATE_HZ
    source = phase % 1 - 0.5
    made = np.zeros(count)
    for centre_hz, width_hz in ((500, 80), (1500, 120), (2500, 200)):
        radius = np.exp(-np.pi * width_hz / RATE_HZ)
        turn = 2 * np.pi * centre_hz / RATE_HZ
        made += lfilter([1 - radius], [1, -2 * radius * np.cos(turn), radius**2], source)
    syllables = np.clip(np.sin(2 * np.pi * 2 * time) + 0.6, 0, 1)
    made = made * syllables
    return (0.3 * made / np.abs(made).max()).astype(np.float32)


def sung(seconds: float = 8.0) -> Sound:
    """Notes of half a second with vibrato, and glides between them."""
    frames = round(seconds * 100)
    steps = np.repeat(np.resize(TUNE, round(2 * seconds)), 50)[:frames].astype(float)
    glided = np.convolve(np.pad(steps, 8, mode="edge"), np.ones(17) / 17, mode="valid")
    return voice(glided + 0.45 * np.sin(2 * np.pi * 5.5 * np.arange(frames) / 100), seconds)


def spoken(seconds: float = 8.0) -> Sound:
    chance = np.random.default_rng(3)
    return voice(chance.uniform(42, 55, round(seconds / 0.11)), seconds)
