"""What is heard in a recording: the facts of the song that it becomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.engines.base import Context, Rendition
from songwright.engines.local.finishing import MASTER_FILE
from songwright.engines.local.playing.performance import SAMPLE_RATE_HZ
from songwright.hearing.loudness import measure_loudness
from songwright.hearing.measure import measure
from songwright.music.imports import ImportAudio
from songwright.music.song import Facts, Understanding

__all__ = ["RECORDING_MODEL", "listen_to_recording"]

RECORDING_MODEL = "imported recording"
"""What ran, in the facts of a song that was imported: nothing did."""

_RECORDED_VOICE = "recorded voice"


def listen_to_recording(
    audio: NDArray[np.int32], request: ImportAudio, title: str, notes: tuple[str, ...], context: Context
) -> Rendition:
    """Listen to a recording whose master is written already.

    Args:
        audio: The master, shape (2, samples): 24-bit integers at 44.1 kHz.
        request: What is known of it: its words, whether anyone sings.
        title: What the song is called.
        notes: What became of the file on the way.
        context: Where the master is, and whom to tell.
    """
    context.report(0.5, "listening")
    loudness = measure_loudness(audio, SAMPLE_RATE_HZ)
    heard = measure(audio, SAMPLE_RATE_HZ, loudness=loudness)
    facts = Facts(
        title=title,
        duration_seconds=audio.shape[1] / SAMPLE_RATE_HZ,
        tempo_bpm=heard.tempo_bpm,
        key=heard.key,
        voice=_RECORDED_VOICE if request.lyric else None,
        lyric=request.lyric,
        loudness=loudness,
        seed=context.seed,
        model=RECORDING_MODEL,
        understanding=Understanding(notes=notes),
        measured=heard,
    )
    return Rendition(facts=facts, master=MASTER_FILE)
