"""Drum machines: analogue drums rebuilt from swept sines, tuned squares and filtered noise.

After the circuits of the Roland TR-808 and TR-909: the bass drum is a damped resonator whose pitch falls,
the snare two resonators and noise, the cymbals six square waves at unrelated pitches through a high pass,
the clap four bursts of noise.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft
from scipy.signal import butter, sosfilt

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote
from songwright.engines.local.playing.voice import Layer
from songwright.engines.local.playing.waveforms import Signal, decaying
from songwright.engines.local.randomness import stream

__all__ = ["MACHINES", "DrumMachineVoice"]


_HATS = frozenset({42, 44, 46})
_TOM_KEYS = {41: 0, 43: 1, 45: 2, 47: 3, 48: 4, 50: 5}
_SOFT_CUTOFF_HZ, _LOUD_CUTOFF_HZ = 6_000.0, 18_000.0
_VELOCITY_STEP = 32
_METAL_HZ = (205.3, 304.4, 369.6, 522.7, 540.0, 800.0)
"""The 808's six oscillators, from its service notes."""
_METAL_FRAMES = 2**17


@dataclass(frozen=True, slots=True)
class Machine:
    """What one machine's drums are like. Times are of a fall by 60 dB.

    Attributes:
        gain_db: Brings it to ``REFERENCE_DBFS``.
        kick_hz: Pitch that the bass drum settles on.
        kick_drop: How many times higher it starts.
        kick_drop_seconds: Time constant of the fall.
        kick_seconds: Its length.
        kick_click: Level of the beater.
        snare_hz: Pitches of the snare's two resonators.
        snare_tone_seconds: Their length.
        snare_noise_seconds: Length of the wires.
        snare_noise: Level of the wires.
        tom_hz: Pitch of the lowest tom.
        tom_seconds: Its length.
        hat_seconds: Lengths of closed and open hi-hat.
        metal: Share of the tuned squares in cymbals; noise is the rest.
        drive: Saturation.
        cutoff_hz: Where an old sampler's top ends; None for full range.
        bits: Resolution of an old sampler; None for full.
    """

    gain_db: float
    kick_hz: float
    kick_drop: float
    kick_drop_seconds: float
    kick_seconds: float
    kick_click: float
    snare_hz: tuple[float, float]
    snare_tone_seconds: float
    snare_noise_seconds: float
    snare_noise: float
    tom_hz: float
    tom_seconds: float
    hat_seconds: tuple[float, float]
    metal: float
    drive: float
    cutoff_hz: float | None = None
    bits: int | None = None


