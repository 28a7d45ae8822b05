"""Sings a vocal part: the one door of this package."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.randomness import stream
from songwright.engines.local.singing.air import add_air
from songwright.engines.local.singing.breath import breath
from songwright.engines.local.singing.intonation import Intonation, sung_pitch
from songwright.engines.local.singing.network import NETWORK_RATE_HZ, speak
from songwright.engines.local.singing.pronunciation import pronounce, pronounce_ahead
from songwright.engines.local.singing.synthesis import Tone, voice_line
from songwright.engines.local.singing.timing import (
    LineTiming,
    SungSyllable,
    SungTone,
    line_sounds,
    time_line,
)
from songwright.engines.local.singing.voices import VOICES
from songwright.music.score import SungLine, SungNote, VocalPart, VoiceName

__all__ = ["LineTimes", "SingingStyle", "SungVocal", "SyllableTimes", "TakeRole", "sing"]

TakeRole = Literal["lead", "double", "harmony"]
"""What a take is for: the tune itself, the same tune once more, or another tune on the same words."""

# Slower than the network's own pace: consonants get the length that singers give them.
_OPENING_SECONDS = 0.004
_CLOSING_SECONDS = 0.010
_PACE = 0.7
_LEAST_BREATH_GAP_SECONDS = 0.25
_REST_SECONDS = 0.25
_DOUBLE_DETUNE_CENTS = 8.0
_KNEE = 0.6


@dataclass(frozen=True, slots=True)
class SingingStyle:
    """How a take is sung.

    Attributes:
        intonation: Shape of its pitch.
        tone: Colour of its voice.
        dynamics_db: How far a section's energy, from 0 to 1, moves its level.
        arc_db: How far the middle of a phrase swells above its ends.
        breaths: Whether breaths are heard between phrases.
    """

    intonation: Intonation = field(default_factory=Intonation)
    tone: Tone = field(default_factory=Tone)
    dynamics_db: float = 4.0
    arc_db: float = 1.5
    breaths: bool = True


@dataclass(frozen=True, slots=True)
class SyllableTimes:
    """When a syllable is heard, in seconds from the start of the song.

    Attributes:
        text: Its letters.
        word: Index of its word in the line.
        start_seconds: Where its consonants begin.
        vowel_seconds: Where its vowel begins: on its note.
        end_seconds: Where it ends.
    """

    text: str
    word: int
    start_seconds: float
    vowel_seconds: float
    end_seconds: float


@dataclass(frozen=True, slots=True)
class LineTimes:
    """When a line is heard, in seconds from the start of the song."""

    text: str
    section: int
    start_seconds: float
    end_seconds: float
    syllables: tuple[SyllableTimes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class SungVocal:
    """A sung take.

    Attributes:
        samples: Mono, float32, at 44,100 Hz, from the start of the song; shape (out_samples,). The
            loudest vowels peak near 0.5 for a lead.
        lines: Of every line that has a syllable, in order.
    """

    samples: NDArray[np.float32]
    lines: tuple[LineTimes, ...]


def sing(
    vocal: VocalPart,
    tempo_bpm: float,
    out_samples: int,
    *,
    seed: str,
    role: TakeRole = "lead",
    style: SingingStyle | None = None,
    section_energy: Sequence[float] = (),
    clock: Callable[[float], float] | None = None,
) -> SungVocal:
    """Sing a vocal part.

    Each line depends on itself, its place and the seed alone, so a part with some of its lines sounds at
    those lines as the whole part does.

    Args:
        vocal: Voice, words and notes. A note whose syllable is "" carries on the vowel before it.
        tempo_bpm: Quarter-note beats a minute.
        out_samples: Length of the song at 44,100 Hz; what lies beyond it is cut.
        seed: Of the song. A double drawn from the same seed still differs from its lead.
        role: "double" and "harmony" are quieter, later and a little detuned, without breaths.
        style: How it is sung; left out, the way that suits the role.
        section_energy: Energy of each section of the score, 0..1; sections beyond it count as 0.5.
        clock: Seconds at which a beat sounds, where that is not beat * 60 / tempo (swing).

    Returns:
        The take and its timings.
    """
    style = style or _STYLES[role]
    seconds = clock or (lambda beats: beats * 60.0 / tempo_bpm)
    samples = np.zeros(out_samples, np.float32)
    times: list[LineTimes] = []
    heard_until = -1.0
    pronounce_ahead((line.text, line.language) for line in vocal.lines)
    for line in vocal.lines:
        if not line.notes or not pronounce(line.text, line.language):
            continue
        energy = section_energy[line.section] if line.section < len(section_energy) else 0.5
        sung = _sing_line(line, vocal.voice, seconds, seed, role, style, energy)
        _add(samples, sung.samples, sung.start_seconds)
        if style.breaths and sung.start_seconds - heard_until > _LEAST_BREATH_GAP_SECONDS:
            chance = stream(seed, "breath", role, line.text, round(line.notes[0].start_beats * 48))
            room = sung.start_seconds - heard_until if heard_until >= 0 else 1.0
            air, before = breath(room, energy, chance)
            _add(samples, air, sung.start_seconds - before)
        heard_until = sung.times.end_seconds
        times.append(_inside(sung.times, out_samples / SAMPLE_RATE_HZ))
    return SungVocal(samples, tuple(times))


_STYLES: dict[TakeRole, SingingStyle] = {
    "lead": SingingStyle(),
    "double": SingingStyle(
        intonation=Intonation(vibrato_hz=5.3, vibrato_cents=24.0, scoop_cents=45.0, drift_cents=8.0),
        tone=Tone(level_db=-7.0, hiss_db=-6.0),
        breaths=False,
    ),
    "harmony": SingingStyle(
        intonation=Intonation(vibrato_hz=5.4, vibrato_cents=20.0, scoop_cents=30.0, drift_cents=6.0),
        tone=Tone(level_db=-8.0, hiss_db=-8.0, breath_db=-3.0),
        breaths=False,
    ),
}


@dataclass(frozen=True, slots=True, eq=False)
class _SungLine:
    samples: NDArray[np.float32]
    start_seconds: float
    times: LineTimes


def _sing_line(
    line: SungLine,
    voice: VoiceName,
    seconds: Callable[[float], float],
    seed: str,
    role: TakeRole,
    style: SingingStyle,
    energy: float,
) -> _SungLine:
    chance = stream(seed, "sing", role, voice, line.text, round(line.notes[0].start_beats * 48))
    late = 0.0 if role == "lead" else float(chance.uniform(0.010, 0.024))
    detune_cents = 0.0 if role == "lead" else float(chance.choice([-1.0, 1.0])) * _DOUBLE_DETUNE_CENTS
    groups = _fit(line.notes, _syllable_count(line))
    tones = [
        tuple(
            SungTone(
                seconds(note.start_beats) + late,
                seconds(note.start_beats + note.duration_beats) + late,
                note.midi_pitch,
            )
            for note in group
        )
        for group in groups
    ]
    words = pronounce(line.text, line.language)
    _, bare = line_sounds(words, frozenset())
    rests = frozenset(
        bare[k][4]
        for k in range(len(bare) - 1)
        if bare[k][4] != bare[k + 1][4]
        and tones[k + 1][0].start_seconds - tones[k][-1].end_seconds > _REST_SECONDS
    )
    sounds, places = line_sounds(words, rests)
    syllables = tuple(SungSyllable(*place, tones=tone) for place, tone in zip(places, tones, strict=True))
    speech = speak(sounds, _PACE)
    timing = time_line(syllables, sounds, speech)
    pitch = sung_pitch(timing, syllables, style.intonation, chance) + detune_cents / 100.0
    levels = _levels(syllables, groups, style, energy)
    samples = voice_line(speech, timing, pitch, levels, VOICES[voice], style.tone, chance)
    sung = _close_ends(_round_peaks(add_air(_resample(samples))))
    return _SungLine(sung, timing.start_seconds, _times(line, groups, timing, places))


def _close_ends(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Let a line begin and end in silence, in place: a nasal or a vowel at its edge would click."""
    for edge, seconds in ((samples, _OPENING_SECONDS), (samples[::-1], _CLOSING_SECONDS)):
        length = min(edge.size, round(seconds * SAMPLE_RATE_HZ))
        edge[:length] *= np.linspace(0, 1, length, endpoint=False, dtype=np.float32)
    return samples


