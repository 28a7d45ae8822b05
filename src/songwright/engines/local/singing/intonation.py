"""The pitch that is sung: notes joined by glides, with scoops, late vibrato and a little drift."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.singing.network import FRAME_SECONDS
from songwright.engines.local.singing.timing import LineTiming, SungSyllable

__all__ = ["Intonation", "sung_pitch"]

_GLIDE_SECONDS = 0.06
_MELISMA_GLIDE_SECONDS = 0.05
_VIBRATO_AFTER_SECONDS = 0.24
_VIBRATO_RISE_SECONDS = 0.3
_SHORTEST_VIBRATO_NOTE_SECONDS = 0.42
_SCOOP_SECONDS = 0.09
_FALL_SECONDS = 0.14


@dataclass(frozen=True, slots=True)
class Intonation:
    """How a singer shapes pitch.

    Attributes:
        vibrato_hz: Rate; 5 to 6.5 is usual (Sundberg, The Science of the Singing Voice, 1987, chapter 8).
        vibrato_cents: Half of its width.
        scoop_cents: How far below the first note of a phrase the voice starts.
        fall_cents: How far it drops at the end of a phrase.
        drift_cents: Standard deviation of slow wandering.
    """

    vibrato_hz: float = 5.6
    vibrato_cents: float = 32.0
    scoop_cents: float = 60.0
    fall_cents: float = 40.0
    drift_cents: float = 5.0


def sung_pitch(
    timing: LineTiming,
    syllables: tuple[SungSyllable, ...],
    style: Intonation,
    chance: np.random.Generator,
) -> NDArray[np.float64]:
    """MIDI pitch, with fractions, at each frame of a sung line."""
    count = len(timing.frames)
    seconds = timing.start_seconds + np.arange(count) * FRAME_SECONDS
    tones = [(tone, index) for index, syllable in enumerate(syllables) for tone in syllable.tones]
    pitch = np.full(count, float(tones[0][0].midi_pitch))
    for (before, _), (tone, index) in pairwise(tones):
        slurred = tone is not syllables[index].tones[0]
        glide = _MELISMA_GLIDE_SECONDS if slurred else _GLIDE_SECONDS
        # A new syllable's glide happens in its consonants; a slurred note's is centred on its start.
        centre = tone.start_seconds if slurred else tone.start_seconds - 0.35 * glide
        way = np.clip((seconds - centre) / glide + 0.5, 0, 1)
        pitch += (tone.midi_pitch - before.midi_pitch) * (0.5 - 0.5 * np.cos(np.pi * way))
    cents = np.zeros(count)
    for tone, _ in tones:
        length = tone.end_seconds - tone.start_seconds
        rate = style.vibrato_hz * (1 + 0.04 * chance.standard_normal())
        if length >= _SHORTEST_VIBRATO_NOTE_SECONDS:
            inside = seconds - tone.start_seconds
            swell = np.clip((inside - _VIBRATO_AFTER_SECONDS) / _VIBRATO_RISE_SECONDS, 0, 1)
            fade = np.clip((tone.end_seconds - seconds) / 0.06, 0, 1)
            cents += (
                style.vibrato_cents
                * swell
                * fade
                * np.sin(2 * np.pi * rate * (inside - _VIBRATO_AFTER_SECONDS))
            )
    phrase_starts = [syllables[0].start_seconds, *(end for _, end in timing.pauses)]
    for index, syllable in enumerate(syllables):
        starts = any(0 <= syllable.start_seconds - start < 0.4 for start in phrase_starts)
        if starts and (index == 0 or syllable.word != syllables[index - 1].word):
            depth = style.scoop_cents * chance.uniform(0.6, 1.0)
            inside = seconds - syllable.start_seconds
            cents -= depth * np.clip(1 - inside / _SCOOP_SECONDS, 0, 1) * (inside > -0.4)
    ends = [*(start for start, _ in timing.pauses), syllables[-1].end_seconds]
    for end in ends:
        inside = seconds - (end - _FALL_SECONDS)
        depth = style.fall_cents * chance.uniform(0.4, 1.0)
        cents -= depth * np.clip(inside / _FALL_SECONDS, 0, 1) ** 2 * (inside < _FALL_SECONDS + 0.15)
    cents += style.drift_cents * _slow_noise(count, chance)
    return np.asarray(pitch + cents / 100.0)


def _slow_noise(count: int, chance: np.random.Generator) -> NDArray[np.float64]:
    window = np.hanning(27)[1:-1]
    white = chance.standard_normal(count + len(window) - 1)
    return np.convolve(white, window / np.sqrt(np.sum(window**2)), "valid")
