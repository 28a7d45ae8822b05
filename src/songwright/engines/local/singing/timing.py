"""When each sound of a line is sung: vowels start on their notes, consonants are taken from before."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.singing.network import FRAME_SECONDS, Speech, known_sounds
from songwright.engines.local.singing.phonology import STRESS_MARKS, VOWELS, onset_length
from songwright.engines.local.singing.word import Word

__all__ = ["LineTiming", "SungSyllable", "SungTone", "line_sounds", "time_line"]

_CONSONANT_PACE = 0.95
_LONGEST_CONSONANTS_SECONDS = 0.26
_LONGEST_JUNCTION_SHARE = 0.58
_LEAST_REST_SECONDS = 0.18
_LEAD_SECONDS = 0.025
_RELEASE_SECONDS = 0.09
_DIPHTHONGS = frozenset("AIOQWY")


@dataclass(frozen=True, slots=True)
class SungTone:
    """One note of a syllable, in seconds from the start of the song."""

    start_seconds: float
    end_seconds: float
    midi_pitch: int


@dataclass(frozen=True, slots=True)
class SungSyllable:
    """A syllable's sounds, as positions in the line's sounds, and the notes it is sung on.

    Attributes:
        onset: First sound before the vowel.
        nucleus: First sound of the vowel, its stress mark included.
        coda: First sound after the vowel.
        end: One past its last sound.
        tones: In order, at least one.
    """

    onset: int
    nucleus: int
    coda: int
    end: int
    word: int
    tones: tuple[SungTone, ...]

    @property
    def start_seconds(self) -> float:
        """When the vowel starts."""
        return self.tones[0].start_seconds

    @property
    def end_seconds(self) -> float:
        """When the last note ends."""
        return self.tones[-1].end_seconds


@dataclass(frozen=True, slots=True, eq=False)
class LineTiming:
    """Which moment of the spoken line sounds at which moment of the sung one.

    Attributes:
        start_seconds: Of the first frame, from the start of the song.
        frames: Position in the spoken frames for each sung frame; shape (sung frames,).
        in_vowel: Index of the syllable whose vowel sounds, or -1.
        audible: 0..1, silence in rests.
        pauses: Rests within the line, as (start, end) in seconds.
        syllables: (start, vowel start, end) in seconds as heard, one for each syllable.
    """

    start_seconds: float
    frames: NDArray[np.float64]
    in_vowel: NDArray[np.int64]
    audible: NDArray[np.float32]
    pauses: tuple[tuple[float, float], ...]
    syllables: tuple[tuple[float, float, float], ...]


def line_sounds(
    words: tuple[Word, ...], rests: frozenset[int]
) -> tuple[str, list[tuple[int, int, int, int, int]]]:
    """The sounds of a line for the network, and (onset, nucleus, coda, end, word) of each syllable.

    Args:
        words: What is sung.
        rests: Indices of words that a rest follows; the network hears a comma there.
    """
    known = known_sounds()
    sounds = ""
    syllables: list[tuple[int, int, int, int, int]] = []
    for index, word in enumerate(words):
        phonemes = "".join(sound for sound in word.phonemes if sound in known)
        centres = word.centres(phonemes)
        base = len(sounds)
        starts = [c - 1 if c and phonemes[c - 1] in STRESS_MARKS else c for c in centres]
        ends = [_vowel_end(phonemes, centre, centres) for centre in centres]
        onset = 0
        for k, (start, coda) in enumerate(zip(starts, ends, strict=True)):
            following = starts[k + 1] if k + 1 < len(starts) else len(phonemes)
            between = phonemes[coda:following]
            end = following - onset_length(between, word.language) if k + 1 < len(starts) else following
            syllables.append((base + onset, base + start, base + coda, base + end, index))
            onset = end
        sounds += phonemes
        if index + 1 < len(words):
            sounds += ", " if index in rests else " "
    return sounds, syllables


def _vowel_end(phonemes: str, centre: int, centres: tuple[int, ...]) -> int:
    end = centre + 1
    while end < len(phonemes) and phonemes[end] in VOWELS and end not in centres:
        end += 1
    return end


class _Map:
    """Pairs of (sung seconds, spoken frame), in order."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.frames: list[float] = []

    def add(self, seconds: float, frame: float) -> None:
        if self.seconds:
            seconds = max(seconds, self.seconds[-1] + 1e-4)
            frame = max(frame, self.frames[-1])
        self.seconds.append(seconds)
        self.frames.append(frame)


