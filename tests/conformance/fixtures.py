"""What MCP's conformance suite asks every server for, laid over the real server.

The suite calls tools, resources and prompts by fixed names. They are added around the handlers of a server
that ``build_server`` made; everything else it is asked still goes to songwright.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import anyio
import mcp_types as wire
from mcp.server.context import HandlerResult, ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPDeprecationWarning, MCPError
from mcp.shared.message import ServerMessageMetadata
from mcp_types import MISSING_REQUIRED_CLIENT_CAPABILITY

Context = ServerRequestContext[Any, Any]
ToolFixture = Callable[[Context, wire.CallToolRequestParams], Awaitable[HandlerResult]]

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=="
WAV = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA="
_STEP_SECONDS = 0.05
_STATE_KEY = secrets.token_bytes(32)

_Said = wire.TextContent


def said(text: str, *, is_error: bool = False) -> wire.CallToolResult:
    """A result of one text."""
    return wire.CallToolResult(content=[_Said(text=text)], is_error=is_error)


def arguments(**types: str) -> dict[str, Any]:
    """A schema of arguments that are all required."""
    properties = {name: {"type": kind} for name, kind in types.items()}
    return {"type": "object", "properties": properties, "required": list(types)}


def form(**types: str) -> dict[str, Any]:
    """A schema of a form."""
    return arguments(**types)


def elicitation(message: str, schema: dict[str, Any]) -> wire.ElicitRequest:
    """A question as part of a result."""
    return wire.ElicitRequest(params=wire.ElicitRequestFormParams(message=message, requested_schema=schema))


def sampling(text: str, max_tokens: int) -> wire.CreateMessageRequest:
    """A request to the client's model as part of a result."""
    message = wire.SamplingMessage(role="user", content=_Said(text=text))
    return wire.CreateMessageRequest(
        params=wire.CreateMessageRequestParams(messages=[message], max_tokens=max_tokens)
    )


def sealed(state: str) -> str:
    """A state that can't be changed unnoticed."""
    return f"{state}.{hmac.new(_STATE_KEY, state.encode(), hashlib.sha256).hexdigest()}"


def unsealed(state: str | None) -> str:
    """The state that was sealed."""
    plain, _, _ = (state or "").rpartition(".")
    if not hmac.compare_digest(sealed(plain), state or ""):
        raise MCPError(wire.INVALID_PARAMS, "requestState: not as it was given out")
    return plain


def content_of(response: wire.InputResponse | None) -> Mapping[str, Any]:
    """What a form was filled with; nothing where it was declined or is no form."""
    match response:
        case wire.ElicitResult(action="accept", content=dict() as content):
            return content
        case _:
            return {}


async def _text(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    return said("This is a simple text response for testing.")


async def _image(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.ImageContent(data=PNG, mime_type="image/png")])


