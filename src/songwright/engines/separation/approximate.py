"""Separation without any network: struck or held, low or high, in the middle or at the sides."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from songwright.engines.separation.masks import (
    Masks,
    Spectrum,
    Stereo,
    frequencies_hz,
    percussive_share,
    through_masks,
)
from songwright.music.actions import StemName

__all__ = ["backing_masks", "separate_approximately"]

_VOICE_HZ = (120.0, 8_000.0)
_BASS_BELOW_HZ = 180.0


def separate_approximately(audio: Stereo, report: Callable[[float], None]) -> dict[StemName, Stereo]:
    """Vocals, drums and bass by their usual places; what they leave is not among them.

    Vocals are what is held, lies in the middle of the stereo image (after Avendano, "Frequency-domain source
    identification and manipulation in stereo mixes", 2003) and between 120 Hz and 8 kHz; drums are what is
    struck; the bass is what is held below.
    """
    vocals, drums, bass = through_masks(audio, _masks, 3, report)
    return {"vocals": vocals, "drums": drums, "bass": bass}


def backing_masks(spectrum: Spectrum) -> Masks:
    """Masks for drums and bass in music without a voice."""
    struck = percussive_share(np.abs(spectrum).mean(axis=0))
    return struck[None], ((1.0 - struck) * _below(_BASS_BELOW_HZ))[None]


def _masks(spectrum: Spectrum) -> Masks:
    drums, bass = backing_masks(spectrum)
    left, right = spectrum
    aside = np.abs(left - right) / np.maximum(np.abs(left) + np.abs(right), 1e-9)
    band = (1.0 - _below(_VOICE_HZ[0])) * _below(_VOICE_HZ[1])
    vocals = np.minimum((1.0 - aside) ** 2 * band, np.maximum(1.0 - drums[0] - bass[0], 0.0))
    return vocals[None].astype(np.float32), drums, bass


def _below(edge_hz: float) -> NDArray[np.float32]:
    """1 below an edge, 0 above, falling over a third of an octave around it."""
    octaves = np.log2(np.maximum(frequencies_hz(), 1.0) / edge_hz)
    return np.clip(0.5 - 3.0 * octaves, 0.0, 1.0).astype(np.float32)
