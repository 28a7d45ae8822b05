"""How a recorded instrument sounds: pitch, loop, envelopes and filter of the bank's zones.

The rules are those of SoundFont 2.01 as FluidSynth plays it, with modulators evaluated when the note starts.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Hashable

import numpy as np
import soxr
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote
from songwright.engines.local.playing.soundbank import Articulation, SoundBank, Zone
from songwright.engines.local.playing.swept_filters import resonant_lowpass, swept_lowpass
from songwright.engines.local.playing.voice import Layer
from songwright.engines.local.playing.waveforms import Signal, read_along, unrolled
from songwright.style.instruments import Family, Instrument

__all__ = ["SampledVoice"]


_ENVELOPE_DB = 96.0
_INAUDIBLE_DB = 84.0
_OPEN_CENTS = 13_500.0
_PITCHED_BYTES = 16 * 2**20
_SOFT_VELOCITY = 64
_BRIGHTNESS_STEP = 15
_RESAMPLER_FRAMES = 4_096
_LONGEST_RELEASE_SECONDS = {Family.BASS: 0.6, Family.GUITAR: 1.5, Family.KIT: 6.0}
_VARIATION_CENTS = (0.0, 7.0, -6.0, 3.0)
_VARIATION_SKIP_FRAMES = (0, 41, 17, 66)
_VARIATION_CUTOFF_CENTS = (0.0, -180.0, -60.0, -260.0)


class SampledVoice:
    """One instrument of the bank, ready to play.

    Args:
        facts: The instrument.
        bank: Where its zones and samples are.
    """

    def __init__(self, facts: Instrument, bank: SoundBank) -> None:
        self._facts = facts
        self._bank = bank
        self._zones = bank.zones(facts.name)
        self._gain = float(10 ** (bank.gain_db(facts.name) / 20))
        self._brightens = _brightens(self._zones)
        self._release_limit = _LONGEST_RELEASE_SECONDS.get(facts.family, 3.0)
        self._found: dict[tuple[int, int], list[tuple[int, Zone]]] = {}
        self._pitched: OrderedDict[Hashable, Signal] = OrderedDict()
        self._pitched_bytes = 0
        self.variations = _variations(facts)

    def level(self, velocity: int) -> float:
        """The amplitude of a velocity: the square of its share, 40 dB a decade (SoundFont 2.01, 8.4.1)."""
        return self._gain * (velocity / 127) ** 2

    def timbre(self, note: PerformedNote) -> Hashable:
        """The zones that sound, and the velocity's step where it moves the filter."""
        sounding = self._sounding(note)
        follows = not self._brightens or any(
            zone.articulation.velocity_to_cutoff_cents for _, zone in sounding
        )
        numbers = tuple(number for number, _ in sounding)
        return numbers, self._brightness(note.velocity) if follows else 0

    def _sounding(self, note: PerformedNote) -> list[tuple[int, Zone]]:
        """The zones of a note; beyond the recorded keys, an instrument's nearest ones."""
        pitch, velocity = key = note.midi_pitch, note.velocity
        if key not in self._found:
            pairs = list(enumerate(self._zones))
            found = [pair for pair in pairs if pair[1].sounds(pitch, velocity)]
            if not found and not self._facts.is_kit:
                near = min(_distance(zone, pitch, velocity) for zone in self._zones)
                found = [pair for pair in pairs if _distance(pair[1], pitch, velocity) == near]
            self._found[key] = found
        return self._found[key]

    def exclusive_class(self, midi_pitch: int) -> int:
        """The class of pitches that silence each other (hi-hats), 0 for none."""
        for zone in self._zones:
            if zone.key_low <= midi_pitch <= zone.key_high and zone.articulation.exclusive_class:
                return int(zone.articulation.exclusive_class)
        return 0

    def release_seconds(self, note: PerformedNote) -> float:
        """The longest release of the zones that sound."""
        return max((self._release(zone.articulation) for _, zone in self._sounding(note)), default=0.0)

    def strike(
        self, note: PerformedNote, variation: int, frames: int, bend: NDArray[np.float64] | None
    ) -> tuple[Layer, ...]:
        """Sound one note; see ``Voice.strike``."""
        midi_pitch = note.midi_pitch
        by_release: dict[float, Signal] = {}
        for _, zone in self._sounding(note):
            sound = self._zone(zone, midi_pitch, self._brightness(note.velocity), variation, frames, bend)
            right = (zone.articulation.pan + 1) / 2
            release = self._release(zone.articulation)
            mixed = by_release.get(release)
            if mixed is None or mixed.shape[1] < len(sound):
                longer = np.zeros((2, len(sound)), np.float32)
                if mixed is not None:
                    longer[:, : mixed.shape[1]] = mixed
                mixed = by_release[release] = longer
            if right < 1:
                mixed[0, : len(sound)] += sound * np.float32(np.cos(right * np.pi / 2))
            if right > 0:
                mixed[1, : len(sound)] += sound * np.float32(np.sin(right * np.pi / 2))
        return tuple(Layer(sound, release) for release, sound in by_release.items())

    @staticmethod
    def _brightness(velocity: int) -> int:
        """The velocity that moves the filter, in steps, so that notes share their sound."""
        return velocity // _BRIGHTNESS_STEP * _BRIGHTNESS_STEP + _BRIGHTNESS_STEP // 2

    def _release(self, articulation: Articulation) -> float:
        return min(max(articulation.release_seconds, 0.012), self._release_limit)

    def _zone(
        self,
        zone: Zone,
        midi_pitch: int,
        velocity: int,
        variation: int,
        frames: int,
        bend: NDArray[np.float64] | None,
    ) -> Signal:
        shape = zone.articulation
        frames = min(frames, _audible_frames(shape, midi_pitch))
        cents: float = (midi_pitch - zone.root_key) * zone.cents_per_key + zone.tuning_cents
        if self._facts.is_kit:
            cents += _VARIATION_CENTS[variation]
        curve = _pitch_curve(shape, frames, bend)
        if curve is None:
            sound = self._at_pitch(zone.sample, cents, frames, _VARIATION_SKIP_FRAMES[variation])
        else:
            sample = self._bank.sample(zone.sample)
            speed = sample.rate_hz / SAMPLE_RATE_HZ
            sound = read_along(sample.data, sample.loop, speed * np.exp2((cents + curve) / 1200))
        sound = self._filtered(sound, zone, midi_pitch, velocity, variation, cents)
        return sound * _volume(shape, midi_pitch, len(sound))

    def _at_pitch(self, number: int, cents: float, frames: int, skip: int) -> Signal:
        """At least ``frames`` frames at a fixed pitch, unless the sample ends; a little late by choice."""
        key = (number, cents)
        sample = self._bank.sample(number)
        cached = self._pitched.get(key)
        if cached is None or (sample.loop is not None and len(cached) < frames + skip):
            step = sample.rate_hz / SAMPLE_RATE_HZ * 2 ** (cents / 1200)
            # The resampler works in blocks, and its last ones hear where the source ends. Beyond them its
            # output does not depend on the length, so a window of a song gets the bytes of the whole.
            wanted = int(np.ceil((frames + skip + _RESAMPLER_FRAMES) * step))
            source = sample.data if sample.loop is None else unrolled(sample.data, sample.loop, wanted)
            cached = soxr.resample(source, step * SAMPLE_RATE_HZ, SAMPLE_RATE_HZ, quality="HQ")
            if sample.loop is not None:
                cached = cached[: frames + skip]
            self._remember(key, cached)
        sound = cached[skip : skip + frames].copy()
        if skip:
            rise = min(24, len(sound))
            sound[:rise] *= np.linspace(0, 1, rise, dtype=np.float32)
        return sound

    def _remember(self, key: Hashable, sound: Signal) -> None:
        old = self._pitched.pop(key, None)
        self._pitched_bytes += sound.nbytes - (old.nbytes if old is not None else 0)
        self._pitched[key] = sound
        while self._pitched_bytes > _PITCHED_BYTES and len(self._pitched) > 1:
            _, evicted = self._pitched.popitem(last=False)
            self._pitched_bytes -= evicted.nbytes

    def _filtered(
        self, sound: Signal, zone: Zone, midi_pitch: int, velocity: int, variation: int, cents: float
    ) -> Signal:
        shape = zone.articulation
        softness = 1 - velocity / 127
        cutoff = shape.cutoff_cents + shape.velocity_to_cutoff_cents * _concave(softness)
        if not self._brightens:
            cutoff = min(cutoff, _own_brightness_cents(midi_pitch, velocity))
        resonance = shape.resonance_db
        if velocity < _SOFT_VELOCITY:
            resonance = max(0.0, resonance + shape.velocity_to_resonance_db * _concave(velocity / 127))
        if variation:
            cutoff = min(cutoff, _OPEN_CENTS) + _VARIATION_CUTOFF_CENTS[variation]
        if shape.sweep_to_cutoff_cents:
            envelope = _sweep(shape, len(sound))
            rest = cutoff + shape.sweep_to_cutoff_cents * shape.sweep_sustain
            return swept_lowpass(sound, cutoff + shape.sweep_to_cutoff_cents * envelope, resonance, rest)
        highest = self._bank.sample(zone.sample).rate_hz / 2 * 2 ** (cents / 1200)
        if cutoff >= _OPEN_CENTS or (resonance < 1 and 8.1758 * 2 ** (cutoff / 1200) > 1.2 * highest):
            return sound
        return resonant_lowpass(sound, cutoff, resonance)


