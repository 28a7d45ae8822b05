"""The tables of words that prompts are read by, and patterns that find such words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["any_of", "lexicon", "players_pattern"]

# "Good vibes only" names no vibraphone, "only beats" no ensemble; "drumless" is nobody who plays.
_NO_PLAYERS = frozenset({"vibes", "beat", "beats", "keys", "drumless"})


@cache
def lexicon() -> dict[str, Any]:
    """The tables of ``lexicon/prompt.toml`` and ``lexicon/moods.toml``."""
    folder = files("songwright.style") / "lexicon"
    tables: dict[str, Any] = {}
    for name in ("prompt.toml", "moods.toml"):
        tables |= tomllib.loads((folder / name).read_text(encoding="utf-8"))
    return tables


@cache
def players_pattern() -> str:
    """A pattern that finds a word for any instrument or drum kit, or for several of its kind."""
    tables = lexicon()
    return f"{any_of({*tables['instruments'], *tables['kits']} - _NO_PLAYERS)}s?"


def any_of(phrases: Iterable[str], between: str = r"[\s-]") -> str:
    """A pattern that finds any of some phrases, the longest that fits.

    Args:
        phrases: In plain words.
        between: What may stand for a blank in them.
    """
    longest_first = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(phrase).replace(r"\ ", between) for phrase in longest_first) + ")"
