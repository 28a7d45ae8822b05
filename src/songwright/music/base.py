"""What every value of the domain has in common."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

__all__ = ["Line", "Model", "Seconds", "Sheet", "digits_of"]

_BREAKS = frozenset("\n\t")
_BREAKS_IN_A_LINE = re.compile("[ \\t]*[\t\n\v\f\r\u0085\u2028\u2029]+[ \\t]*")
_REFUSED_CATEGORIES = frozenset({"Cc", "Cs", "Co", "Cn"})
# Explicit bidirectional embeddings, overrides and isolates (Unicode UAX #9) reorder what a reader sees.
_REFUSED_MARKS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Model(BaseModel):
    """A frozen value that refuses fields it does not know, and numbers that are not finite."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        allow_inf_nan=False,
        hide_input_in_errors=True,
        populate_by_name=True,
        serialize_by_alias=True,
    )


def _refuse_control_characters(text: str, allowed: frozenset[str]) -> str:
    plain = text
    for character in allowed:
        plain = plain.replace(character, "")
    if plain.isprintable():
        # All that is refused below isn't; this is a hundred times as fast, and every song that is read asks.
        return text
    for position, character in enumerate(text):
        if character in allowed:
            continue
        if character in _REFUSED_MARKS or unicodedata.category(character) in _REFUSED_CATEGORIES:
            raise ValueError(
                f"must not contain control characters; U+{ord(character):04X} stands at position {position}"
            )
    return text


def _one_line(text: str) -> str:
    # Text fields of pages and models send line feeds and tabs where one line is wanted.
    return _refuse_control_characters(_BREAKS_IN_A_LINE.sub(" ", text), frozenset()).strip()


def _many_lines(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _refuse_control_characters(text, _BREAKS).strip()


Line = Annotated[str, AfterValidator(_one_line)]
"""Text on one line: breaks and tabs become blanks; no other control characters, no blanks at the ends."""

Sheet = Annotated[str, AfterValidator(_many_lines)]
"""Text of many lines: line feeds and tabs allowed, no other control characters."""

Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
"""A time or a length in seconds: finite, zero or more."""


def digits_of(given: Any) -> Any:
    """The digits of a number that stands where text is wanted, such as a seed; anything else as it is."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        return given
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    try:
        return str(given)
    except ValueError:  # more digits than Python writes
        return given
