"""Where each sound of a spoken line is really heard.

The network's lengths say how long its decoder dwells on each sound, but the decoder hears its neighbours and
speaks ahead: sounds are heard about 50 ms before their nominal start. Boundaries between a vowel and a
consonant that stops or hisses are then moved to where the voice's energy rises or falls most.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.singing.phonology import STRESS_MARKS, VOWELS

__all__ = ["align"]

_AHEAD_FRAMES = 4
_REACH_FRAMES = 5
_FADED_DB = 20.0
_OBSTRUENTS = frozenset("bdfhkpstvzðŋɡʃʒʤʧθT") - frozenset("ŋ")
_BLANKS = frozenset(" ,")


def align(sounds: str, starts: NDArray[np.int64], voice_db: NDArray[np.float32]) -> NDArray[np.int64]:
    """Correct the frames at which sounds start.

    Args:
        sounds: In hibari's alphabet.
        starts: Nominal start of each sound, and the end; one more than there are sounds.
        voice_db: Level of the voice between 200 and 1500 Hz at each frame.

    Returns:
        As ``starts``, never descending.
    """
    count = len(voice_db)
    heard = np.clip(starts - _AHEAD_FRAMES, 0, count - 1)
    rise = _rise(voice_db)
    for index in range(1, len(sounds)):
        before, after = _sound_before(sounds, index), sounds[index]
        if after in STRESS_MARKS or (after in VOWELS and sounds[index - 1] not in STRESS_MARKS):
            if before in _OBSTRUENTS:
                # A frame reaches 25 ms ahead, so the rise shows before the vowel is heard.
                heard[index] = _steepest(rise, heard[index]) - 1
        elif after in _OBSTRUENTS and before in VOWELS and sounds[index - 1] not in _BLANKS:
            heard[index] = _steepest(-rise, heard[index])
    heard[-1] = max(heard[-1], heard[-2] + 1)
    heard = np.maximum.accumulate(heard)
    loud = np.max(voice_db[heard[0] : heard[-1] + 1])
    last = heard[-2]
    if sounds[-1] in VOWELS:
        fading = np.nonzero(voice_db[last:] < loud - _FADED_DB)[0]
        if len(fading):
            heard[-1] = max(last + 2, last + int(fading[0]))
    return np.asarray(np.minimum(heard, count - 1))


def _sound_before(sounds: str, index: int) -> str:
    index -= 1
    while index > 0 and sounds[index] in _BLANKS:
        index -= 1
    return sounds[index]


def _rise(voice_db: NDArray[np.float32]) -> NDArray[np.float32]:
    """How far the mean of the next three frames lies above that of the three before."""
    padded = np.pad(np.maximum(voice_db, voice_db.max() - 45), (3, 3), mode="edge")
    sums = np.convolve(padded, np.ones(3), "valid")
    return np.asarray((sums[3:] - sums[:-3]) / 3, np.float32)[: len(voice_db)]


def _steepest(rise: NDArray[np.float32], around: int) -> int:
    low, high = max(0, around - _REACH_FRAMES), min(len(rise), around + _REACH_FRAMES + 1)
    offsets = np.arange(low, high) - around
    return int(low + np.argmax(rise[low:high] - 0.8 * np.abs(offsets)))
