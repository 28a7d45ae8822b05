"""From a stretched spoken line to sound: pulses at the sung pitch through the network's filters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.singing.network import FRAME_SECONDS, FREQUENCIES_HZ, Speech
from songwright.engines.local.singing.timing import LineTiming
from songwright.engines.local.singing.voices import VoiceFacts

__all__ = ["Tone", "voice_line"]

# Mean power of a strong vowel's spectrum below 5 kHz, to which every line is brought.
_STRONG_VOWEL_DB = 8.0
_SILENT_DB = -120.0
_PRESENCE = np.interp(FREQUENCIES_HZ, (1200, 2400, 4000, 5500, 12000), (0, 1, 1, 2, 2)).astype(np.float32)
_NEPERS_PER_DECIBEL = np.float32(np.log(10) / 20)
_LOUDNESS_BINS = (FREQUENCIES_HZ > 200) & (FREQUENCIES_HZ < 5000)


@dataclass(frozen=True, slots=True)
class Tone:
    """How the voice is coloured.

    Attributes:
        evenness: 0..1, how far vowels are brought to one loudness.
        level_db: Loudness of the whole take; 0 for a lead.
        breath_db: Level of the breath in vowels, relative to speech.
        hiss_db: Level of hiss and bursts in consonants, relative to speech.
        presence_db: Lift of the harmonics around 3 kHz, where the ear is keenest and words are told
            apart; harmonics above 5 kHz are lifted twice as far, for the network's voice is dark.
    """

    level_db: float = 0.0
    evenness: float = 0.7
    breath_db: float = -6.0
    hiss_db: float = 0.0
    presence_db: float = 3.0


def voice_line(
    speech: Speech,
    timing: LineTiming,
    pitch: NDArray[np.float64],
    levels_db: NDArray[np.float64],
    voice: VoiceFacts,
    tone: Tone,
    chance: np.random.Generator,
) -> NDArray[np.float32]:
    """Sound of one line, at the network's sample rate; its first sample is at the timing's start.

    Args:
        speech: The line as spoken.
        timing: When each of its frames is sung.
        pitch: MIDI pitch at each sung frame.
        levels_db: Loudness of each syllable, relative to the take's.
        voice: Whose throat it is.
        tone: The voice's colour.
        chance: Draws breath and hiss.
    """
    from hibari import dsp

    frames = timing.frames
    low = np.floor(frames).astype(np.int64)
    high = np.minimum(low + 1, len(speech.f0_hz) - 1)
    part = (frames - low).astype(np.float32)[:, None]
    nearest = np.rint(frames).astype(np.int64)

    harmonics = speech.harmonics[low] * (1 - part) + speech.harmonics[high] * part
    phase = speech.phase[nearest]
    noise = speech.noise[low] * (1 - part) + speech.noise[high] * part
    noise_phase = speech.noise_phase[nearest]

    voiced = (speech.f0_hz[nearest] > 60) | (timing.in_vowel >= 0)
    pace = np.gradient(frames)
    held = (pace < 0.6) & voiced
    # A frame played again and again would buzz: its noise gets phases of its own.
    again = np.concatenate([[False], nearest[1:] == nearest[:-1]]) | held
    random = (2 * chance.random(noise.shape, np.float32) - 1) * np.float32(np.pi)
    noise_phase = np.where(again[:, None], random, noise_phase)
    noise_db = np.where(voiced, np.float32(tone.breath_db), np.float32(tone.hiss_db))
    noise += noise_db[:, None] * _NEPERS_PER_DECIBEL

    if voice.envelope_stretch != 1.0:
        harmonics, phase, noise = (
            _stretch(spectra, voice.envelope_stretch) for spectra in (harmonics, phase, noise)
        )
    harmonics += tone.presence_db * _NEPERS_PER_DECIBEL * _PRESENCE
    f0 = np.where(voiced, 440.0 * 2.0 ** ((pitch - 69.0) / 12.0), 0.0).astype(np.float32)
    spectrum = dsp.stft(dsp.pulses(f0), len(frames))
    spectrum *= _polar(harmonics, phase * np.float32(np.pi)).T
    spectrum += _polar(noise, noise_phase).T
    spectrum *= (_gain(spectrum, timing, levels_db, tone) * timing.audible)[None, :]
    return np.asarray(dsp.ola(spectrum), np.float32)


def _polar(log_magnitude: NDArray[np.float32], phase: NDArray[np.float32]) -> NDArray[np.complex64]:
    """Spectra from log magnitude, at most 7, and phase in radians. Twice as fast as a complex exponential."""
    spectra = np.empty(phase.shape, np.complex64)
    magnitude = np.exp(np.minimum(log_magnitude, np.float32(7.0)))
    np.multiply(np.cos(phase), magnitude, out=spectra.real)
    np.multiply(np.sin(phase), magnitude, out=spectra.imag)
    return spectra


def _gain(
    spectrum: NDArray[np.complex64], timing: LineTiming, levels_db: NDArray[np.float64], tone: Tone
) -> NDArray[np.float32]:
    """Gain of each frame that brings every line to one loudness and gives each syllable its level."""
    power = np.square(np.abs(spectrum[_LOUDNESS_BINS])).mean(axis=0)
    loudness = 10 * np.log10(power + 1e-12)
    vowels = np.array([_median(loudness[timing.in_vowel == k]) for k in range(len(levels_db))])
    sounding = vowels > _SILENT_DB
    if not np.any(sounding):
        return np.ones(len(loudness), np.float32)
    strong = np.percentile(vowels[sounding], 75)
    evened = np.where(sounding, np.clip(tone.evenness * (strong - vowels), -6, 14), 0.0)
    wanted = evened + levels_db + (_STRONG_VOWEL_DB - strong) + tone.level_db
    centres = np.array([(vowel + end) / 2 for _, vowel, end in timing.syllables])
    seconds = timing.start_seconds + np.arange(len(loudness)) * FRAME_SECONDS
    decibels = np.interp(seconds, centres, wanted)
    for k, level in enumerate(wanted):
        decibels[timing.in_vowel == k] = level
    window = np.hanning(7)[1:-1]
    smooth = np.convolve(np.pad(decibels, 2, mode="edge"), window / window.sum(), "valid")
    return np.asarray(10 ** (smooth / 20), np.float32)


def _median(values: NDArray[np.float32]) -> float:
    return float(np.median(values)) if len(values) else _SILENT_DB


def _stretch(spectra: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Stretch spectra along frequency: a formant at f comes to lie at ``factor`` * f."""
    bins = np.arange(spectra.shape[1]) / factor
    low = np.minimum(bins.astype(np.int64), spectra.shape[1] - 2)
    part = np.clip(bins - low, 0, 1).astype(np.float32)
    return np.asarray(spectra[:, low] * (1 - part) + spectra[:, low + 1] * part, np.float32)
