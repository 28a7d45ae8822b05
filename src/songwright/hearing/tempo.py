"""How fast is it? Onsets, tempo and beats, from the audio alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples, magnitudes, mel_bank

__all__ = ["ONSET_RATE_HZ", "HeardTempo", "TempoCandidate", "hear_tempo", "onset_strength", "track_beats"]

_WINDOW = 1_024
_HOP = 256
_BANDS = 40
ONSET_RATE_HZ = ANALYSIS_RATE_HZ / _HOP
"""Frames a second of ``onset_strength``."""

_SLOWEST_BPM, _FASTEST_BPM = 45.0, 220.0
_PREFERRED_BPM = 108.0
_PREFERENCE_OCTAVES = 0.6
_COMB_TEETH = 16
_SHORTEST_SECONDS = 4.0
_FAINTEST_PULSE = 0.06
_TIGHTNESS = 300.0
# More than one, because at two thirds of the tempo even eighths fill the thirds of the supposed beat.
_TRIPLETS_COUNT = 1.2
# Little, because drums that play every eighth alike must not hide the beat.
_BETWEEN_COUNTS = 0.35


@dataclass(frozen=True, slots=True)
class TempoCandidate:
    """A tempo that the audio supports.

    Attributes:
        tempo_bpm: Beats a minute.
        confidence: 0..1, its share of the evidence for all candidates.
    """

    tempo_bpm: float
    confidence: float


@dataclass(frozen=True, slots=True)
class HeardTempo:
    """The tempo as heard.

    Attributes:
        tempo_bpm: The likeliest tempo, or None where no steady pulse is heard.
        confidence: 0..1: how much the onsets at its beats stand out from those between and from rivals.
        candidates: The likeliest first; half, double and other readings of the same pulse among them.
        beats_seconds: Times of the beats.
    """

    tempo_bpm: float | None
    confidence: float
    candidates: tuple[TempoCandidate, ...]
    beats_seconds: NDArray[np.float64]


def onset_strength(samples: Samples) -> NDArray[np.float64]:
    """How strongly notes begin, ``ONSET_RATE_HZ`` times a second, frame 0 at time 0.

    Spectral flux on a log mel spectrum against a frequency-widened past, as in Boeck and Widmer,
    "Maximum filter vibrato suppression for onset detection" (2013): vibrato and glides count little.
    The moving mean is taken off, so that steady noise gives values near zero.

    Args:
        samples: One channel at the analysis rate.

    Returns:
        Shape (frames,), zero or more, with standard deviation 1 unless silent.
    """
    spectrum = magnitudes(samples, _WINDOW, _HOP) @ mel_bank(_BANDS, _WINDOW, 30.0, 10_000.0)
    level = np.log10(1.0 + 10_000.0 * spectrum)
    past = maximum_filter1d(level, size=3, axis=1)
    flux = np.zeros(len(level))
    flux[2:] = np.maximum(level[2:] - past[:-2], 0.0).mean(axis=1)
    flux = np.maximum(flux - uniform_filter1d(flux, size=round(0.5 * ONSET_RATE_HZ)), 0.0)
    spread = float(flux.std())
    return flux / spread if spread > 1e-6 else np.zeros_like(flux)


def hear_tempo(samples: Samples) -> HeardTempo:
    """Find the tempo and the beats.

    A comb is laid over the autocorrelation of the onsets: a tempo scores what its first 16 beats agree on
    (their mean and lower quartile) less a part of what lies between them (at halves or thirds), weighted by
    the log-normal preference of listeners for tempi near 110 bpm (Moelants, "Preferred tempo
    reconsidered", 2002). The beats are tracked by dynamic
    programming (Ellis, "Beat tracking by dynamic programming", 2007) and the tempo is then read off them.

    Args:
        samples: One channel at the analysis rate.
    """
    nothing = HeardTempo(None, 0.0, (), np.zeros(0))
    if len(samples) < _SHORTEST_SECONDS * ANALYSIS_RATE_HZ:
        return nothing
    onsets = onset_strength(samples)
    if not onsets.any():
        return nothing
    tempi_bpm, pulse = _pulse_by_tempo(onsets)
    preference = np.exp(-0.5 * (np.log2(tempi_bpm / _PREFERRED_BPM) / _PREFERENCE_OCTAVES) ** 2)
    score = np.maximum(pulse, 0.0) * preference
    peaks = _peaks(score, tempi_bpm)
    if not len(peaks) or pulse[peaks[0]] < _FAINTEST_PULSE:
        return nothing
    best = peaks[0]
    beats = track_beats(onsets, 60.0 * ONSET_RATE_HZ / float(tempi_bpm[best]))
    tempo_bpm = _tempo_of(beats, float(tempi_bpm[best]))
    share = score[peaks] / score[peaks].sum()
    candidates = (
        TempoCandidate(tempo_bpm, float(share[0])),
        *(
            TempoCandidate(float(tempi_bpm[at]), float(part))
            for at, part in zip(peaks[1:], share[1:], strict=True)
        ),
    )
    clear = min(1.0, float(pulse[best]) / 0.4)
    return HeardTempo(tempo_bpm, clear * float(share[0]) ** 0.5, candidates, beats / ONSET_RATE_HZ)


def _pulse_by_tempo(onsets: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Tempi in bpm on a grid of 0.2 %, and for each how much its beats stand out, about -1..1."""
    count = len(onsets)
    centred = onsets - onsets.mean()
    size = fft.next_fast_len(2 * count)
    spectrum = fft.rfft(centred, size)
    power: NDArray[np.float64] = spectrum.real**2 + spectrum.imag**2
    correlation = fft.irfft(power, size)[:count]
    correlation /= np.arange(count, 0, -1)
    correlation = gaussian_filter1d(correlation / correlation[0], 1.0)
    tempi_bpm = _SLOWEST_BPM * np.exp(np.arange(0.0, np.log(_FASTEST_BPM / _SLOWEST_BPM), 0.002))
    periods = 60.0 * ONSET_RATE_HZ / tempi_bpm
    teeth = np.arange(1, _COMB_TEETH + 1)[:, None]
    lags = np.arange(count)

    def at(fraction: float) -> NDArray[np.float64]:
        place = (teeth - fraction) * periods
        return np.where(teeth * periods < 0.75 * count, np.interp(place, lags, correlation), np.nan)

    on_beat = at(0.0)
    steady = 0.5 * (np.nanmean(on_beat, axis=0) + np.nanquantile(on_beat, 0.25, axis=0))
    halves = np.nanmean(at(1 / 2), axis=0)
    thirds = np.nanmean(0.5 * (at(1 / 3) + at(2 / 3)), axis=0)
    return tempi_bpm, steady - _BETWEEN_COUNTS * np.maximum(halves, _TRIPLETS_COUNT * thirds)


def _peaks(score: NDArray[np.float64], tempi_bpm: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices of up to five separate maxima, the highest first."""
    local = (score > 0) & (score == maximum_filter1d(score, size=21))
    order = np.flatnonzero(local)[np.argsort(-score[local], kind="stable")]
    kept: list[int] = []
    for at in order:
        if all(abs(np.log(tempi_bpm[at] / tempi_bpm[other])) > 0.05 for other in kept):
            kept.append(int(at))
    return np.array(kept[:5], dtype=np.intp)


def track_beats(onsets: NDArray[np.float64], period: float) -> NDArray[np.float64]:
    """Follow a pulse by dynamic programming (Ellis, "Beat tracking by dynamic programming", 2007).

    Args:
        onsets: As ``onset_strength`` gives them, at least one frame that is not zero.
        period: Frames from beat to beat.

    Returns:
        Shape (beats,), positions in frames.
    """
    local = gaussian_filter1d(onsets, period / 32.0)
    reach = np.arange(-round(2 * period), -round(period / 2) + 1)
    cost = -_TIGHTNESS * np.log(-reach / period) ** 2 * float(local.std())
    offset = -int(reach[0])
    total = np.zeros(len(local) + offset)
    back = np.full(len(local), -1)
    for frame, strength in enumerate(local):
        earlier = total[frame : frame + len(reach)] + cost
        best = int(np.argmax(earlier))
        source = frame + int(reach[best])
        if source >= 0 and earlier[best] > 0:
            back[frame] = source
            total[frame + offset] = strength + earlier[best]
        else:
            total[frame + offset] = strength
    tail = max(0, len(local) - round(period))
    frame = tail + int(np.argmax(total[offset + tail :]))
    beats = []
    while frame >= 0:
        beats.append(frame)
        frame = int(back[frame])
    return _onto_maxima(local, np.array(beats[::-1]))


def _onto_maxima(curve: NDArray[np.float64], frames: NDArray[np.intp]) -> NDArray[np.float64]:
    """Refine whole frames by a parabola through the neighbours."""
    inner = np.clip(frames, 1, len(curve) - 2)
    left, middle, right = curve[inner - 1], curve[inner], curve[inner + 1]
    bend = left - 2 * middle + right
    shift = np.where(bend < 0, 0.5 * (left - right) / np.where(bend < 0, bend, -1.0), 0.0)
    result: NDArray[np.float64] = inner + np.clip(shift, -0.5, 0.5)
    return result


def _tempo_of(beats: NDArray[np.float64], guess_bpm: float) -> float:
    """The slope of a robust line through the beats, unless it strays from the comb's reading."""
    if len(beats) < 8:
        return guess_bpm
    number = np.round(np.concatenate([[0.0], np.cumsum(np.diff(beats) * guess_bpm / 60.0 / ONSET_RATE_HZ)]))
    keep = np.ones(len(beats), dtype=bool)
    slope = 0.0
    for _ in range(3):
        slope, start = np.polyfit(number[keep], beats[keep], 1)
        error = np.abs(beats - (slope * number + start))
        keep = error <= max(2.0, 2.5 * float(np.median(error)))
        if keep.sum() < 8:
            return guess_bpm
    refined = 60.0 * ONSET_RATE_HZ / float(slope)
    return refined if abs(refined / guess_bpm - 1) < 0.015 else guess_bpm