def _syllable_count(line: SungLine) -> int:
    return len(line_sounds(pronounce(line.text, line.language), frozenset())[1])


def _fit(notes: tuple[SungNote, ...], count: int) -> list[tuple[SungNote, ...]]:
    """Group notes by syllable: one group each, whatever the notes say.

    A line that was composed for these words fits as it is. Where there are more notes than syllables the
    last one carries on; where there are fewer, the longest notes are shared.
    """
    groups: list[list[SungNote]] = []
    for note in notes:
        if groups and (not note.syllable or len(groups) == count):
            groups[-1].append(note)
        else:
            groups.append([note])
    while len(groups) < count:
        index = max(range(len(groups)), key=lambda k: groups[k][-1].duration_beats)
        last = groups[index].pop()
        half = last.duration_beats / 2
        first = SungNote(last.start_beats, half, last.midi_pitch, last.syllable, last.word, last.stressed)
        second = SungNote(last.start_beats + half, half, last.midi_pitch, last.syllable, last.word)
        groups[index].append(first)
        groups.insert(index + 1, [second])
    return [tuple(group) for group in groups]


def _levels(
    syllables: tuple[SungSyllable, ...],
    groups: list[tuple[SungNote, ...]],
    style: SingingStyle,
    energy: float,
) -> NDArray[np.float64]:
    """Loudness of each syllable in decibels: the section's energy, the phrase's arc, the words' stress."""
    count = len(syllables)
    place = (np.arange(count) + 0.5) / count
    arc = style.arc_db * (np.sin(np.pi * place) - 0.6)
    stress = np.array([0.7 if group[0].stressed else -0.7 for group in groups])
    pitches = np.array([group[0].midi_pitch for group in groups], np.float64)
    height = 0.15 * (pitches - pitches.mean())
    return np.asarray(style.dynamics_db * (energy - 0.5) + arc + stress + height)


