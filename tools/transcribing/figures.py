"""How near a transcription comes to the score that the song was made from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.music.score import Score
from songwright.music.transcription import Transcription

__all__ = ["Figures", "compare"]

_NEAR_SECONDS = 0.04
_NEAR_BEATS = 0.26
_SECTION_NEAR_SECONDS = 3.0
_CHORD_STEP_BEATS = 0.5


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are 0..1; melody figures are None without a vocal part.

    Attributes:
        tempo: Heard over written.
        beats_near: Share of heard beats within 40 ms of a beat of the score.
        downbeat: Whether bar lines are right, tempo and meter included.
        melody: Recall, precision and F1 of notes, the onset within a quarter of a beat and the pitch right.
        sections: Share of the score's section starts that are found within 3 s.
    """

    tempo: float
    beats_near: float
    meter: bool
    downbeat: bool
    key: bool
    roots: float
    qualities: float
    melody: tuple[float, float, float] | None
    sections: float


def compare(score: Score, heard: Transcription, cut_seconds: float) -> Figures:
    """Compare.

    Args:
        score: Of the whole song.
        heard: Of the song without its first ``cut_seconds``.
        cut_seconds: What was cut off.
    """
    beat = 60.0 / score.tempo_bpm
    places = (np.array(heard.beat_seconds) + cut_seconds) / beat
    tempo = heard.tempo_bpm / score.tempo_bpm
    meter = heard.time_signature == score.time_signature
    bar = score.time_signature.beats_per_bar
    first = places[0] % bar
    roots, qualities = _chords(score, heard, cut_seconds)
    return Figures(
        tempo=tempo,
        beats_near=float(np.mean(np.abs(places - np.round(places)) * beat < _NEAR_SECONDS)),
        meter=meter,
        downbeat=meter and abs(tempo - 1.0) < 0.01 and bool(min(first, bar - first) < 0.15),
        key=str(heard.key) == str(score.key),
        roots=roots,
        qualities=qualities,
        melody=_melody(score, heard, cut_seconds),
        sections=_sections(score, heard, cut_seconds),
    )


def _third(intervals: tuple[int, ...]) -> int:
    return next((third for third in (4, 3) if third in intervals), 0)


def _chords(score: Score, heard: Transcription, cut_seconds: float) -> tuple[float, float]:
    right_root, right_third, count = 0, 0, 0
    beat = 60.0 / score.tempo_bpm
    for place in np.arange(np.ceil(cut_seconds / beat), score.duration_beats, _CHORD_STEP_BEATS):
        middle = float(place) + _CHORD_STEP_BEATS / 2
        at = heard.to_beats(middle * beat - cut_seconds)
        found = [
            next((each.chord for each in spans if 0 <= where - each.start_beats < each.duration_beats), None)
            for spans, where in ((score.chords, middle), (heard.chords, at))
        ]
        wanted, got = found
        if wanted is None or got is None:
            continue
        count += 1
        right_root += wanted.root == got.root
        right_third += wanted.root == got.root and _third(wanted.intervals) == _third(got.intervals)
    return right_root / max(count, 1), right_third / max(count, 1)


def _melody(score: Score, heard: Transcription, cut_seconds: float) -> tuple[float, float, float] | None:
    if score.vocal is None:
        return None
    wanted: NDArray[np.float64] = np.array(
        [
            (score.seconds(note.start_beats) - cut_seconds, note.midi_pitch)
            for line in score.vocal.lines
            for note in line.notes
            if score.seconds(note.start_beats) > cut_seconds
        ]
    )
    free = set(range(len(heard.melody)))
    hits = 0
    for seconds, pitch in wanted:
        at = heard.to_beats(float(seconds))
        near = [
            (abs(heard.melody[number].start_beats - at), number)
            for number in free
            if heard.melody[number].midi_pitch == pitch
            and abs(heard.melody[number].start_beats - at) <= _NEAR_BEATS
        ]
        if near:
            free.remove(min(near)[1])
            hits += 1
    recall, precision = hits / max(len(wanted), 1), hits / max(len(heard.melody), 1)
    return recall, precision, 2 * recall * precision / max(recall + precision, 1e-9)


def _sections(score: Score, heard: Transcription, cut_seconds: float) -> float:
    bar = score.time_signature.beats_per_bar
    wanted = [score.seconds(each.start_bar * bar) - cut_seconds for each in score.sections]
    wanted = [each for each in wanted if each > 0]
    heard_bar = heard.time_signature.beats_per_bar
    starts = np.array([heard.to_seconds(each.start_bar * heard_bar) for each in heard.sections])
    return float(np.mean([np.abs(starts - each).min() < _SECTION_NEAR_SECONDS for each in wanted]))
