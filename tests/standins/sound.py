"""Short recordings that stand-ins serve: steady chords, so that the same seconds sound the same in each."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import soundfile
from numpy.typing import NDArray

SAMPLE_RATE_HZ = 44_100
Audio = NDArray[np.float64]


def tones(seconds: float, frequencies_hz: tuple[float, ...], rate_hz: int = SAMPLE_RATE_HZ) -> Audio:
    """Shape (samples, 2): a beat every half second under a chord."""
    times = np.arange(round(seconds * rate_hz)) / rate_hz
    chord = np.sum([np.sin(2 * np.pi * hz * times + hz) for hz in frequencies_hz], axis=0)
    beat = np.exp(-20 * (times % 0.5)) * np.sin(2 * np.pi * 60 * (times % 0.5))
    mono = 0.08 * chord + 0.3 * beat
    return np.stack([mono, mono], axis=1)


def with_stretch(base: Audio, other: Audio, start: float, end: float, rate_hz: int = SAMPLE_RATE_HZ) -> Audio:
    """``base`` with the seconds from ``start`` to ``end`` taken from ``other``."""
    first, last = round(start * rate_hz), round(end * rate_hz)
    made = base.copy()
    last = min(last, len(base), len(other))
    made[first:last] = other[first:last]
    return made


def encoded(audio: Audio, kind: str = "WAV", rate_hz: int = SAMPLE_RATE_HZ) -> bytes:
    """The bytes of an audio file."""
    file = io.BytesIO()
    soundfile.write(file, audio, rate_hz, format=kind, subtype="PCM_24" if kind != "MP3" else None)
    return file.getvalue()


def decoded(content: bytes) -> tuple[Audio, int]:
    """The sound of an audio file."""
    samples, rate_hz = soundfile.read(io.BytesIO(content), always_2d=True)
    return samples, rate_hz


def archive(members: dict[str, bytes]) -> bytes:
    """A ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in members.items():
            packed.writestr(name, content)
    return file.getvalue()
