"""Mastering: one equaliser and one gain curve for the whole song, applied to every stem alike.

Because nothing on the master bus is non-linear, the mastered stems sum to the master. They are rounded to
24 bits and the master is the sum of these integers, so they do so exactly.

The gain curve is a static gain times a gentle compression of the mix times a look-ahead limiter. Away from
the static gain and the equaliser, which are a few stored numbers, the gain at a sample depends on no more
than ``CONTEXT_SECONDS`` of sound around it. So a stretch of a song can be mastered again alone.
"""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import log10
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.ndimage import convolve1d, minimum_filter1d
from scipy.optimize import brentq

from songwright.audio.loudness import (
    SILENT_DB,
    integrated_loudness,
    measure_loudness,
    true_peak_curve,
    weighted_energies,
)
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import Audio, apply_gain, blocks, hop_peaks, ramps
from songwright.engines.local.mixing.effects.equaliser import Band, equalise
from songwright.music.actions import StemName
from songwright.music.base import Model
from songwright.music.song import Loudness

__all__ = [
    "CONTEXT_SECONDS",
    "GRID_SAMPLES",
    "LIMITER_HOP_SAMPLES",
    "MasterState",
    "MasterTarget",
    "Mastered",
    "limiter_gains",
    "master",
]

CONTEXT_SECONDS = 2.0
"""How far the gain curve looks around a sample, at most."""

GRID_SAMPLES = 512
"""A stretch that is mastered alone should start on a multiple of this, to get the same gain curve."""

LIMITER_HOP_SAMPLES = 32
"""Samples between the nodes of the gain curve."""

_HOPS_A_GLUE_STEP = GRID_SAMPLES // LIMITER_HOP_SAMPLES

_AIM_BELOW_CEILING_DB = 0.3
"""Room for lossy copies: MP3 and Vorbis raise the peaks of songs by 0.1 to 0.2 dB, those of noise by more."""

_PEAKS_BETWEEN_SAMPLES = 2.0
_ROOM_TO_TRY = 1.5
_ATTEMPTS = 4
_TOLERANCE_LU = 0.1
_HOPELESS_LU = 1.5
_LARGEST_GAIN_DB = 60.0
_STEM_CEILING = 0.999

_LOOK_AHEAD_HOPS = 3
_RELEASES_DB_A_SECOND = (40.0, 160.0, 640.0)
"""How fast the limiter lets go. The slowest sounds best; sound of short hits needs a faster one."""

_GLUE_WINDOW_STEPS = 9
_GLUE_RELEASE_DB_A_SECOND = 8.0
_GLUE_THRESHOLD_LU = -3.0
_GLUE_RATIO = 1.6
_GLUE_KNEE_DB = 6.0
_GLUE_DEEPEST_DB = 6.0

_TILT_PIVOT_HZ = 900.0
_TILT_Q = 0.4

Finish = Literal["mastered", "raw"]


class MasterTarget(Model):
    """What a master should measure.

    Attributes:
        integrated_lufs: Loudness, ITU-R BS.1770.
        true_peak_dbtp: Ceiling of the true peak.
        tilt_db: How much brighter the highest frequencies become than the lowest; negative is darker.
        finish: "raw" applies a static gain alone: as loud as the target, or as the ceiling allows.
    """

    integrated_lufs: Annotated[float, Field(ge=-40, le=-6)] = -14.0
    true_peak_dbtp: Annotated[float, Field(ge=-12, le=-0.2)] = -1.0
    tilt_db: Annotated[float, Field(ge=-6, le=6)] = 0.0
    finish: Finish = "mastered"


class MasterState(Model):
    """The few numbers by which a stretch of the same song can be mastered alike. Stored with the song."""

    static_gain_db: float
    ceiling_dbtp: float
    release_db_per_second: float
    tilt_db: float
    finish: Finish


