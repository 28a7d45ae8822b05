"""What a tool is: a value that can be listed, documented and tested without running a server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import mcp_types as wire

from songwright.music.base import Model
from songwright.server.schema import input_schema, output_schema

if TYPE_CHECKING:
    from songwright.music.task import Progress, Task
    from songwright.studio import Studio

__all__ = ["PLAYER_URI", "Accepted", "Call", "Handler", "Question", "Tool"]

PLAYER_URI = "ui://songwright/player.html"
"""Where clients with MCP Apps find the page that shows a song."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is to choose.

    Attributes:
        field: The argument that the answer is for.
        title: What is chosen, in a word.
        text: The question.
        choices: A label for each value.
    """

    field: str
    title: str
    text: str
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler is given besides its arguments.

    Attributes:
        studio: Opens the studio on first use and returns it.
        report: Tells the client how far the work has come.
        ask: Has the person at the client choose. Gives the values chosen by field, none where nobody chose.
        principal: Whose songs and tasks these are.
        shows_paths: Whether the client is on this machine, so that file paths mean something to it.
        takes_tasks: Whether the client takes a task for an answer, by the Tasks extension.
        headers: Of the HTTP request that carried the call, by lower-case names; none on other transports.
        is_over_http: Whether an HTTP request carried the call.
    """

    studio: Callable[[], Awaitable[Studio]]
    report: Callable[[Progress], Awaitable[None]]
    ask: Callable[[Sequence[Question]], Awaitable[Mapping[str, str]]]
    principal: str
    shows_paths: bool
    takes_tasks: bool
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    is_over_http: bool = False


@dataclass(frozen=True, slots=True)
class Accepted:
    """Work that the client will ask about by the Tasks extension."""

    task: Task


Handler = Callable[..., Awaitable[wire.CallToolResult | Accepted]]
"""Called with the ``Call`` and then one parsed value for each of the tool's input models, in order."""


@dataclass(frozen=True, slots=True, eq=False)
class Tool:
    """One tool.

    Attributes:
        inputs: Models whose fields, side by side, are the tool's arguments.
        output: Model of the structured result.
        wording: Descriptions that replace those of the models' fields.
        omitted: Fields of the models that are no arguments, as they say nothing here.
        brief: Whether another tool explains the arguments that have a wording in full.
        has_player: Whether the answer is a song that the player can show.
    """

    name: str
    title: str
    description: str
    annotations: wire.ToolAnnotations
    inputs: tuple[type[Model], ...]
    output: type[Model]
    handler: Handler
    wording: tuple[tuple[str, str], ...] = ()
    omitted: frozenset[str] = frozenset()
    brief: bool = False
    has_player: bool = False

    @property
    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the arguments."""
        return input_schema(self.inputs, self.wording, omitted=self.omitted, brief=self.brief)

    def definition(self) -> wire.Tool:
        """The tool as ``tools/list`` shows it."""
        return _definition(self)


@cache
def _definition(tool: Tool) -> wire.Tool:
    return wire.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.input_schema,
        output_schema=output_schema(tool.output),
        annotations=tool.annotations,
        _meta={"ui": {"resourceUri": PLAYER_URI}} if tool.has_player else None,
    )
