"""Listens to a finished song, whichever engine made it, and puts what it hears into numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from songwright.audio.loudness import SILENT_DB, measure_loudness
from songwright.hearing.key import hear_chroma, hear_key
from songwright.hearing.pitch import WantedNote, hear_pitch, pitch_error, vowel_onset_errors_seconds
from songwright.hearing.sections import hear_sections
from songwright.hearing.silence import hear_flaws
from songwright.hearing.spectrum import Audio, to_analysis_rate, to_channels
from songwright.hearing.tempo import hear_tempo
from songwright.music.measured import Measured, MeasuredSection, MeasuredVocals
from songwright.music.song import Loudness

__all__ = ["measure", "measure_vocals"]


def measure(
    audio: Audio,
    sample_rate_hz: int,
    vocals: Audio | None = None,
    *,
    notes: Sequence[WantedNote] | None = None,
    loudness: Loudness | None = None,
) -> Measured:
    """Measure a song from its audio alone.

    Never fails on sound: silence, noise and fragments give None and low confidence.

    Args:
        audio: The mix, shape (channels, samples) or (samples,): floats with full scale 1.0, or 24-bit
            integers in an integer type. One or two channels.
        sample_rate_hz: Samples a second.
        vocals: The vocal stem, in the same form, where there is one.
        notes: What should be sung; adds the errors of pitch and onset.
        loudness: The loudness of ``audio`` where it has been measured already.

    Raises:
        ValueError: An array has another shape.
    """
    channels = to_channels(audio)
    samples = to_analysis_rate(channels, sample_rate_hz)
    tempo = hear_tempo(samples)
    chroma = hear_chroma(samples)
    key = hear_key(chroma)
    flaws = hear_flaws(channels, sample_rate_hz)
    level = loudness or measure_loudness(channels, sample_rate_hz)
    duration_seconds = channels.shape[1] / sample_rate_hz
    # The sections are heard in a copy at a lower rate; this one is large.
    del channels
    inner = [end - start for start, end in flaws.inner_silences_seconds]
    return Measured(
        duration_seconds=round(duration_seconds, 3),
        tempo_bpm=None if tempo.tempo_bpm is None else round(tempo.tempo_bpm, 2),
        tempo_confidence=round(tempo.confidence, 3),
        other_tempi_bpm=tuple(round(candidate.tempo_bpm, 1) for candidate in tempo.candidates[1:]),
        key=None if key.key is None else str(key.key),
        key_confidence=round(key.confidence, 3),
        key_runner_up=None if key.runner_up is None else str(key.runner_up),
        tuning_cents=round(chroma.tuning_cents, 1),
        integrated_lufs=_above_silence(level.integrated_lufs),
        true_peak_dbtp=_above_silence(level.true_peak_dbtp),
        leading_silence_seconds=round(flaws.leading_silence_seconds, 3),
        trailing_silence_seconds=round(flaws.trailing_silence_seconds, 3),
        longest_inner_silence_seconds=round(max(inner, default=0.0), 3),
        clipped_samples=flaws.clipped_samples,
        clicks=len(flaws.clicks_seconds),
        sections=tuple(
            MeasuredSection(
                label=part.label,
                start_seconds=round(part.start_seconds, 2),
                end_seconds=round(part.end_seconds, 2),
                level_db=round(part.level_db, 1),
            )
            for part in hear_sections(samples, chroma, tempo.beats_seconds)
        ),
        vocals=None if vocals is None else measure_vocals(vocals, sample_rate_hz, notes or ()),
    )


def measure_vocals(audio: Audio, sample_rate_hz: int, notes: Sequence[WantedNote] = ()) -> MeasuredVocals:
    """Measure a vocal stem.

    Args:
        audio: One voice alone, in the form that ``measure`` takes.
        sample_rate_hz: Samples a second.
        notes: What should be sung, on the clock of ``audio``.

    Raises:
        ValueError: The array has another shape.
    """
    samples = to_analysis_rate(audio, sample_rate_hz)
    heard = hear_pitch(samples)
    sung = heard.midi_pitch[heard.voiced]
    error = pitch_error(heard, notes)
    onsets = vowel_onset_errors_seconds(samples, heard, notes)
    return MeasuredVocals(
        sung_share=round(float(heard.voiced.mean()), 3),
        lowest_midi_pitch=round(float(np.percentile(sung, 5)), 1) if len(sung) else None,
        highest_midi_pitch=round(float(np.percentile(sung, 95)), 1) if len(sung) else None,
        within_50_cents=None if error is None else round(error.within_50_cents, 4),
        median_error_cents=None if error is None else round(error.median_cents, 1),
        median_onset_error_seconds=round(float(np.median(onsets)), 4) if len(onsets) else None,
    )


def _above_silence(level_db: float) -> float | None:
    return None if level_db <= SILENT_DB else round(level_db, 2)
