"""What every sound source offers to the player."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.playing.performed_notes import PerformedNote

__all__ = ["Layer", "Voice"]


@dataclass(frozen=True, slots=True)
class Layer:
    """A part of a held note's sound that fades in one way after note-off.

    Attributes:
        sound: (2, frames) float32, as if the note were held.
        release_seconds: The time in which it falls by 96 dB after note-off.
    """

    sound: NDArray[np.float32]
    release_seconds: float


class Voice(Protocol):
    """A sound source: an instrument of the bank, a synthesiser patch or a drum machine."""

    @property
    def variations(self) -> int:
        """How many takes it has of the same note."""

    def level(self, velocity: int) -> float:
        """The amplitude of a velocity, 1..127."""

    def timbre(self, note: PerformedNote) -> Hashable:
        """Notes of one pitch, variation and timbre differ in level and length alone."""

    def exclusive_class(self, midi_pitch: int) -> int:
        """Pitches of one class other than 0 silence each other."""

    def release_seconds(self, note: PerformedNote) -> float:
        """The longest time for which the sound goes on after note-off."""

    def strike(
        self, note: PerformedNote, variation: int, frames: int, bend: NDArray[np.float64] | None
    ) -> tuple[Layer, ...]:
        """Sound one note as if it were held.

        Args:
            note: Its velocity chooses the timbre; ``level`` gives the amplitude.
            variation: Below ``variations``: takes of the same note that differ slightly.
            frames: How long, at most; what dies away sooner is shorter.
            bend: (frames,) semitones, or None.
        """