def _brightens(zones: tuple[Zone, ...]) -> bool:
    """Whether the bank itself makes loud notes brighter."""
    cutoffs: dict[tuple[int, int], float] = {}
    for zone in zones:
        shape = zone.articulation
        cutoff = cutoffs.setdefault((zone.key_low, zone.key_high), shape.cutoff_cents)
        if shape.velocity_to_cutoff_cents or cutoff != shape.cutoff_cents:
            return True
    return False


def _own_brightness_cents(midi_pitch: int, velocity: int) -> float:
    """A cutoff for recordings of one loudness: three to four octaves above a soft note, open for a loud one.

    Where the bank says nothing, as FluidSynth would play it, soft notes sound like loud ones turned down.
    """
    return max(100 * midi_pitch + 3_600, 8_400) + 4_800 * velocity / 127


def _distance(zone: Zone, midi_pitch: int, velocity: int) -> tuple[int, int]:
    keys = max(zone.key_low - midi_pitch, midi_pitch - zone.key_high, 0)
    return keys, max(zone.velocity_low - velocity, velocity - zone.velocity_high, 0)


def _variations(facts: Instrument) -> int:
    """Hits repeat fastest and differ most; the same key of an organ always sounds the same."""
    if facts.is_kit:
        return 4
    if facts.family in {Family.ORGAN, Family.ENSEMBLE, Family.PAD}:
        return 1
    return 2 if facts.sustains else 3


