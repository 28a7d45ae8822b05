"""JSON Schemas of tools, cut to what a reader needs: no titles, no nulls, no references.

The list of tools is read at every turn of a conversation, so each character is paid for again and again.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from songwright.music.base import Model

__all__ = ["input_schema", "output_schema", "whole_schemas"]

_NOISE = frozenset({"title", "additionalProperties", "format"})
_BEYOND_THE_READER = frozenset({"minLength", "minimum", "maximum", "exclusiveMinimum", "maxLength", "enum"})
_SAID_ONCE = frozenset({"default", "maxLength", "maximum"})
_LONGEST_ENUM_BESIDE_WORDS = 4
_SHORTEST_LENGTH_TO_HEED = 150
_LONGEST_URL = 2083
_CARRYING_OUT = frozenset({"model", "callback_url"})


@cache
def _parts(model: type[Model], mode: str) -> tuple[dict[str, Any], frozenset[str]]:
    schema = model.model_json_schema(
        by_alias=True, mode="serialization" if mode == "output" else "validation"
    )
    definitions = schema.get("$defs", {})
    properties = {name: _slim(part, definitions) for name, part in schema.get("properties", {}).items()}
    if mode == "output":
        properties = {name: _outline(part) for name, part in properties.items()}
    return properties, frozenset(schema.get("required", ()))


def _slim(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A schema without titles, without null as an alternative, and with its references written out."""
    if "$ref" in schema:
        target = definitions[schema["$ref"].rpartition("/")[2]]
        return _slim(
            {**target, **{key: value for key, value in schema.items() if key != "$ref"}}, definitions
        )
    if "anyOf" in schema:
        choices = [choice for choice in schema["anyOf"] if choice.get("type") != "null"]
        rest = {key: value for key, value in schema.items() if key not in ("anyOf", "default")}
        if schema.get("default") is not None:
            rest["default"] = schema["default"]
        if len(choices) == 1:
            return _slim({**choices[0], **rest}, definitions)
        return {**rest, "anyOf": [_slim(choice, definitions) for choice in choices]}
    slim: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _NOISE or _says_nothing(key, value):
            continue
        if key == "properties":
            slim[key] = {name: _slim(part, definitions) for name, part in value.items()}
        elif key == "items":
            slim[key] = _slim(value, definitions)
        else:
            slim[key] = int(value) if isinstance(value, float) and value.is_integer() else value
    return slim


def _says_nothing(key: str, value: Any) -> bool:
    if key == "default":
        return value in (None, "", False)
    return (key, value) in (("minLength", 1), ("maxLength", _LONGEST_URL))


def _outline(schema: dict[str, Any], *, inner: bool = False) -> dict[str, Any]:
    """Names and types of a result: its values are read, not chosen, so their limits are left out."""
    dropped = _BEYOND_THE_READER | ({"description", "default"} if inner else {"default"})
    outline = {key: value for key, value in schema.items() if key not in dropped}
    if "properties" in outline:
        outline["properties"] = {
            name: _outline(part, inner=True) for name, part in outline["properties"].items()
        }
        outline.pop("required", None)
    if isinstance(outline.get("items"), dict):
        outline["items"] = _outline(outline["items"], inner=True)
    return outline


def input_schema(
    models: tuple[type[Model], ...],
    wording: tuple[tuple[str, str], ...] = (),
    *,
    omitted: frozenset[str] = frozenset(),
    brief: bool = False,
) -> dict[str, Any]:
    """The schema of arguments that are the fields of several models side by side.

    Constants, such as an action's name, are no arguments: the tool stands for them. How long a name, a seed
    or an id may be is left out, as nobody comes near it; so are values that are many, where a wording says
    which matter. What is given is checked against the model all the same, and so are unknown names:
    ``additionalProperties`` says so to nobody who listens, and two vendors' converters fall over it.

    Args:
        models: Whose fields they are.
        wording: Descriptions in place of the fields' own.
        omitted: Fields that the tool does not offer.
        brief: Whether another tool explains the arguments that have a wording in full. Their defaults,
            lengths and upper bounds are left out then.
    """
    properties: dict[str, Any] = {}
    required: list[str] = []
    for model in models:
        parts, needed = _parts(model, "input")
        for name, part in sorted(parts.items(), key=lambda item: _rank(item[0], model)):
            if "const" in part or name in omitted:
                continue
            properties[name] = {
                key: value
                for key, value in part.items()
                if key != "maxLength" or value >= _SHORTEST_LENGTH_TO_HEED
            }
            if name in needed:
                required.append(name)
    for name, words in wording:
        if name in properties:
            kept = dict(properties[name])
            if brief:
                kept = {key: value for key, value in kept.items() if key not in _SAID_ONCE}
            if len(kept.get("enum", ())) > _LONGEST_ENUM_BESIDE_WORDS:
                del kept["enum"]
            properties[name] = kept | {"description": words}
    first = {name: properties[name] for name in required}
    schema: dict[str, Any] = {"type": "object", "properties": first | properties}
    if required:
        schema["required"] = required
    return schema


@cache
def whole_schemas(models: tuple[type[Model], ...]) -> dict[str, dict[str, Any]]:
    """The schema of each field of several models side by side, with nothing left out for brevity."""
    return {name: part for model in models for name, part in _parts(model, "input")[0].items()}


def _rank(name: str, model: type[Model]) -> int:
    """What sets an action apart comes first, then what it shares with others, then how it is carried out."""
    if name in model.__annotations__:
        return 0
    return 2 if name in _CARRYING_OUT else 1


def output_schema(model: type[Model]) -> dict[str, Any]:
    """The schema of a structured result, in which absent values are left out rather than null.

    Which values are always there is not said: what an agent reads is there, and it pays for each name.
    """
    properties, _ = _parts(model, "output")
    return {"type": "object", "properties": properties}
