"""Traits: small changes of a genre's habits, as a word like "rhythmic" or "dreamy" asks for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from songwright.style.genre import Genre, load_genre

__all__ = ["UNCOLOURED", "Traits", "coloured_genre", "together"]

_WIDEST_RANGE_SEMITONES = 24
_BRIGHTEST_TILT_DB = 6.0


@dataclass(frozen=True, slots=True)
class Traits:
    """How far a song leans away from its genre's habits; 0 everywhere is the genre itself.

    Attributes:
        syncopation, leap, blue, repeat: Added to the chances of the same names in ``MelodyFacts``.
        range_semitones: Added to the span of the melody.
        density: Added to 1, the factor on the rate of syllables.
        sevenths: Added to the chance that a triad takes its seventh.
        fills: Added to the chance of a small change of the drums in every fourth bar.
        weirdness: Added to the request's.
        room: Added to 1, the factor on the hall's length and on what is sent to it.
        drive: Added to the saturation of drums and bass.
        tilt_db: Added to the tilt of the master's spectrum: positive is brighter.
        width: Added to the width of the stereo image.
        drums_db, bass_db: Added to the levels of these stems.
        looseness: Added to 1, the factor on how far players stray from the grid.
        register_semitones: How far the sung line moves within the singer's range.
        voice_db: Added to the level of the voice.
    """

    syncopation: float = 0.0
    leap: float = 0.0
    blue: float = 0.0
    repeat: float = 0.0
    range_semitones: float = 0.0
    density: float = 0.0
    sevenths: float = 0.0
    fills: float = 0.0
    weirdness: float = 0.0
    room: float = 0.0
    drive: float = 0.0
    tilt_db: float = 0.0
    width: float = 0.0
    drums_db: float = 0.0
    bass_db: float = 0.0
    looseness: float = 0.0
    register_semitones: float = 0.0
    voice_db: float = 0.0


UNCOLOURED = Traits()
"""The genre itself."""

# No word, nor a heap of words, bends a genre past what its own songs span.
_LIMITS = {
    "syncopation": 0.5, "leap": 0.3, "blue": 0.5, "repeat": 0.5, "range_semitones": 7.0, "density": 0.5,
    "sevenths": 0.7, "fills": 0.5, "weirdness": 0.5, "room": 1.2, "drive": 0.5, "tilt_db": 4.0, "width": 0.5,
    "drums_db": 3.0, "bass_db": 4.0, "looseness": 1.0, "register_semitones": 5.0, "voice_db": 2.0,
}  # fmt: skip


def together(traits: Iterable[Traits]) -> Traits:
    """All of them at once, each kept within what still sounds like the genre."""
    summed = UNCOLOURED
    for trait in traits:
        summed = replace(
            summed,
            **{
                name: max(-most, min(most, getattr(summed, name) + getattr(trait, name)))
                for name, most in _LIMITS.items()
            },
        )
    return summed


@lru_cache(maxsize=32)
def coloured_genre(name: str, traits: Traits) -> Genre:
    """A genre with traits laid over its habits.

    Raises:
        KeyError: There is no such genre.
    """
    genre = load_genre(name)
    if traits == UNCOLOURED:
        return genre
    melody, harmony, drums, mix = genre.melody, genre.harmony, genre.drums, genre.mix
    low, high = melody.range_semitones
    factor = 1.0 + traits.density
    return genre.model_copy(
        update={
            "melody": melody.model_copy(
                update={
                    "syncopation": _chance(melody.syncopation + traits.syncopation),
                    "leap": _chance(melody.leap + traits.leap),
                    "blue": _chance(melody.blue + traits.blue),
                    "repeat": _chance(melody.repeat + traits.repeat),
                    "notes_per_beat": tuple(round(rate * factor, 3) for rate in melody.notes_per_beat),
                    "range_semitones": (
                        max(5, round(low + traits.range_semitones)),
                        max(7, min(_WIDEST_RANGE_SEMITONES, round(high + traits.range_semitones))),
                    ),
                }
            ),
            "harmony": harmony.model_copy(update={"sevenths": _chance(harmony.sevenths + traits.sevenths)}),
            "drums": drums.model_copy(update={"turnaround": _chance(drums.turnaround + traits.fills)}),
            "layers": tuple(
                layer.model_copy(update={"reverb": _chance(layer.reverb * (1.0 + traits.room))})
                for layer in genre.layers
            ),
            "mix": mix.model_copy(
                update={
                    "room_seconds": max(0.3, mix.room_seconds * (1.0 + 0.5 * traits.room)),
                    "drive": _chance(mix.drive + traits.drive),
                    "tilt_db": max(
                        -_BRIGHTEST_TILT_DB, min(_BRIGHTEST_TILT_DB, mix.tilt_db + traits.tilt_db)
                    ),
                    "width": _chance(mix.width + traits.width),
                    "drums_db": mix.drums_db + traits.drums_db,
                    "bass_db": mix.bass_db + traits.bass_db,
                    "vocal_db": mix.vocal_db + traits.voice_db,
                    "timing_ms": max(0.0, mix.timing_ms * (1.0 + traits.looseness)),
                }
            ),
        }
    )


def _chance(value: float) -> float:
    return max(0.0, min(1.0, value))
