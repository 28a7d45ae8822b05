"""Musical ideas: the motif, the contour and the plan of phrases that a kind of section keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from songwright.engines.local.composing.melody_request import MelodyRequest
from songwright.engines.local.composing.pitches import Cadence, Floats
from songwright.engines.local.randomness import stream
from songwright.music.score import SectionKind

__all__ = ["Idea", "cadence_of", "curve_at", "drift", "idea_of", "label_of"]

_SCHEMES: dict[SectionKind, tuple[str, ...]] = {
    "chorus": ("ABAC", "AABA", "AAAB", "ABAB"),
    "verse": ("ABAB", "AABA", "ABAC", "AABC", "AAAB"),
    "bridge": ("AABC", "ABCD", "ABAC"),
    "pre-chorus": ("AAAB", "ABAC", "AABC"),
}
_SHAPES: dict[SectionKind, tuple[tuple[str, float], ...]] = {
    "verse": (("arch", 0.35), ("wave", 0.25), ("descent", 0.2), ("ascent", 0.1), ("valley", 0.1)),
    "pre-chorus": (("ascent", 0.7), ("wave", 0.15), ("arch", 0.15)),
    "chorus": (("arch", 0.35), ("descent", 0.35), ("wave", 0.2), ("valley", 0.1)),
    "bridge": (("ascent", 0.3), ("valley", 0.25), ("arch", 0.25), ("wave", 0.2)),
}


@dataclass(frozen=True, slots=True)
class Idea:
    """The musical idea of one phrase label in one kind of section."""

    motif: tuple[int, ...]
    curve: tuple[float, ...]


def label_of(request: MelodyRequest, seed: str, kind: SectionKind, phrase: int) -> str:
    """The letter of a phrase in its section's plan, such as ABAC: phrases of one letter share their idea."""
    rng = stream(seed, "melody", kind, "scheme")
    schemes = _SCHEMES.get(kind, _SCHEMES["verse"])
    scheme = schemes[int(rng.integers(len(schemes)))]
    repeats = rng.random() < request.facts.repeat
    label = scheme[phrase % 4]
    # A second group of four takes up the first, or answers it with ideas of its own.
    return label if phrase < 4 or repeats else f"{label}{(phrase // 4) % 2}"


def idea_of(request: MelodyRequest, seed: str, kind: SectionKind, label: str) -> Idea:
    """The motif and the contour that a letter stands for in a kind of section."""
    rng = stream(seed, "melody", kind, label, "idea")
    leap = request.facts.leap
    sizes = np.array([0.24, 0.4, 0.2, 0.08 + 0.24 * leap, 0.05 + 0.24 * leap])
    motif = []
    for _ in range(12):
        size = int(rng.choice(5, p=sizes / sizes.sum()))
        motif.append(size if rng.random() < 0.5 else -size)
    shapes = _SHAPES.get(kind, _SHAPES["verse"])
    weights = np.array([weight for _, weight in shapes])
    shape = shapes[int(rng.choice(len(shapes), p=weights / weights.sum()))][0]
    places = np.linspace(0.0, 1.0, 17)
    curve = _shape(shape, places)
    for turns in (1, 2, 3):
        curve = curve + rng.normal(0, 0.35 / turns) * np.sin(np.pi * (turns * places + rng.uniform(0, 2)))
    return Idea(tuple(motif), tuple(curve.tolist()))


def _shape(name: str, places: Floats) -> Floats:
    match name:
        case "arch":
            return 1.6 * np.sin(np.pi * places) - 0.7
        case "valley":
            return 0.7 - 1.4 * np.sin(np.pi * places)
        case "descent":
            return 1.0 - 1.9 * places
        case "ascent":
            return 1.9 * places - 1.0
        case _:
            return 0.9 * np.sin(2 * np.pi * places)


def curve_at(curve: Sequence[float], place: float) -> float:
    """The contour's height, about -1..1, at a place 0..1 in the phrase."""
    return float(np.interp(place, np.linspace(0.0, 1.0, len(curve)), curve))


def drift(kind: SectionKind, phrase: int, peers: int) -> float:
    """How far a line lies above its section's middle: sections have an arc too, with its top past halfway."""
    if peers < 2:
        return 0.0
    share = phrase / (peers - 1)
    if kind == "pre-chorus":
        return -1.0 + 2.5 * share
    return 1.4 * float(np.sin(np.pi * min(1.0, share * 0.85 + 0.1))) - 0.9


def cadence_of(phrase: int, *, last: bool, kind: SectionKind) -> Cadence:
    """How a phrase ends: the first of a pair open, the second closed; what leads on stays open."""
    if last:
        return "open" if kind in ("pre-chorus", "bridge") else "closed"
    return "open" if phrase % 2 == 0 else "closed"
