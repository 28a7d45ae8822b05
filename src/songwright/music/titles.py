"""What a version of a song is called where nobody named it, so that its title tells it from the others."""

from __future__ import annotations

import re
from collections.abc import Container
from typing import assert_never

from songwright.music.actions import (
    MAX_TITLE_CHARACTERS,
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

__all__ = ["title_of_song", "title_of_version"]

_MAX_TRAIT_CHARACTERS = 32
"""Room for a style in a few words; a list of versions shows what stands first."""

_TRAITS = re.compile(r" \((?:cover|extended|variation|vocals of|backing of|new|stems)\b[^()]*\)$")
"""What an earlier version's title ends in: of a version's version the last step is told."""


def title_of_song(title: str) -> str:
    """The title without what tells a version from its song."""
    return _TRAITS.sub("", title)


def title_of_version(action: Action, titles: tuple[str, ...], taken: Container[str]) -> str:
    """The title of the song that an edit makes, such as "Lantern Light (cover, bossa nova)".

    Args:
        action: The edit, which names no title.
        titles: Titles of the songs that it works on, the main one first.
        taken: Titles that other songs have. A number tells the new one from them.
    """
    base = title_of_song(titles[0])
    trait = _trait(action, titles[1:])
    number = 1
    while (title := _whole(base, trait if number == 1 else f"{trait}, {number}")) in taken:
        number += 1
    return title


def _trait(action: Action, others: tuple[str, ...]) -> str:
    match action:
        case Cover():
            return _with("cover", action.prompt)
        case Variation():
            return _with("variation", action.prompt)
        case Extend():
            return _with("extended", action.prompt)
        case SwapVocals():
            return f"vocals of {_short(others[0])}" if others else _with("new vocals", action.prompt)
        case SwapInstrumentals():
            return f"backing of {_short(others[0])}" if others else _with("new backing", action.prompt)
        case ReplaceSection(section=str() as section):
            return f"new {_short(section)}"
        case ReplaceSection():
            return f"new {action.replace_section_start or 0:.0f}-{action.replace_section_end or 0:.0f} s"
        case Stems():
            return "stems"
        case Generate():
            return "new"
        case _:
            assert_never(action)


def _with(kind: str, prompt: str) -> str:
    style = _short(prompt.partition(",")[0])
    return f"{kind}, {style}" if style else kind


def _short(words: str) -> str:
    plain = " ".join(re.sub(r"[()]", " ", words).split())
    if len(plain) <= _MAX_TRAIT_CHARACTERS:
        return plain
    cut = plain[: _MAX_TRAIT_CHARACTERS + 1]
    return (cut.rpartition(" ")[0] or cut[:-1]).rstrip(" ,;")


def _whole(base: str, trait: str) -> str:
    ending = f" ({trait})"
    return base[: MAX_TITLE_CHARACTERS - len(ending)].rstrip() + ending
