"""Stems that somebody else made, brought to the promise that stems sum to their song."""

from __future__ import annotations

import numpy as np

from songwright.audio.pcm import FULL_SCALE_INT24, Samples
from songwright.engines.remote.errors import DownloadError
from songwright.music.actions import StemName

__all__ = ["summing_to"]


def summing_to(master: Samples, stems: dict[StemName, Samples]) -> tuple[dict[StemName, Samples], float]:
    """Stems whose sum is the master to the sample: ``other`` takes what the rest leaves.

    Returns:
        The stems, and the level in dB, relative to the master, of what the given ones left over.
    """
    named = {name: samples for name, samples in stems.items() if name != "other"}
    rest = master.astype(np.int64) - sum(
        (samples.astype(np.int64) for samples in named.values()), start=np.zeros(master.shape, np.int64)
    )
    left_over = rest - stems["other"] if "other" in stems else rest
    energy = float(np.square(master, dtype=np.float64).sum())
    missed = float(np.square(left_over, dtype=np.float64).sum())
    level_db = 10 * np.log10(missed / energy) if missed > 0 and energy > 0 else -200.0
    # Where the rest does not fit into 24 bits no stems could be kept that sum to the master.
    if np.abs(rest).max(initial=0) >= FULL_SCALE_INT24:
        raise DownloadError("the stems do not fit the song; ask for them again", retryable=False)
    return named | {"other": rest.astype(np.int32)}, float(level_db)
