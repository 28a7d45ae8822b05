"""What holds for every tool: described in full, in few words, and truly."""

from __future__ import annotations

import json
import re
from itertools import combinations
from typing import Any

import pytest

from songwright.music.actions import ACTION_MODELS
from songwright.server.instructions import INSTRUCTIONS
from songwright.server.results import estimated_tokens
from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

NAMES = [tool.name for tool in CATALOGUE]
READING = {"compare_songs", "get_song", "get_task", "list_songs"}
MOST_TOKENS = 7850
every_tool = pytest.mark.parametrize("tool", CATALOGUE, ids=NAMES)


def schema_nodes(schema: Any) -> list[dict[str, Any]]:
    """Every schema within a schema."""
    if isinstance(schema, list):
        return [node for item in schema for node in schema_nodes(item)]
    if not isinstance(schema, dict):
        return []
    return [schema, *(node for value in schema.values() for node in schema_nodes(value))]


def test_the_catalogue_is_sorted_and_has_at_most_fifteen_tools() -> None:
    assert sorted(set(NAMES)) == NAMES
    assert len(NAMES) <= 15


def test_every_action_has_a_tool() -> None:
    performed = {model for tool in CATALOGUE for model in tool.inputs}
    assert performed >= set(ACTION_MODELS.values())


def test_the_whole_list_leaves_room_below_eight_thousand_tokens() -> None:
    listed = [
        tool.definition().model_dump(mode="json", by_alias=True, exclude_none=True) for tool in CATALOGUE
    ]
    assert len(json.dumps(listed, separators=(",", ":"), ensure_ascii=False)) / 3.5 < MOST_TOKENS


def test_the_instructions_are_under_three_hundred_words() -> None:
    assert len(INSTRUCTIONS.split()) < 300
    assert estimated_tokens(INSTRUCTIONS) < 500
    for name in re.findall(r"\b[a-z]+_(?:song|songs|task|vocals|section|stems)\b", INSTRUCTIONS):
        assert name in NAMES


@every_tool
def test_a_description_is_short_and_begins_with_what_the_tool_does(tool: Tool) -> None:
    first = re.split(r"(?<=[.])\s", tool.description)[0]
    assert len(tool.description) <= 900
    assert len(first) <= 120
    assert re.match(r"^[A-Z][a-z]+s ", first)
    assert not re.search(r"\b(IMPORTANT|MUST|CRITICAL|ALWAYS|NEVER)\b", tool.description)


@every_tool
def test_a_description_names_a_sibling_and_no_tool_that_does_not_exist(tool: Tool) -> None:
    known = set(NAMES) | set(tool.input_schema["properties"])
    named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", tool.description))
    assert named & (set(NAMES) - {tool.name})
    assert {word for word in named if word.endswith(("_song", "_songs", "_task"))} <= known


def test_no_two_descriptions_are_alike() -> None:
    words = {tool.name: set(re.findall(r"[a-z]+", tool.description.lower())) for tool in CATALOGUE}
    for one, other in combinations(NAMES, 2):
        assert len(words[one] & words[other]) / len(words[one] | words[other]) < 0.5, (one, other)


@every_tool
def test_every_argument_is_described_and_typed(tool: Tool) -> None:
    schema = tool.input_schema
    for name, argument in schema["properties"].items():
        assert len(argument.get("description", "")) >= 5, name
        assert "type" in argument, name
        if argument["type"] in ("number", "integer"):
            assert "minimum" in argument or "enum" in argument, name


@every_tool
def test_schemas_hold_no_noise(tool: Tool) -> None:
    definition = tool.definition()
    for node in schema_nodes([definition.input_schema, definition.output_schema]):
        assert not isinstance(node.get("title"), str)
        assert "$ref" not in node
        assert "$defs" not in node


@every_tool
def test_the_answer_has_a_published_shape_and_each_value_is_described(tool: Tool) -> None:
    schema = tool.definition().output_schema
    assert schema is not None
    assert schema["type"] == "object"
    for name, value in schema["properties"].items():
        assert value.get("description"), name
        assert "properties" not in value, name


@every_tool
def test_annotations_are_complete_and_true(tool: Tool) -> None:
    hints = tool.annotations
    assert tool.title
    assert None not in (
        hints.read_only_hint,
        hints.destructive_hint,
        hints.idempotent_hint,
        hints.open_world_hint,
    )
    assert hints.read_only_hint is (tool.name in READING)
    assert hints.destructive_hint is (tool.name == "cancel_task")
    if hints.read_only_hint:
        assert hints.idempotent_hint
        assert not hints.open_world_hint
