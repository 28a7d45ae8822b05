"""From the arguments of a call to parsed values, or to one short sentence that says what is wrong."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from songwright.errors import RequestError
from songwright.music.base import Model
from songwright.music.rules import is_plain_name, sentences
from songwright.server.forgiving import forgiven, other_name_of
from songwright.server.schema import whole_schemas

if TYPE_CHECKING:
    from songwright.server.tool import Tool

__all__ = ["parse_arguments", "parse_model"]

_M = TypeVar("_M", bound=Model)

_MOST_PROBLEMS = 3
_MOST_NAMES = 14
_INSTEAD: Mapping[str, str] = {
    "async": "wait_seconds: 0 returns the task at once",
    "callback": "callback_url takes the address",
    "custom": "leave it out; words in `lyric` are sung as given",
}
"""What to do in place of an argument of the Producer API that a tool does not have."""


def parse_arguments(tool: Tool, arguments: Mapping[str, Any]) -> tuple[Model, ...]:
    """Parse the arguments of a call into one value for each of the tool's input models.

    Raises:
        RequestError: One sentence that names every argument at fault and its rule, and quotes no value.
    """
    known = tool.input_schema["properties"]
    whole = whole_schemas(tool.inputs)
    arguments = forgiven(arguments, {name: whole[name] for name in known})
    problems = [_unknown(name, known, tool.name) for name in arguments if name not in known]
    parsed: list[Model] = []
    for model in tool.inputs:
        named = _argument_names(model)
        own = {name: value for name, value in arguments.items() if name in known and name in named}
        try:
            parsed.append(model.model_validate(own))
        except ValidationError as error:
            problems += sentences(error)
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
        raise _refusal(sentences(error)) from None


def _refusal(problems: list[str]) -> RequestError:
    more = len(problems) - _MOST_PROBLEMS
    return RequestError("; ".join(problems[:_MOST_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])))


def _argument_names(model: type[Model]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


def _unknown(name: str, known: Mapping[str, Any], tool: str) -> str:
    if not is_plain_name(name):
        return f"arguments: one has a name that {tool} does not know"
    if name in _INSTEAD:
        return f"{name}: {tool} has no such argument; {_INSTEAD[name]}"
    if own := other_name_of(name, known):
        return f"{name}: is another name for {own}; give one of them"
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    most = list(known)[:_MOST_NAMES]
    more = f" and {len(known) - len(most)} more" if len(known) > len(most) else ""
    hint = f"; did you mean {close[0]}?" if close else f"; it takes {', '.join(most)}{more}"
    return f"{name}: {tool} has no such argument{hint}"
