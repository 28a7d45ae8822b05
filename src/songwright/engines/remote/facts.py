"""Facts about a song that somebody else made: what it sounds like, since no score tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from songwright.music.measured import Measured
from songwright.music.song import Loudness, Section
from songwright.music.timeline import name_sections

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["hear", "heard_loudness", "heard_sections"]

_SILENCE_DB = -120.0


def hear(samples: NDArray[np.int32]) -> Measured:
    """Listen to a master: shape (2, samples), 24-bit integers at 44.1 kHz."""
    from songwright.audio.pcm import SAMPLE_RATE_HZ
    from songwright.hearing.measure import measure

    return measure(samples, SAMPLE_RATE_HZ)


def heard_sections(heard: Measured) -> tuple[Section, ...]:
    """Stretches that sound alike, named "part a 1", "part b", ..., with bars where a tempo is heard."""
    names = name_sections([f"part {part.label.lower()}" for part in heard.sections])
    sections: list[Section] = []
    bar = 1
    for name, part in zip(names, heard.sections, strict=True):
        seconds = part.end_seconds - part.start_seconds
        # In four-four time, which is all that a tempo alone suggests.
        bars = max(1, round(seconds * heard.tempo_bpm / 240)) if heard.tempo_bpm else 1
        sections.append(
            Section(
                name=name,
                start_seconds=part.start_seconds,
                end_seconds=part.end_seconds,
                start_bar=bar,
                bars=bars,
            )
        )
        bar += bars
    return tuple(sections)


def heard_loudness(heard: Measured) -> Loudness:
    """The loudness of what was heard; silence is -120 dB."""
    return Loudness(
        integrated_lufs=_SILENCE_DB if heard.integrated_lufs is None else heard.integrated_lufs,
        true_peak_dbtp=_SILENCE_DB if heard.true_peak_dbtp is None else heard.true_peak_dbtp,
    )
