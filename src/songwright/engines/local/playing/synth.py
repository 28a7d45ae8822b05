"""Synthesised instruments: unison saws and squares through a swept filter, and a few of their own kind."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import sosfilt

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote
from songwright.engines.local.playing.swept_filters import lowpass_sections, swept_lowpass
from songwright.engines.local.playing.voice import Layer, Voice
from songwright.engines.local.playing.waveforms import Shape, Signal, decaying, read_along, unison_loop
from songwright.engines.local.randomness import stream
from songwright.style.instruments import Instrument

__all__ = ["synth_voice"]

Curve = NDArray[np.float64]

_BRIGHTNESS_STEP = 16
_BRIGHTNESS_CENTS = -1_500.0
_OPEN_CENTS = 13_500.0


@dataclass(frozen=True, slots=True)
class Patch:
    """A subtractive sound.

    Attributes:
        gain_db: Brings it to ``REFERENCE_DBFS``.
        detune_cents: One number for each voice.
        spread: Stereo width of the voices, 0..1.
        attack_seconds: Linear rise.
        decay_seconds: Time of a fall by 60 dB toward ``sustain``.
        sustain: 0..1, amplitude that remains.
        release_seconds: Time of a fall by 96 dB after note-off.
        cutoff_cents: Of the filter at rest above 8.176 Hz, for MIDI pitch 60 at velocity 127.
        follow: How much of the pitch the cutoff follows, 0..1.
        sweep_cents: How far the filter opens when the note starts.
        sweep_attack_seconds: How soon it is open.
        sweep_decay_seconds: Time constant with which it closes.
        resonance_db: Of the filter.
        drive: Amount of saturation, 0 for none.
        octave_below: Level of a sine one octave below.
    """

    gain_db: float
    shape: Shape = "saw"
    detune_cents: tuple[float, ...] = (0.0,)
    spread: float = 0.0
    attack_seconds: float = 0.003
    decay_seconds: float = 1.0
    sustain: float = 1.0
    release_seconds: float = 0.3
    cutoff_cents: float = _OPEN_CENTS
    follow: float = 0.5
    sweep_cents: float = 0.0
    sweep_attack_seconds: float = 0.0
    sweep_decay_seconds: float = 0.2
    resonance_db: float = 0.0
    drive: float = 0.0
    octave_below: float = 0.0


_SEVEN = (0.0, -6.0, 6.5, -13.0, 13.5, -21.0, 20.0)
PATCHES: dict[str, Patch] = {
    "supersaw": Patch(
        gain_db=-7.8,
        detune_cents=_SEVEN,
        spread=0.9,
        attack_seconds=0.004,
        release_seconds=0.4,
        cutoff_cents=13_300,
    ),
    "saw_pad": Patch(
        gain_db=-4.6,
        detune_cents=(-11.0, -4.0, 4.5, 10.0),
        spread=1.0,
        attack_seconds=0.25,
        release_seconds=1.8,
        cutoff_cents=9_000,
        sweep_cents=900,
        sweep_attack_seconds=0.6,
        sweep_decay_seconds=2.5,
        resonance_db=2,
    ),
    "synth_pluck": Patch(
        gain_db=1.3,
        detune_cents=(0.0, -8.0, 8.0),
        spread=0.6,
        attack_seconds=0.002,
        decay_seconds=1.3,
        sustain=0.0,
        release_seconds=0.5,
        cutoff_cents=7_900,
        sweep_cents=4_200,
        sweep_decay_seconds=0.11,
        resonance_db=4,
    ),
    "square_pluck": Patch(
        gain_db=3.2,
        shape="square",
        detune_cents=(-4.0, 4.0),
        spread=0.4,
        attack_seconds=0.002,
        decay_seconds=0.9,
        sustain=0.0,
        release_seconds=0.4,
        cutoff_cents=8_300,
        sweep_cents=3_600,
        sweep_decay_seconds=0.08,
        resonance_db=2,
    ),
    "sub_bass": Patch(
        gain_db=-3.8, shape="sine", attack_seconds=0.008, release_seconds=0.16, drive=0.6, cutoff_cents=8_500
    ),
    "reese_bass": Patch(
        gain_db=-3.5,
        detune_cents=(-19.0, 19.0, -6.0),
        spread=0.25,
        attack_seconds=0.006,
        release_seconds=0.2,
        cutoff_cents=7_600,
        resonance_db=3,
        drive=0.8,
        octave_below=0.5,
    ),
    "acid_bass": Patch(
        gain_db=1.2,
        attack_seconds=0.002,
        decay_seconds=2.5,
        sustain=0.5,
        release_seconds=0.1,
        cutoff_cents=6_300,
        sweep_cents=3_300,
        sweep_decay_seconds=0.12,
        resonance_db=15,
        drive=1.2,
    ),
}


class PatchVoice:
    """A subtractive patch, ready to play."""

    variations = 2

    def __init__(self, facts: Instrument) -> None:
        self._name = facts.name
        self._patch = PATCHES[facts.name]

    def level(self, velocity: int) -> float:
        """The amplitude of a velocity: as the sampled instruments follow it."""
        return float(10 ** (self._patch.gain_db / 20)) * (velocity / 127) ** 2

    def timbre(self, note: PerformedNote) -> Hashable:
        """Velocity opens the filter in steps."""
        return note.velocity // _BRIGHTNESS_STEP

    def exclusive_class(self, midi_pitch: int) -> int:
        """None."""
        del midi_pitch
        return 0

    def release_seconds(self, note: PerformedNote) -> float:
        """The patch's."""
        del note
        return self._patch.release_seconds

    def strike(
        self, note: PerformedNote, variation: int, frames: int, bend: Curve | None
    ) -> tuple[Layer, ...]:
        """Sound one note; see ``Voice.strike``."""
        patch = self._patch
        loop = _loop(self._name, note.midi_pitch, variation)
        if patch.sustain < 0.001:
            frames = min(frames, int((patch.attack_seconds + 1.4 * patch.decay_seconds) * SAMPLE_RATE_HZ))
        if bend is None:
            turns = -(-frames // loop.shape[1])
            sound = np.tile(loop, turns)[:, :frames]
        else:
            sound = read_along(loop, loop, np.exp2(bend[:frames] / 12))
        frames = sound.shape[1]
        sound = self._filtered(sound, note)
        if patch.drive:
            sound = np.tanh(sound * np.float32(1 + patch.drive)) * np.float32(1 / (1 + patch.drive))
        envelope = decaying(frames, patch.decay_seconds) * np.float32(1 - patch.sustain) + np.float32(
            patch.sustain
        )
        rise = min(frames, max(1, int(patch.attack_seconds * SAMPLE_RATE_HZ)))
        envelope[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        return (Layer(sound * envelope, patch.release_seconds),)

    def _filtered(self, sound: Signal, note: PerformedNote) -> Signal:
        patch = self._patch
        softness = 1 - (note.velocity // _BRIGHTNESS_STEP * _BRIGHTNESS_STEP + _BRIGHTNESS_STEP / 2) / 127
        rest = patch.cutoff_cents + patch.follow * 100 * (note.midi_pitch - 60) + _BRIGHTNESS_CENTS * softness
        if not patch.sweep_cents:
            filtered: Signal = sosfilt(lowpass_sections(rest, patch.resonance_db), sound)
            return filtered
        seconds = np.arange(sound.shape[1]) / SAMPLE_RATE_HZ
        opening = np.exp(-np.maximum(seconds - patch.sweep_attack_seconds, 0) / patch.sweep_decay_seconds)
        if patch.sweep_attack_seconds:
            opening *= np.minimum(seconds / patch.sweep_attack_seconds, 1)
        return swept_lowpass(sound, rest + patch.sweep_cents * opening, patch.resonance_db)


@lru_cache(maxsize=16)
def _loop(name: str, midi_pitch: int, variation: int) -> Signal:
    """The unfiltered waveform of a patch at one pitch; at most 18 MB of them are kept."""
    patch = PATCHES[name]
    phases = stream("synth", name, midi_pitch, variation).random(len(patch.detune_cents))
    if len(phases) == 1:
        phases[:] = 0.0
    frequency = _frequency_hz(midi_pitch)
    loop = unison_loop(frequency, patch.shape, patch.detune_cents, phases, patch.spread)
    if patch.octave_below:
        cycles = round(frequency / 2 * loop.shape[1] / SAMPLE_RATE_HZ)
        turns = np.arange(loop.shape[1]) * (cycles / loop.shape[1])
        loop += (patch.octave_below * np.sin(2 * np.pi * turns)).astype(np.float32)
    return loop


def _frequency_hz(midi_pitch: float) -> float:
    return float(440 * 2 ** ((midi_pitch - 69) / 12))


Recipe = Callable[[PerformedNote, int, int, Curve | None], Signal]


@dataclass(frozen=True, slots=True)
class Special:
    """A sound of its own kind.

    Attributes:
        gain_db: Brings it to ``REFERENCE_DBFS``.
        release_seconds: Time of a fall by 96 dB after note-off.
        spans_note: Whether its course stretches over the note's length (a riser).
        recipe: Makes (2, frames) from note, variation, frames and bend.
    """

    gain_db: float
    release_seconds: float
    spans_note: bool
    recipe: Recipe


class SpecialVoice:
    """A sound of its own kind, ready to play."""

    variations = 2

    def __init__(self, facts: Instrument) -> None:
        self._special = SPECIALS[facts.name]

    def level(self, velocity: int) -> float:
        """The amplitude of a velocity: as the sampled instruments follow it."""
        return float(10 ** (self._special.gain_db / 20)) * (velocity / 127) ** 2

    def timbre(self, note: PerformedNote) -> Hashable:
        """Velocity in steps, and the length where the sound stretches over it."""
        return note.velocity // _BRIGHTNESS_STEP, note.duration_seconds if self._special.spans_note else 0.0

    def exclusive_class(self, midi_pitch: int) -> int:
        """None."""
        del midi_pitch
        return 0

    def release_seconds(self, note: PerformedNote) -> float:
        """The sound's."""
        del note
        return self._special.release_seconds

    def strike(
        self, note: PerformedNote, variation: int, frames: int, bend: Curve | None
    ) -> tuple[Layer, ...]:
        """Sound one note; see ``Voice.strike``."""
        return (Layer(self._special.recipe(note, variation, frames, bend), self._special.release_seconds),)


def synth_voice(facts: Instrument) -> Voice:
    """The voice of a synthesised instrument."""
    return PatchVoice(facts) if facts.name in PATCHES else SpecialVoice(facts)


def _brightness(note: PerformedNote) -> float:
    return (note.velocity // _BRIGHTNESS_STEP * _BRIGHTNESS_STEP + _BRIGHTNESS_STEP / 2) / 127


def _turns(frequency_hz: Curve) -> Curve:
    """Phase in turns of a moving frequency, 0 at the first frame."""
    return np.asarray(np.cumsum(frequency_hz) - frequency_hz[:1]) / SAMPLE_RATE_HZ


def _stereo(sound: NDArray[np.floating]) -> Signal:
    return np.repeat(sound.astype(np.float32)[None, :], 2, axis=0)


def _bass_808(note: PerformedNote, variation: int, frames: int, bend: Curve | None) -> Signal:
    """The long bass drum as a bass: a sine that falls into its pitch in 60 ms, saturated, with a click."""
    del variation
    frames = min(frames, int(3.2 * SAMPLE_RATE_HZ))
    seconds = np.arange(frames) / SAMPLE_RATE_HZ
    semitones = 12 * np.exp(-seconds / 0.012)
    if bend is not None:
        semitones += bend[:frames]
    tone = np.sin(2 * np.pi * _turns(_frequency_hz(note.midi_pitch) * np.exp2(semitones / 12)))
    drive = 1.0 + 1.6 * _brightness(note)
    sound = np.tanh(drive * tone * decaying(frames, 5.0)) * decaying(frames, 4.0)
    click = np.sin(2 * np.pi * 1_800 * seconds[:220]) * np.exp(-seconds[:220] / 0.0008)
    sound[: len(click)] += 0.25 * _brightness(note) * click
    rise = min(frames, 40)
    sound[:rise] *= np.linspace(0, 1, rise)
    return _stereo(sound)


def _fm_bell(note: PerformedNote, variation: int, frames: int, bend: Curve | None) -> Signal:
    """Two operators a side at the ratio 3.5 (Chowning 1973), slightly apart in tuning, over a pure octave."""
    frames = min(frames, int(4.5 * SAMPLE_RATE_HZ))
    semitones = np.zeros(frames) if bend is None else bend[:frames]
    turns = _turns(_frequency_hz(note.midi_pitch) * np.exp2(semitones / 12))
    index = (0.9 + 1.8 * _brightness(note)) * decaying(frames, 0.9) + 0.12
    fall = decaying(frames, 3.2 * 2 ** ((60 - note.midi_pitch) / 36))
    sides = []
    for cents in (-2.0, 2.0) if variation else (2.0, -2.0):
        apart = 2 ** (cents / 1200)
        modulator = np.sin(2 * np.pi * 3.5 * apart * turns)
        body = np.sin(2 * np.pi * turns + index * modulator)
        octave = 0.25 * np.sin(2 * np.pi * 2 * apart * turns) * decaying(frames, 1.1)
        sides.append((body + octave) * fall)
    sound: Signal = np.stack(sides).astype(np.float32)
    rise = min(frames, 60)
    sound[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    return sound


def _noise(name: str, note: PerformedNote, variation: int, frames: int) -> Signal:
    """White noise that differs between left and right."""
    return stream("synth", name, note.midi_pitch, variation).standard_normal((frames, 2), np.float32).T.copy()


def _course(note: PerformedNote, frames: int) -> Curve:
    """0..1 over the note's length, then 1."""
    length = max(1, round(note.duration_seconds * SAMPLE_RATE_HZ))
    return np.minimum(np.arange(frames) / length, 1.0)


def _riser(note: PerformedNote, variation: int, frames: int, bend: Curve | None) -> Signal:
    """Noise and detuned saws that open, swell and climb an octave until the note ends."""
    del bend
    course = _course(note, frames)
    hiss = swept_lowpass(_noise("riser", note, variation, frames), 6_000 + 7_000 * course, 8)
    loop = _riser_loop(note.midi_pitch, variation)
    saws = read_along(loop, loop, np.exp2(course - 1))
    climb = swept_lowpass(saws, 6_500 + 5_500 * course, 3)
    swell = (0.04 + 0.96 * course**2).astype(np.float32)
    return (0.5 * hiss + climb) * swell


@lru_cache(maxsize=4)
def _riser_loop(midi_pitch: int, variation: int) -> Signal:
    phases = stream("synth", "riser saws", midi_pitch, variation).random(5)
    return unison_loop(_frequency_hz(midi_pitch), "saw", (0.0, -9.0, 9.0, -17.0, 17.0), phases, 0.9)


def _noise_sweep(note: PerformedNote, variation: int, frames: int, bend: Curve | None) -> Signal:
    """Noise that closes and fades while the note lasts."""
    del bend
    course = _course(note, frames)
    sound = swept_lowpass(_noise("noise_sweep", note, variation, frames), 12_800 - 6_500 * course, 9)
    fade = np.cos(course * np.pi / 2) ** 2 * np.minimum(np.arange(frames) / 400, 1)
    return sound * fade.astype(np.float32)


def _impact(note: PerformedNote, variation: int, frames: int, bend: Curve | None) -> Signal:
    """A deep fall with a burst of noise that darkens."""
    del bend
    frames = min(frames, int(4.0 * SAMPLE_RATE_HZ))
    seconds = np.arange(frames) / SAMPLE_RATE_HZ
    base = _frequency_hz(note.midi_pitch)
    boom = np.sin(2 * np.pi * _turns(base * (1 + 2.2 * np.exp(-seconds / 0.07)))) * decaying(frames, 2.4)
    burst = swept_lowpass(
        _noise("impact", note, variation, frames), 7_200 + 5_000 * np.exp(-seconds / 0.25), 0
    )
    sound = _stereo(np.tanh(2.0 * boom)) + 0.9 * burst * decaying(frames, 1.9)
    sound[:, : min(frames, 30)] *= np.linspace(0, 1, min(frames, 30), dtype=np.float32)
    return sound


SPECIALS: dict[str, Special] = {
    "bass_808": Special(-6.3, 0.18, spans_note=False, recipe=_bass_808),
    "fm_bell": Special(-4.5, 2.5, spans_note=False, recipe=_fm_bell),
    "riser": Special(-5.6, 0.25, spans_note=True, recipe=_riser),
    "noise_sweep": Special(-6.3, 0.4, spans_note=True, recipe=_noise_sweep),
    "impact": Special(-7.8, 3.0, spans_note=False, recipe=_impact),
}