def _concave(x: float) -> float:
    """SoundFont's concave curve, 0..1 (section 9.5.1)."""
    return 1.0 if x >= 1 else min(1.0, -40 / 96 * math.log10(1 - x))


def _audible_frames(shape: Articulation, midi_pitch: int) -> int:
    """The frames until the envelope of a held note has died away."""
    if shape.sustain_db < _INAUDIBLE_DB:
        return 2**31
    hold, decay = _hold_and_decay(shape, midi_pitch)
    seconds = shape.delay_seconds + shape.attack_seconds + hold + decay * _INAUDIBLE_DB / _ENVELOPE_DB
    return max(64, int(seconds * SAMPLE_RATE_HZ))


def _hold_and_decay(shape: Articulation, midi_pitch: int) -> tuple[float, float]:
    keys = 60 - midi_pitch
    return (
        shape.hold_seconds * 2 ** (shape.hold_cents_per_key * keys / 1200),
        shape.decay_seconds * 2 ** (shape.decay_cents_per_key * keys / 1200),
    )


def _volume(shape: Articulation, midi_pitch: int, frames: int) -> Signal:
    """The amplitude of a held note: delay, linear attack, hold, fall in decibels, sustain; and tremolo."""
    hold, decay = _hold_and_decay(shape, midi_pitch)
    attack_end = shape.delay_seconds + shape.attack_seconds
    first_fall = min(frames, int((attack_end + hold) * SAMPLE_RATE_HZ))
    gain = np.full(frames, 10 ** (-shape.attenuation_db / 20), np.float32)
    if decay > 0 and first_fall < frames and shape.sustain_db > 0:
        fall = np.arange(frames - first_fall, dtype=np.float32) * np.float32(
            _ENVELOPE_DB / decay / SAMPLE_RATE_HZ
        )
        np.minimum(fall, np.float32(shape.sustain_db), out=fall)
        fall *= np.float32(-np.log(10) / 20)
        gain[first_fall:] *= np.exp(fall, out=fall)
    elif shape.sustain_db > 0:
        gain[first_fall:] *= np.float32(10 ** (-shape.sustain_db / 20))
    start = min(frames, int(shape.delay_seconds * SAMPLE_RATE_HZ))
    rise = min(frames, int(attack_end * SAMPLE_RATE_HZ)) - start
    gain[:start] = 0
    if rise > 0:
        steps = shape.attack_seconds * SAMPLE_RATE_HZ
        gain[start : start + rise] *= np.arange(rise, dtype=np.float32) / np.float32(steps)
    if shape.tremolo_to_level_db:
        wave = _triangle(shape.tremolo_delay_seconds, shape.tremolo_hz, frames)
        gain *= (10 ** (shape.tremolo_to_level_db * wave / 20)).astype(np.float32)
    return gain


