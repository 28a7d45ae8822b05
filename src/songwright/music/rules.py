"""From a value that a model refuses to a sentence: the field at fault and its rule, and never the value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

__all__ = ["is_plain_name", "rule_of", "sentences"]

_COLLECTIONS = frozenset({"List", "Tuple"})
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")
_RULES: Mapping[str, str] = {
    "missing": "is required",
    "string_type": "must be text",
    "string_too_long": "at most {max_length} characters",
    "string_too_short": "at least {min_length} character(s)",
    "greater_than": "must be greater than {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "less_than": "must be less than {lt:g}",
    "less_than_equal": "must be at most {le:g}",
    "finite_number": "must be a finite number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "literal_error": "must be one of {expected}",
    "tuple_type": "must be a list",
    "too_short": "at least {min_length} {unit}(s)",
    "too_long": "at most {max_length} {unit}s",
    "value_error": "{error}",
    "url_type": "must be an http or https URL",
    "url_parsing": "must be an http or https URL",
    "url_scheme": "must be an http or https URL",
    "url_too_long": "must be a shorter URL",
    "string_unicode": "must be valid Unicode text",
    "dict_type": "must be an object",
}


def sentences(error: ValidationError) -> list[str]:
    """Each field at fault with its rule, such as ``prompt: must be text``."""
    return [_sentence(details) for details in error.errors(include_url=False, include_input=False)]


def is_plain_name(part: int | str) -> bool:
    """Whether a field's name may be repeated to its sender: a position, or a short word of letters."""
    return isinstance(part, int) or bool(_PLAIN_NAME.match(part))


def rule_of(details: ErrorDetails) -> str:
    """The rule that was broken, such as ``must be text``; empty where none is known for it."""
    context = details.get("ctx", {})
    unit = "item" if context.get("field_type") in _COLLECTIONS else "character"
    return _RULES.get(details["type"], "").format(**context, unit=unit)


def _sentence(details: ErrorDetails) -> str:
    words = rule_of(details) or "is not valid"
    field = ".".join(str(part) for part in details["loc"] if is_plain_name(part))
    return f"{field}: {words}" if field else words
