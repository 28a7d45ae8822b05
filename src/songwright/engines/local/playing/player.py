"""The player: which notes sound when, which silence others, and their sum.

Notes of one pitch, timbre and take differ only in level and length, so they share one sound: it is made once,
as long as the longest of them, and each note takes what it needs. Only one such sound is held at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import assert_never

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.engines.local.playing.voice import Layer, Voice
from songwright.engines.local.playing.waveforms import Signal
from songwright.style.instruments import DrumMachine, Instrument, Sampled, Synthesised, instrument

__all__ = ["play", "render_part", "voice_of"]


_RELEASE_DB = 96.0
_SILENT_DB = 72.0
_CHOKE_SECONDS = 0.03
_END_FADE_FRAMES = 256
_LONGEST_HIT_SECONDS = 8.0
_OVERLAP_SECONDS = 0.02
_LEVEL_SCATTER_DB = (0.0, -0.35, 0.2, -0.15, 0.3)


def voice_of(facts: Instrument) -> Voice:
    """A sound source of an instrument, for one thread: it keeps what it has tuned."""
    match facts.sound:
        case Sampled():
            from songwright.engines.local.playing.sampler import SampledVoice
            from songwright.engines.local.playing.soundbank import soundbank

            return SampledVoice(facts, soundbank())
        case Synthesised():
            from songwright.engines.local.playing.synth import synth_voice

            return synth_voice(facts)
        case DrumMachine():
            from songwright.engines.local.playing.drum_synth import DrumMachineVoice

            return DrumMachineVoice(facts.name)
        case _:
            assert_never(facts.sound)


@dataclass(frozen=True, slots=True)
class _Strike:
    """A note with everything decided: frames relative to the window."""

    start: int
    held: int
    release_limit_seconds: float
    amplitude: float
    note: PerformedNote
    variation: int


def play(
    voice: Voice,
    facts: Instrument,
    notes: Sequence[PerformedNote],
    out: Signal,
    origin_seconds: float,
) -> None:
    """Add the notes' sound to ``out``.

    Args:
        voice: The sound source.
        facts: The instrument, for its way of playing.
        notes: Sorted by start, in seconds of the song.
        out: (2, frames) float32 at 44,100 Hz; changed in place.
        origin_seconds: The time of ``out``'s first frame.
    """
    groups: dict[tuple[int, str, int], list[_Strike]] = defaultdict(list)
    singles: list[_Strike] = []
    for strike in _strikes(voice, facts, notes, round(origin_seconds * SAMPLE_RATE_HZ)):
        if strike.start >= out.shape[1]:
            continue
        if strike.note.bend_semitones:
            singles.append(strike)
            continue
        timbre = voice.timbre(strike.note)
        groups[strike.note.midi_pitch, repr(timbre), strike.variation].append(strike)
    for key in sorted(groups):
        _play_alike(voice, groups[key], out)
    for strike in singles:
        _play_alike(voice, [strike], out)


def _strikes(
    voice: Voice, facts: Instrument, notes: Sequence[PerformedNote], origin: int
) -> Iterable[_Strike]:
    """Decide lengths and takes; leave out what has died away before the window."""
    cuts = _cuts(voice, facts, notes)
    for note, cut in zip(notes, cuts, strict=True):
        start = round(note.start_seconds * SAMPLE_RATE_HZ)
        limit = math.inf
        seconds = _LONGEST_HIT_SECONDS if facts.is_kit else note.duration_seconds
        if cut < note.start_seconds + seconds:
            seconds = max(cut - note.start_seconds, 0.005)
            if facts.is_kit:
                limit = _CHOKE_SECONDS * _RELEASE_DB / _SILENT_DB
        held = max(1, round(seconds * SAMPLE_RATE_HZ))
        release = min(limit, voice.release_seconds(note))
        if start + held + release * SAMPLE_RATE_HZ <= origin:
            continue
        chance = _scatter(start, note.midi_pitch)
        level = _LEVEL_SCATTER_DB[chance // 64 % len(_LEVEL_SCATTER_DB)]
        amplitude = voice.level(note.velocity) * 10 ** (level / 20)
        yield _Strike(start - origin, held, limit, amplitude, note, chance % voice.variations)


def _scatter(start: int, midi_pitch: int) -> int:
    """A number that looks like chance and depends on the note alone, so that a window plays as the whole.

    Steele and Vigna's mixing function (SplitMix, 2014).
    """
    mixed = (start * 128 + midi_pitch + 0x9E3779B97F4A7C15) % 2**64
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB % 2**64
    return (mixed ^ (mixed >> 31)) & 0xFFFFFF


def _cuts(voice: Voice, facts: Instrument, notes: Sequence[PerformedNote]) -> list[float]:
    """For each note the time at which a later one ends it, or infinity."""
    cuts = [math.inf] * len(notes)
    next_start: dict[Hashable, float] = {}
    following = math.inf
    last_start = math.inf
    for index in range(len(notes) - 1, -1, -1):
        note = notes[index]
        keys: list[Hashable] = []
        if facts.is_kit:
            if group := voice.exclusive_class(note.midi_pitch):
                keys.append(("class", group))
        else:
            keys.append(note.midi_pitch)
        for key in keys:
            cuts[index] = min(cuts[index], next_start.get(key, math.inf))
            next_start[key] = note.start_seconds
        if not facts.polyphonic:
            if note.start_seconds < last_start - _OVERLAP_SECONDS:
                following = last_start
            last_start = min(last_start, note.start_seconds)
            cuts[index] = min(cuts[index], following + _OVERLAP_SECONDS)
    return cuts


def _play_alike(voice: Voice, strikes: Sequence[_Strike], out: Signal) -> None:
    """Make the sound that these notes share and add each note's part of it."""
    first = strikes[0]
    release = voice.release_seconds(first.note)
    frames = max(_needed(strike, release, out.shape[1]) for strike in strikes)
    bend = _bend(first, frames) if first.note.bend_semitones else None
    for layer in voice.strike(first.note, first.variation, frames, bend):
        for strike in strikes:
            _add(layer, strike, out)


