"""How is it built? Where sections begin, and which of them come back."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, maximum_filter1d

from songwright.hearing.key import CHROMA_RATE_HZ, Chroma
from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples, magnitudes, mel_bank

__all__ = ["HeardPart", "hear_sections"]

_WINDOW = 2_048
_HOP = 2_048
_BANDS = 24
_UNIT_SECONDS = 0.5
_KERNEL_UNITS = 16
_SHORTEST_UNITS = 12
_NOVELTY_ABOVE = 0.35
_SAME = 0.72
_SHORTEST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class HeardPart:
    """A stretch that belongs together.

    Attributes:
        label: "A", "B", ...; stretches that sound alike share one.
        start_seconds: From the start of the audio.
        end_seconds: Where the next one starts, or the end.
        level_db: Mean level relative to full scale.
    """

    label: str
    start_seconds: float
    end_seconds: float
    level_db: float


def hear_sections(
    samples: Samples, chroma: Chroma, beats_seconds: NDArray[np.float64]
) -> tuple[HeardPart, ...]:
    """Part the music where harmony, timbre or level change for good.

    Novelty is a checkerboard kernel along the diagonal of the self-similarity of beats (Foote, "Automatic
    audio segmentation using a measure of audio novelty", 2000). Parts share a label where their
    chroma follow the same course and their timbre is alike.

    Args:
        samples: One channel at the analysis rate.
        chroma: Of the same samples.
        beats_seconds: Beats as heard; without a pulse, steps of half a second are used.
    """
    duration_seconds = len(samples) / ANALYSIS_RATE_HZ
    if duration_seconds == 0.0:
        return ()
    edges = _unit_edges(beats_seconds, duration_seconds)
    spectrum = magnitudes(samples, _WINDOW, _HOP) @ mel_bank(_BANDS, _WINDOW, 40.0, 9_000.0)
    power_db = 20.0 * np.log10(spectrum.astype(np.float64) + 1e-5)
    timbre = _mean_between(power_db, edges, ANALYSIS_RATE_HZ / _HOP)
    harmony = _mean_between(chroma.frames, edges, CHROMA_RATE_HZ)
    level = _level_db(samples, edges)
    if duration_seconds < _SHORTEST_SECONDS or len(edges) < 2 * _SHORTEST_UNITS + 1:
        return (HeardPart("A", 0.0, duration_seconds, float(_mean_level(level))),)
    timbre = _standardised(timbre)
    harmony = harmony / np.maximum(np.linalg.norm(harmony, axis=1, keepdims=True), 1e-9)
    novelty = _novelty(np.hstack([timbre / np.sqrt(_BANDS), 0.7 * _standardised(harmony) / np.sqrt(12)]))
    starts = np.concatenate([[0], _boundaries(novelty), [len(edges) - 1]])
    spans = list(pairwise(int(start) for start in starts))
    labels = _labels(spans, harmony, timbre)
    return tuple(
        HeardPart(label, float(edges[first]), float(edges[last]), float(_mean_level(level[first:last])))
        for label, (first, last) in zip(labels, spans, strict=True)
    )


def _unit_edges(beats_seconds: NDArray[np.float64], duration_seconds: float) -> NDArray[np.float64]:
    if len(beats_seconds) < 2 * _SHORTEST_UNITS:
        inner = np.arange(_UNIT_SECONDS, duration_seconds - _UNIT_SECONDS / 2, _UNIT_SECONDS)
    else:
        beat = float(np.median(np.diff(beats_seconds)))
        before = np.arange(beats_seconds[0] - beat, beat / 2, -beat)[::-1]
        after = np.arange(beats_seconds[-1] + beat, duration_seconds - beat / 2, beat)
        inner = np.concatenate([before, beats_seconds, after])
        inner = inner[(inner > beat / 4) & (inner < duration_seconds - beat / 4)]
    return np.concatenate([[0.0], inner, [duration_seconds]])


def _mean_between(
    frames: NDArray[np.float64], edges_seconds: NDArray[np.float64], rate_hz: float
) -> NDArray[np.float64]:
    total = np.concatenate([np.zeros((1, frames.shape[1])), np.cumsum(frames, axis=0)])
    at = np.clip(np.round(edges_seconds * rate_hz).astype(np.intp), 0, len(frames))
    first = np.minimum(at[:-1], len(frames) - 1)
    last = np.maximum(at[1:], first + 1)
    means: NDArray[np.float64] = (total[last] - total[first]) / (last - first)[:, None]
    return means


def _level_db(samples: Samples, edges_seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    square = np.concatenate([[0.0], np.cumsum(samples.astype(np.float64) ** 2)])
    at = np.clip(np.round(edges_seconds * ANALYSIS_RATE_HZ).astype(np.intp), 0, len(samples))
    mean = np.diff(square[at]) / np.maximum(np.diff(at), 1)
    result: NDArray[np.float64] = 10.0 * np.log10(np.maximum(mean, 1e-12))
    return result


def _mean_level(level_db: NDArray[np.float64]) -> float:
    return float(10.0 * np.log10(np.mean(10.0 ** (level_db / 10.0))))


def _standardised(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    result: NDArray[np.float64] = (rows - rows.mean(axis=0)) / np.maximum(rows.std(axis=0), 1e-6)
    return result


def _novelty(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each unit's future differs from its past, 0..1."""
    count, reach = len(features), _KERNEL_UNITS
    padded = np.pad(features, ((reach, reach), (0, 0)), mode="edge")
    unit = padded / np.maximum(np.linalg.norm(padded, axis=1, keepdims=True), 1e-9)
    likeness = unit @ unit.T
    side = np.sign(np.arange(-reach, reach) + 0.5)
    taper = np.exp(-0.5 * ((np.arange(-reach, reach) + 0.5) / (0.5 * reach)) ** 2)
    kernel = np.outer(side * taper, side * taper)
    novelty = np.array(
        [np.sum(kernel * likeness[at : at + 2 * reach, at : at + 2 * reach]) for at in range(count + 1)]
    )
    novelty = np.maximum(gaussian_filter1d(novelty, 1.0), 0.0)
    return novelty / max(float(novelty.max()), 1e-9)


def _boundaries(novelty: NDArray[np.float64]) -> NDArray[np.intp]:
    peak = novelty == maximum_filter1d(novelty, size=2 * _SHORTEST_UNITS + 1)
    at = np.flatnonzero(peak & (novelty > _NOVELTY_ABOVE))
    return at[(at >= _SHORTEST_UNITS // 2) & (at <= len(novelty) - 1 - _SHORTEST_UNITS // 2)]


def _labels(
    spans: list[tuple[int, int]], harmony: NDArray[np.float64], timbre: NDArray[np.float64]
) -> list[str]:
    """Give each part the label of the earlier part that it resembles most, or a new one."""
    likeness = harmony @ harmony.T
    labels: list[int] = []
    for number, (first, last) in enumerate(spans):
        scores = [
            _course(likeness, spans[earlier], (first, last))
            * _timbre_likeness(timbre[slice(*spans[earlier])], timbre[first:last])
            for earlier in range(number)
        ]
        best = int(np.argmax(scores)) if scores else -1
        fresh = max(labels, default=-1) + 1
        labels.append(labels[best] if best >= 0 and scores[best] > _SAME else fresh)
    return [_letters(label) for label in labels]


def _course(likeness: NDArray[np.float64], one: tuple[int, int], other: tuple[int, int]) -> float:
    """How well the harmony of two parts runs in parallel, allowing for a start a few beats off."""
    length = min(one[1] - one[0], other[1] - other[0])
    if length < 0.45 * max(one[1] - one[0], other[1] - other[0]):
        return 0.0
    best = 0.0
    for shift in range(-4, 5):
        first, second = one[0] + max(0, shift), other[0] + max(0, -shift)
        steps = np.arange(min(length - abs(shift), len(likeness) - max(first, second)))
        if len(steps) > _SHORTEST_UNITS // 2:
            best = max(best, float(likeness[first + steps, second + steps].mean()))
    return best


def _timbre_likeness(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    distance = float(np.sqrt(np.mean((one.mean(axis=0) - other.mean(axis=0)) ** 2)))
    return float(np.exp(-0.5 * (distance / 1.5) ** 2))


def _letters(label: int) -> str:
    return chr(ord("A") + label) if label < 26 else f"Z{label - 25}"
