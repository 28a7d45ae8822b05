"""The documented bodies of each action, and the documented shapes of answers, key by key and type by type."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

Shape = Any
"""A dict of shapes, a list with the shape of its only item, a type, None, or a check of a value."""

WORDS = "[Verse]\nWoke up early in the rain\n[Chorus]\nHere we go again"


def bodies(audio_id: str, second_id: str) -> dict[str, dict[str, Any]]:
    """A body for each action, with the keys that the published guides send, and other clients' variants."""
    common = {"model": "FUZZ-2.0 Pro", "instrumental": False, "lyric": WORDS, "custom": True}
    return {
        "generate, inspiration": {
            "action": "generate",
            "model": "FUZZ-2.0 Pro",
            "prompt": "A song for Christmas",
        },
        "generate, custom": {"action": "generate", **common},
        "generate, schema": {"action": "generate", "lyric": "", "prompt": "jazz", "seed": "2450882164"},
        "cover": {"action": "cover", **common, "audio_id": audio_id, "title": "Cover"},
        "extend": {
            "action": "extend",
            **common,
            "continue_at": 3,
            "audio_id": audio_id,
            "title": "Extend",
            "weirdness": 0.3,
            "sound_strength": 0.3,
            "lyrics_strength": 0.6,
        },
        "variation": {"action": "variation", **common, "audio_id": audio_id},
        "replace_section": {
            "action": "replace_section",
            **common,
            "audio_id": audio_id,
            "replace_section_start": 3,
            "replace_section_end": 70,
        },
        "swap_instrumentals": {
            "action": "swap_instrumentals",
            "model": "FUZZ-2.0 Pro",
            "weirdness": 0.6,
            "prompt": "Happy",
            "audio_id": audio_id,
        },
        "swap_vocals": {
            "action": "swap_vocals",
            **common,
            "weirdness": 0.6,
            "lyrics_strength": 0.8,
            "audio_id": audio_id,
        },
        "swap_vocals, two songs": {
            "action": "swap_vocals",
            "audio_id": audio_id,
            "swap_audio_id": second_id,
            "lyric": "",
            "prompt": "",
        },
        "stems": {"action": "stems", "audio_id": audio_id},
        "stems, schema": {"action": "stems", "audio_id": audio_id, "lyric": "", "prompt": ""},
        "extend, with the schema's defaults": {
            "action": "extend",
            "audio_id": audio_id,
            "lyric": "",
            "prompt": "",
            "continue_at": False,
            "sound_strength": False,
            "lyrics_strength": False,
            "weirdness": False,
            "replace_section_start": False,
            "replace_section_end": False,
        },
    }


def uuid(value: Any) -> bool:
    return isinstance(value, str) and str(UUID(value)) == value


def url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def moment(value: Any) -> bool:
    return (
        isinstance(value, str)
        and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value) is not None
        and datetime.fromisoformat(value).utcoffset() is not None
    )


def seconds(value: Any) -> bool:
    return isinstance(value, str) and float(value) > 0


def unix_seconds(value: Any) -> bool:
    return isinstance(value, float) and value > 1.6e9


def text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


MODELS = {f"FUZZ-{name}" for name in ("2.0 Pro", "2.0", "2.0 Raw", "1.1 Pro", "1.1", "1.0 Pro", "1.0", "0.8")}

SONG: Shape = {
    "id": uuid,
    "title": text,
    "image_url": url,
    "lyric": text,
    "audio_url": url,
    "video_url": None,
    "image_id": uuid,
    "topic": None,
    "seed": str,
    "sound": str,
    "created_at": moment,
    "model": lambda value: value in MODELS,
    # Ours, beside what is documented.
    "engine_model": text,
    "progress": lambda value: value == "100%",
    "state": lambda value: value == "succeeded",
    "duration": seconds,
    # In the schema's list of properties, in no recorded answer.
    "style": str,
    "prompt": str,
}

STEMS: Shape = {
    "title": text,
    "lyric": lambda value: value == "",
    "stems_url": url,
    "model": lambda value: value == "",
    "progress": lambda value: value == "100%",
    "state": lambda value: value == "succeeded",
}

ACCEPTED: Shape = {"success": lambda value: value is True, "task_id": uuid, "trace_id": uuid}

ERROR: Shape = {
    "success": lambda value: value is False,
    "error": {"code": text, "message": text},
    "trace_id": uuid,
}


def success(data: Shape) -> Shape:
    return {**ACCEPTED, "data": data}


def finished(action: str) -> Shape:
    return success([STEMS if action == "stems" else SONG])


def record(response: Shape) -> Shape:
    return {
        "id": uuid,
        "type": text,
        "trace_id": uuid,
        "created_at": unix_seconds,
        "started_at": unix_seconds,
        "finished_at": unix_seconds,
        "elapsed": float,
        "request": dict,
        "response": response,
        # Ours, beside what is documented: where the vendor's own CLI looks for it.
        **({"data": response["data"]} if isinstance(response, dict) and "data" in response else {}),
    }


def mismatches(value: Any, shape: Shape, where: str = "$") -> list[str]:
    """Where a value differs from a shape; empty when it fits in every key and type."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{where} is no object"]
        wrong = [f"{where}.{key} is missing" for key in shape.keys() - value.keys()]
        wrong += [f"{where}.{key} is undocumented" for key in value.keys() - shape.keys()]
        return wrong + [
            found
            for key in shape.keys() & value.keys()
            for found in mismatches(value[key], shape[key], f"{where}.{key}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list) or len(value) != 1:
            return [f"{where} is no list of one"]
        return mismatches(value[0], shape[0], f"{where}[0]")
    if isinstance(shape, type):
        return [] if type(value) is shape else [f"{where} is {value!r}"]
    if shape is None:
        return [] if value is None else [f"{where} is {value!r}"]
    check: Callable[[Any], bool] = shape
    return [] if check(value) else [f"{where} is {value!r}"]
