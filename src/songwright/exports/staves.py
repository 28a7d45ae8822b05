"""A song's score laid out on staves: which notes stand together, in which voice, under which clef."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from songwright.exports.general_midi import is_kit, part_program, voice_program
from songwright.exports.notation import DIVISIONS, Piece, Sound, into_voices, notated, snap, triplet_beats
from songwright.exports.syllables import Syllable, syllables
from songwright.music.score import Part, Score, VocalPart

__all__ = ["Staff", "Struck", "bar_count", "bar_length", "staves"]

_MOST_VOICES = 4
_BASS_CLEF_BELOW = 55


@dataclass(frozen=True, slots=True)
class Struck:
    """Notes that begin and end together, with the syllable under them."""

    pitches: tuple[int, ...]
    syllable: Syllable | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """One part on paper.

    Attributes:
        voices: Bar by bar for each voice.
        keys: Percussion keys that it uses; () for a pitched part.
    """

    name: str
    program: int
    voices: tuple[list[list[Piece[Struck]]], ...]
    keys: tuple[int, ...] = ()
    bass_clef: bool = False


def bar_count(score: Score) -> int:
    """How many bars are written."""
    return max(1, score.bars)


def bar_length(score: Score) -> int:
    """The length of a bar in divisions."""
    return round(score.time_signature.beats_per_bar * DIVISIONS)


def staves(score: Score) -> Iterator[Staff]:
    """The staves of a score: the voice first, then every part that plays."""
    if score.vocal is not None:
        yield _vocal_staff(score, score.vocal)
    for part in score.parts:
        if part.notes:
            yield _kit_staff(score, part) if is_kit(part) else _pitched_staff(score, part)


def _vocal_staff(score: Score, vocal: VocalPart) -> Staff:
    notes = [
        (note, syllable)
        for line in vocal.lines
        for note, syllable in zip(line.notes, syllables(line), strict=True)
    ]
    triplets = triplet_beats(
        time for note, _ in notes for time in (note.start_beats, note.start_beats + note.duration_beats)
    )
    sounds = []
    for note, syllable in notes:
        start = snap(note.start_beats, triplets)
        end = snap(note.start_beats + note.duration_beats, triplets)
        if end > start:
            sounds.append(Sound(start, end, Struck((note.midi_pitch,), syllable)))
    voice = into_voices(sounds, most=1)
    pitches = [note.midi_pitch for note, _ in notes]
    return Staff(
        name="Voice",
        program=voice_program(vocal.voice),
        voices=tuple(notated(one, bar_length(score), bar_count(score), triplets) for one in voice or [[]]),
        bass_clef=_lies_low(pitches),
    )


def _pitched_staff(score: Score, part: Part) -> Staff:
    triplets = triplet_beats(
        time for note in part.notes for time in (note.start_beats, note.start_beats + note.duration_beats)
    )
    together: dict[tuple[int, int], set[int]] = {}
    for note in part.notes:
        start = snap(note.start_beats, triplets)
        end = max(snap(note.start_beats + note.duration_beats, triplets), _next_step(start, triplets))
        together.setdefault((start, end), set()).add(note.midi_pitch)
    sounds = [Sound(start, end, Struck(tuple(sorted(pitches)))) for (start, end), pitches in together.items()]
    voices = into_voices(sounds, _MOST_VOICES)
    return Staff(
        name=part.name,
        program=part_program(part),
        voices=tuple(notated(voice, bar_length(score), bar_count(score), triplets) for voice in voices),
        bass_clef=_lies_low([note.midi_pitch for note in part.notes]),
    )


def _kit_staff(score: Score, part: Part) -> Staff:
    """Percussion in one voice: each stroke lasts until the next, or to the end of its beat."""
    triplets = triplet_beats(note.start_beats for note in part.notes)
    struck: dict[int, set[int]] = {}
    for note in part.notes:
        struck.setdefault(snap(note.start_beats, triplets), set()).add(note.midi_pitch)
    starts = sorted(struck)
    ends = [*starts[1:], bar_count(score) * bar_length(score)]
    sounds = [
        Sound(start, min(end, (start // DIVISIONS + 1) * DIVISIONS), Struck(tuple(sorted(struck[start]))))
        for start, end in zip(starts, ends, strict=True)
        if end > start
    ]
    return Staff(
        name=part.name,
        program=0,
        voices=(notated(sounds, bar_length(score), bar_count(score), triplets),),
        keys=tuple(sorted({note.midi_pitch for note in part.notes})),
    )


def _next_step(start: int, triplets: frozenset[int]) -> int:
    return start + (4 if start // DIVISIONS in triplets else 3)


def _lies_low(pitches: Sequence[int]) -> bool:
    return bool(pitches) and sum(pitches) / len(pitches) < _BASS_CLEF_BELOW
