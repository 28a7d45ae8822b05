"""What was heard: numbers that any engine's audio gives, taken from the sound alone."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from songwright.music.base import Model, Seconds

__all__ = ["AskedAndHeard", "KeyRelation", "Measured", "MeasuredSection", "MeasuredVocals", "TempoRelation"]

Share = Annotated[float, Field(ge=0, le=1)]

TempoRelation = Literal["same", "double", "half", "other", "not heard"]
KeyRelation = Literal["same", "relative", "parallel", "fifth away", "other", "not heard"]


class MeasuredSection(Model):
    """A stretch that belongs together by its sound."""

    label: str = Field(description="'A', 'B', ...; stretches that sound alike share one.")
    start_seconds: Seconds
    end_seconds: Seconds
    level_db: float = Field(description="Mean level relative to full scale.")


class MeasuredVocals(Model):
    """What the vocal stem alone shows."""

    sung_share: Share = Field(description="Share of the song in which a pitch is sung.")
    lowest_midi_pitch: float | None = Field(description="5th percentile of the sung pitch.")
    highest_midi_pitch: float | None = Field(description="95th percentile of the sung pitch.")
    within_50_cents: Share | None = Field(
        default=None, description="Share of sung frames within 50 cents of the score; None without a score."
    )
    median_error_cents: float | None = Field(default=None, description="Positive is sharp.")
    median_onset_error_seconds: float | None = Field(
        default=None, description="Middle of how late vowels begin after their notes; negative is early."
    )


class Measured(Model):
    """What was heard in a song, with nothing taken from the request or the score but where it says so."""

    duration_seconds: Seconds
    tempo_bpm: float | None = Field(description="None where no steady pulse is heard.")
    tempo_confidence: Share
    other_tempi_bpm: tuple[float, ...] = Field(description="Other readings of the pulse, likeliest first.")
    key: str | None = Field(description="Such as 'A minor'; always major or minor. None where none is heard.")
    key_confidence: Share
    key_runner_up: str | None
    tuning_cents: float = Field(description="Above A4 = 440 Hz.")
    integrated_lufs: float | None = Field(description="ITU-R BS.1770; None for silence.")
    true_peak_dbtp: float | None = Field(description="None for silence.")
    leading_silence_seconds: Seconds
    trailing_silence_seconds: Seconds
    longest_inner_silence_seconds: Seconds = Field(description="Below -60 dBFS, between sounds.")
    clipped_samples: int = Field(ge=0, description="In runs of three or more at full scale.")
    clicks: int = Field(ge=0, description="Isolated steps that the sound around them does not explain.")
    sections: tuple[MeasuredSection, ...]
    vocals: MeasuredVocals | None = Field(default=None, description="None where no vocal stem was given.")


class AskedAndHeard(Model):
    """What was asked beside what was heard."""

    asked_tempo_bpm: float | None
    heard_tempo_bpm: float | None
    tempo: TempoRelation | None = Field(description="Within 2 %; None where no tempo was asked.")
    tempo_error_percent: float | None = Field(description="After doubling or halving, where that applies.")
    asked_key: str | None
    heard_key: str | None
    key: KeyRelation | None = Field(description="None where no key was asked.")
