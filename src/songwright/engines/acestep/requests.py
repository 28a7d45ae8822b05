"""Our actions in ACE-Step's words: task types and the fields of ``/release_task``.

Defaults that would surprise are always overruled: the server makes two MP3s of random seeds unless told
otherwise. Dials that the model does not have are mapped to those that come near; docs/engines.md says how.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from songwright.engines.acestep.replies import ModelFacts, TaskType
from songwright.engines.remote.figures import prompt_with_figures
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    Figured,
    Generate,
    ReplaceSection,
    Sounding,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.lyrics import parse_lyric
from songwright.music.song import Song

__all__ = [
    "LONGEST_SECONDS",
    "MAX_LYRIC_CHARACTERS",
    "SHORTEST_SECONDS",
    "Words",
    "common_fields",
    "duration_asked",
    "figure_notes",
    "lyric_seconds",
    "numeric_seed",
    "sheet_for",
    "takes_for",
    "task_type_of",
    "tempo_asked",
    "words_for",
]

LONGEST_SECONDS = 600.0
SHORTEST_SECONDS = 10.0
MAX_LYRIC_CHARACTERS = 4096
MAX_CAPTION_CHARACTERS = 512

_NAME = "ACE-Step"
# The server counts beats alone: 6/8 is its 6.
_METERS = {"2/4": "2", "3/4": "3", "4/4": "4", "6/8": "6"}
_INSTRUMENTAL = "[Instrumental]"
_PRO_TAKES = 3
_DEFAULT_TEMPO_BPM = 110.0
_BEATS_PER_LINE = 8
_BEATS_AROUND_SECTION = 8
_BEATS_AROUND_SONG = 32
_TEMPO = re.compile(r"\b(\d{2,3})\s*bpm\b", re.IGNORECASE)
_KEY = re.compile(r"\b([A-G](?:#|b| sharp| flat)?)\s+(major|minor)\b")
_VOICES = {"f": "female voice", "m": "male voice"}
_LANGUAGES = (
    ("HIRAGANA", "ja"), ("KATAKANA", "ja"), ("HANGUL", "ko"), ("CJK", "zh"), ("CYRILLIC", "ru"),
    ("ARABIC", "ar"), ("DEVANAGARI", "hi"), ("THAI", "th"), ("GREEK", "el"), ("HEBREW", "he"),
)  # fmt: skip

Words = tuple[str, str]
"""A caption and a lyric."""


def task_type_of(action: Action, song: Song | None) -> TaskType:
    """The task type that an action needs."""
    match action:
        case Generate():
            return "text2music"
        case Variation():
            caption, lyric = words_for(action, song)
            return "text2music" if caption or lyric else "cover"
        case Cover():
            return "cover"
        case Extend() | ReplaceSection():
            return "repaint"
        case SwapVocals():
            return "lego"
        case SwapInstrumentals():
            return "complete"
        case Stems():
            return "extract"


def words_for(action: Sounding, song: Song | None) -> Words:
    """What to say to the model: the request's words, and where it has none, those of the song."""
    asked = getattr(song.action, "prompt", "") if song is not None else ""
    keeps_style = not isinstance(action, Cover | SwapInstrumentals)
    caption = action.prompt or (asked if keeps_style else "")
    if action.vocal_gender is not None:
        caption = ", ".join(filter(None, (caption, _VOICES[action.vocal_gender])))
    if isinstance(action, Figured):
        said = _said_in_words(action)
        caption, _ = prompt_with_figures(caption, action, said, MAX_CAPTION_CHARACTERS, _NAME)
    if action.instrumental:
        return caption, ""
    if action.sings_given_words:
        return caption, action.lyric
    if song is not None and not isinstance(action, Extend):
        return caption, song.facts.lyric
    return caption, ""


def duration_asked(action: Sounding, song: Song | None) -> float | None:
    """The length of a new song in seconds that a request types, within what the model makes; else None."""
    if song is not None or not isinstance(action, Figured) or action.duration_seconds is None:
        return None
    return max(SHORTEST_SECONDS, action.duration_seconds)


def sheet_for(lyric: str, *, instrumental: bool) -> str:
    """A lyric as the model reads it best: each marker alone on its line, a blank line between sections."""
    if instrumental or not lyric:
        return _INSTRUMENTAL
    sections = (
        "\n".join([f"[{section.kind.title()}]", *section.lines]) for section in parse_lyric(lyric).sections
    )
    return "\n\n".join(sections)


