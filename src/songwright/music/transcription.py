"""What a listener writes down of a recording: its beats, chords, melody and form, from the sound alone.

Beats are quarter notes, counted from 0 at the first bar line, which lies at or before the start of the
recording: whole bars are counted back from the first heard downbeat.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from songwright.music.base import Model, Seconds
from songwright.music.score import ChordSpan, Key, MidiPitch, ScoreSection, TimeSignature

__all__ = ["HeardNote", "Transcription"]

_CLOSE_BEATS = 1e-6

Share = Annotated[float, Field(ge=0, le=1)]


class HeardNote(Model):
    """One note as heard."""

    start_beats: Annotated[float, Field(ge=0)]
    duration_beats: Annotated[float, Field(gt=0)]
    midi_pitch: MidiPitch
    confidence: Share


class Transcription(Model):
    """A recording in musical terms.

    ``beat_seconds`` ties the two clocks together; ``to_seconds`` and ``to_beats`` translate.
    """

    duration_seconds: Seconds
    tempo_bpm: Annotated[float, Field(gt=0)] = Field(description="Quarter notes a minute, the median.")
    beat_seconds: Annotated[tuple[float, ...], Field(min_length=2)] = Field(
        description="Time of every quarter-note beat from the first bar line, at or before 0 s, to the last, "
        "at or behind the end of the music."
    )
    time_signature: TimeSignature
    key: Key
    chords: tuple[ChordSpan, ...] = Field(description="Contiguous from beat 0 to the last beat.")
    melody: tuple[HeardNote, ...] = Field(description="One note at a time, in order.")
    sections: tuple[ScoreSection, ...] = Field(description="Whole bars, contiguous, from bar 0 to the last.")
    sung: bool = Field(description="Whether the melody is believed to be sung.")
    beat_confidence: Share = Field(description="0 where no pulse was heard and the beats are a steady grid.")
    chord_confidence: Share

    @property
    def duration_beats(self) -> int:
        """The number of quarter-note beats, whole bars."""
        return len(self.beat_seconds) - 1

    @property
    def bars(self) -> int:
        """The number of bars."""
        return round(self.duration_beats / self.time_signature.beats_per_bar)

    def to_seconds(self, beats: float) -> float:
        """The time of a beat; outside the heard beats their first or last step is carried on."""
        first = min(max(int(beats // 1), 0), self.duration_beats - 1)
        start, end = self.beat_seconds[first], self.beat_seconds[first + 1]
        return start + (beats - first) * (end - start)

    def to_beats(self, seconds: float) -> float:
        """The beat at a time; the inverse of ``to_seconds``."""
        first = min(max(bisect_right(self.beat_seconds, seconds) - 1, 0), self.duration_beats - 1)
        start, end = self.beat_seconds[first], self.beat_seconds[first + 1]
        return first + (seconds - start) / (end - start)

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if self.beat_seconds[0] > 0:
            raise ValueError("beat_seconds must begin at or before 0")
        if any(earlier >= later for earlier, later in pairwise(self.beat_seconds)):
            raise ValueError("beat_seconds must rise from each beat to the next")
        if abs(self.bars * self.time_signature.beats_per_bar - self.duration_beats) > _CLOSE_BEATS:
            raise ValueError("beat_seconds must run from bar line to bar line")
        _refuse_gaps(
            "chords", [(each.start_beats, each.duration_beats) for each in self.chords], self.duration_beats
        )
        _refuse_gaps("sections", [(each.start_bar, each.bars) for each in self.sections], self.bars)
        if any(
            earlier.start_beats + earlier.duration_beats > later.start_beats + _CLOSE_BEATS
            for earlier, later in pairwise(self.melody)
        ):
            raise ValueError("melody must hold one note at a time, in order")
        return self


def _refuse_gaps(name: str, spans: Sequence[tuple[float, float]], total: float) -> None:
    """Raise unless spans of (start, length) follow on each other from 0 to ``total``."""
    at = 0.0
    for start, length in spans:
        if abs(start - at) > _CLOSE_BEATS or length <= 0:
            raise ValueError(f"{name} must follow on each other without gaps or overlaps, from the start")
        at = start + length
    if abs(at - total) > _CLOSE_BEATS:
        raise ValueError(f"{name} must reach to the end")
