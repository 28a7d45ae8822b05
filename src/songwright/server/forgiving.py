"""Arguments as frameworks and models send them, turned into what they mean before a rule is applied.

A strict schema makes a model fill every argument, so that "left out" arrives as null, an empty text, the word
"null" or a zero; agents carry over names and values from other services. What has one plain meaning is taken
so. What has none is left as it is, and refused by the model in one sentence.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from songwright.music.base import digits_of

__all__ = ["forgiven", "other_name_of"]

_NOTHING = frozenset({"", "null", "none", "undefined"})
_OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "audio_uri": ("audio_id",),
    "bpm": ("tempo_bpm",),
    "chord_progression": ("chords",),
    "duration": ("duration_seconds",),
    "gender": ("vocal_gender",),
    "id": ("audio_id", "task_id"),
    "lyrics": ("lyric",),
    "meter": ("time_signature",),
    "song": ("audio_id",),
    "song_id": ("audio_id",),
    "song_uri": ("audio_id",),
    "style": ("prompt",),
    "task": ("task_id",),
    "tempo": ("tempo_bpm",),
    "uri": ("audio_id", "task_id"),
}
"""Names that other song services, and our own results, have for an argument."""

_OTHER_VALUES: Mapping[str, Mapping[str, str]] = {
    "vocal_gender": {"female": "f", "woman": "f", "male": "m", "man": "m"},
    "format": {
        "mid": "midi",
        "mp4": "video",
        "ssa": "ass",
        "subrip": "srt",
        "vtt": "webvtt",
        "wave": "wav",
        "xml": "musicxml",
    },
}
_NEWEST = frozenset({"last", "latest", "newest"})
_TEXTS_OF_DIGITS = frozenset({"seed", "title", "request_id"})
"""Short texts for which a number is its digits. For a prompt or a lyric it is a mistake."""

_CLAMPED = frozenset({"wait_seconds", "limit"})
"""Upper bounds of ours, where asking for more means as much as there is."""

_ZERO_IS_NOTHING = frozenset({"continue_at", "replace_section_end"})
"""Times at which there is nothing before; sent by who fills every number."""

_ADDRESS = re.compile(r"^(?:song|task)://([^/]+)(?:/.*)?$", re.IGNORECASE)


def forgiven(arguments: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The arguments that a call means: under their own names, without those that say nothing.

    Args:
        arguments: As they came.
        known: The schema of each argument that the tool takes, with its whole enumeration and its bounds.
    """
    said = {
        name: value for name, value in arguments.items() if not _is_nothing(value, known.get(name, {}), name)
    }
    meant: dict[str, Any] = {}
    for name, value in said.items():
        if name in known:
            meant[name] = _meant(name, value, known[name])
    for name, value in said.items():
        if name not in known:
            own = other_name_of(name, known) or name
            taken = _meant(own, value, known.get(own, {}))
            # A second name that says another thing stays, to be refused.
            meant[own if meant.get(own, taken) == taken else name] = taken
    if "replace_section_end" not in meant and _number(meant.get("replace_section_start")) == 0:
        del meant["replace_section_start"]
    return meant


def other_name_of(name: str, known: Mapping[str, Any]) -> str | None:
    """The argument that a name stands for, where it is not one itself."""
    return next((other for other in _OTHER_NAMES.get(name, ()) if other in known), None)


def _is_nothing(value: Any, schema: Mapping[str, Any], name: str) -> bool:
    kind = schema.get("type")
    match value:
        case None:
            return True
        case bool():
            return not value and kind != "boolean"
        case str() if value.strip().casefold() in _NOTHING:
            return True
        case list():
            return not [item for item in value if not _is_nothing(item, {}, name)]
        case _:
            is_zero = kind in ("number", "integer") and _number(value) == 0
            return is_zero and (name in _ZERO_IS_NOTHING or schema.get("minimum", 0) > 0)


def _meant(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    match schema.get("type"):
        case "array":
            return _list(name, value, schema.get("items", {}))
        case "object":
            return _unwrapped(value, dict)
        case "number" | "integer":
            return _bounded(name, value, schema)
        case "string":
            return _text(name, value, schema)
        case _:
            return value


def _list(name: str, value: Any, items: Mapping[str, Any]) -> Any:
    """A list, also where it came as JSON or as words with commas between them."""
    value = _unwrapped(value, list)
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list):
        return value
    return [_text(name, item, items) for item in value if not _is_nothing(item, {}, name)]


def _unwrapped(value: Any, kind: type) -> Any:
    if not isinstance(value, str):
        return value
    try:
        inner = json.loads(value)
    except (ValueError, RecursionError):
        return value
    return inner if isinstance(inner, kind) else value


def _bounded(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    number = _number(value)
    if number is None:
        return value
    most = schema.get("maximum")
    if name in _CLAMPED and most is not None and number > most:
        return most
    return int(number) if schema["type"] == "integer" and number.is_integer() else value


def _number(value: Any) -> float | None:
    """A finite number, also where it came as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _text(name: str, value: Any, schema: Mapping[str, Any]) -> Any:
    if name in _TEXTS_OF_DIGITS:
        return digits_of(value)
    if not isinstance(value, str):
        return value
    if "enum" in schema:
        return _chosen(value, schema["enum"], _OTHER_VALUES.get(name, {}))
    if name.endswith("_id") and name != "request_id":
        address = _ADDRESS.match(value.strip())
        named = address[1] if address else value
        return "last" if named.strip().casefold() in _NEWEST else named
    return value


def _chosen(value: str, choices: list[Any], others: Mapping[str, str]) -> str:
    """The choice that a word names, whatever its case, dots, hyphens and blanks."""
    plain = _plain(value)
    named = {_plain(choice): choice for choice in choices if isinstance(choice, str)}
    return named.get(plain) or others.get(plain) or value


def _plain(word: str) -> str:
    return re.sub(r"[\s_-]+", "_", word.strip().casefold().removeprefix("."))
