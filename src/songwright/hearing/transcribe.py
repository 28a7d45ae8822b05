"""Writes a recording down: beats, meter, key, chords, melody and form, from its sound alone."""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np

from songwright.hearing.form import form_sections
from songwright.hearing.harmony import hear_harmony
from songwright.hearing.key import hear_chroma
from songwright.hearing.melody import PlainNote, hear_melody, on_grid
from songwright.hearing.meter import hear_meter, steady_grid
from songwright.hearing.note_activity import NoteActivity, hear_note_activity
from songwright.hearing.presence import is_singing, is_voice_alone, is_voice_there
from songwright.hearing.pulse import hear_marks
from songwright.hearing.sections import hear_sections
from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Audio, Samples, to_analysis_rate
from songwright.hearing.tempo import hear_tempo
from songwright.music.score import Chord, ChordSpan, Key
from songwright.music.transcription import Transcription

__all__ = ["transcribe"]

_log = logging.getLogger(__name__)

_SILENT = 1e-3
_SUNG_SHARE = 0.06


def transcribe(
    audio: Audio,
    sample_rate_hz: int,
    vocals: Audio | None = None,
    *,
    report: Callable[[float], None] | None = None,
) -> Transcription:
    """Write a recording down.

    Never fails on sound: where no pulse is heard the beats are a steady grid and their confidence is 0, where
    no harmony is heard the chords are the tonic's with confidence 0, and where nothing that could be a score
    is heard there is no melody either. The same sound gives the same transcription.

    Args:
        audio: The mix, shape (channels, samples) or (samples,): floats with full scale 1.0, or 24-bit
            integers in an integer type.
        sample_rate_hz: Samples a second.
        vocals: The vocal stem in the same form and on the same clock, separated or original. The melody
            then comes from it; without it, from the whole, and it is said to be sung only where the whole is
            one voice.
        report: Receives the share that is done, 0..1.

    Raises:
        ValueError: An array has another shape.
    """
    tell = report or (lambda _: None)
    samples = to_analysis_rate(audio, sample_rate_hz)
    voice = None if vocals is None else to_analysis_rate(vocals, sample_rate_hz)
    try:
        written = _written(samples, voice, tell)
    except (ValueError, ArithmeticError, IndexError):
        # Sound has no rules that it could break: what can't be written down was not heard.
        _log.exception("what was heard in a recording is no score")
        written = _unheard(len(samples) / ANALYSIS_RATE_HZ)
    tell(1.0)
    return written


def _written(samples: Samples, voice: Samples | None, tell: Callable[[float], None]) -> Transcription:
    duration_seconds = len(samples) / ANALYSIS_RATE_HZ
    mix_share = 0.8 if voice is None else 0.45
    activity = hear_note_activity(samples, lambda share: tell(mix_share * share))
    tempo = hear_tempo(samples)
    meter = hear_meter(tempo, hear_marks(samples, activity), _end_seconds(samples))
    tell(mix_share + 0.1)
    chroma = hear_chroma(samples)
    harmony = hear_harmony(activity, chroma, meter.beat_seconds, meter.time_signature)
    plain: tuple[PlainNote, ...] = ()
    if voice is not None and is_voice_there(voice, samples):
        own = hear_note_activity(voice, lambda share: tell(mix_share + 0.1 + 0.35 * share))
        sung, plain = _sung(voice, own, duration_seconds)
    elif voice is None and is_voice_alone(samples):
        sung, plain = _sung(samples, activity, duration_seconds)
    else:
        sung = False
    if not sung:
        plain = hear_melody(activity, alone=False)
    melody = on_grid(plain, meter.beat_seconds)
    beats = np.array(meter.beat_seconds)
    inside = beats[(beats > 0.0) & (beats < duration_seconds)]
    parts = hear_sections(samples, chroma, inside)
    return Transcription(
        duration_seconds=round(duration_seconds, 6),
        tempo_bpm=round(60.0 / float(np.median(np.diff(beats))), 3),
        beat_seconds=meter.beat_seconds,
        time_signature=meter.time_signature,
        key=harmony.key,
        chords=harmony.chords,
        melody=melody,
        sections=form_sections(parts, melody, meter.beat_seconds, meter.time_signature),
        sung=sung,
        beat_confidence=round(meter.confidence, 3),
        chord_confidence=round(harmony.confidence, 3),
    )


def _unheard(duration_seconds: float) -> Transcription:
    """A recording of which nothing is known but its length."""
    meter = steady_grid(duration_seconds)
    tonic = Key(tonic=0, mode="major")
    chord = Chord(root=tonic.tonic, intervals=(0, 4, 7), symbol=tonic.pitch_name(0), bass=tonic.tonic)
    beats = len(meter.beat_seconds) - 1
    return Transcription(
        duration_seconds=round(duration_seconds, 6),
        tempo_bpm=round(60.0 / (meter.beat_seconds[1] - meter.beat_seconds[0]), 3),
        beat_seconds=meter.beat_seconds,
        time_signature=meter.time_signature,
        key=tonic,
        chords=(ChordSpan(0.0, float(beats), chord),),
        melody=(),
        sections=form_sections((), (), meter.beat_seconds, meter.time_signature),
        sung=False,
        beat_confidence=0.0,
        chord_confidence=0.0,
    )


def _end_seconds(samples: Samples) -> float:
    """Where the music ends: the last sound above -60 dBFS."""
    sounding = np.flatnonzero(np.abs(samples) > _SILENT)
    return float(sounding[-1] + 1) / ANALYSIS_RATE_HZ if len(sounding) else len(samples) / ANALYSIS_RATE_HZ


def _sung(
    voice: Samples, activity: NoteActivity, duration_seconds: float
) -> tuple[bool, tuple[PlainNote, ...]]:
    """Whether a voice sings, and what."""
    if not is_singing(voice):
        return False, ()
    plain = hear_melody(activity, alone=True)
    held = sum(note.end_seconds - note.start_seconds for note in plain)
    return held > _SUNG_SHARE * duration_seconds, plain