def time_line(syllables: tuple[SungSyllable, ...], sounds: str, speech: Speech) -> LineTiming:
    """Stretch a spoken line onto its notes."""
    at = speech.starts
    consonants = [
        (_consonant_seconds(at[s.nucleus] - at[s.onset]), _consonant_seconds(at[s.end] - at[s.coda]))
        for s in syllables
    ]
    first = syllables[0]
    begin = first.start_seconds - consonants[0][0]
    mapped = _Map()
    mapped.add(begin - _LEAD_SECONDS, max(0.0, at[first.onset] - _LEAD_SECONDS / FRAME_SECONDS))
    mapped.add(begin, at[first.onset])
    vowels: list[tuple[float, float]] = []
    pauses: list[tuple[float, float]] = []
    heard: list[tuple[float, float, float]] = []
    onset_start = begin
    for k, syllable in enumerate(syllables):
        start = syllable.start_seconds
        coda_seconds = consonants[k][1]
        following = syllables[k + 1] if k + 1 < len(syllables) else None
        if following is None or _rests(syllable, following, consonants[k + 1][0]):
            vowel_end = max(syllable.end_seconds - 0.5 * coda_seconds, start + 0.08)
            coda_end = vowel_end + coda_seconds
            if following is not None:
                limit = following.start_seconds - consonants[k + 1][0] - _RELEASE_SECONDS
                coda_end = min(coda_end, max(limit, vowel_end + 0.02))
            next_onset = following.start_seconds - consonants[k + 1][0] if following else 0.0
        else:
            junction = (at[following.nucleus] - at[syllable.coda]) * FRAME_SECONDS * _CONSONANT_PACE
            room = following.start_seconds - start
            junction = min(junction, _LONGEST_JUNCTION_SHARE * room)
            vowel_end = following.start_seconds - junction
            share = junction / max(1, at[following.nucleus] - at[syllable.coda])
            coda_end = vowel_end + share * (at[syllable.end] - at[syllable.coda])
            next_onset = vowel_end + share * (at[following.onset] - at[syllable.coda])
        _add_vowel(
            mapped,
            sounds[syllable.nucleus : syllable.coda],
            start,
            vowel_end,
            at[syllable.nucleus],
            at[syllable.coda],
        )
        mapped.add(coda_end, at[syllable.end])
        vowels.append((start, vowel_end))
        heard.append((onset_start, start, coda_end))
        if following is None:
            mapped.add(coda_end + _RELEASE_SECONDS, at[syllable.end] + _RELEASE_SECONDS / FRAME_SECONDS)
        else:
            if _rests(syllable, following, consonants[k + 1][0]):
                pauses.append((coda_end, next_onset))
            mapped.add(next_onset, at[following.onset])
        onset_start = next_onset
    return _frames(mapped, vowels, pauses, heard, len(speech.f0_hz))


def _rests(syllable: SungSyllable, following: SungSyllable, onset_seconds: float) -> bool:
    gap = following.start_seconds - syllable.end_seconds
    return following.word != syllable.word and gap - onset_seconds > _LEAST_REST_SECONDS


def _consonant_seconds(frames: int) -> float:
    return min(float(frames) * FRAME_SECONDS * _CONSONANT_PACE, _LONGEST_CONSONANTS_SECONDS)


def _add_vowel(mapped: _Map, sounds: str, start: float, end: float, first: int, last: int) -> None:
    """Play a vowel's ends at about the pace of speech, and hold what lies between.

    A diphthong is held on its first target and glides at its end, as singers do.
    """
    mapped.add(start, first)
    length = float(last - first)
    spoken = length * FRAME_SECONDS
    if end - start > spoken * 1.1:
        glides = any(sound in _DIPHTHONGS for sound in sounds)
        hold_from, hold_to = (0.35, 0.55) if glides else (0.4, 0.7)
        head = hold_from * spoken
        tail = (1 - hold_to) * spoken * (1.4 if glides else 1.0)
        spare = (end - start) - head - tail
        if spare > 0:
            mapped.add(start + head, first + hold_from * length)
            mapped.add(end - tail, first + hold_to * length)
    mapped.add(end, last)


def _frames(
    mapped: _Map,
    vowels: list[tuple[float, float]],
    pauses: list[tuple[float, float]],
    heard: list[tuple[float, float, float]],
    spoken_frames: int,
) -> LineTiming:
    start = mapped.seconds[0]
    count = int(np.ceil((mapped.seconds[-1] - start) / FRAME_SECONDS)) + 1
    seconds = start + np.arange(count) * FRAME_SECONDS
    positions = np.clip(np.interp(seconds, mapped.seconds, mapped.frames), 0, spoken_frames - 1)
    in_vowel = np.full(count, -1, np.int64)
    for index, (a, b) in enumerate(vowels):
        in_vowel[(seconds >= a - FRAME_SECONDS / 2) & (seconds < b)] = index
    audible = np.ones(count, np.float32)
    for a, b in [*pauses, (mapped.seconds[-1] - _RELEASE_SECONDS, mapped.seconds[-1] + 1.0)]:
        fade_out = 1 - np.clip((seconds - a) / min(_RELEASE_SECONDS, max(b - a, 0.02)), 0, 1)
        fade_in = np.clip((seconds - (b - _LEAD_SECONDS)) / _LEAD_SECONDS, 0, 1)
        audible *= np.maximum(fade_out, fade_in).astype(np.float32)
    return LineTiming(start, positions, in_vowel, audible, tuple(pauses), tuple(heard))