def _times(
    line: SungLine,
    groups: list[tuple[SungNote, ...]],
    timing: LineTiming,
    places: list[tuple[int, int, int, int, int]],
) -> LineTimes:
    syllables = tuple(
        SyllableTimes(group[0].syllable, place[4], start, vowel, end)
        for group, place, (start, vowel, end) in zip(groups, places, timing.syllables, strict=True)
    )
    return LineTimes(
        line.text, line.section, syllables[0].start_seconds, syllables[-1].end_seconds, syllables
    )


def _inside(times: LineTimes, end_seconds: float) -> LineTimes:
    """The same times, none before the song or after its end."""

    def clip(seconds: float) -> float:
        return min(max(seconds, 0.0), end_seconds)

    return LineTimes(
        times.text,
        times.section,
        clip(times.start_seconds),
        clip(times.end_seconds),
        tuple(
            SyllableTimes(s.text, s.word, clip(s.start_seconds), clip(s.vowel_seconds), clip(s.end_seconds))
            for s in times.syllables
        ),
    )


def _resample(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    import soxr

    return np.asarray(soxr.resample(samples, NETWORK_RATE_HZ, SAMPLE_RATE_HZ), np.float32)


def _round_peaks(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bend what lies above the knee, so that no sample passes 0.95."""
    over = np.abs(samples) > _KNEE
    bent = _KNEE + (0.95 - _KNEE) * np.tanh((np.abs(samples[over]) - _KNEE) / (0.95 - _KNEE))
    samples[over] = np.sign(samples[over]) * bent
    return samples


def _add(samples: NDArray[np.float32], part: NDArray[np.float32], start_seconds: float) -> None:
    start = round(start_seconds * SAMPLE_RATE_HZ)
    skipped = max(0, -start)
    part = part[skipped : max(skipped, len(samples) - start)]
    start += skipped
    samples[start : start + len(part)] += part
