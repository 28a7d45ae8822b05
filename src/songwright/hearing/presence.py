"""Is this part there? A voice told from what separation leaves of none, singing from speech and noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.hearing.pitch import HOP_SECONDS, hear_pitch
from songwright.hearing.spectrum import Samples

__all__ = ["is_part_there", "is_singing", "is_voice_alone", "is_voice_there"]

# A separator leaves -35 to -90 dB of a voice in music that has none, and gives sung songs -10 to 0 dB.
_RESIDUE_BELOW_MIX_DB = 26.0
# Shares of the energy with one clear pitch: 0.7 to 1 in voices that a network hears alone, 0 to 0.5 in what
# it leaves of none.
_LEAST_VOICED = 0.6
# 0.65 to 0.9 in a voice or an instrument alone, at most 0.55 in a band with drums; a waltz without drums and
# a piano reach it too, and hold their pitch as no voice does.
_LEAST_VOICED_ALONE = 0.65
_MOST_HELD_ALONE = 0.9
# Share of the voiced time that lies in held notes: 0.6 to 0.9 in singing, 0.1 to 0.3 in speech.
_LEAST_HELD = 0.4
_HELD_SECONDS, _HELD_SEMITONES = 0.12, 0.8
_FAR_BELOW_PEAK_DB = 45.0
_ABSOLUTE_SILENCE = 1e-7


@dataclass(frozen=True, slots=True)
class _Voicing:
    """What is pitched in a sound.

    Attributes:
        voiced: Share of the energy that has one clear pitch, 0..1.
        held: Share of the time with a pitch in which it stays within a semitone, 0..1.
    """

    voiced: float
    held: float


def is_part_there(stem: NDArray[np.generic], mix: NDArray[np.generic]) -> bool:
    """Whether a stem holds more than the residue that separation leaves of what is not there.

    Args:
        stem: Any form, of the same scale as ``mix``.
        mix: The whole.
    """
    own, whole = _power(stem), _power(mix)
    return own > 0.0 and own >= whole * 10 ** (-_RESIDUE_BELOW_MIX_DB / 10)


def is_voice_there(stem: Samples, mix: Samples) -> bool:
    """Whether somebody sings or speaks in a vocal stem.

    Args:
        stem: One channel at the analysis rate.
        mix: The whole, in the same form.
    """
    return is_part_there(stem, mix) and _voicing(stem).voiced >= _LEAST_VOICED


def is_singing(voice: Samples) -> bool:
    """Whether a voice that is there holds notes, as in singing and not in speech.

    Args:
        voice: One channel at the analysis rate.
    """
    return _voicing(voice).held >= _LEAST_HELD


def is_voice_alone(mix: Samples) -> bool:
    """Whether a recording is one voice and nothing else.

    Args:
        mix: One channel at the analysis rate.
    """
    voicing = _voicing(mix)
    return voicing.voiced >= _LEAST_VOICED_ALONE and voicing.held <= _MOST_HELD_ALONE


def _voicing(samples: Samples) -> _Voicing:
    heard = hear_pitch(samples)
    if not len(samples) or float(np.abs(samples).max()) < _ABSOLUTE_SILENCE:
        return _Voicing(0.0, 0.0)
    loud = heard.level_db > heard.level_db.max() - _FAR_BELOW_PEAK_DB
    energy = np.where(loud, 10 ** (heard.level_db / 10), 0.0)
    voiced = heard.voiced
    if not voiced.any():
        return _Voicing(0.0, 0.0)
    return _Voicing(float(energy[voiced].sum() / energy.sum()), _held(heard.midi_pitch, voiced))


def _held(midi_pitch: NDArray[np.float64], voiced: NDArray[np.bool_]) -> float:
    frames = round(_HELD_SECONDS / HOP_SECONDS)
    if len(midi_pitch) < frames:
        return 0.0
    runs = np.lib.stride_tricks.sliding_window_view(midi_pitch, frames)
    # Where a frame has no pitch the range is no number, and no number is below a bound.
    still = np.flatnonzero(runs.max(axis=1) - runs.min(axis=1) < _HELD_SEMITONES)
    held = np.zeros(len(midi_pitch), dtype=bool)
    for offset in range(frames):
        held[still + offset] = True
    return float(held.sum() / voiced.sum())


def _power(sound: NDArray[np.generic]) -> float:
    return float(np.mean(np.square(sound, dtype=np.float64))) if sound.size else 0.0
