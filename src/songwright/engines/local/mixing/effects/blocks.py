"""Sound in blocks: where it is active, how loud each hop is, and gains that move from hop to hop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK_SAMPLES", "Audio", "active_regions", "apply_gain", "blocks", "hop_peaks"]

Audio = NDArray[np.float32]
"""Shape (channels, samples), full scale 1.0."""

BLOCK_SAMPLES = 65_536
"""How many samples of a channel are worked on at once: 256 KiB, which stays in the cache."""

SILENCE = 10 ** (-96 / 20)
_SCAN_SAMPLES = 4096


def blocks(samples: int) -> Iterator[tuple[int, int]]:
    """The (start, stop) of successive blocks that cover ``samples``."""
    for start in range(0, samples, BLOCK_SAMPLES):
        yield start, min(start + BLOCK_SAMPLES, samples)


def hop_peaks(audio: Audio, hop_samples: int) -> Audio:
    """The largest magnitude in each hop, over all channels.

    Returns:
        Shape (ceil(samples / hop_samples),).
    """
    samples = audio.shape[-1]
    whole = samples // hop_samples
    peaks = np.zeros(-(-samples // hop_samples), np.float32)
    hops_a_block = max(1, BLOCK_SAMPLES // hop_samples)
    for channel in np.atleast_2d(audio):
        for first in range(0, whole, hops_a_block):
            last = min(first + hops_a_block, whole)
            grid = channel[first * hop_samples : last * hop_samples].reshape(-1, hop_samples)
            np.maximum(peaks[first:last], np.abs(grid).max(axis=1), out=peaks[first:last])
        if whole < peaks.size:
            peaks[whole] = max(float(peaks[whole]), float(np.abs(channel[whole * hop_samples :]).max()))
    return peaks


def active_regions(audio: Audio, ring_samples: int = 8192) -> list[tuple[int, int]]:
    """Where there is sound above -96 dBFS.

    Args:
        audio: Shape (channels, samples) or (samples,).
        ring_samples: Kept behind the last loud sample, so that filters can ring out.

    Returns:
        Disjoint (start, stop) pairs in samples, in order, starting on multiples of 4096.
    """
    samples = audio.shape[-1]
    active = np.flatnonzero(hop_peaks(audio, _SCAN_SAMPLES) > SILENCE)
    regions: list[tuple[int, int]] = []
    for hop in active.tolist():
        start = hop * _SCAN_SAMPLES
        stop = min(start + _SCAN_SAMPLES + ring_samples, samples)
        if regions and start <= regions[-1][1]:
            regions[-1] = (regions[-1][0], stop)
        else:
            regions.append((start, stop))
    return [(start - start % _SCAN_SAMPLES, stop) for start, stop in regions]


def ramps(nodes: NDArray[np.floating], hop_samples: int, start: int, stop: int) -> Audio:
    """Gains for the samples ``start`` to ``stop``, straight lines between nodes.

    Args:
        nodes: Node k is the gain at sample k * hop_samples; the last one holds on.
        hop_samples: Samples between nodes.
        start: First sample.
        stop: Behind the last sample.

    Returns:
        Shape (stop - start,).
    """
    first = start // hop_samples
    last = -(-stop // hop_samples)
    index = np.minimum(np.arange(first, last + 1), nodes.size - 1)
    levels = nodes[index].astype(np.float32)
    rise = np.arange(hop_samples, dtype=np.float32) / np.float32(hop_samples)
    gains = levels[:-1, None] + np.diff(levels)[:, None] * rise
    return gains.reshape(-1)[start - first * hop_samples : stop - first * hop_samples]


def apply_gain(audio: Audio, nodes: NDArray[np.floating], hop_samples: int) -> Audio:
    """Multiply sound by a gain curve, in place.

    Args:
        audio: Shape (channels, samples) or (samples,).
        nodes: As for ``ramps``.
        hop_samples: Samples between nodes.
    """
    for start, stop in blocks(audio.shape[-1]):
        audio[..., start:stop] *= ramps(nodes, hop_samples, start, stop)
    return audio
