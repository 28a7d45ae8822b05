"""The voice's network: says a line as speech would, sound by sound, as filters for pulses and noise."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.singing.alignment import align
from songwright.hearing.networks import load_network

__all__ = ["FRAME_SECONDS", "FREQUENCIES_HZ", "NETWORK_RATE_HZ", "Speech", "forget_network", "speak"]

NETWORK_RATE_HZ = 24_000
"""The sample rate of the network's voice."""

FRAME_SECONDS = 0.0125
"""The time between two frames of its spectra."""

FREQUENCIES_HZ: NDArray[np.float32] = np.linspace(0, NETWORK_RATE_HZ / 2, 601, dtype=np.float32)
"""The frequencies of a frame."""

_VOICE_BINS = (FREQUENCIES_HZ >= 200) & (FREQUENCIES_HZ <= 1500)
_FRAMES_PER_LENGTH = 2
_HIGHEST_SPEAKING_F0_HZ = 220.0


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """A line as the network says it.

    Attributes:
        starts: Frame at which each sound is heard to start, and the end: one more than there are sounds.
        f0_hz: Spoken pitch of each frame, 0 where unvoiced; shape (frames,).
        harmonics: Log magnitude of the voice's harmonics; shape (frames, 601), as are all below.
        phase: Phase of the harmonics, in half turns, -1..1.
        noise: Log magnitude of the sound that is not harmonic: breath, hiss, bursts.
        noise_phase: Its phase in radians, which gives bursts their edge.
    """

    starts: NDArray[np.int64]
    f0_hz: NDArray[np.float32]
    harmonics: NDArray[np.float32]
    phase: NDArray[np.float32]
    noise: NDArray[np.float32]
    noise_phase: NDArray[np.float32]


@lru_cache(maxsize=24)
def speak(sounds: str, pace: float) -> Speech:
    """Say a line.

    Args:
        sounds: In hibari's alphabet, words parted by blanks; unknown characters must not occur.
        pace: 1 for the network's own pace, less for slower, clearer speech.
    """
    parts = _parts()
    ids = np.asarray([[0, *(parts.ids[sound] for sound in sounds), 0]], np.int64)
    (lengths,) = parts.durations.run(None, {"ids": ids, "speed": np.asarray([pace], np.float32)})
    f0, energy = parts.contour.run(None, {"ids": ids, "lengths": lengths})
    # The network knows speech: conditioned on a higher pitch than it learnt, its vowels lose their colour.
    f0 = np.clip(f0, 0.0, _HIGHEST_SPEAKING_F0_HZ)
    harmonics, phase, steady_noise, noise, noise_phase = (
        np.ascontiguousarray(spectrum[0].T)
        for spectrum in parts.filters.run(None, {"ids": ids, "lengths": lengths, "f0": f0, "energy": energy})
    )
    del steady_noise
    frames = np.concatenate([[0], np.cumsum(lengths.astype(np.int64) * _FRAMES_PER_LENGTH)])
    voice_db = 10 * np.log10(np.exp(2 * harmonics[:, _VOICE_BINS]).mean(axis=1) + 1e-9)
    # The first and last ids are silence around the line.
    starts = align(sounds, frames[1:-1], voice_db)
    return Speech(starts, f0[0], harmonics, np.tanh(phase), noise, noise_phase)


def forget_network() -> None:
    """Let the network and what it said go; the next line loads it again."""
    speak.cache_clear()
    _parts.cache_clear()


def known_sounds() -> frozenset[str]:
    """The characters that ``speak`` takes."""
    return frozenset(_parts().ids)


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    durations: Any
    contour: Any
    filters: Any
    ids: dict[str, int]


@cache
def _parts() -> _Parts:
    folder = files("songwright.engines.local") / "assets" / "singing"

    def load(name: str) -> Any:
        return load_network((folder / f"{name}.onnx").read_bytes())

    ids: dict[str, int] = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
    return _Parts(load("durations"), load("contour"), load("filters"), ids)
