"""Which notes sound when? The basic-pitch network, for any instrument and any number of notes at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from songwright.hearing.networks import load_network
from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, Samples

__all__ = ["FRAME_RATE_HZ", "LOWEST_MIDI_PITCH", "NoteActivity", "hear_note_activity"]

LOWEST_MIDI_PITCH = 21
"""The pitch of the first column, A0; there are 88."""

_HOP = 256
FRAME_RATE_HZ = ANALYSIS_RATE_HZ / _HOP
"""Frames a second."""

_PITCHES = 88
_WINDOW = 43_844
_WINDOW_FRAMES = 172
# The network sees nothing beyond its window, so the frames near both ends are taken from the neighbours.
_MARGIN_FRAMES = 15
_KEPT_FRAMES = 141
_WINDOWS_AT_ONCE = 8
_INPUT = "serving_default_input_2:0"
_NOTE, _ONSET = "StatefulPartitionedCall:1", "StatefulPartitionedCall:2"
_MODEL = Path(__file__).parent / "assets" / "basic_pitch" / "nmp.onnx"


@dataclass(frozen=True, slots=True)
class NoteActivity:
    """How surely each pitch sounds and begins, ``FRAME_RATE_HZ`` frames a second, frame 0 at time 0.

    Attributes:
        sounding: Shape (frames, 88), 0..1, column 0 is MIDI pitch 21.
        beginning: The same for the start of a note.
    """

    sounding: NDArray[np.float32]
    beginning: NDArray[np.float32]


def hear_note_activity(samples: Samples, report: Callable[[float], None] | None = None) -> NoteActivity:
    """Run the network of Bittner et al., "A lightweight instrument-agnostic model for polyphonic note
    transcription" (2022), window by window, so that memory does not grow with the length but for the result.

    Args:
        samples: One channel at the analysis rate.
        report: Receives the share that is done, 0..1.
    """  # noqa: D205
    frames = len(samples) // _HOP + 1
    sounding = np.zeros((frames, _PITCHES), np.float32)
    beginning = np.zeros((frames, _PITCHES), np.float32)
    if len(samples) == 0 or not samples.any():
        return NoteActivity(sounding, beginning)
    network = _network()
    for first, windows in _blocks(samples, frames):
        notes, onsets = network.run([_NOTE, _ONSET], {_INPUT: windows})
        kept = slice(_MARGIN_FRAMES, _MARGIN_FRAMES + _KEPT_FRAMES)
        count = min(frames - first, len(windows) * _KEPT_FRAMES)
        sounding[first : first + count] = notes[:, kept].reshape(-1, _PITCHES)[:count]
        beginning[first : first + count] = onsets[:, kept].reshape(-1, _PITCHES)[:count]
        if report is not None:
            report((first + count) / frames)
    return NoteActivity(sounding, beginning)


@cache
def _network() -> Any:
    return load_network(_MODEL)


def _blocks(samples: Samples, frames: int) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """First frame and windows, shape (windows, samples, 1), of one run after the other."""
    windows = -(-frames // _KEPT_FRAMES)
    for start in range(0, windows, _WINDOWS_AT_ONCE):
        count = min(_WINDOWS_AT_ONCE, windows - start)
        block = np.zeros((count, _WINDOW, 1), np.float32)
        for place in range(count):
            begin = ((start + place) * _KEPT_FRAMES - _MARGIN_FRAMES) * _HOP
            heard = samples[max(0, begin) : max(0, begin + _WINDOW)]
            offset = max(0, -begin)
            block[place, offset : offset + len(heard), 0] = heard
        yield start * _KEPT_FRAMES, block
