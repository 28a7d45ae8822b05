"""The MCP server: every request of the protocol that songwright answers."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import mcp_types as wire
from mcp.server.apps import APP_MIME_TYPE
from mcp.server.apps import EXTENSION_ID as APPS_EXTENSION_ID
from mcp.server.caching import CacheHint
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import NotificationOptions, Server
from mcp.shared.exceptions import MCPError
from mcp_types.version import KNOWN_PROTOCOL_VERSIONS, MODERN_PROTOCOL_VERSIONS

import songwright
from songwright.access import LOCAL, PRINCIPAL_KEY, was_forwarded
from songwright.disk import storage_trouble
from songwright.errors import SongwrightError
from songwright.music.task import Progress
from songwright.server.arguments import parse_arguments
from songwright.server.completions import complete
from songwright.server.door import StudioDoor
from songwright.server.elicitation import InputNeeded, ask
from songwright.server.instructions import INSTRUCTIONS
from songwright.server.prompts import PROMPTS, get_prompt
from songwright.server.replies import crash_reply, error_reply
from songwright.server.resources import TEMPLATES, list_resources, read_resource
from songwright.server.subscriptions import StandingSubscriptions, listen
from songwright.server.task_book import StudioTaskBook, working
from songwright.server.task_extension import created, serve_task_extension, takes_tasks
from songwright.server.tool import Accepted, Call, Tool
from songwright.server.tools import CATALOGUE
from songwright.server.tools.submission import result_of
from songwright.server.unreadable import name_the_rule

__all__ = ["build_server", "call_for"]

_WEBSITE = "https://github.com/songwright/songwright"
# The protocol's schema takes an address without blanks and quotes, hence not the plain text.
_ICON = (
    "data:image/svg+xml;base64,"
    "PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnIHZpZXdCb3g9JzAgMCAxNiAxNic+PHBhdGggZm"
    "lsbD0nIzBiNWZkMCcgZD0nTTYgMmw4LTF2MTBhMiAyIDAgMSAxLTItMlY0TDggNXY4YTIgMiAwIDEgMS0yLTJ6Jy8+"
    "PC9zdmc+"
)
_SHARED = CacheHint(ttl_ms=300_000, scope="public")
_OWN = CacheHint(ttl_ms=0, scope="private")
_log = logging.getLogger(__name__)

_Context = ServerRequestContext[Any, Any]
_ListParams = wire.PaginatedRequestParams | None


def build_server(
    door: StudioDoor,
    *,
    shows_paths: bool = True,
    stands: bool = False,
    tools: tuple[Tool, ...] = CATALOGUE,
) -> Server[Any]:
    """The MCP server, to be run on any transport.

    Args:
        door: The way to the studio. It outlives the server.
        shows_paths: Whether results name files on this machine's disk: true where the client shares it. They
            never do in answers to requests that came through a proxy.
        stands: Whether each run of the server is one connection that stands, as over stdio. Only there can
            clients of older revisions subscribe to resources; newer ones can everywhere.
        tools: What the server offers.
    """
    surface = _Surface(door, shows_paths, {tool.name: tool for tool in tools})
    server = _Songwright(
        stands=stands,
        name="songwright",
        version=songwright.__version__,
        title="songwright",
        description="A song studio for AI agents.",
        website_url=_WEBSITE,
        icons=[wire.Icon(src=_ICON, mime_type="image/svg+xml", sizes=["any"])],
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": _SHARED,
            "prompts/list": _SHARED,
            "resources/list": _OWN,
            "resources/templates/list": _SHARED,
            "server/discover": _SHARED,
        },
        lifespan=_standing_subscriptions if stands else _nothing_standing,
        get_tool_input_schema=surface.input_schema,
        on_list_tools=surface.list_tools,
        on_list_resources=surface.list_resources,
        on_list_resource_templates=surface.list_templates,
        on_read_resource=surface.read,
        on_subscriptions_listen=surface.listen,
        on_subscribe_resource=surface.subscribe if stands else None,
        on_unsubscribe_resource=surface.unsubscribe if stands else None,
        on_list_prompts=surface.list_prompts,
        on_get_prompt=surface.get_prompt,
        on_completion=surface.complete,
    )
    # Not by the constructor, whose type knows of no result but the protocol's own.
    server.middleware.append(name_the_rule)
    server.add_request_handler("tools/call", wire.CallToolRequestParams, surface.call_tool)
    server.add_request_handler("server/discover", wire.RequestParams, partial(_discover, server))
    server.extensions[APPS_EXTENSION_ID] = {"mimeTypes": [APP_MIME_TYPE]}
    serve_task_extension(server, StudioTaskBook(result_of), surface.call_for)
    return server


@asynccontextmanager
async def _standing_subscriptions(_: Server[Any]) -> AsyncIterator[StandingSubscriptions]:
    async with StandingSubscriptions.opened() as subscriptions:
        yield subscriptions


@asynccontextmanager
async def _nothing_standing(_: Server[Any]) -> AsyncIterator[None]:
    yield None


async def _discover(
    server: Server[Any], context: _Context, _: wire.RequestParams | None
) -> wire.DiscoverResult:
    """What the server can do; unlike the SDK's own answer it names every revision."""
    return wire.DiscoverResult(
        supported_versions=list(reversed(KNOWN_PROTOCOL_VERSIONS)),
        capabilities=server.get_capabilities(protocol_version=context.protocol_version),
        instructions=server.instructions,
    )


