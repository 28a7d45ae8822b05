"""What one song measures, from its files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import soundfile as sf
from pydantic import BaseModel, TypeAdapter
from tools.listening.renders import Render

from songwright.engines.local.rendering.self_measurement import notes_sung_alone
from songwright.hearing.agreement import compare_with_asked
from songwright.hearing.measure import measure
from songwright.hearing.pitch import (
    PitchError,
    hear_pitch,
    pitch_error,
    vowel_onset_errors_seconds,
)
from songwright.hearing.silence import hear_flaws
from songwright.hearing.spectrum import Audio, to_analysis_rate
from songwright.music.measured import AskedAndHeard, Measured
from songwright.music.score import Score
from songwright.style.genre import load_genre
from songwright.style.swing import swing_beats

__all__ = ["SongFigures", "read_score", "song_figures"]

_EXPLAINS_CLICK_SECONDS = 0.03
_ONSET_TOLERANCE_SECONDS = 0.040


class SongFigures(BaseModel):
    """The figures of one song.

    Attributes:
        pitch: The lead against its score on the vocal stem, in lines that one voice sings alone.
        onsets: How many vowel onsets could be found in those lines.
        onsets_on_time: How many of them lie within 40 ms of their note.
        unexplained_clicks_seconds: Clicks in the master with no note starting or ending near.
        rest_bars: Longest silence inside the song, in bars.
    """

    name: str
    measured: Measured
    beside: AskedAndHeard
    pitch: PitchError | None
    onsets: int
    onsets_on_time: int
    median_onset_seconds: float | None
    unexplained_clicks_seconds: tuple[float, ...]
    rest_bars: float
    tail_seconds: float


def read_score(path: Path) -> Score:
    """The score that was stored with a song."""
    import json

    return TypeAdapter(Score).validate_python(json.loads(path.read_text(encoding="utf-8"))["score"])


def song_figures(render: Render) -> SongFigures:
    """Measure one song."""
    score = read_score(render.score)
    master, rate_hz = _read(render.master)
    facts = render.song.facts
    measured = measure(master, rate_hz, loudness=None)
    beside = compare_with_asked(
        measured, asked_tempo_bpm=render.request.tempo_bpm, asked_key=render.request.key
    )
    pitch, onsets = None, np.zeros(0)
    if render.vocals is not None and score.vocal is not None:
        stem, _ = _read(render.vocals)
        notes = notes_sung_alone(score)
        samples = to_analysis_rate(stem, rate_hz)
        heard = hear_pitch(samples)
        pitch = pitch_error(heard, notes)
        onsets = vowel_onset_errors_seconds(samples, heard, notes)
    explained = _note_times(score)
    clicks = tuple(
        round(at, 3)
        for at in hear_flaws(master, rate_hz).clicks_seconds
        if np.abs(explained - at).min(initial=np.inf) > _EXPLAINS_CLICK_SECONDS
    )
    bar_seconds = score.seconds(score.time_signature.beats_per_bar)
    return SongFigures(
        name=render.request.name,
        measured=measured,
        beside=beside,
        pitch=pitch,
        onsets=len(onsets),
        onsets_on_time=int(np.sum(np.abs(onsets) <= _ONSET_TOLERANCE_SECONDS)),
        median_onset_seconds=float(np.median(onsets)) if len(onsets) else None,
        unexplained_clicks_seconds=clicks,
        rest_bars=round(measured.longest_inner_silence_seconds / bar_seconds, 2),
        tail_seconds=round(facts.duration_seconds - score.seconds(score.duration_beats), 2),
    )


def _read(path: Path) -> tuple[Audio, int]:
    frames, rate_hz = sf.read(path, dtype="float32", always_2d=True)
    return np.ascontiguousarray(frames.T), int(rate_hz)


def _clock(score: Score) -> partial[float]:
    return partial(swing_beats, swing=score.swing, genre=load_genre(score.genre), meter=score.time_signature)


def _note_times(score: Score) -> np.ndarray:
    clock = _clock(score)
    beats = {
        beat
        for part in score.parts
        for note in part.notes
        for beat in (note.start_beats, note.start_beats + note.duration_beats)
    }
    if score.vocal is not None:
        beats |= {note.start_beats for line in score.vocal.lines for note in line.notes}
    return np.array([score.seconds(clock(beat)) for beat in sorted(beats)])
