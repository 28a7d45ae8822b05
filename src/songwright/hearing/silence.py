"""Is anything broken? Silence, clipping and clicks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d

from songwright.hearing.spectrum import Audio, to_channels, to_mono

__all__ = ["HeardFlaws", "clicks_seconds", "clipped_samples", "hear_flaws", "silences_seconds"]

_FRAME_SECONDS = 0.02
_SILENT_DBFS = -60.0
_BRIEFEST_SILENCE_SECONDS = 0.25

_CLIPPED_RUN = 3
_FULL_SCALE = 0.999

_BLOCK = 32
_CLICK_WIDTH_SAMPLES = 4
_CLICK_REACH_SECONDS = 0.030
_CLICK_RATIO = 5.0
_CLICK_FAINTEST = 0.01


@dataclass(frozen=True, slots=True)
class HeardFlaws:
    """What may be broken.

    Attributes:
        leading_silence_seconds: Silence before the first sound.
        trailing_silence_seconds: Silence after the last sound.
        inner_silences_seconds: Start and end of each silence of at least 0.25 s between sounds.
        clipped_samples: Samples in runs of three or more at full scale.
        clicks_seconds: Times of isolated steps that nothing around them explains.
    """

    leading_silence_seconds: float
    trailing_silence_seconds: float
    inner_silences_seconds: tuple[tuple[float, float], ...]
    clipped_samples: int
    clicks_seconds: tuple[float, ...]


def hear_flaws(audio: Audio, sample_rate_hz: int) -> HeardFlaws:
    """Look for silence, clipping and clicks.

    Args:
        audio: Shape (channels, samples) or (samples,).
        sample_rate_hz: Its own rate: a resampled copy would blur what is looked for.
    """
    mono = to_mono(audio)
    duration_seconds = len(mono) / sample_rate_hz
    silences = silences_seconds(mono, sample_rate_hz)
    leading = next((end for start, end in silences if start == 0.0), 0.0)
    trailing = next((end - start for start, end in silences[::-1] if end >= duration_seconds), 0.0)
    inner = tuple(
        (start, end)
        for start, end in silences
        if start > 0.0 and end < duration_seconds and end - start >= _BRIEFEST_SILENCE_SECONDS
    )
    return HeardFlaws(
        leading_silence_seconds=leading,
        trailing_silence_seconds=0.0 if leading >= duration_seconds else trailing,
        inner_silences_seconds=inner,
        clipped_samples=clipped_samples(audio),
        clicks_seconds=clicks_seconds(audio, sample_rate_hz),
    )


def silences_seconds(audio: Audio, sample_rate_hz: int) -> tuple[tuple[float, float], ...]:
    """Start and end of every stretch below -60 dBFS RMS, measured in frames of 20 ms."""
    mono = to_mono(audio)
    if mono.size == 0:
        return ()
    hop = max(1, round(_FRAME_SECONDS * sample_rate_hz))
    frames = -(-len(mono) // hop)
    power = np.add.reduceat(mono.astype(np.float64) ** 2, np.arange(0, len(mono), hop))
    power /= np.minimum(hop, len(mono) - hop * np.arange(frames))
    silent = np.concatenate([[False], power < 10 ** (_SILENT_DBFS / 10), [False]])
    edges = np.flatnonzero(np.diff(silent.astype(np.int8)))
    duration_seconds = len(mono) / sample_rate_hz
    return tuple(
        (float(start * hop / sample_rate_hz), min(duration_seconds, float(end * hop / sample_rate_hz)))
        for start, end in zip(edges[::2], edges[1::2], strict=True)
    )


def clipped_samples(audio: Audio) -> int:
    """How many samples, over all channels, lie in runs of three or more at full scale."""
    count = 0
    for channel in to_channels(audio):
        full = np.concatenate([[False], np.abs(channel) >= _FULL_SCALE, [False]])
        edges = np.flatnonzero(np.diff(full.astype(np.int8)))
        runs = edges[1::2] - edges[::2]
        count += int(runs[runs >= _CLIPPED_RUN].sum())
    return count


def clicks_seconds(audio: Audio, sample_rate_hz: int) -> tuple[float, ...]:
    """Times of clicks: steps of the waveform that the sound around them does not explain.

    The second difference of the samples is large where the waveform jumps or breaks off. A place counts
    as a click where it is more than five times as large as anywhere else within 30 ms. The onset of a
    drum keeps moving after its first sample and a sawtooth jumps again a period later, so neither counts.
    """
    reach = round(_CLICK_REACH_SECONDS * sample_rate_hz)
    found: set[int] = set()
    for channel in to_channels(audio):
        if len(channel) < 3:
            continue
        bend = np.abs(np.diff(channel, n=2))
        found.update(_lone_peaks(bend, reach))
    times: list[float] = []
    for sample in sorted(found):
        at = (sample + 1) / sample_rate_hz
        if not times or at - times[-1] > _CLICK_REACH_SECONDS:
            times.append(at)
    return tuple(times)


def _lone_peaks(bend: NDArray[np.float32], reach: int) -> list[int]:
    """Indices of values that are more than five times as large as all others within ``reach``."""
    blocks = np.pad(bend, (0, -len(bend) % _BLOCK)).reshape(-1, _BLOCK).max(axis=1)
    far = -(-reach // _BLOCK)
    # The largest of the blocks b - far .. b - 2; a click may lie across two blocks.
    before = np.concatenate([np.zeros(2, np.float32), maximum_filter1d(blocks, far, origin=(far - 1) // 2)])
    after = np.concatenate([maximum_filter1d(blocks, far, origin=-((far - 1) // 2)), np.zeros(2, np.float32)])
    rest = np.maximum(before[: len(blocks)], after[2:])
    lone: list[int] = []
    for block in np.flatnonzero((blocks > _CLICK_FAINTEST) & (blocks > _CLICK_RATIO * rest)):
        at = block * _BLOCK + int(np.argmax(bend[block * _BLOCK : (block + 1) * _BLOCK]))
        earlier = bend[max(0, at - reach) : max(0, at - _CLICK_WIDTH_SAMPLES)]
        later = bend[at + _CLICK_WIDTH_SAMPLES + 1 : at + reach + 1]
        if bend[at] > _CLICK_RATIO * max(earlier.max(initial=0.0), later.max(initial=0.0)):
            lone.append(int(at))
    return lone
