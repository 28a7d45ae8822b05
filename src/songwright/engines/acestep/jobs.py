"""Work for the server, and what comes of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songwright.audio.pcm import Samples

__all__ = ["Job", "Made", "Make"]


@dataclass(frozen=True, slots=True)
class Job:
    """One request for sound.

    Attributes:
        name: Tells it from the other requests of the same task, over a restart too.
        fields: The fields of ``/release_task``.
        source: The recording to work on, FLAC.
        lyric: What should be sung, to rank takes by.
        tempo_bpm: What was asked, to rank takes by.
        begun: How much of the task is done when it starts, 0..1.
        share: How much of the task it is.
    """

    name: str
    fields: dict[str, Any]
    source: Path | None = None
    lyric: str = ""
    tempo_bpm: float | None = None
    begun: float = 0.0
    share: float = 0.9


@dataclass(frozen=True, slots=True)
class Made:
    """What came of a job.

    Attributes:
        audio: Shape (2, samples), 24-bit integers at 44.1 kHz.
        seed: The take's.
        notes: Why this take.
    """

    audio: Samples
    seed: str
    notes: tuple[str, ...]


Make = Callable[[Job], Awaitable[Made]]
"""Has a job done."""