def _sweep(shape: Articulation, frames: int) -> NDArray[np.float64]:
    """The modulation envelope, 0..1 at each frame: convex attack, linear fall (SoundFont 2.01, 8.1.2)."""
    attack_end = shape.sweep_delay_seconds + shape.sweep_attack_seconds
    fall_start = attack_end + shape.sweep_hold_seconds
    fall_end = fall_start + shape.sweep_decay_seconds * (1 - shape.sweep_sustain)
    rise = np.linspace(0, 1, 9)
    times = np.concatenate(
        [shape.sweep_delay_seconds + rise * shape.sweep_attack_seconds, [fall_start, fall_end]]
    )
    values = np.concatenate([_convex(rise), [1.0, shape.sweep_sustain]])
    envelope: NDArray[np.float64] = np.interp(np.arange(frames) / SAMPLE_RATE_HZ, times, values)
    return envelope


def _convex(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """SoundFont's convex curve, 0..1 (section 9.5.1)."""
    curve: NDArray[np.float64] = np.clip(1 + 40 / 96 * np.log10(np.maximum(x, 1e-6)), 0, 1)
    return curve


def _triangle(delay_seconds: float, rate_hz: float, frames: int) -> NDArray[np.float64]:
    """A low-frequency oscillator, -1..1, that starts at 0 after its delay."""
    phase = np.maximum(np.arange(frames) / SAMPLE_RATE_HZ - delay_seconds, 0) * rate_hz
    wave: NDArray[np.float64] = np.abs(np.mod(phase + 0.75, 1) * 4 - 2) - 1
    return wave


def _pitch_curve(
    shape: Articulation, frames: int, bend: NDArray[np.float64] | None
) -> NDArray[np.float64] | None:
    """Cents to add at each frame, or None where the pitch stands still."""
    still = not (shape.sweep_to_pitch_cents or shape.vibrato_to_pitch_cents or shape.tremolo_to_pitch_cents)
    if bend is None and still:
        return None
    cents = np.zeros(frames) if bend is None else 100 * bend[:frames]
    if shape.sweep_to_pitch_cents:
        cents += shape.sweep_to_pitch_cents * _sweep(shape, frames)
    if shape.vibrato_to_pitch_cents:
        cents += shape.vibrato_to_pitch_cents * _triangle(
            shape.vibrato_delay_seconds, shape.vibrato_hz, frames
        )
    if shape.tremolo_to_pitch_cents:
        cents += shape.tremolo_to_pitch_cents * _triangle(
            shape.tremolo_delay_seconds, shape.tremolo_hz, frames
        )
    return cents
