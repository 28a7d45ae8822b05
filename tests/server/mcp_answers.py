"""Reading the answers of tools."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from mcp import Client
from mcp.types import CallToolResult, TextContent

from songwright.engines.scripted import ScriptedEngine
from songwright.settings import Settings

Connect = Callable[[ScriptedEngine], AbstractAsyncContextManager[Client]]
"""Connects a client to a server whose studio has one engine."""

Serve = Callable[[Settings], AbstractAsyncContextManager[str]]
"""Serves over HTTP on a free port of this machine and gives the address."""


def text(result: CallToolResult) -> str:
    """The text of an answer."""
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def facts(result: CallToolResult) -> dict[str, Any]:
    """The structured part of a successful answer."""
    assert not result.is_error, text(result)
    assert result.structured_content is not None
    return result.structured_content


def refusal(result: CallToolResult) -> str:
    """The text of an answer that is an error."""
    assert result.is_error, text(result)
    return text(result)
