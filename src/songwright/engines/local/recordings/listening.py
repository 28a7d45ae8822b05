"""Hears a song that has no score of this engine: a recording, or another engine's song."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.base import Source
from songwright.engines.local.mixing.levels import measure_levels
from songwright.engines.local.recordings.heard_score import session_of_recording
from songwright.engines.local.session import Session
from songwright.hearing.transcribe import transcribe

__all__ = ["hear_recording", "hear_song"]


def hear_recording(
    master: NDArray[np.int32],
    *,
    title: str,
    lyric: str,
    seed: str,
    instrumental: bool,
    vocals: NDArray[np.int32] | None = None,
    report: Callable[[float], None] | None = None,
) -> Session:
    """Listen to a recording and write down what an edit needs.

    Args:
        master: Shape (2, samples), 24-bit integers at 44.1 kHz.
        title: Of the song.
        lyric: Its words, "" where they are not known.
        seed: Decides what an edit draws.
        instrumental: Whether nobody sings in it.
        vocals: The voice alone, where there is a stem of it.
        report: Receives the share that is done, 0..1.
    """
    heard = transcribe(master, SAMPLE_RATE_HZ, None if instrumental else vocals, report=report)
    return session_of_recording(
        heard, measure_levels(master), title=title, lyric=lyric, seed=seed, instrumental=instrumental
    )


def hear_song(source: Source) -> Session:
    """Listen to a song of another engine, with the words that it came with."""
    facts = source.song.facts
    vocals = source.stems.get("vocals")
    return hear_recording(
        read_flac(source.master),
        title=facts.title,
        lyric=facts.lyric,
        seed=source.song.id,
        instrumental=facts.voice is None and not facts.lyric,
        vocals=None if vocals is None else read_flac(vocals),
    )