def _needed(strike: _Strike, release_seconds: float, window: int) -> int:
    sounding = strike.held + _release_frames(min(release_seconds, strike.release_limit_seconds))
    return min(sounding, window - strike.start)


def _bend(strike: _Strike, frames: int) -> NDArray[np.float64]:
    """The note's pitch curve at each frame; held after note-off."""
    points = strike.note.bend_semitones
    if len(points) == 1:
        return np.full(frames, float(points[0]))
    return np.interp(np.arange(frames), np.linspace(0, strike.held, len(points)), points)


def _release_frames(seconds: float) -> int:
    return max(32, int(seconds * _SILENT_DB / _RELEASE_DB * SAMPLE_RATE_HZ))


@lru_cache(maxsize=32)
def _release_curve(seconds: float) -> Signal:
    frames = _release_frames(seconds)
    fall = np.arange(frames, dtype=np.float32) * np.float32(
        -np.log(10) / 20 * _RELEASE_DB / max(seconds, 1e-3) / SAMPLE_RATE_HZ
    )
    curve: Signal = np.exp(fall)
    fade = min(128, frames)
    curve[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    return curve


def _add(layer: Layer, strike: _Strike, out: Signal) -> None:
    """Add one note: its held part, then its release."""
    curve = _release_curve(min(layer.release_seconds, strike.release_limit_seconds))
    length = min(layer.sound.shape[1], strike.held + len(curve))
    gain = np.float32(strike.amplitude)
    spans = ((0, min(strike.held, length), None), (strike.held, length, curve))
    for begin, end, shape in spans:
        left = max(begin, -strike.start)
        right = min(end, out.shape[1] - strike.start)
        if right <= left:
            continue
        part = layer.sound[:, left:right] * gain
        if shape is not None:
            part *= shape[left - begin : right - begin]
        if strike.start + right == out.shape[1]:
            fade = min(_END_FADE_FRAMES, right - left)
            part[:, -fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        out[:, strike.start + left : strike.start + right] += part


def render_part(part: PerformedPart, out: NDArray[np.float32], *, origin_seconds: float = 0.0) -> None:
    """Play a part: add its sound to ``out``, in place.

    A window of a song sounds as it does in the whole song: with ``origin_seconds`` the notes that
    started before the window are heard from where it opens, and every choice that a player makes
    depends on the note's own time.

    Args:
        part: Notes in seconds from the start of the song.
        out: (2, frames) float32 at 44,100 Hz. Notes beyond its end are cut with a short fade.
        origin_seconds: The time in the song of ``out``'s first frame.

    Raises:
        RequestError: There is no such instrument.
    """
    facts = instrument(part.instrument)
    play(voice_of(facts), facts, part.notes, out, origin_seconds)
