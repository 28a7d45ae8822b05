"""What a server can do, told to who has not yet said how it will speak.

A client that asks ``server/discover`` may not know the answer's revision, or may give the question up and
shake hands as older revisions do. The SDK takes the question for the choice of a revision and refuses the
handshake for as long as the connection lasts. So each question that comes before the first other request is
answered on a connection of its own.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
from mcp.server.lowlevel import Server
from mcp.shared.message import SessionMessage
from mcp_types import JSONRPCRequest

__all__ = ["Answer", "without_opening_questions"]

Answer = Callable[[SessionMessage], Awaitable[None]]

_Item = SessionMessage | Exception


async def without_opening_questions(
    items: AsyncIterable[_Item], server: Server[Any], answer: Answer
) -> AsyncIterator[_Item]:
    """What comes on a connection, without the questions that its first other request follows.

    Args:
        items: What comes.
        server: Answers the questions, as it answers all others.
        answer: Sends to the client.
    """
    is_open = False
    async for item in items:
        if is_open or not isinstance(item, SessionMessage) or not isinstance(item.message, JSONRPCRequest):
            yield item
        elif item.message.method == "server/discover":
            await answer(await _answer_to(item, server))
        else:
            is_open = True
            yield item


async def _answer_to(question: SessionMessage, server: Server[Any]) -> SessionMessage:
    asking, asked = anyio.create_memory_object_stream[_Item](1)
    answering, answered = anyio.create_memory_object_stream[SessionMessage](1)
    async with asking, answered, anyio.create_task_group() as group:
        group.start_soon(server.run, asked, answering, server.create_initialization_options())
        await asking.send(question)
        answer = await answered.receive()
        group.cancel_scope.cancel()
    return answer
