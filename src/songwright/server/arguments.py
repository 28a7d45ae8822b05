"""From the arguments of a call to parsed values, or to one short sentence that says what is wrong."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from songwright.errors import RequestError
from songwright.music.base import Model

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from songwright.server.tool import Tool

__all__ = ["parse_arguments", "parse_model"]

_M = TypeVar("_M", bound=Model)

_MOST_PROBLEMS = 3
_COLLECTIONS = frozenset({"List", "Tuple"})
_PLAIN_NAME = re.compile(r"^[A-Za-z_][A-Za-z0-9_]{0,39}$")
_INSTEAD: Mapping[str, str] = {
    "async": "wait_seconds: 0 returns the task at once",
    "callback": "callback_url takes the address",
    "custom": "leave it out; words in `lyric` are sung as given",
}
"""What to do in place of an argument of the Producer API that a tool does not have."""

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
}


def parse_arguments(tool: Tool, arguments: Mapping[str, Any]) -> tuple[Model, ...]:
    """Parse the arguments of a call into one value for each of the tool's input models.

    Raises:
        RequestError: One sentence that names every argument at fault and its rule, and quotes no value.
    """
    known = tool.input_schema["properties"]
    problems = [_unknown(name, known, tool.name) for name in arguments if name not in known]
    parsed: list[Model] = []
    for model in tool.inputs:
        own = {
            name: _unpacked(value, known[name].get("type"))
            for name, value in arguments.items()
            if name in known and name in _argument_names(model)
        }
        try:
            parsed.append(model.model_validate(own))
        except ValidationError as error:
            problems += _sentences(error)
    if problems:
        raise _refusal(problems)
    return tuple(parsed)


def parse_model(model: type[_M], values: Mapping[str, Any]) -> _M:
    """Parse values whose names are known to be the model's.

    Raises:
        RequestError: One sentence that names every value at fault and its rule, and quotes none.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _refusal(_sentences(error)) from None


def _refusal(problems: list[str]) -> RequestError:
    more = len(problems) - _MOST_PROBLEMS
    return RequestError("; ".join(problems[:_MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])))


def _sentences(error: ValidationError) -> list[str]:
    return [_sentence(details) for details in error.errors(include_url=False, include_input=False)]


def _argument_names(model: type[Model]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _unpacked(value: Any, wanted: Any) -> Any:
    """A list or object, where a client has wrapped it in a JSON string."""
    if not isinstance(value, str) or wanted not in ("array", "object"):
        return value
    try:
        inner = json.loads(value)
    except ValueError:
        return value
    return inner if isinstance(inner, list | dict) else value


def _unknown(name: str, known: Mapping[str, Any], tool: str) -> str:
    if not _PLAIN_NAME.match(name):
        return f"arguments: one has a name that {tool} does not know"
    if name in _INSTEAD:
        return f"{name}: {tool} has no such argument; {_INSTEAD[name]}"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    hint = f"; did you mean {close[0]}?" if close else f"; it takes {', '.join(known)}"
    return f"{name}: {tool} has no such argument{hint}"


def _sentence(details: ErrorDetails) -> str:
    context = details.get("ctx", {})
    unit = "item" if context.get("field_type") in _COLLECTIONS else "character"
    words = _RULES.get(details["type"], "is not valid").format(**context, unit=unit)
    field = ".".join(str(part) for part in details["loc"] if _is_plain(part))
    return f"{field}: {words}" if field else words


def _is_plain(part: int | str) -> bool:
    return isinstance(part, int) or bool(_PLAIN_NAME.match(part))