@dataclass(frozen=True, slots=True)
class Mastered:
    """A mastered song in 24-bit integers.

    Attributes:
        mix: Shape (2, samples), int32; the exact sum of the stems.
        stems: Shape (2, samples) each, int32; they use the memory of the sound that was mastered.
        state: For mastering a stretch of the song again.
        loudness: Measured on ``mix``.
    """

    mix: NDArray[np.int32]
    stems: dict[StemName, NDArray[np.int32]]
    state: MasterState
    loudness: Loudness


def master(
    stems: Mapping[StemName, Audio], target: MasterTarget, given: MasterState | None = None
) -> Mastered:
    """Master stems to a loudness and a ceiling.

    Args:
        stems: Shape (2, samples) each, all alike, contiguous. **Used up**: their memory becomes that of
            the mastered stems.
        target: What the master should measure.
        given: The state of the song that this stretch belongs to, for the same gain as there; None to
            find the gain that meets the target.

    Returns:
        The master. Its true peak is at most the target's. Its loudness is the target's, unless a state is
        given, the finish is raw, or the sound is silent or nothing but far-apart clicks.
    """
    state = given or MasterState(
        static_gain_db=0.0,
        ceiling_dbtp=target.true_peak_dbtp - _AIM_BELOW_CEILING_DB,
        release_db_per_second=_RELEASES_DB_A_SECOND[0],
        tilt_db=target.tilt_db,
        finish=target.finish,
    )
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(_tilt, tilt_db=state.tilt_db), stems.values()))
    mix = np.zeros_like(next(iter(stems.values())))
    _sum_into(mix, stems)
    sound = _Sound(mix, tuple(stems.values()))
    aim_lufs = target.integrated_lufs
    for attempt in range(_ATTEMPTS):
        if attempt:
            _sum_into(mix, stems)
        if given is None:
            state = _solve(sound, state, aim_lufs)
        curve = _gain_curve(sound, state, target.integrated_lufs)
        apply_gain(mix, curve, LIMITER_HOP_SAMPLES)
        loudness = measure_loudness(mix, SAMPLE_RATE_HZ)
        too_high_db = loudness.true_peak_dbtp - (target.true_peak_dbtp - _AIM_BELOW_CEILING_DB / 2)
        off_lu = 0.0 if given or state.finish == "raw" else target.integrated_lufs - loudness.integrated_lufs
        met = too_high_db <= 0 and not _TOLERANCE_LU < abs(off_lu) < _HOPELESS_LU
        if met or attempt == _ATTEMPTS - 1:
            break
        lower_dbtp = state.ceiling_dbtp - max(0.0, too_high_db)
        state = state.model_copy(update={"ceiling_dbtp": lower_dbtp})
        aim_lufs += off_lu if abs(off_lu) < _HOPELESS_LU else 0.0

    total = mix.view(np.int32)
    total[:] = 0
    with ThreadPoolExecutor(2) as pool:
        quantised = pool.map(partial(_quantise, curve=curve), stems.values())
        whole: dict[StemName, NDArray[np.int32]] = dict(zip(stems, quantised, strict=True))
    for samples in whole.values():
        total += samples
    return Mastered(mix=total, stems=whole, state=state, loudness=loudness)


def _tilt(audio: Audio, tilt_db: float) -> None:
    if tilt_db and audio.any():
        equalise(audio, (Band("high_shelf", _TILT_PIVOT_HZ, tilt_db, _TILT_Q),))
        audio *= np.float32(10 ** (-tilt_db / 40))


def _sum_into(mix: Audio, stems: Mapping[StemName, Audio]) -> None:
    for start, stop in blocks(mix.shape[1]):
        mix[:, start:stop] = 0.0
        for audio in stems.values():
            mix[:, start:stop] += audio[:, start:stop]


def _quantise(audio: Audio, curve: NDArray[np.float64]) -> NDArray[np.int32]:
    """Apply the gain curve and round to 24 bits, in the memory of ``audio``."""
    whole = audio.view(np.int32)
    for start, stop in blocks(audio.shape[1]):
        gain = ramps(curve, LIMITER_HOP_SAMPLES, start, stop) * np.float32(FULL_SCALE_INT24)
        whole[:, start:stop] = np.rint(audio[:, start:stop] * gain)
    return whole


