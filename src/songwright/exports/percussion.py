"""Where percussion is written on a five-line staff, after common drum-set notation."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Percussion", "percussion"]


@dataclass(frozen=True, slots=True)
class Percussion:
    """How one percussion key is written, as a note on a treble staff would be."""

    name: str
    step: str
    octave: int
    notehead: str = "normal"


_KEYS: dict[int, Percussion] = {
    35: Percussion("Acoustic Bass Drum", "F", 4),
    36: Percussion("Bass Drum", "F", 4),
    37: Percussion("Side Stick", "C", 5, "x"),
    38: Percussion("Snare Drum", "C", 5),
    39: Percussion("Hand Clap", "C", 5, "triangle"),
    40: Percussion("Electric Snare", "C", 5),
    41: Percussion("Low Floor Tom", "A", 4),
    42: Percussion("Closed Hi-Hat", "G", 5, "x"),
    43: Percussion("High Floor Tom", "A", 4),
    44: Percussion("Pedal Hi-Hat", "D", 4, "x"),
    45: Percussion("Low Tom", "B", 4),
    46: Percussion("Open Hi-Hat", "G", 5, "circle-x"),
    47: Percussion("Low-Mid Tom", "D", 5),
    48: Percussion("Hi-Mid Tom", "D", 5),
    49: Percussion("Crash Cymbal", "A", 5, "x"),
    50: Percussion("High Tom", "E", 5),
    51: Percussion("Ride Cymbal", "F", 5, "x"),
    52: Percussion("China Cymbal", "A", 5, "x"),
    53: Percussion("Ride Bell", "F", 5, "diamond"),
    54: Percussion("Tambourine", "E", 5, "triangle"),
    55: Percussion("Splash Cymbal", "B", 5, "x"),
    56: Percussion("Cowbell", "E", 5, "triangle"),
    57: Percussion("Crash Cymbal 2", "B", 5, "x"),
    59: Percussion("Ride Cymbal 2", "F", 5, "x"),
}


def percussion(midi_pitch: int) -> Percussion:
    """How a General MIDI percussion key is written; keys without a place of their own go above the staff."""
    return _KEYS.get(midi_pitch) or Percussion(f"Percussion {midi_pitch}", "B", 5, "triangle")
