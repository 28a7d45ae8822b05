"""The resources and prompts that the conformance suite asks for by name."""

from __future__ import annotations

import json
import re
from typing import Any

import mcp_types as wire
from fixtures import PNG, Context, content_of, elicitation, form
from mcp.server.context import HandlerResult
from mcp.server.lowlevel import Server

_Said = wire.TextContent

_TEXT = wire.TextResourceContents(
    uri="test://static-text",
    mime_type="text/plain",
    text="This is the content of the static text resource.",
)
_BINARY = wire.BlobResourceContents(uri="test://static-binary", mime_type="image/png", blob=PNG)
_TEMPLATE = "test://template/{id}/data"
_TEMPLATE_URI = re.compile(r"test://template/(?P<id>[^/]+)/data")


def add_resources(server: Server[Any]) -> None:
    """Add resources, a template, and subscriptions that are only acknowledged."""
    listing, templates = (
        server.get_request_handler("resources/list"),
        server.get_request_handler("resources/templates/list"),
    )
    reading = server.get_request_handler("resources/read")
    assert listing is not None
    assert templates is not None
    assert reading is not None

    async def list_resources(context: Context, params: wire.PaginatedRequestParams) -> HandlerResult:
        listed = await listing.handler(context, params)
        assert isinstance(listed, wire.ListResourcesResult)
        more = [
            wire.Resource(uri=item.uri, name=item.uri, description="A fixture.", mime_type=item.mime_type)
            for item in (_TEXT, _BINARY)
        ]
        return wire.ListResourcesResult(resources=[*listed.resources, *more])

    async def list_templates(context: Context, params: wire.PaginatedRequestParams) -> HandlerResult:
        listed = await templates.handler(context, params)
        assert isinstance(listed, wire.ListResourceTemplatesResult)
        more = wire.ResourceTemplate(uri_template=_TEMPLATE, name="template", description="A fixture.")
        return wire.ListResourceTemplatesResult(resource_templates=[*listed.resource_templates, more])

    async def read(context: Context, params: wire.ReadResourceRequestParams) -> HandlerResult:
        for item in (_TEXT, _BINARY):
            if params.uri == item.uri:
                return wire.ReadResourceResult(contents=[item])
        match = _TEMPLATE_URI.fullmatch(params.uri)
        if match is None:
            return await reading.handler(context, params)
        data = {"id": match["id"], "templateTest": True, "data": f"Data for ID: {match['id']}"}
        contents = wire.TextResourceContents(
            uri=params.uri, mime_type="application/json", text=json.dumps(data)
        )
        return wire.ReadResourceResult(contents=[contents])

    async def acknowledge(_: Context, __: Any) -> wire.EmptyResult:
        return wire.EmptyResult()

    server.add_request_handler("resources/list", wire.PaginatedRequestParams, list_resources)
    server.add_request_handler("resources/templates/list", wire.PaginatedRequestParams, list_templates)
    server.add_request_handler("resources/read", wire.ReadResourceRequestParams, read)
    server.add_request_handler("resources/subscribe", wire.SubscribeRequestParams, acknowledge)
    server.add_request_handler("resources/unsubscribe", wire.UnsubscribeRequestParams, acknowledge)
    server.add_request_handler("logging/setLevel", wire.SetLevelRequestParams, acknowledge)


def _prompt(name: str, *arguments: str) -> wire.Prompt:
    return wire.Prompt(
        name=name,
        description="A fixture.",
        arguments=[wire.PromptArgument(name=argument, required=True) for argument in arguments],
    )


_PROMPTS = (
    _prompt("test_simple_prompt"),
    _prompt("test_prompt_with_arguments", "arg1", "arg2"),
    _prompt("test_prompt_with_embedded_resource", "resourceUri"),
    _prompt("test_prompt_with_image"),
    _prompt("test_input_required_result_prompt"),
)


def _messages(*contents: wire.ContentBlock) -> wire.GetPromptResult:
    return wire.GetPromptResult(
        messages=[wire.PromptMessage(role="user", content=content) for content in contents]
    )


def _fixture_prompt(params: wire.GetPromptRequestParams) -> HandlerResult:
    given = params.arguments or {}
    match params.name:
        case "test_simple_prompt":
            return _messages(_Said(text="This is a simple prompt for testing."))
        case "test_prompt_with_arguments":
            words = f"Prompt with arguments: arg1='{given['arg1']}', arg2='{given['arg2']}'"
            return _messages(_Said(text=words))
        case "test_prompt_with_embedded_resource":
            resource = wire.TextResourceContents(
                uri=given["resourceUri"],
                mime_type="text/plain",
                text="Embedded resource content for testing.",
            )
            return _messages(
                wire.EmbeddedResource(resource=resource),
                _Said(text="Please process the embedded resource above."),
            )
        case "test_prompt_with_image":
            image = wire.ImageContent(data=PNG, mime_type="image/png")
            return _messages(image, _Said(text="Please analyze the image above."))
        case _:
            known = content_of((params.input_responses or {}).get("user_context")).get("context")
            if known:
                return _messages(_Said(text=f"Context: {known}"))
            question = elicitation("What context should the prompt use?", form(context="string"))
            return wire.InputRequiredResult(input_requests={"user_context": question})


def add_prompts(server: Server[Any]) -> None:
    """Add prompts to those that a server has."""
    listing, getting = server.get_request_handler("prompts/list"), server.get_request_handler("prompts/get")
    assert listing is not None
    assert getting is not None
    names = {prompt.name for prompt in _PROMPTS}

    async def list_prompts(context: Context, params: wire.PaginatedRequestParams) -> HandlerResult:
        listed = await listing.handler(context, params)
        assert isinstance(listed, wire.ListPromptsResult)
        return wire.ListPromptsResult(prompts=[*listed.prompts, *_PROMPTS])

    async def get_prompt(context: Context, params: wire.GetPromptRequestParams) -> HandlerResult:
        if params.name in names:
            return _fixture_prompt(params)
        return await getting.handler(context, params)

    server.add_request_handler("prompts/list", wire.PaginatedRequestParams, list_prompts)
    server.add_request_handler("prompts/get", wire.GetPromptRequestParams, get_prompt)
