"""Does what is heard agree with what was asked?"""

from __future__ import annotations

from typing import get_args

from songwright.music.measured import AskedAndHeard, KeyRelation, Measured, TempoRelation
from songwright.music.score import Key, Mode

__all__ = ["compare_with_asked", "key_relation", "parse_key", "tempo_relation"]

TEMPO_TOLERANCE = 0.02

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_MODES: tuple[Mode, ...] = get_args(Mode)
# What the heard mode, which is always major or minor, should be for each asked mode: that with its third.
_SHARES_THIRD: dict[Mode, Mode] = {
    "major": "major",
    "lydian": "major",
    "mixolydian": "major",
    "minor": "minor",
    "dorian": "minor",
    "phrygian": "minor",
}


def parse_key(words: str) -> Key | None:
    """The key that ``str(key)`` wrote, such as "Bb minor"; None for anything else."""
    name, _, mode = words.strip().partition(" ")
    known = next((candidate for candidate in _MODES if candidate == mode.strip().lower()), None)
    if not name or name[0] not in _LETTERS or known is None or name[1:] not in ("", "#", "b"):
        return None
    tonic = _LETTERS[name[0]] + {"": 0, "#": 1, "b": -1}[name[1:]]
    return Key(tonic=tonic % 12, mode=known)


def tempo_relation(asked_bpm: float, heard_bpm: float | None) -> tuple[TempoRelation, float | None]:
    """How the heard tempo relates to the asked one, and the error in percent.

    Within 2 % it is the same, or double or half when that is what fits.
    """
    if heard_bpm is None:
        return "not heard", None
    factors: tuple[tuple[TempoRelation, float], ...] = (("same", 1.0), ("double", 2.0), ("half", 0.5))
    for relation, factor in factors:
        error = heard_bpm / (asked_bpm * factor) - 1.0
        if abs(error) <= TEMPO_TOLERANCE:
            return relation, 100.0 * error
    return "other", 100.0 * (heard_bpm / asked_bpm - 1.0)


def key_relation(asked: Key, heard: Key | None) -> KeyRelation:
    """How the heard key relates to the asked one.

    A mode counts as major or minor by its third. The relative key has the same signature: for A minor it
    is C major, and for D dorian C major too.
    """
    if heard is None:
        return "not heard"
    mode = _SHARES_THIRD[asked.mode]
    if (heard.tonic, heard.mode) == (asked.tonic, mode):
        return "same"
    if _signature(heard) == _signature(asked):
        return "relative"
    if heard.tonic == (asked.tonic + (3 if mode == "minor" else 9)) % 12 and heard.mode != mode:
        return "relative"
    if heard.tonic == asked.tonic:
        return "parallel"
    if (heard.tonic - asked.tonic) % 12 in (5, 7) and heard.mode == mode:
        return "fifth away"
    return "other"


def _signature(key: Key) -> int:
    """The tonic of the major key that has the same notes."""
    steps: dict[Mode, int] = {
        "major": 0, "dorian": 10, "phrygian": 8, "lydian": 7, "mixolydian": 5, "minor": 3,
    }  # fmt: skip
    return (key.tonic + steps[key.mode]) % 12


def compare_with_asked(
    measured: Measured, *, asked_tempo_bpm: float | None, asked_key: str | None
) -> AskedAndHeard:
    """Put what was asked beside what was heard.

    Args:
        measured: What was heard.
        asked_tempo_bpm: The tempo that the request named or the engine chose; None for none.
        asked_key: The same for the key, such as "D dorian".
    """
    tempo, error = (
        (None, None) if asked_tempo_bpm is None else tempo_relation(asked_tempo_bpm, measured.tempo_bpm)
    )
    wanted = parse_key(asked_key) if asked_key is not None else None
    heard = parse_key(measured.key) if measured.key is not None else None
    return AskedAndHeard(
        asked_tempo_bpm=asked_tempo_bpm,
        heard_tempo_bpm=measured.tempo_bpm,
        tempo=tempo,
        tempo_error_percent=None if error is None else round(error, 2),
        asked_key=asked_key,
        heard_key=measured.key,
        key=None if wanted is None else key_relation(wanted, heard),
    )
