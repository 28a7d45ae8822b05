"""What is the tune? One voice out of all notes that sound, on the grid of the beats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from songwright.hearing.note_activity import FRAME_RATE_HZ, LOWEST_MIDI_PITCH, NoteActivity
from songwright.music.transcription import HeardNote

__all__ = ["PlainNote", "hear_melody", "on_grid"]

Table = NDArray[np.float64]

_LOWEST, _HIGHEST = 40, 88
_SILENT_COST = 0.25
_LEAP_COST, _LEAP_A_SEMITONE = 1.2, 0.12
_START_COST, _END_COST = 0.9, 0.5
_SHORTEST_SECONDS = 0.1
_STRUCK_AGAIN = 0.6
_TRIPLET_COST_BEATS = 0.05
_LEAST_CONFIDENCE = 0.2
# Thirds and quarters of a beat are whole numbers of these.
_TICKS_A_BEAT = 12
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class PlainNote:
    """A note on the clock, with how surely it was heard, 0..1."""

    start_seconds: float
    end_seconds: float
    midi_pitch: int
    confidence: float


def hear_melody(activity: NoteActivity, *, alone: bool) -> tuple[PlainNote, ...]:
    """Follow the leading voice.

    The path through pitch and silence is taken that gathers most activity and pays least for leaps, as in
    Salamon and Gomez, "Melody extraction from polyphonic music signals" (2012); it is parted where the pitch
    changes or the same pitch begins anew.

    Args:
        activity: Of the voice, or of the whole.
        alone: Whether the voice is heard alone; else higher pitches in a singer's range are preferred.
    """
    columns = slice(_LOWEST - LOWEST_MIDI_PITCH, _HIGHEST + 1 - LOWEST_MIDI_PITCH)
    sounding = activity.sounding[:, columns].astype(np.float64)
    beginning = activity.beginning[:, columns].astype(np.float64)
    if not alone:
        sounding = sounding * _prominence()
    path = _path(sounding)
    return tuple(_notes(path, activity.sounding[:, columns], beginning))


def _prominence() -> Table:
    """How likely a pitch is to be the tune where it sounds as surely as others."""
    pitch = np.arange(_LOWEST, _HIGHEST + 1)
    likely: Table = np.exp(-0.5 * (np.maximum(0.0, np.abs(pitch - 67.0) - 5.0) / 8.0) ** 2)
    return likely


def _path(sounding: Table) -> NDArray[np.intp]:
    """Column of every frame, or -1 for silence."""
    count, pitches = sounding.shape
    distance = np.abs(np.arange(pitches)[:, None] - np.arange(pitches))
    leap = np.where(distance == 0, 0.0, _LEAP_COST + _LEAP_A_SEMITONE * np.minimum(distance, 12))
    gain = sounding - _SILENT_COST
    total = gain[0].copy() - _START_COST
    silent = 0.0
    back = np.zeros((count, pitches), dtype=np.int16)
    back_silent = np.full(count, -1, dtype=np.int16)
    for frame in range(1, count):
        moved = total[:, None] - leap
        best = moved.argmax(axis=0)
        value = moved[best, np.arange(pitches)]
        fresh = silent - _START_COST > value
        last = int(total.argmax())
        ended = total[last] - _END_COST
        back[frame] = np.where(fresh, -1, best)
        total = np.where(fresh, silent - _START_COST, value) + gain[frame]
        if ended > silent:
            silent, back_silent[frame] = float(ended), last
    path = np.full(count, -1, dtype=np.intp)
    at = int(total.argmax()) if total.max(initial=-np.inf) > silent else -1
    for frame in range(count - 1, -1, -1):
        path[frame] = at
        at = int(back[frame, at]) if at >= 0 else int(back_silent[frame])
    return path


def _notes(path: NDArray[np.intp], sounding: NDArray[np.float32], beginning: Table) -> list[PlainNote]:
    smooth = gaussian_filter1d(beginning, 1.0, axis=0)
    peaks = (smooth == maximum_filter1d(smooth, 9, axis=0)) & (smooth > _STRUCK_AGAIN)
    shortest = round(_SHORTEST_SECONDS * FRAME_RATE_HZ)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(path)) + 1, [len(path)]])
    notes = []
    for first, last in pairwise(edges):
        column = int(path[first])
        if column < 0 or last - first < shortest:
            continue
        again = first + shortest + np.flatnonzero(peaks[first + shortest : last - shortest, column])
        starts = [int(first), *(int(frame) for frame in again)]
        for start, end in zip(starts, [*starts[1:], int(last)], strict=True):
            notes.append(
                PlainNote(
                    start / FRAME_RATE_HZ,
                    end / FRAME_RATE_HZ,
                    column + _LOWEST,
                    float(np.clip(sounding[start:end, column].mean(), 0.0, 1.0)),
                )
            )
    return notes


def on_grid(notes: Sequence[PlainNote], beat_seconds: Sequence[float]) -> tuple[HeardNote, ...]:
    """Put notes on quarters or thirds of a beat, whichever the notes of that beat lie nearer to.

    Args:
        notes: In order, one at a time.
        beat_seconds: Time of every beat.
    """
    kept = [note for note in notes if note.confidence >= _LEAST_CONFIDENCE]
    last_tick = _TICKS_A_BEAT * (len(beat_seconds) - 1)
    placed: dict[int, tuple[int, PlainNote]] = {}
    for note, start, end in _in_ticks(kept, beat_seconds):
        earlier = placed.get(start)
        if start < last_tick and (earlier is None or earlier[0] < end):
            placed[start] = (end, note)
    order = sorted(placed)
    written = []
    for start, following in pairwise([*order, last_tick]):
        end, note = placed[start]
        start_beats, end_beats = _to_beats(start), _to_beats(min(end, following))
        written.append(
            HeardNote(
                start_beats=start_beats,
                duration_beats=round(end_beats - start_beats, _DIGITS),
                midi_pitch=note.midi_pitch,
                confidence=round(note.confidence, 3),
            )
        )
    return tuple(written)


def _in_ticks(
    notes: Sequence[PlainNote], beat_seconds: Sequence[float]
) -> Iterator[tuple[PlainNote, int, int]]:
    """Notes with where they start and end, each longer than nothing."""
    numbers = np.arange(len(beat_seconds))
    starts = np.interp([note.start_seconds for note in notes], beat_seconds, numbers)
    ends = np.interp([note.end_seconds for note in notes], beat_seconds, numbers)
    parts: dict[int, int] = {}
    for beat in {int(start) for start in starts}:
        inside = starts[starts.astype(np.intp) == beat]
        error = {
            part: float(np.abs(inside * part - np.round(inside * part)).mean()) / part for part in (3, 4)
        }
        parts[beat] = 3 if error[3] + _TRIPLET_COST_BEATS < error[4] else 4
    for note, start, end in zip(notes, starts, ends, strict=True):
        part = parts[int(start)]
        ticks = _TICKS_A_BEAT // part
        first = round(float(start) * part)
        yield note, first * ticks, max(first + 1, round(float(end) * part)) * ticks


def _to_beats(ticks: int) -> float:
    return round(ticks / _TICKS_A_BEAT, _DIGITS)
