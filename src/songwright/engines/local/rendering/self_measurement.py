"""What is heard in a song that this engine made, beside the notes that it wrote."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.backing_vocals import DOUBLED_IN
from songwright.hearing.measure import measure, measure_vocals
from songwright.hearing.pitch import WantedNote
from songwright.music.measured import Measured, MeasuredVocals
from songwright.music.score import Score
from songwright.music.song import Loudness
from songwright.style.genre import load_genre
from songwright.style.swing import swing_beats

__all__ = ["hear_files", "hear_song", "hear_voice", "notes_sung_alone"]


def notes_sung_alone(score: Score) -> list[WantedNote]:
    """The lead's notes as they sound, where no second take or second voice sings as well.

    Only there is the vocal stem one voice, whose pitch can be compared with the score.
    """
    clock = partial(swing_beats, swing=score.swing, genre=load_genre(score.genre), meter=score.time_signature)
    notes = []
    for line in score.vocal.lines if score.vocal else ():
        if score.sections[line.section].kind in DOUBLED_IN:
            continue
        for note in line.notes:
            start = score.seconds(clock(note.start_beats))
            end = score.seconds(clock(note.start_beats + note.duration_beats))
            notes.append(WantedNote(start, end - start, note.midi_pitch, note.syllable))
    return notes


def hear_voice(score: Score, vocals: NDArray[np.int32] | None) -> MeasuredVocals | None:
    """Measure the vocal stem of a finished song, shape (2, samples), 24-bit integers, if somebody sings."""
    if score.vocal is None or vocals is None:
        return None
    return measure_vocals(vocals, SAMPLE_RATE_HZ, notes_sung_alone(score))


def hear_song(mix: NDArray[np.int32], voice: MeasuredVocals | None, loudness: Loudness) -> Measured:
    """Measure a finished song.

    Args:
        mix: The master, shape (2, samples), 24-bit integers.
        voice: What was heard in its vocal stem.
        loudness: Of the master, which has been measured on the way.
    """
    return measure(mix, SAMPLE_RATE_HZ, loudness=loudness).model_copy(update={"vocals": voice})


def hear_files(score: Score, master: Path, vocals: Path | None, loudness: Loudness) -> Measured:
    """As :func:`hear_song`, from FLAC files."""
    stem = read_flac(vocals) if vocals is not None and score.vocal is not None else None
    return hear_song(read_flac(master), hear_voice(score, stem), loudness)