async def _audio(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    return wire.CallToolResult(content=[wire.AudioContent(data=WAV, mime_type="audio/wav")])


def _embedded(uri: str, mime_type: str, text: str) -> wire.EmbeddedResource:
    return wire.EmbeddedResource(resource=wire.TextResourceContents(uri=uri, mime_type=mime_type, text=text))


async def _resource(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    text = "This is an embedded resource content."
    return wire.CallToolResult(content=[_embedded("test://embedded-resource", "text/plain", text)])


async def _mixed(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    data = json.dumps({"test": "data", "value": 123})
    return wire.CallToolResult(
        content=[
            _Said(text="Multiple content types test:"),
            wire.ImageContent(data=PNG, mime_type="image/png"),
            _embedded("test://mixed-content-resource", "application/json", data),
        ]
    )


async def _logging(context: Context, _: wire.CallToolRequestParams) -> wire.CallToolResult:
    for words in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", MCPDeprecationWarning)
            await context.session.send_log_message("info", words, related_request_id=context.request_id)
        await anyio.sleep(_STEP_SECONDS)
    return said("Logged three times.")


async def _error(_: Context, __: wire.CallToolRequestParams) -> wire.CallToolResult:
    return said("This tool intentionally returns an error for testing", is_error=True)


async def _progress(context: Context, _: wire.CallToolRequestParams) -> wire.CallToolResult:
    for done in (0, 50, 100):
        await context.session.report_progress(done, 100, f"step {done}")
        await anyio.sleep(_STEP_SECONDS)
    return said("Reported progress.")


async def _sampling(context: Context, params: wire.CallToolRequestParams) -> wire.CallToolResult:
    request = sampling((params.arguments or {})["prompt"], 100)
    # On this call's own stream: the stream for all else may not be open yet.
    own_stream = ServerMessageMetadata(related_request_id=context.request_id)
    answer = await context.session.send_request(request, wire.CreateMessageResult, metadata=own_stream)
    return said(f"LLM response: {getattr(answer.content, 'text', '')}")


async def _elicit(context: Context, message: str, schema: dict[str, Any]) -> wire.CallToolResult:
    answer = await context.session.elicit_form(message, schema, related_request_id=context.request_id)
    content = json.dumps(answer.content or {})
    return said(f"Elicitation completed: action={answer.action}, content={content}")


async def _elicitation(context: Context, params: wire.CallToolRequestParams) -> wire.CallToolResult:
    return await _elicit(
        context, (params.arguments or {})["message"], form(username="string", email="string")
    )


async def _defaults(context: Context, _: wire.CallToolRequestParams) -> wire.CallToolResult:
    properties = {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    }
    return await _elicit(context, "Please fill in the form", {"type": "object", "properties": properties})


async def _enums(context: Context, _: wire.CallToolRequestParams) -> wire.CallToolResult:
    plain = ["option1", "option2", "option3"]
    titled = [{"const": f"value{number}", "title": f"Choice {number}"} for number in (1, 2, 3)]
    properties = {
        "untitledSingle": {"type": "string", "enum": plain},
        "titledSingle": {"type": "string", "oneOf": titled},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "items": {"anyOf": titled}},
    }
    return await _elicit(context, "Please choose", {"type": "object", "properties": properties})


async def _missing_capability(context: Context, _: wire.CallToolRequestParams) -> wire.CallToolResult:
    declared = context.session.client_capabilities
    if declared is None or declared.sampling is None:
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "This tool needs sampling.",
            data={"requiredCapabilities": {"sampling": {}}},
        )
    return said("The client can sample.")


async def _echo(_: Context, params: wire.CallToolRequestParams) -> wire.CallToolResult:
    return said(json.dumps(params.arguments or {}))


NAME = elicitation("What is your name?", form(name="string"))


def _needs(state: str | None = None, **requests: Any) -> wire.InputRequiredResult:
    return wire.InputRequiredResult(
        input_requests=requests, request_state=None if state is None else sealed(state)
    )


async def _ask_name(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    name = content_of((params.input_responses or {}).get("user_name")).get("name")
    return said(f"Hello, {name}!") if name else _needs(user_name=NAME)


async def _ask_model(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    match (params.input_responses or {}).get("capital_question"):
        case wire.CreateMessageResult(content=content):
            return said(getattr(content, "text", ""))
        case _:
            return _needs(capital_question=sampling("What is the capital of France?", 100))


async def _ask_roots(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    match (params.input_responses or {}).get("client_roots"):
        case wire.ListRootsResult(roots=roots):
            return said(", ".join(str(root.uri) for root in roots))
        case _:
            return _needs(client_roots=wire.ListRootsRequest())


async def _keep_state(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    if params.request_state is None:
        return _needs("confirm", confirm=elicitation("Please confirm", form(ok="boolean")))
    unsealed(params.request_state)
    return said("state-ok")


async def _ask_all(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    wanted = {
        "user_name": NAME,
        "greeting": sampling("Generate a greeting", 50),
        "client_roots": wire.ListRootsRequest(),
    }
    if not wanted.keys() <= (params.input_responses or {}).keys():
        return _needs("all", **wanted)
    unsealed(params.request_state)
    return said("All answered.")


async def _ask_twice(_: Context, params: wire.CallToolRequestParams) -> HandlerResult:
    match unsealed(params.request_state) if params.request_state else None:
        case None:
            step = elicitation("Step 1: What is your name?", form(name="string"))
            return _needs("1", step1=step)
        case "1":
            step = elicitation("Step 2: What is your favorite color?", form(color="string"))
            return _needs("2", step2=step)
        case _:
            return said("Thank you.")


async def _ask_what_is_declared(context: Context, _: wire.CallToolRequestParams) -> HandlerResult:
    declared = context.session.client_capabilities
    asked: dict[str, Any] = {}
    if declared and declared.elicitation is not None:
        asked["user_name"] = NAME
    if declared and declared.sampling is not None:
        asked["greeting"] = sampling("Generate a greeting", 50)
    return _needs(**asked) if asked else said("There is nobody to ask.")


_SCHEMA_2020_12 = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}
_IN_HEADER = {
    "type": "object",
    "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    "required": ["region"],
}

_ASKS = "test_input_required_result_"
TOOLS: dict[str, tuple[ToolFixture, dict[str, Any]]] = {
    "test_simple_text": (_text, arguments()),
    "test_image_content": (_image, arguments()),
    "test_audio_content": (_audio, arguments()),
    "test_embedded_resource": (_resource, arguments()),
    "test_multiple_content_types": (_mixed, arguments()),
    "test_tool_with_logging": (_logging, arguments()),
    "test_logging_tool": (_logging, arguments()),
    "test_streaming_elicitation": (_ask_name, arguments()),
    "test_error_handling": (_error, arguments()),
    "test_tool_with_progress": (_progress, arguments()),
    "test_sampling": (_sampling, arguments(prompt="string")),
    "test_elicitation": (_elicitation, arguments(message="string")),
    "test_elicitation_sep1034_defaults": (_defaults, arguments()),
    "test_elicitation_sep1330_enums": (_enums, arguments()),
    "test_missing_capability": (_missing_capability, arguments()),
    "json_schema_2020_12_tool": (_echo, _SCHEMA_2020_12),
    "test_header_parameter": (_echo, _IN_HEADER),
    f"{_ASKS}elicitation": (_ask_name, arguments()),
    f"{_ASKS}sampling": (_ask_model, arguments()),
    f"{_ASKS}list_roots": (_ask_roots, arguments()),
    f"{_ASKS}request_state": (_keep_state, arguments()),
    f"{_ASKS}tampered_state": (_keep_state, arguments()),
    f"{_ASKS}multiple_inputs": (_ask_all, arguments()),
    f"{_ASKS}multi_round": (_ask_twice, arguments()),
    f"{_ASKS}capabilities": (_ask_what_is_declared, arguments()),
}


def add_tools(server: Server[Any], tools: Mapping[str, tuple[ToolFixture, dict[str, Any]]]) -> None:
    """Add tools to those that a server has."""
    listing, calling = server.get_request_handler("tools/list"), server.get_request_handler("tools/call")
    assert listing is not None
    assert calling is not None
    own_schema = server.get_tool_input_schema

    async def list_tools(context: Context, params: wire.PaginatedRequestParams) -> wire.ListToolsResult:
        listed = await listing.handler(context, params)
        assert isinstance(listed, wire.ListToolsResult)
        more = [
            wire.Tool(name=name, description=f"Conformance fixture {name}.", input_schema=schema)
            for name, (_, schema) in tools.items()
        ]
        return wire.ListToolsResult(tools=[*listed.tools, *more])

    async def call_tool(context: Context, params: wire.CallToolRequestParams) -> HandlerResult:
        fixture = tools.get(params.name)
        return await (fixture[0] if fixture else calling.handler)(context, params)

    def schema(name: str) -> Mapping[str, Any] | None:
        return tools[name][1] if name in tools else own_schema(name) if own_schema else None

    server.add_request_handler("tools/list", wire.PaginatedRequestParams, list_tools)
    server.add_request_handler("tools/call", wire.CallToolRequestParams, call_tool)
    server.get_tool_input_schema = schema
