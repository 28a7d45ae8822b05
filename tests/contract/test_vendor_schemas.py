"""Published schemas keep to what each vendor's function calling takes, so that no client has to convert much.

Sources: OpenAI, "Structured Outputs: supported schemas"; Anthropic, "How to implement tool use"; Google,
``Schema`` of the Gemini API (OpenAPI 3.0 subset, a protocol buffer) and the converters of google-genai and
google-adk.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

every_tool = pytest.mark.parametrize("tool", CATALOGUE, ids=[tool.name for tool in CATALOGUE])

TAKEN_BY_ALL = {
    "type",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "default",
}
"""Keywords that every vendor takes or passes over."""


def schemas_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A schema and the schemas of what is in it; names of properties are none."""
    yield schema
    for inner in schema.get("properties", {}).values():
        yield from schemas_of(inner)
    if "items" in schema:
        yield from schemas_of(schema["items"])


@every_tool
def test_arguments_use_no_keyword_that_a_vendor_refuses(tool: Tool) -> None:
    for schema in schemas_of(tool.input_schema):
        assert set(schema) <= TAKEN_BY_ALL, schema


@every_tool
def test_every_argument_has_one_type_and_lists_say_of_what(tool: Tool) -> None:
    for schema in schemas_of(tool.input_schema):
        assert schema["type"] in {"object", "array", "string", "number", "integer", "boolean"}
        assert ("items" in schema) is (schema["type"] == "array")


@every_tool
def test_enumerations_are_of_text_that_is_not_empty(tool: Tool) -> None:
    for schema in schemas_of(tool.input_schema):
        if "enum" in schema:
            assert schema["type"] == "string"
            assert all(isinstance(choice, str) and choice for choice in schema["enum"])
            assert len(set(schema["enum"])) == len(schema["enum"])


@every_tool
def test_the_arguments_are_one_object_and_what_is_required_is_there(tool: Tool) -> None:
    schema = tool.input_schema
    assert schema["type"] == "object"
    assert set(schema.get("required", ())) <= set(schema["properties"])
    assert "required" not in schema or schema["required"]


@every_tool
def test_a_default_is_of_its_arguments_type_and_within_its_bounds(tool: Tool) -> None:
    kinds = {"string": str, "number": int | float, "integer": int, "boolean": bool, "array": list}
    for schema in schemas_of(tool.input_schema):
        if "default" in schema:
            assert isinstance(schema["default"], kinds[schema["type"]])
            assert schema["default"] in schema.get("enum", [schema["default"]])


@every_tool
def test_names_are_of_letters_that_every_vendor_takes(tool: Tool) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", tool.name)
    assert len(tool.description) <= 1024
    for name in tool.input_schema["properties"]:
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,63}", name)


@every_tool
def test_no_published_schema_speaks_of_additional_properties(tool: Tool) -> None:
    definition = tool.definition()
    assert "additionalProperties" not in str(definition.input_schema)
    assert "additionalProperties" not in str(definition.output_schema)
