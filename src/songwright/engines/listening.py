"""Listens to what an engine made, whichever it was, and puts what was asked beside what is heard."""

from __future__ import annotations

from pathlib import Path

from songwright.engines.base import Rendition
from songwright.music.imports import ImportAudio, Work
from songwright.music.measured import AskedAndHeard, Measured
from songwright.music.score import Key

__all__ = ["with_what_is_heard"]


def with_what_is_heard(rendition: Rendition, action: Work, folder: Path) -> Rendition:
    """A rendition whose facts say what is heard in it; an engine that has listened is not doubted.

    Args:
        rendition: What an engine made.
        action: What was asked.
        folder: Where its files lie.

    Raises:
        OSError: A file can't be read.
        ValueError: A file is not audio.
    """
    facts = rendition.facts
    measured = facts.measured or _hear(rendition, folder)
    return rendition.model_copy(
        update={
            "facts": facts.model_copy(
                update={"measured": measured, "agreement": _agreement(rendition, action, measured)}
            )
        }
    )


def _hear(rendition: Rendition, folder: Path) -> Measured:
    import numpy as np
    import soundfile

    from songwright.hearing.measure import measure

    def read(name: str) -> tuple[np.ndarray, int]:
        frames, rate_hz = soundfile.read(folder / name, dtype="float32", always_2d=True)
        return frames.T, int(rate_hz)

    master, rate_hz = read(rendition.master)
    vocals = rendition.stems.get("vocals")
    sung, sung_rate_hz = read(vocals) if vocals is not None else (None, rate_hz)
    return measure(master, rate_hz, sung if sung_rate_hz == rate_hz else None)


def _agreement(rendition: Rendition, action: Work, measured: Measured) -> AskedAndHeard | None:
    from songwright.hearing.agreement import compare_with_asked

    if isinstance(action, ImportAudio):
        # Nobody asked a recording to sound like anything.
        return None
    tempo_bpm, key = _asked(action)
    if rendition.score is not None:
        # What an engine wrote is what it was to sound like, also where the request left it open.
        tempo_bpm, key = rendition.facts.tempo_bpm or tempo_bpm, rendition.facts.key or key
    if tempo_bpm is None and key is None:
        return None
    return compare_with_asked(measured, asked_tempo_bpm=tempo_bpm, asked_key=key)


def _asked(action: Work) -> tuple[float | None, str | None]:
    """Tempo and key that a prompt names outright."""
    from songwright.style.prompt_figures import read_figures
    from songwright.style.wishes import Wishes

    wishes = Wishes()
    read_figures(getattr(action, "prompt", None) or "", wishes)
    key = Key(wishes.tonic, wishes.mode) if wishes.tonic is not None and wishes.mode is not None else None
    return wishes.tempo_bpm, None if key is None else str(key)
