"""A body for each thing that can be asked, as the documentation shows them."""

from __future__ import annotations

from typing import Any

__all__ = ["AUDIOS", "EXPORT", "LYRICS", "TASKS", "UPLOAD"]

_SONG = "6c947f13-a3c5-4b9c-8609-5639c37cdc2d"
_TASK = "82fd443a-903a-4f18-8028-12d2f8a0a4be"
_WORDS = "[Verse]\nThe kettle sings before the dawn\n[Chorus]\nStay a while, stay a while"

AUDIOS: dict[str, dict[str, Any]] = {
    "generate": {"action": "generate", "model": "FUZZ-2.0", "prompt": "A song for Christmas", "lyric": ""},
    "generate from words": {
        "action": "generate",
        "model": "FUZZ-2.0 Pro",
        "custom": True,
        "instrumental": False,
        "lyric": _WORDS,
        "prompt": "",
        "title": "Stay a While",
    },
    "cover": {
        "action": "cover",
        "audio_id": _SONG,
        "custom": True,
        "lyric": _WORDS,
        "prompt": "slow jazz waltz",
        "title": "Cover",
        "async": True,
    },
    "extend": {
        "action": "extend",
        "audio_id": _SONG,
        "continue_at": 3,
        "custom": True,
        "lyric": _WORDS,
        "prompt": "",
        "weirdness": 0.3,
        "sound_strength": 0.3,
        "lyrics_strength": 0.6,
        "async": True,
    },
    "variation": {"action": "variation", "audio_id": _SONG, "lyric": "", "prompt": "", "async": True},
    "swap_vocals": {
        "action": "swap_vocals",
        "audio_id": _SONG,
        "custom": True,
        "lyric": _WORDS,
        "prompt": "",
        "lyrics_strength": 0.8,
        "async": True,
    },
    "swap_instrumentals": {
        "action": "swap_instrumentals",
        "audio_id": _SONG,
        "lyric": "",
        "prompt": "happy ska",
        "weirdness": 0.6,
        "async": True,
    },
    "replace_section": {
        "action": "replace_section",
        "audio_id": _SONG,
        "replace_section_start": 3,
        "replace_section_end": 70,
        "custom": True,
        "lyric": _WORDS,
        "prompt": "",
        "async": True,
    },
    "stems": {"action": "stems", "audio_id": _SONG, "lyric": "", "prompt": "", "async": True},
    "with a callback": {
        "action": "generate",
        "prompt": "lo-fi beat, 80 bpm",
        "lyric": "",
        "instrumental": True,
        "seed": "7",
        "callback_url": "https://hooks.example/songs",
    },
}

TASKS: dict[str, dict[str, Any]] = {
    "retrieve": {"action": "retrieve", "id": _TASK},
    "retrieve_batch": {"action": "retrieve_batch", "ids": [_TASK]},
}

LYRICS: dict[str, dict[str, Any]] = {"lyrics": {"prompt": "A song about winter"}}

UPLOAD: dict[str, dict[str, Any]] = {"upload": {"audio_url": "https://cdn.example/recording.mp3"}}

EXPORT: dict[str, dict[str, Any]] = {"export": {"audio_id": _SONG}}