class _Sound:
    """What the gain curve depends on, for each hop of 32 samples, measured once and where it matters."""

    def __init__(self, mix: Audio, stems: tuple[Audio, ...]) -> None:
        self._stems = stems
        self._mix = mix
        self.energies = weighted_energies(mix, SAMPLE_RATE_HZ, LIMITER_HOP_SAMPLES)
        self.lufs = integrated_loudness(self.energies, LIMITER_HOP_SAMPLES, SAMPLE_RATE_HZ)
        self._stem_peak = [max(float(stem.max(initial=0)), -float(stem.min(initial=0))) for stem in stems]
        self._floor = float("inf")
        self._peaks = np.zeros(0, np.float32)
        self._stem_hops: dict[int, Audio] = {}

    def needed_gains(self, gain: float, ceiling: float) -> NDArray[np.float64]:
        """The gain, at most 1, that each hop still needs to stay under the ceiling, after a static gain."""
        floor = ceiling / gain / _PEAKS_BETWEEN_SAMPLES
        if floor < self._floor:
            self._floor = floor / _ROOM_TO_TRY
            self._peaks = true_peak_curve(self._mix, self._floor)
        needed = np.minimum(1.0, ceiling / (gain * np.maximum(self._peaks.astype(np.float64), 1e-9)))
        for index, peak in enumerate(self._stem_peak):
            if peak * gain > _STEM_CEILING:
                if index not in self._stem_hops:
                    self._stem_hops[index] = hop_peaks(self._stems[index], LIMITER_HOP_SAMPLES)
                alone = np.maximum(self._stem_hops[index].astype(np.float64), 1e-9)
                needed = np.minimum(needed, _STEM_CEILING / (gain * alone))
        return needed


def _solve(sound: _Sound, state: MasterState, aim_lufs: float) -> MasterState:
    """Find the static gain, and the slowest release, with which the gain curve meets the loudness."""
    if sound.lufs <= SILENT_DB:
        return state
    linear_db = min(aim_lufs - sound.lufs, _LARGEST_GAIN_DB)
    if state.finish == "raw":
        needed = sound.needed_gains(10 ** (linear_db / 20), 10 ** (state.ceiling_dbtp / 20))
        return state.model_copy(update={"static_gain_db": linear_db + 20 * log10(float(needed.min()))})

    # The root finder leaves a circle behind that holds what it calls; it isn't to hold the stems as well.
    heard: _Sound = weakref.proxy(sound)

    def miss(gain_db: float) -> float:
        tried = state.model_copy(update={"static_gain_db": gain_db})
        gains = _gain_curve(heard, tried, aim_lufs)
        before, behind = gains[:-1], gains[1:]
        # The mean of the square of a straight line between two gains.
        squares = (before**2 + before * behind + behind**2) / 3
        return integrated_loudness(heard.energies * squares, LIMITER_HOP_SAMPLES, SAMPLE_RATE_HZ) - aim_lufs

    # The curve only lowers, so the gain of a plain amplifier is too small; more is tried in steps.
    for release in _RELEASES_DB_A_SECOND:
        state = state.model_copy(update={"release_db_per_second": release})
        low = linear_db
        for extra_db in (3.0, 8.0, 16.0, 24.0):
            high = linear_db + extra_db
            if miss(high) >= 0:
                found = brentq(miss, low, high, xtol=0.005) if miss(low) < 0 else low
                return state.model_copy(update={"static_gain_db": float(found)})
            low = high
    return state.model_copy(update={"static_gain_db": low})


