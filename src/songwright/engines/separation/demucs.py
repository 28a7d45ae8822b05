"""Separation by Demucs, where its package is installed; its weights come from its hub on first use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.separation.masks import Stereo
from songwright.errors import EngineError
from songwright.music.actions import StemName

__all__ = ["Separator", "load_separator", "separate_with_demucs"]

_MODEL = "htdemucs"


class Separator(Protocol):
    """The part of ``demucs.api.Separator`` that is used."""

    def separate_tensor(self, wav: Any, sr: int | None = None) -> tuple[Any, dict[str, Any]]:
        """The recording and its sources by name, each a tensor of shape (2, samples)."""
        ...


def load_separator(report: Callable[[float], None]) -> Separator:
    """Load the network.

    Raises:
        EngineError: The package or its weights can't be loaded.
    """
    try:
        from demucs.api import Separator as Demucs

        separator: Separator = Demucs(_MODEL, progress=False, callback=lambda state: _tell(state, report))
    except Exception as error:
        raise EngineError(
            "Demucs can't be loaded; its weights are fetched on first use, so connect to the internet once, "
            "or choose another method by SONGWRIGHT_SEPARATION",
            retryable=True,
        ) from error
    return separator


def _tell(state: dict[str, Any], report: Callable[[float], None]) -> None:
    length, offset = state.get("audio_length"), state.get("segment_offset")
    if length and offset is not None:
        report(min(1.0, float(offset) / float(length)))


def separate_with_demucs(
    audio: Stereo, separator: Separator, tensor: Callable[[Stereo], Any]
) -> dict[StemName, Stereo]:
    """Vocals, drums and bass as the network hears them.

    Args:
        audio: Shape (2, samples) at 44.1 kHz, which is the network's own rate.
        separator: As ``load_separator`` gives it.
        tensor: Makes a tensor of an array: ``torch.from_numpy``.

    Raises:
        EngineError: A source is missing or has another length.
    """
    _, sources = separator.separate_tensor(tensor(np.ascontiguousarray(audio)), SAMPLE_RATE_HZ)
    names: tuple[StemName, ...] = ("vocals", "drums", "bass")
    stems = {name: np.asarray(sources.get(name, ()), np.float32) for name in names}
    if any(stem.shape != audio.shape for stem in stems.values()):
        raise EngineError(
            "Demucs gave other sources than expected; choose another method by SONGWRIGHT_SEPARATION",
            retryable=False,
        )
    return stems
