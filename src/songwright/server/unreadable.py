"""Messages that can't be read as the protocol's: refused by one sentence with the rule."""

from __future__ import annotations

import json
from typing import Any

import mcp_types as wire
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songwright.music.rules import sentences

__all__ = ["PlainRefusals", "name_the_rule", "refusal_of_line"]

_NO_JSON = "The message must be one JSON object in UTF-8 without unpaired surrogates."
_NO_MESSAGE = "The message must be one JSON-RPC 2.0 object with jsonrpc, method and, to be answered, an id."
_REFUSALS: dict[str, tuple[int, str]] = {
    "Parse error": (wire.PARSE_ERROR, _NO_JSON),
    "Validation error": (wire.INVALID_REQUEST, _NO_MESSAGE),
    "Invalid Content-Type header": (wire.INVALID_REQUEST, "Content-Type: must be application/json."),
    "Request body too large": (wire.INVALID_REQUEST, "The body is too long; send at most 4 MB."),
}
"""How the SDK's refusals of a body begin, and what is said instead: those quote the body, or name no rule."""

_MAX_REFUSAL_BYTES = 65_536


async def name_the_rule(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Say which parameter of a request is at fault; the SDK alone says that one is.

    Raises:
        MCPError: INVALID_PARAMS, with one sentence that quotes no value.
    """
    try:
        return await call_next(ctx)
    except ValidationError as error:
        told = "; ".join(dict.fromkeys(sentences(error)))
        raise MCPError(wire.INVALID_PARAMS, f"{told}; the method's schema has its parameters") from None


def refusal_of_line(error: Exception) -> wire.JSONRPCError | None:
    """The answer to a line that is no message; None where nothing was said.

    Args:
        error: Why the line could not be read, in the SDK's words.
    """
    line = ""
    is_json = True
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False)[0]
        is_json = first["type"] != "json_invalid"
        line = first["input"] if not is_json and isinstance(first["input"], str) else ""
        if not is_json and not line.strip():
            return None
    code, message = (wire.INVALID_REQUEST, _NO_MESSAGE) if is_json else (wire.PARSE_ERROR, _NO_JSON)
    return wire.JSONRPCError(jsonrpc="2.0", id=_id_in(line), error=wire.ErrorData(code=code, message=message))


def _id_in(line: str) -> int | str | None:
    """The id of a request whose text holds an unpaired surrogate, so that its caller does not wait."""
    try:
        found = json.loads(line)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if isinstance(found, str):
        return found if found.isascii() else None
    return found if isinstance(found, int) and not isinstance(found, bool) else None


class PlainRefusals:
    """Puts the refusals of bodies that can't be read, at one path, into words of our own."""

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def tell(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start" and message["status"] in (400, 413):
                start = message
            elif start is None:
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body") or len(body) > _MAX_REFUSAL_BYTES:
                    await _send_refusal(send, start, body, more=message.get("more_body", False))
                    start = None

        await self._app(scope, receive, tell)


async def _send_refusal(send: Send, start: Message, body: bytes, *, more: bool) -> None:
    said = _words_of(body)
    found = next((told for begins, told in _REFUSALS.items() if said.startswith(begins)), None)
    if found is not None:
        code, message = found
        refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": code, "message": message}}
        body = json.dumps(refusal).encode()
        kept = [pair for pair in start["headers"] if pair[0] not in (b"content-length", b"content-type")]
        start = {
            **start,
            "headers": [
                *kept,
                (b"content-type", b"application/json"),
                (b"content-length", str(len(body)).encode()),
            ],
        }
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": more and found is None})


def _words_of(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return body[:200].decode(errors="replace")
