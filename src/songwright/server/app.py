"""The MCP server: the catalogue of tools and the resources, on the protocol's own requests."""

from __future__ import annotations

import logging
from typing import Any

import mcp_types as wire
from mcp.server.caching import CacheHint
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError

import songwright
from songwright.errors import SongwrightError
from songwright.music.task import Progress
from songwright.server.arguments import parse_arguments
from songwright.server.door import StudioDoor
from songwright.server.instructions import INSTRUCTIONS
from songwright.server.replies import crash_reply, error_reply
from songwright.server.resources import RESOURCES, TEMPLATES, read_resource
from songwright.server.tool import Call, Tool
from songwright.server.tools import CATALOGUE

__all__ = ["PRINCIPAL_KEY", "build_server"]

PRINCIPAL_KEY = "songwright.principal"
"""Where the HTTP server notes in the request's scope whose request it is."""

_LOCAL = "local"
_SHARED = CacheHint(ttl_ms=300_000, scope="public")
_log = logging.getLogger(__name__)

_Context = ServerRequestContext[Any, Any]


def build_server(
    door: StudioDoor, *, shows_paths: bool = True, tools: tuple[Tool, ...] = CATALOGUE
) -> Server[dict[str, Any]]:
    """The MCP server, to be run on any transport.

    Args:
        door: The way to the studio. It outlives the server.
        shows_paths: Whether results name files on this machine's disk: true where the client shares it.
        tools: What the server offers.
    """
    by_name = {tool.name: tool for tool in tools}

    async def list_tools(_: _Context, __: wire.PaginatedRequestParams | None) -> wire.ListToolsResult:
        return wire.ListToolsResult(tools=[tool.definition() for tool in tools])

    async def call_tool(context: _Context, params: wire.CallToolRequestParams) -> wire.CallToolResult:
        tool = by_name.get(params.name)
        if tool is None:
            raise MCPError(wire.INVALID_PARAMS, "Unknown tool; tools/list names those there are.")
        return await _call(tool, params.arguments or {}, _call_for(context, door, shows_paths=shows_paths))

    async def list_resources(_: _Context, __: wire.PaginatedRequestParams | None) -> wire.ListResourcesResult:
        return wire.ListResourcesResult(resources=list(RESOURCES))

    async def list_templates(
        _: _Context, __: wire.PaginatedRequestParams | None
    ) -> wire.ListResourceTemplatesResult:
        return wire.ListResourceTemplatesResult(resource_templates=list(TEMPLATES))

    async def read(context: _Context, params: wire.ReadResourceRequestParams) -> wire.ReadResourceResult:
        call = _call_for(context, door, shows_paths=shows_paths)
        return await read_resource(str(params.uri), call)

    return Server(
        name="songwright",
        version=songwright.__version__,
        title="songwright",
        description="A song studio for AI agents.",
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": _SHARED,
            "resources/list": _SHARED,
            "resources/templates/list": _SHARED,
            "server/discover": _SHARED,
        },
        get_tool_input_schema=lambda name: by_name[name].input_schema if name in by_name else None,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
        on_list_resources=list_resources,
        on_list_resource_templates=list_templates,
        on_read_resource=read,
    )


async def _call(tool: Tool, arguments: dict[str, Any], call: Call) -> wire.CallToolResult:
    try:
        return await tool.handler(call, *parse_arguments(tool, arguments))
    except SongwrightError as error:
        _log.info("%s refused: %s", tool.name, error.code)
        return error_reply(error)
    except MCPError:
        raise
    except Exception:  # noqa: BLE001 - one call's failure is not the server's
        # The cause stays in the log: its text may hold what no client should see.
        _log.exception("%s failed unexpectedly", tool.name)
        return crash_reply(tool.name)


def _call_for(context: _Context, door: StudioDoor, *, shows_paths: bool) -> Call:
    told = -1.0

    async def report(progress: Progress) -> None:
        nonlocal told
        # The protocol wants each notification above the one before, also when only the stage has changed.
        told = max(progress.fraction, told + 1e-6)
        await context.session.report_progress(told, 1.0, progress.stage)

    scope = getattr(context.request, "scope", None) or {}
    return Call(
        studio=door.studio,
        report=report,
        principal=scope.get(PRINCIPAL_KEY, _LOCAL),
        shows_paths=shows_paths,
    )