class _Songwright(Server[Any]):
    """A server that promises news of a list where it can change and the client can hear of it.

    The list of resources names the newest songs. The lists of tools and prompts never change while a server
    runs: who was promised news of them would keep a stream open for nothing.
    """

    def __init__(self, *, stands: bool, **served: Any) -> None:
        super().__init__(**served)
        self._stands = stands

    def get_capabilities(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
        *,
        protocol_version: str | None = None,
    ) -> wire.ServerCapabilities:
        can = super().get_capabilities(
            notification_options, experimental_capabilities, extensions, protocol_version=protocol_version
        )
        heard = self._stands or protocol_version in MODERN_PROTOCOL_VERSIONS
        return can.model_copy(
            update={
                "tools": wire.ToolsCapability(list_changed=False),
                "prompts": wire.PromptsCapability(list_changed=False),
                "resources": wire.ResourcesCapability(list_changed=heard, subscribe=heard),
            }
        )


@dataclass(frozen=True, slots=True)
class _Surface:
    """The handlers of requests."""

    door: StudioDoor
    shows_paths: bool
    tools: Mapping[str, Tool]

    def call_for(self, context: _Context) -> Call:
        return call_for(context, self.door, shows_paths=self.shows_paths)

    def input_schema(self, name: str) -> Mapping[str, Any] | None:
        return self.tools[name].input_schema if name in self.tools else None

    async def list_tools(self, _: _Context, params: _ListParams) -> wire.ListToolsResult:
        _refuse_cursor(params)
        return wire.ListToolsResult(tools=[tool.definition() for tool in self.tools.values()])

    async def call_tool(self, context: _Context, params: wire.CallToolRequestParams) -> HandlerResult:
        tool = self.tools.get(params.name)
        if tool is None:
            raise MCPError(wire.INVALID_PARAMS, "Unknown tool; tools/list names those there are.")
        call = call_for(context, self.door, params.input_responses, shows_paths=self.shows_paths)
        try:
            answer = await tool.handler(call, *parse_arguments(tool, params.arguments or {}))
        except InputNeeded as needed:
            return needed.result
        except SongwrightError as error:
            _log.info("%s refused: %s", tool.name, error.code)
            return error_reply(error)
        except MCPError:
            raise
        except Exception as error:  # noqa: BLE001 - one call's failure is not the server's
            # The cause stays in the log: its text may hold what no client should see.
            _log.exception("%s failed unexpectedly", tool.name)
            trouble = storage_trouble(error)
            return crash_reply(tool.name) if trouble is None else error_reply(trouble)
        match answer:
            case Accepted(task=task):
                return created(working(task))
            case _:
                return answer

    async def list_resources(self, context: _Context, params: _ListParams) -> wire.ListResourcesResult:
        _refuse_cursor(params)
        call = self.call_for(context)
        standing: StandingSubscriptions | None = context.lifespan_context
        # Who has never read the list has no need to hear that it changed.
        if standing is not None and context.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            await standing.tell_of_list(context, call)
        return wire.ListResourcesResult(resources=await list_resources(call))

    async def list_templates(self, _: _Context, params: _ListParams) -> wire.ListResourceTemplatesResult:
        _refuse_cursor(params)
        return wire.ListResourceTemplatesResult(resource_templates=list(TEMPLATES))

    async def read(
        self, context: _Context, params: wire.ReadResourceRequestParams
    ) -> wire.ReadResourceResult:
        return await read_resource(str(params.uri), self.call_for(context))

    async def listen(
        self, context: _Context, params: wire.SubscriptionsListenRequestParams
    ) -> wire.SubscriptionsListenResult:
        return await listen(context, params, self.call_for(context))

    async def subscribe(self, context: _Context, params: wire.SubscribeRequestParams) -> wire.EmptyResult:
        standing: StandingSubscriptions = context.lifespan_context
        standing.subscribe(str(params.uri), context, self.call_for(context))
        return wire.EmptyResult()

    async def unsubscribe(self, context: _Context, params: wire.UnsubscribeRequestParams) -> wire.EmptyResult:
        standing: StandingSubscriptions = context.lifespan_context
        standing.unsubscribe(str(params.uri))
        return wire.EmptyResult()

    async def list_prompts(self, _: _Context, params: _ListParams) -> wire.ListPromptsResult:
        _refuse_cursor(params)
        return wire.ListPromptsResult(prompts=[template.prompt for template in PROMPTS])

    async def get_prompt(self, _: _Context, params: wire.GetPromptRequestParams) -> wire.GetPromptResult:
        return get_prompt(params)

    async def complete(self, context: _Context, params: wire.CompleteRequestParams) -> wire.CompleteResult:
        return wire.CompleteResult(completion=await complete(self.call_for(context), params))


def _refuse_cursor(params: _ListParams) -> None:
    """Refuse every cursor: each list is one page, so none was ever given out."""
    if params is not None and params.cursor is not None:
        raise MCPError(wire.INVALID_PARAMS, "cursor: this list has one page")


def call_for(
    context: _Context,
    door: StudioDoor,
    responses: wire.InputResponses | None = None,
    *,
    shows_paths: bool = True,
) -> Call:
    """What a handler is given, from the request it answers."""
    told = -1.0

    async def report(progress: Progress) -> None:
        nonlocal told
        # The protocol wants each notification above the one before, also when only the stage has changed.
        told = max(progress.fraction, told + 1e-6)
        await context.session.report_progress(told, 1.0, progress.stage)

    scope = getattr(context.request, "scope", None) or {}
    headers = getattr(context.request, "headers", {})
    return Call(
        studio=door.studio,
        report=report,
        ask=partial(ask, context, responses or {}),
        principal=scope.get(PRINCIPAL_KEY, LOCAL),
        shows_paths=shows_paths and not was_forwarded(headers),
        takes_tasks=takes_tasks(context),
        headers=headers,
        is_over_http=context.request is not None,
    )
