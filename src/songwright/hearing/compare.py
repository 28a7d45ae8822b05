"""How do two pieces of sound differ? Sample by sample, in level, and in colour, stretch by stretch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.audio.loudness import SILENT_DB
from songwright.hearing.spectrum import (
    ANALYSIS_RATE_HZ,
    Audio,
    magnitudes,
    mel_bank,
    to_analysis_rate,
    to_channels,
    to_mono,
)
from songwright.music.timeline import Span

__all__ = [
    "BANDS_HZ",
    "Difference",
    "band_levels_db",
    "compare_spans",
    "null_test",
    "rms_db",
    "waveform_correlation",
]

BANDS_HZ: tuple[tuple[float, float], ...] = (
    (20, 60), (60, 250), (250, 500), (500, 2_000), (2_000, 4_000), (4_000, 6_000), (6_000, 11_000),
)  # fmt: skip
"""Sub, bass, low middle, middle, high middle, presence and brilliance, as engineers divide the spectrum."""

_WINDOW = 4_096
_MEL_BANDS = 40


@dataclass(frozen=True, slots=True)
class Difference:
    """What separates two stretches of sound.

    Attributes:
        start_seconds: Where the stretch starts.
        end_seconds: Where it ends.
        max_abs_diff: Largest difference between samples, full scale 1.0; 0 means identical.
        rms_diff_db: Level of the difference relative to full scale, at least -120.
        rms_diff_relative_db: The same relative to the first piece; 0 means as loud as the piece itself.
        level_change_db: How much louder the second is.
        spectral_distance_db: Root mean square difference of their mean spectra in mel bands, after the
            change of level is taken out: how much the colour differs.
        identical: Whether all samples are equal.
    """

    start_seconds: float
    end_seconds: float
    max_abs_diff: float
    rms_diff_db: float
    rms_diff_relative_db: float
    level_change_db: float
    spectral_distance_db: float
    identical: bool


def null_test(first: Audio, second: Audio, sample_rate_hz: int, span: Span | None = None) -> Difference:
    """Subtract one piece from another.

    Args:
        first: Shape (channels, samples) or (samples,).
        second: The same number of channels, or one of the two mono; where one is longer, the other counts
            as silent there.
        sample_rate_hz: Of both.
        span: The stretch to compare; None for all.

    Raises:
        ValueError: The shapes do not go together.
    """
    one, other = _aligned(first, second)
    start, end = 0, one.shape[1]
    if span is not None:
        start = min(end, round(span.start_seconds * sample_rate_hz))
        end = min(end, round(span.end_seconds * sample_rate_hz))
    one, other = one[:, start:end], other[:, start:end]
    difference = other - one
    size = float(np.abs(difference).max(initial=0.0))
    change_db = rms_db(difference)
    return Difference(
        start_seconds=start / sample_rate_hz,
        end_seconds=end / sample_rate_hz,
        max_abs_diff=size,
        rms_diff_db=change_db,
        rms_diff_relative_db=change_db - rms_db(one),
        level_change_db=rms_db(other) - rms_db(one),
        spectral_distance_db=_spectral_distance_db(one, other, sample_rate_hz),
        identical=size == 0.0,
    )


def compare_spans(
    first: Audio, second: Audio, sample_rate_hz: int, spans: Sequence[Span]
) -> tuple[Difference, ...]:
    """Compare stretch by stretch, such as section by section.

    Raises:
        ValueError: The shapes do not go together.
    """
    one, other = _aligned(first, second)
    return tuple(null_test(one, other, sample_rate_hz, span) for span in spans)


def rms_db(audio: Audio) -> float:
    """Level over all channels relative to full scale, at least -120."""
    channels = to_channels(audio)
    if channels.size == 0:
        return SILENT_DB
    mean = float(np.mean(channels.astype(np.float64) ** 2))
    return max(SILENT_DB, float(10.0 * np.log10(max(mean, 1e-30))))


def band_levels_db(audio: Audio, sample_rate_hz: int) -> tuple[float, ...]:
    """The level in each of ``BANDS_HZ`` relative to the whole, in dB: the tonal balance."""
    samples = to_analysis_rate(audio, sample_rate_hz)
    power = (magnitudes(samples, _WINDOW, _WINDOW // 2).astype(np.float64) ** 2).mean(axis=0)
    frequencies_hz = np.fft.rfftfreq(_WINDOW, 1 / ANALYSIS_RATE_HZ)
    whole = max(float(power.sum()), 1e-20)
    return tuple(
        round(float(10.0 * np.log10(max(float(power[inside].sum()) / whole, 1e-12))), 1)
        for low, high in BANDS_HZ
        for inside in [(frequencies_hz >= low) & (frequencies_hz < high)]
    )


def waveform_correlation(first: Audio, second: Audio) -> float:
    """How alike two waveforms are, -1..1, whatever their levels; 0 where one is silent."""
    one, other = (to_mono(audio).astype(np.float64) for audio in _aligned(first, second))
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm > 0.0 else 0.0


def _aligned(first: Audio, second: Audio) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    one, other = to_channels(first), to_channels(second)
    if len(one) != len(other) and 1 not in (len(one), len(other)):
        raise ValueError("the pieces must have the same number of channels, or one of them a single one")
    samples = max(one.shape[1], other.shape[1])
    channels = max(len(one), len(other))

    def stretched(piece: NDArray[np.float32]) -> NDArray[np.float32]:
        padded = np.pad(piece, ((0, 0), (0, samples - piece.shape[1])))
        return np.broadcast_to(padded, (channels, samples))

    return stretched(one), stretched(other)


def _spectral_distance_db(one: Audio, other: Audio, sample_rate_hz: int) -> float:
    bank = mel_bank(_MEL_BANDS, _WINDOW, 40.0, 10_000.0)
    spectra = []
    for piece in (one, other):
        samples = to_analysis_rate(piece, sample_rate_hz)
        if samples.size == 0 or not samples.any():
            return 0.0
        power = (magnitudes(samples, _WINDOW, _WINDOW // 2) ** 2).mean(axis=0, dtype=np.float64) @ bank
        spectra.append(10.0 * np.log10(np.maximum(power, power.max() * 1e-8)))
    change = spectra[1] - spectra[0]
    return float((change - change.mean()).std())
