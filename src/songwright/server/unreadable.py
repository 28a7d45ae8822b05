"""Messages that can't be read as the protocol's: refused by one sentence with the rule."""

from __future__ import annotations

import json
import math
from typing import Any

import anyio
import mcp_types as wire
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError
from pydantic_core import from_json
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from songwright.music.rules import sentences

__all__ = ["PlainRefusals", "has_odd_id", "name_the_rule", "refusal_of_line"]

_NO_JSON = "The message must be one JSON object in UTF-8 without unpaired surrogates."
_TOO_LONG = "The body is too long; send at most 4 MB."
_NO_MESSAGE = (
    "The message must be one JSON-RPC 2.0 object with jsonrpc, method and, to be answered, an "
    "id that is a string or an integer."
)
_REFUSALS: dict[str, tuple[int, str]] = {
    "Parse error": (wire.PARSE_ERROR, _NO_JSON),
    "Validation error": (wire.INVALID_REQUEST, _NO_MESSAGE),
    "Invalid Content-Type header": (wire.INVALID_REQUEST, "Content-Type: must be application/json."),
}
"""How the SDK's refusals of a body begin, and what is said instead: those quote the body, or name no rule."""

_MAX_REFUSAL_BYTES = 65_536
_MAX_BODY_BYTES = 4 * 1024**2
# As for the other API: who is still sending would not hear the answer.
_MAX_DISCARDED_BYTES = 64 * 1024**2
_DISCARD_SECONDS = 15.0


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


def has_odd_id(message: bytes | str) -> bool:
    """Whether a message is a request with an id that is neither a string nor an integer."""
    try:
        read = from_json(message)
    except ValueError:
        return False
    if not isinstance(read, dict) or "method" not in read or "id" not in read:
        return False
    return not isinstance(read["id"], int | str) or isinstance(read["id"], bool)


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
    """Puts the refusals of bodies that can't be read, at one path, into words of our own.

    Two refusals are its own: of a body that is too long, which it reads to its end first, and of a request
    whose id is none, which the SDK takes for a notification and leaves without an answer.
    """

    def __init__(self, app: ASGIApp, path: str) -> None:
        self._app = app
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http" or scope["path"] != self._path:
            await self._app(scope, receive, send)
            return
        # No event is kept to be sent again, and the SDK answers a request for one with nothing.
        scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != b"last-event-id"]
        if scope["method"] == "POST":
            given = await _read(receive)
            if given is None:
                return
            if isinstance(given, Response):
                await given(scope, receive, send)
                return
            receive = _again(given, receive)
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


async def _read(receive: Receive) -> bytes | Response | None:
    """A request's body; a refusal of it; None where the client has gone."""
    parts: list[bytes] = []
    size = 0
    with anyio.move_on_after(_DISCARD_SECONDS) as patience:
        # Only who sends too much is given little time.
        patience.deadline = math.inf
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > _MAX_BODY_BYTES:
                parts.clear()
                patience.deadline = min(patience.deadline, anyio.current_time() + _DISCARD_SECONDS)
            if not message.get("more_body") or size > _MAX_DISCARDED_BYTES:
                break
    if size > _MAX_BODY_BYTES:
        return _refused(413, _TOO_LONG)
    body = b"".join(parts)
    return _refused(400, _NO_MESSAGE) if has_odd_id(body) else body


def _refused(status: int, message: str) -> Response:
    refusal = {"jsonrpc": "2.0", "id": None, "error": {"code": wire.INVALID_REQUEST, "message": message}}
    return JSONResponse(refusal, status_code=status, headers={"Connection": "close"} if status == 413 else {})


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives a body that has been read once more, and then what comes after it."""
    is_given = False

    async def give() -> Message:
        nonlocal is_given
        if is_given:
            return await receive()
        is_given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return give


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