def _gain_curve(sound: _Sound, state: MasterState, target_lufs: float) -> NDArray[np.float64]:
    """The gain at every 32nd sample, from the first to behind the last hop."""
    gain_db = state.static_gain_db
    hops = sound.energies.size
    # A raw song's static gain keeps it under the ceiling; only a louder stretch put into it later does not.
    glue = np.ones(hops + 1)
    if state.finish == "mastered":
        glue = 10 ** (_glue_db(sound.energies, gain_db, target_lufs) / 20)
    ceiling = 10 ** (state.ceiling_dbtp / 20)
    limits = sound.needed_gains(10 ** (gain_db / 20), ceiling)
    limits = np.minimum(1.0, limits / np.maximum(glue[:-1], glue[1:]))
    return 10 ** (gain_db / 20) * glue * limiter_gains(limits, state.release_db_per_second)


def _glue_db(energies: NDArray[np.float64], gain_db: float, target_lufs: float) -> NDArray[np.float64]:
    """Gentle compression of the mix by its own short-term loudness, at every 32nd sample.

    The knee is that of D. Giannoulis, M. Massberg and J. D. Reiss, "Digital dynamic range compressor
    design", JAES 60(6), 2012, section 3.1.
    """
    hops = energies.size
    steps = -(-hops // _HOPS_A_GLUE_STEP)
    grid = np.pad(energies, (0, steps * _HOPS_A_GLUE_STEP - hops)).reshape(steps, -1).sum(axis=1)
    window = np.hanning(_GLUE_WINDOW_STEPS + 2)[1:-1]
    window /= window.sum()
    powers = convolve1d(grid, window, mode="nearest") / GRID_SAMPLES
    levels = 10 * np.log10(np.maximum(powers, 1e-12)) + gain_db
    over = levels - (target_lufs + _GLUE_THRESHOLD_LU)
    in_knee = np.clip(over + _GLUE_KNEE_DB / 2, 0, _GLUE_KNEE_DB) ** 2 / (2 * _GLUE_KNEE_DB)
    above = np.where(over > _GLUE_KNEE_DB / 2, over, in_knee)
    reduction = np.minimum((1 - 1 / _GLUE_RATIO) * above, _GLUE_DEEPEST_DB)
    reduction = _released(reduction, _GLUE_RELEASE_DB_A_SECOND * GRID_SAMPLES / SAMPLE_RATE_HZ)
    reduction = convolve1d(reduction, window, mode="nearest")
    centres = (np.arange(steps) + 0.5) * _HOPS_A_GLUE_STEP
    return np.interp(np.arange(hops + 1), centres, -reduction)


def limiter_gains(limits: NDArray[np.float64], release_db_per_second: float) -> NDArray[np.float64]:
    """Smooth gains at the ends of hops that stay below the limit of every hop.

    Each node takes the lower limit of the two hops that it joins, so the straight line over a hop stays
    below the hop's limit. A minimum over the look-ahead, then a release, then an average over the same
    look-ahead keep below it too.

    Args:
        limits: The largest gain of each hop of 32 samples, above 0 and at most 1.
        release_db_per_second: How fast the gain comes back.

    Returns:
        The gain at every 32nd sample, shape (hops + 1,), for ``blocks.apply_gain``.
    """
    nodes: NDArray[np.float64] = np.minimum(np.append(limits, 1.0), np.insert(limits, 0, 1.0))
    if nodes.min() >= 1.0:
        return nodes
    width = 2 * _LOOK_AHEAD_HOPS + 1
    reduction = -20 * np.log10(minimum_filter1d(nodes, width, mode="nearest"))
    reduction = _released(reduction, release_db_per_second * LIMITER_HOP_SAMPLES / SAMPLE_RATE_HZ)
    window = np.hanning(width + 2)[1:-1]
    smooth = convolve1d(reduction, window / window.sum(), mode="nearest")
    gains: NDArray[np.float64] = 10 ** (-smooth / 20)
    return gains


def _released(reduction: NDArray[np.float64], fall: float) -> NDArray[np.float64]:
    """The least curve above ``reduction`` that falls by at most ``fall`` a step."""
    slope = fall * np.arange(reduction.size)
    least: NDArray[np.float64] = np.maximum.accumulate(reduction + slope) - slope
    return least
