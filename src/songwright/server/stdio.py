"""MCP over standard input and output."""

from __future__ import annotations

import anyio
from mcp.server.stdio import stdio_server

from songwright.server.app import build_server
from songwright.server.door import OpenStudio, StudioDoor, installed_studio

__all__ = ["run_stdio"]


def run_stdio(open_studio: OpenStudio = installed_studio) -> None:
    """Serve one client until it closes standard input. Nothing but the protocol goes to standard output."""
    anyio.run(_serve, open_studio)


async def _serve(open_studio: OpenStudio) -> None:
    async with StudioDoor.hinged(open_studio) as door, stdio_server() as (reader, writer):
        server = build_server(door, stands=True)
        await server.run(reader, writer, server.create_initialization_options())