def common_fields(
    action: Sounding, song: Song | None, model: ModelFacts, seeds: tuple[int, ...]
) -> dict[str, Any]:
    """The fields of every request for sound but its task type, times and lyric.

    The model has no dial for weirdness; its planner's temperature and guidance come near. A turbo model has
    no guidance of its own.
    """
    caption, lyric = words_for(action, song)
    strength = (action.sound_strength - 0.2) / 0.8
    fields: dict[str, Any] = {
        "prompt": caption[:MAX_CAPTION_CHARACTERS],
        "vocal_language": _language(lyric or (song.facts.lyric if song is not None else ""), action.prompt),
        "model": model.name,
        "inference_steps": 8 if model.is_turbo else 50,
        "shift": 3.0 if model.is_turbo else 1.0,
        "infer_method": "sde" if action.weirdness > 0.7 else "ode",
        "lm_temperature": round(0.6 + 0.55 * action.weirdness, 3),
        "lm_cfg_scale": round(max(1.0, 3.0 - 1.5 * action.weirdness + (action.sound_strength - 0.5)), 3),
        "use_cot_caption": action.lyrics_strength < 0.5,
        "batch_size": len(seeds),
        "audio_format": "flac",
        "use_random_seed": False,
        "seed": ",".join(str(seed) for seed in seeds),
    }
    if not model.is_turbo:
        fields["guidance_scale"] = round(3.0 + 6.0 * strength - 2.0 * (action.weirdness - 0.5), 3)
    tempo_bpm = tempo_asked(action, song)
    if tempo_bpm is not None:
        fields["bpm"] = round(min(300.0, max(30.0, tempo_bpm)))
    key = _key_asked(action, song)
    if key is not None:
        fields["key_scale"] = key
    if isinstance(action, Figured) and action.time_signature in _METERS:
        fields["time_signature"] = _METERS[action.time_signature]
    return fields


def figure_notes(action: Action) -> tuple[str, ...]:
    """Which typed figures the model is told in words alone, or not at all."""
    if not isinstance(action, Figured):
        return ()
    notes = list(prompt_with_figures("", action, _said_in_words(action), MAX_CAPTION_CHARACTERS, _NAME)[1])
    seconds = action.duration_seconds
    if isinstance(action, Cover) and seconds is not None:
        notes.append(f"duration_seconds: {_NAME} covers a song in its own length")
    elif isinstance(action, Generate) and seconds is not None and seconds < SHORTEST_SECONDS:
        notes.append(f"duration_seconds: {_NAME} makes {SHORTEST_SECONDS:g} s at least")
    return tuple(notes)


def _said_in_words(action: Figured) -> tuple[str, ...]:
    """What the model has no field for: it knows keys with a mode, and four meters."""
    said = ["chords"]
    if action.key is not None and action.key.partition(" ")[2] not in ("major", "minor"):
        said.append("key")
    if action.time_signature not in _METERS:
        said.append("time_signature")
    return tuple(said)


def takes_for(action: Action) -> int:
    """How many takes to make and choose from."""
    if isinstance(action, Stems):
        return 1
    careful = action.lyrics_strength > 0.75 and bool(action.lyric)
    return _PRO_TAKES if action.model.endswith("Pro") else 2 if careful else 1


def numeric_seed(seed: str, take: int = 0) -> int:
    """The seed of a take, 0 to 2^31 - 1; for a number and the first take, the number itself."""
    if take == 0 and seed.isascii() and seed.isdigit() and int(seed) < 2**31:
        return int(seed)
    digest = hashlib.sha256(f"{seed} {take}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def tempo_asked(action: Sounding, song: Song | None) -> float | None:
    """The tempo that is typed or named in the prompt, in bpm; else the song's, where that is to stay."""
    if isinstance(action, Figured) and action.tempo_bpm is not None:
        return action.tempo_bpm
    named = _TEMPO.search(action.prompt)
    if named:
        return float(named[1])
    return None if song is None or isinstance(action, Cover) else song.facts.tempo_bpm


def lyric_seconds(lyric: str, tempo_bpm: float | None) -> float:
    """How long a song needs for its lyric: two bars a line, two around each section, eight around it all.

    Too short a length is the commonest reason why words are left out.
    """
    sheet = parse_lyric(lyric)
    beats = len(sheet.lines) * _BEATS_PER_LINE + len(sheet.sections) * _BEATS_AROUND_SECTION
    seconds = (beats + _BEATS_AROUND_SONG) * 60 / (tempo_bpm or _DEFAULT_TEMPO_BPM)
    return min(LONGEST_SECONDS, max(SHORTEST_SECONDS, round(seconds, 1)))


def _key_asked(action: Sounding, song: Song | None) -> str | None:
    if isinstance(action, Figured) and action.key is not None:
        name, _, mode = action.key.partition(" ")
        return f"{name} {mode}" if mode in ("major", "minor") else None
    named = _KEY.search(action.prompt)
    if named:
        return f"{named[1].replace(' sharp', '#').replace(' flat', 'b')} {named[2]}"
    return None if song is None or isinstance(action, Cover) else song.facts.key


def _language(lyric: str, prompt: str) -> str:
    """The language of the words, as the server calls it; ``unknown`` has the server detect it."""
    from songwright.style.languages import told_language

    for character in lyric:
        name = unicodedata.name(character, "")
        for script, language in _LANGUAGES:
            if name.startswith(script):
                return language
    return told_language(lyric, prompt) or "unknown"
