"""Names of artists in a prompt, read as the style they are known for and never as their voice."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from songwright.style.lexicon_tables import any_of
from songwright.style.wishes import Wishes

__all__ = ["read_artists"]

_CUE = (
    r"(?:like|styles?\s+of|vein\s+of|spirit\s+of|sound\s+of|manner\s+of|inspired\s+by|influenced\s+by|reminiscent\s+of|"
    r"sounds?\s+like|similar\s+to|\u00e0\s+la|a\s+la)\s+"
)
_BEHIND = r"[\s-]+(?:styled?|type|esque|inspired|sound|influenced)\b"
_AFTER = rf"(?:{_BEHIND})?"
_SUBJECT = re.compile(r"\babout\b[^,;.!?]*$", re.IGNORECASE)


def read_artists(text: str, wishes: Wishes) -> str:
    """Put the styles of named artists in the place of their names; the text with them comes back.

    Where a prompt tells of an artist ("a song about Mozart"), the name is a subject and stays.
    """

    def styled(match: re.Match[str]) -> str:
        name = " ".join(match["name"].lower().replace("-", " ").split())
        if _SUBJECT.search(text[: match.start("name")]):
            return match[0]
        style = _styles()[name]
        wishes.understand(f"in the style of {style} ({name.title()})")
        return f", {style}, "

    for pattern in _patterns():
        text = pattern.sub(styled, text)
    return text


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    named, cued = (any_of(_tables()[table], between=r"[\s-]+") for table in ("named", "cued"))
    flags = re.IGNORECASE
    return (
        re.compile(rf"(?:{_CUE})?\b(?P<name>{named})\b(?:'s)?{_AFTER}", flags),
        re.compile(rf"{_CUE}(?P<name>{cued})\b", flags),
        re.compile(rf"\b(?P<name>{cued})\b{_BEHIND}", flags),
    )


@cache
def _styles() -> dict[str, str]:
    tables = _tables()
    return tables["named"] | tables["cued"]


@cache
def _tables() -> dict[str, dict[str, str]]:
    source = files("songwright.style") / "lexicon" / "artists.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))