MACHINES = {
    "tr808_kit": Machine(
        gain_db=-3.9,
        kick_hz=49.0,
        kick_drop=2.6,
        kick_drop_seconds=0.009,
        kick_seconds=0.95,
        kick_click=0.12,
        snare_hz=(178.0, 331.0),
        snare_tone_seconds=0.16,
        snare_noise_seconds=0.26,
        snare_noise=0.75,
        tom_hz=82.0,
        tom_seconds=0.5,
        hat_seconds=(0.085, 0.62),
        metal=1.0,
        drive=0.5,
    ),
    "tr909_kit": Machine(
        gain_db=-3.2,
        kick_hz=51.0,
        kick_drop=5.5,
        kick_drop_seconds=0.018,
        kick_seconds=0.48,
        kick_click=0.35,
        snare_hz=(185.0, 288.0),
        snare_tone_seconds=0.13,
        snare_noise_seconds=0.3,
        snare_noise=1.0,
        tom_hz=90.0,
        tom_seconds=0.38,
        hat_seconds=(0.11, 0.5),
        metal=0.45,
        drive=1.3,
    ),
    "lofi_kit": Machine(
        gain_db=-3.4,
        kick_hz=56.0,
        kick_drop=3.2,
        kick_drop_seconds=0.014,
        kick_seconds=0.36,
        kick_click=0.25,
        snare_hz=(196.0, 300.0),
        snare_tone_seconds=0.15,
        snare_noise_seconds=0.22,
        snare_noise=0.7,
        tom_hz=88.0,
        tom_seconds=0.34,
        hat_seconds=(0.07, 0.34),
        metal=0.3,
        drive=2.2,
        cutoff_hz=7_500.0,
        bits=10,
    ),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """What a drum's recipe may draw on: its machine, and chance of its own for each take."""

    machine: Machine
    key: int
    chance: np.random.Generator
    tune: float
    length: float

    def seconds(self, seconds: float) -> int:
        """A length in frames, varied by the take."""
        return int(seconds * self.length * SAMPLE_RATE_HZ)

    def noise(self, frames: int) -> Signal:
        """(2, frames) of white noise, different on both sides."""
        return self.chance.standard_normal((2, frames), np.float32) * np.float32(0.35)


class DrumMachineVoice:
    """A drum machine, ready to play.

    Args:
        name: A key of ``MACHINES``.
    """

    variations = 4

    def __init__(self, name: str) -> None:
        self._name = name
        self._machine = MACHINES[name]

    def level(self, velocity: int) -> float:
        """The amplitude of a velocity: as the sampled kits follow it."""
        return float(10 ** (self._machine.gain_db / 20)) * (velocity / 127) ** 2

    def timbre(self, note: PerformedNote) -> Hashable:
        """Velocity brightens in steps."""
        return note.velocity // _VELOCITY_STEP

    def exclusive_class(self, midi_pitch: int) -> int:
        """1 for the hi-hats."""
        return int(midi_pitch in _HATS)

    def release_seconds(self, note: PerformedNote) -> float:
        """Long enough for what is left of a hit."""
        del note
        return 1.0

    def strike(
        self, note: PerformedNote, variation: int, frames: int, bend: NDArray[np.float64] | None
    ) -> tuple[Layer, ...]:
        """Sound one hit; see ``Voice.strike``. Drums do not bend."""
        del bend
        hit = _hit(self._name, note.midi_pitch, variation)[:, :frames]
        step = note.velocity // _VELOCITY_STEP
        cutoff = _SOFT_CUTOFF_HZ * (_LOUD_CUTOFF_HZ / _SOFT_CUTOFF_HZ) ** (step / 3)
        return (Layer(_pass("lowpass", cutoff, hit, order=1), 1.0),)


@lru_cache(maxsize=64)
def _hit(name: str, key: int, variation: int) -> Signal:
    """One take of one drum, (2, frames); a pitch without a drum is silent. The cache holds 20 MB at most."""
    recipe = _RECIPES.get(key)
    if recipe is None:
        return np.zeros((2, 1), np.float32)
    chance = stream("drum machine", name, key, variation)
    tune = 1 + (float(chance.uniform(-0.006, 0.006)) if variation else 0.0)
    length = 1 + (float(chance.uniform(-0.05, 0.05)) if variation else 0.0)
    machine = MACHINES[name]
    sound = _saturated(recipe(Hit(machine, key, chance, tune, length)), machine.drive)
    if machine.cutoff_hz is not None:
        sound = _pass("lowpass", machine.cutoff_hz, sound, order=4)
    if machine.bits is not None:
        steps = np.float32(2 ** (machine.bits - 1))
        sound = np.asarray(np.round(sound * steps) / steps, np.float32)
    fade = min(sound.shape[1], 600)
    sound[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return sound


def _saturated(sound: Signal, drive: float) -> Signal:
    amount = np.float32(1 + drive)
    saturated: Signal = np.tanh(sound * amount) / np.float32(np.tanh(amount))
    return saturated


def _pass(
    kind: Literal["lowpass", "highpass", "bandpass"],
    hertz: float | tuple[float, float],
    sound: Signal,
    order: int = 2,
) -> Signal:
    sections = butter(order, hertz, kind, fs=SAMPLE_RATE_HZ, output="sos").astype(np.float32)
    filtered: Signal = sosfilt(sections, sound)
    return filtered


def _falling_sine(hertz: float, drop: float, drop_seconds: float, frames: int) -> Signal:
    """A sine that starts ``drop`` times too high and settles, from a zero crossing."""
    seconds = np.arange(frames) / SAMPLE_RATE_HZ
    # The phase is the frequency's integral in closed form.
    turns = hertz * (seconds + (drop - 1) * drop_seconds * (1 - np.exp(-seconds / drop_seconds)))
    wave: Signal = np.sin(2 * np.pi * turns).astype(np.float32)
    return wave


def _panned(sound: Signal, position: float) -> Signal:
    angle = (position + 1) * np.pi / 4
    gains = np.array([[np.cos(angle)], [np.sin(angle)]], np.float32) * np.float32(np.sqrt(2))
    stereo: Signal = sound * gains
    return stereo


def _kick(hit: Hit) -> Signal:
    machine = hit.machine
    frames = hit.seconds(machine.kick_seconds)
    body = _falling_sine(machine.kick_hz * hit.tune, machine.kick_drop, machine.kick_drop_seconds, frames)
    body *= decaying(frames, machine.kick_seconds)
    short = min(frames, 400)
    click = hit.chance.standard_normal(short, np.float32) * decaying(short, 0.006)
    body[:short] += np.float32(machine.kick_click) * click
    return _panned(body, 0.0)


def _snare(hit: Hit) -> Signal:
    machine = hit.machine
    frames = hit.seconds(machine.snare_noise_seconds * 1.25)
    tone = np.zeros(frames, np.float32)
    for number, hertz in enumerate(machine.snare_hz):
        resonator = _falling_sine(hertz * hit.tune, 1.7, 0.006, frames)
        tone += resonator * decaying(frames, machine.snare_tone_seconds) * np.float32(0.62 - 0.2 * number)
    wires = _pass("highpass", 1_100.0, hit.noise(frames)) * decaying(frames, machine.snare_noise_seconds)
    return _panned(tone, 0.0) + wires * np.float32(machine.snare_noise)


def _rim(hit: Hit) -> Signal:
    frames = hit.seconds(0.07)
    tone = _falling_sine(1_667.0 * hit.tune, 1.0, 0.01, frames) + _falling_sine(
        455.0 * hit.tune, 1.0, 0.01, frames
    )
    snap = _pass("bandpass", (1_200.0, 6_000.0), hit.noise(frames)[:1]) * decaying(frames, 0.012)
    return _panned(tone * decaying(frames, 0.045) * np.float32(0.55) + snap[0], -0.15)


def _clap(hit: Hit) -> Signal:
    frames = hit.seconds(0.45)
    envelope = np.zeros(frames, np.float32)
    for burst in range(4):
        start = int((burst * 0.0105 + float(hit.chance.uniform(0, 0.0015))) * SAMPLE_RATE_HZ)
        length = 0.022 if burst < 3 else 0.32
        np.maximum(envelope[start:], decaying(frames - start, length), out=envelope[start:])
    hands = _pass("bandpass", (850.0, 2_600.0), hit.noise(frames)) * np.float32(2.6)
    air = _pass("highpass", 2_600.0, hit.noise(frames)) * np.float32(0.35)
    return (hands + air) * envelope


def _tom(hit: Hit) -> Signal:
    step = _TOM_KEYS[hit.key]
    hertz = hit.machine.tom_hz * 2 ** (step * 3 / 12) * hit.tune
    length = hit.machine.tom_seconds * (1 - 0.07 * step)
    frames = hit.seconds(length * 1.2)
    skin = _falling_sine(hertz, 1.6, 0.022, frames) * decaying(frames, length)
    slap = _pass("lowpass", 3_000.0, hit.noise(frames)[0]) * decaying(frames, 0.05)
    return _panned(skin * np.float32(0.9) + slap * np.float32(0.3), 0.5 - step * 0.2)


@lru_cache(maxsize=4)
def _metal(tune: float) -> Signal:
    """The six squares as a band-limited loop, (2, frames): the sides hear the oscillators out of phase."""
    spectrum = np.zeros((2, _METAL_FRAMES // 2 + 1), np.complex64)
    phases = stream("drum machine", "metal").random((2, len(_METAL_HZ)))
    for number, hertz in enumerate(_METAL_HZ):
        cycles = round(hertz * tune * _METAL_FRAMES / SAMPLE_RATE_HZ)
        harmonics = np.arange(1, int(19_500 / (hertz * tune)) + 1, 2)
        for side in range(2):
            spectrum[side, harmonics * cycles] += (
                np.exp(2j * np.pi * harmonics * phases[side, number]) / harmonics
            )
    return np.asarray(irfft(spectrum * np.float32(_METAL_FRAMES / 6), _METAL_FRAMES), np.float32)


def _cymbal(hit: Hit, seconds: float, low_hz: float, tune: float, noise: float) -> Signal:
    frames = hit.seconds(seconds * 1.2)
    start = int(hit.chance.integers(0, _METAL_FRAMES // 2))
    metal = np.roll(_metal(tune), -start, axis=1)
    metal = np.tile(metal, -(-frames // _METAL_FRAMES))[:, :frames]
    share = np.float32(hit.machine.metal)
    mix = metal * share * np.float32(1.5) + hit.noise(frames) * (1 - share + np.float32(noise))
    bright = _pass("highpass", low_hz, mix, order=3)
    return bright * decaying(frames, seconds)


def _closed_hat(hit: Hit) -> Signal:
    return _cymbal(hit, hit.machine.hat_seconds[0] * (0.8 if hit.key == 44 else 1.0), 7_000.0, 1.0, 0.25)


def _open_hat(hit: Hit) -> Signal:
    return _cymbal(hit, hit.machine.hat_seconds[1], 6_500.0, 1.0, 0.25)


def _crash(hit: Hit) -> Signal:
    tune = 1.0 if hit.key == 49 else 1.13
    wash = _cymbal(hit, 2.2, 3_500.0, tune, 0.7)
    frames = wash.shape[1]
    return wash + _pass("bandpass", (2_000.0, 9_000.0), hit.noise(frames)) * decaying(frames, 0.5)


def _ride(hit: Hit) -> Signal:
    wash = _cymbal(hit, 1.3, 5_000.0, 1.21, 0.2) * np.float32(0.6)
    frames = wash.shape[1]
    bell = _falling_sine((3_300.0 if hit.key != 53 else 2_600.0) * hit.tune, 1.0, 0.01, frames)
    strength = np.float32(0.5 if hit.key == 53 else 0.18)
    return wash + _panned(bell * decaying(frames, 0.35) * strength, 0.25)


def _cowbell(hit: Hit) -> Signal:
    frames = hit.seconds(0.4)
    seconds = np.arange(frames) / SAMPLE_RATE_HZ
    tone = np.zeros(frames)
    for hertz in (540.0, 800.0):
        for harmonic in range(1, 22, 2):
            tone += np.sin(2 * np.pi * hertz * hit.tune * harmonic * seconds) / harmonic
    shape = 0.6 * decaying(frames, 0.06) + 0.4 * decaying(frames, 0.38)
    bell = _pass("bandpass", (500.0, 4_500.0), (tone * 0.7).astype(np.float32))
    return _panned(np.asarray(bell * shape, np.float32), 0.2)


def _shaker(hit: Hit) -> Signal:
    frames = hit.seconds(0.11)
    rise = np.minimum(np.arange(frames, dtype=np.float32) / np.float32(0.018 * SAMPLE_RATE_HZ), 1)
    grains = _pass("highpass", 5_200.0, hit.noise(frames))
    return np.asarray(grains * (rise * decaying(frames, 0.1)), np.float32)


def _tambourine(hit: Hit) -> Signal:
    frames = hit.seconds(0.3)
    jingles = _pass("bandpass", (6_500.0, 14_000.0), hit.noise(frames)) * np.float32(1.4)
    fall = decaying(frames, 0.06) + np.float32(0.35) * decaying(frames, 0.28)
    return np.asarray(jingles * fall, np.float32)


_HAND_DRUM_HZ = {60: 398.0, 61: 300.0, 62: 330.0, 63: 322.0, 64: 214.0, 65: 290.0, 66: 220.0}


def _hand_drum(hit: Hit) -> Signal:
    muted = hit.key == 62
    length = 0.11 if muted else 0.32
    frames = hit.seconds(length * 1.2)
    skin = _falling_sine(_HAND_DRUM_HZ[hit.key] * hit.tune, 1.18, 0.012, frames) * decaying(frames, length)
    slap = _pass("bandpass", (900.0, 5_000.0), hit.noise(frames)[0]) * decaying(frames, 0.022)
    return _panned(skin * np.float32(0.8) + slap * np.float32(0.6), -0.3 if hit.key % 2 else 0.3)


_STICK_HZ = {67: 1_130.0, 68: 850.0, 75: 2_500.0, 76: 1_220.0, 77: 880.0, 80: 4_400.0, 81: 4_400.0}


def _stick(hit: Hit) -> Signal:
    length = {67: 0.25, 68: 0.3, 80: 0.12, 81: 1.2}.get(hit.key, 0.06)
    frames = hit.seconds(length * 1.2)
    hertz = _STICK_HZ[hit.key] * hit.tune
    tone = _falling_sine(hertz, 1.0, 0.01, frames) + np.float32(0.4) * _falling_sine(
        hertz * 2.63, 1.0, 0.01, frames
    )
    return _panned(tone * decaying(frames, length) * np.float32(0.6), 0.35)


_RECIPES: dict[int, Callable[[Hit], Signal]] = {
    **dict.fromkeys((35, 36), _kick),
    37: _rim,
    **dict.fromkeys((38, 40), _snare),
    39: _clap,
    **dict.fromkeys(_TOM_KEYS, _tom),
    **dict.fromkeys((42, 44), _closed_hat),
    46: _open_hat,
    **dict.fromkeys((49, 52, 55, 57), _crash),
    **dict.fromkeys((51, 53, 59), _ride),
    54: _tambourine,
    56: _cowbell,
    **dict.fromkeys(_HAND_DRUM_HZ, _hand_drum),
    **dict.fromkeys((69, 70), _shaker),
    **dict.fromkeys(_STICK_HZ, _stick),
}
