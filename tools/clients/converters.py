"""Have the converters of agent frameworks turn the published tools into what their vendors' models are sent.

Run with the environment in which requirements.txt is installed. The one argument is the Python whose
songwright is asked for its tools. Prints a line for each converter, and fails where one of them fails.

A strict schema makes a model fill every argument: the calls that come of it are made, too, and must succeed.
"""

from __future__ import annotations

import copy
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from agents import Agent, FunctionTool, RunContextWrapper
from agents.mcp import MCPServer, MCPServerStdio
from agents.mcp.util import MCPUtil
from agents.strict_schema import ensure_strict_json_schema
from anthropic import transform_schema
from google.adk.tools._gemini_schema_util import _to_gemini_schema
from google.genai import types as gemini
from google.genai._mcp_utils import mcp_to_gemini_tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_mcp_adapters.tools import convert_mcp_tool_to_langchain_tool
from mcp import ClientSession, StdioServerParameters, stdio_client
from mcp.types import CallToolResult, Tool
from pydantic_ai.profiles.google import GoogleJsonSchemaTransformer
from pydantic_ai.profiles.openai import OpenAIJsonSchemaTransformer

START_SECONDS = 60.0
SONG_ARGUMENTS: dict[str, Any] = {"prompt": "short folk jingle", "instrumental": True, "wait_seconds": 120}


def openai_agents_strict(tool: Tool) -> None:
    """As `FunctionTool(strict_json_schema=True)`."""
    strict = ensure_strict_json_schema(copy.deepcopy(tool.inputSchema))
    if set(strict["required"]) != set(strict["properties"]):
        raise ValueError("not every argument is required")


def gemini_proto(tool: Tool) -> None:
    """As google-genai converts a session's tools; its schema takes enumerations of text alone."""
    converted = mcp_to_gemini_tool(tool)
    gemini.Tool.model_validate(converted.model_dump())
    for argument in tool.inputSchema["properties"].values():
        gemini.Schema.model_validate({**argument, "type": argument["type"].upper()})


def adk(tool: Tool) -> None:
    """As google-adk does for `parameters`."""
    schema = _to_gemini_schema(copy.deepcopy(tool.inputSchema))
    if set(schema.properties or {}) != set(tool.inputSchema["properties"]):
        raise ValueError("an argument was lost")


def anthropic_strict(tool: Tool) -> None:
    """As the SDK's structured outputs and strict tools do."""
    transform_schema(copy.deepcopy(tool.inputSchema))


def pydantic_ai_openai(tool: Tool) -> None:
    """As pydantic-ai sends it to OpenAI, strict."""
    OpenAIJsonSchemaTransformer(copy.deepcopy(tool.inputSchema), strict=True).walk()


def pydantic_ai_google(tool: Tool) -> None:
    """As pydantic-ai sends it to Google."""
    GoogleJsonSchemaTransformer(copy.deepcopy(tool.inputSchema)).walk()


CONVERTERS: dict[str, Callable[[Tool], None]] = {
    "openai-agents, strict": openai_agents_strict,
    "google-genai": gemini_proto,
    "google-adk": adk,
    "anthropic, strict": anthropic_strict,
    "pydantic-ai, OpenAI strict": pydantic_ai_openai,
    "pydantic-ai, Google": pydantic_ai_google,
}


def filled(tool: Tool, nothing: Any, **given: Any) -> dict[str, Any]:
    """Arguments as a model sends them that has to give every one."""
    return {name: given.get(name, nothing) for name in tool.inputSchema["properties"]}


async def converted_by_langchain(session: ClientSession, tools: list[Tool]) -> None:
    """Strict, as `ChatOpenAI.bind_tools(strict=True)` does."""
    for tool in tools:
        convert_to_openai_tool(convert_mcp_tool_to_langchain_tool(session, tool), strict=True)


async def called_with_nothing(session: ClientSession, tools: list[Tool]) -> None:
    """A song is made and edited by calls in which every argument is filled."""
    by_name = {tool.name: tool for tool in tools}
    for nothing in (None, "", "null"):
        made = await session.call_tool(
            "generate_song", filled(by_name["generate_song"], nothing, **SONG_ARGUMENTS)
        )
        song = _song(made)
        for name, needed in {
            "get_song": {"audio_id": song["audio_uri"]},
            "export_song": {"audio_id": song["id"], "format": "WAV"},
            "vary_song": {"audio_id": f"song://{song['id']}", "wait_seconds": 120},
            "list_songs": {},
            "get_task": {},
        }.items():
            answer = await session.call_tool(name, filled(by_name[name], nothing, **needed))
            if answer.isError:
                raise ValueError(f"{name}: {answer.content[0]}")


def _song(result: CallToolResult) -> dict[str, Any]:
    if result.isError or not result.structuredContent or not result.structuredContent["song"]:
        raise ValueError(f"no song: {result.content[0]}")
    song: dict[str, Any] = result.structuredContent["song"]
    return song


async def strict_agents(python: str, home: str) -> None:
    """openai-agents' own way from a server to strict tools, and a call through one of them."""
    server: MCPServer = MCPServerStdio(
        {"command": python, "args": ["-m", "songwright"], "env": _environment(home)},
        client_session_timeout_seconds=START_SECONDS * 2,
    )
    async with server:
        agent = Agent(name="songs", mcp_servers=[server])
        context = RunContextWrapper(None)
        tools = await MCPUtil.get_function_tools(
            server, convert_schemas_to_strict=True, run_context=context, agent=agent
        )
        loose = [
            tool.name for tool in tools if not isinstance(tool, FunctionTool) or not tool.strict_json_schema
        ]
        if loose:
            raise ValueError(f"not strict: {', '.join(loose)}")


def _environment(home: str) -> dict[str, str]:
    return {**os.environ, "SONGWRIGHT_HOME": home, "SONGWRIGHT_ENGINE": "scripted"}


async def _attempt(name: str, attempt: Callable[[], Awaitable[None]]) -> bool:
    try:
        await attempt()
    except Exception as error:  # noqa: BLE001 - whatever a converter raises is its finding
        print(f"  {name:<32} FAIL  {type(error).__name__}: {str(error)[:160]}")
        return False
    print(f"  {name:<32} ok")
    return True


async def main(python: str) -> int:
    """Try all and print the table."""
    failed = 0
    with tempfile.TemporaryDirectory(prefix="songwright-clients-") as home:
        parameters = StdioServerParameters(command=python, args=["-m", "songwright"], env=_environment(home))
        async with stdio_client(parameters) as streams, ClientSession(*streams) as session:
            with anyio.fail_after(START_SECONDS):
                await session.initialize()
                tools = (await session.list_tools()).tools
            print(f"{len(tools)} tools")

            def each(convert: Callable[[Tool], None]) -> Callable[[], Awaitable[None]]:
                async def run() -> None:
                    for tool in tools:
                        convert(tool)

                return run

            for name, convert in CONVERTERS.items():
                failed += not await _attempt(name, each(convert))
            failed += not await _attempt("langchain, strict", lambda: converted_by_langchain(session, tools))
            failed += not await _attempt(
                "calls with every argument", lambda: called_with_nothing(session, tools)
            )
        failed += not await _attempt("openai-agents over stdio, strict", lambda: strict_agents(python, home))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(anyio.run(main, sys.argv[1]))
