"""Our actions as request bodies of the Producer API.

``action``, ``lyric`` and ``prompt`` are always sent, as its schema demands; what is not used is "". Optional
fields are left out rather than sent as null, and strengths are sent always, since its sources disagree about
their defaults.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, assert_never

from songwright.engines.remote.figures import FIGURES, prompt_with_figures
from songwright.engines.remote.stretches import continue_at_of, stretch_of
from songwright.errors import UnsupportedError
from songwright.music.actions import (
    MAX_PROMPT_CHARACTERS,
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    Stems,
    SwapInstrumentals,
    SwapVocals,
    Variation,
)
from songwright.music.song import Song

__all__ = ["Wanted", "is_known_there", "not_published", "request_for"]

_VOICES = {"f": "female voice", "m": "male voice"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request body, and what had to be decided to make it.

    Attributes:
        body: Everything but ``audio_id``.
        notes: What was decided instead of what was asked.
    """

    body: dict[str, Any]
    notes: tuple[str, ...]


def is_known_there(song: Song) -> bool:
    """Whether the service made the song and so knows it by an id."""
    return song.engine == "hosted" and song.facts.remote_id is not None


def not_published(song: Song) -> UnsupportedError:
    """The refusal of a song that the service has no way to fetch."""
    return UnsupportedError(
        f"the song was made by the engine '{song.engine}', and the hosted engine fetches songs from a public "
        "address; set SONGWRIGHT_PUBLIC_URL where the HTTP server can be reached, or name the engine that "
        "made the song",
        field="audio_id",
    )


def request_for(action: Action, source: Song | None, seed: str) -> Wanted:
    """The body for an action.

    Args:
        action: What to do.
        source: The song it works on, where it works on one.
        seed: The seed to use; other than a number, it is made one.

    Raises:
        RequestError: The times lie outside the source.
    """
    body: dict[str, Any] = {"action": action.action, "model": action.model, "async": True}
    if isinstance(action, Stems):
        return Wanted(body | {"prompt": "", "lyric": ""}, ())
    notes: list[str] = []
    lyric, custom = _words(action, source)
    prompt, told = prompt_with_figures(
        action.prompt, action, FIGURES, MAX_PROMPT_CHARACTERS, "the hosted engine"
    )
    notes.extend(told)
    body |= {
        "prompt": _with_voice(prompt, action.vocal_gender, notes),
        "lyric": lyric,
        "weirdness": action.weirdness,
        "sound_strength": action.sound_strength,
        "lyrics_strength": action.lyrics_strength,
        "seed": _numeric(seed, notes),
    }
    if custom:
        body["custom"] = True
    if action.instrumental:
        body["instrumental"] = True
    if action.title is not None:
        body["title"] = action.title
    match action:
        case Extend():
            body["continue_at"] = continue_at_of(action, source)
        case ReplaceSection():
            span = stretch_of(action, source)
            body["replace_section_start"] = round(span.start_seconds, 3)
            body["replace_section_end"] = round(span.end_seconds, 3)
        case Generate() | Cover() | Variation() | SwapVocals() | SwapInstrumentals():
            pass
        case _:
            assert_never(action)
    return Wanted(body, tuple(notes))


def _words(
    action: Generate | Cover | Extend | Variation | SwapVocals | SwapInstrumentals | ReplaceSection,
    source: Song | None,
) -> tuple[str, bool]:
    """The words to sing, and whether they are to be sung as they stand."""
    if action.instrumental or isinstance(action, SwapInstrumentals):
        return "", False
    if action.sings_given_words:
        return action.lyric, True
    if action.custom is None and source is not None and not isinstance(action, Extend):
        return source.facts.lyric, bool(source.facts.lyric)
    return "", False


def _with_voice(prompt: str, gender: str | None, notes: list[str]) -> str:
    if gender is None:
        return prompt
    voice = _VOICES[gender]
    longer = f"{prompt}, {voice}" if prompt else voice
    if len(longer) <= MAX_PROMPT_CHARACTERS:
        return longer
    notes.append("vocal_gender: the prompt has no room left for it, so the hosted engine chose the voice")
    return prompt


def _numeric(seed: str, notes: list[str]) -> str:
    if seed.isascii() and seed.isdigit() and int(seed) < 2**32:
        return seed
    numeric = str(int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big"))
    notes.append(f"seed: the hosted engine takes numbers; it was given {numeric}")
    return numeric
