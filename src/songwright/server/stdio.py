"""MCP over standard input and output."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncIterable, Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

import anyio
import anyio.to_thread
from anyio.streams.memory import MemoryObjectSendStream
from mcp.server.stdio import stdio_server
from mcp.shared.message import SessionMessage

from songwright.errors import SongwrightError
from songwright.server.app import build_server
from songwright.server.discovery import without_opening_questions
from songwright.server.door import OpenStudio, StudioDoor, installed_studio
from songwright.server.signals import when_told_to_end
from songwright.server.standard_input import wire_input
from songwright.server.unreadable import refusal_of_line

if TYPE_CHECKING:
    from songwright.studio import Studio

__all__ = ["Deliver", "run_stdio"]

Deliver = Callable[[Callable[[], Awaitable["Studio"]]], Coroutine[Any, Any, None]]
"""Delivers callbacks until cancelled, given the way to the studio."""

_LOOK_SECONDS = 2.0
_DONE_SECONDS = 0.5

_log = logging.getLogger(__name__)


def run_stdio(open_studio: OpenStudio = installed_studio, deliver: Deliver | None = None) -> None:
    """Serve one client until it closes standard input, or SIGTERM or SIGINT comes; then end in order.

    Nothing but the protocol goes to standard output. After a signal this does not return: the process ends,
    with exit code 0.

    Args:
        open_studio: Opens the studio.
        deliver: What delivers callbacks while any are owed. Without it they wait for another process.
    """
    try:
        anyio.run(_serve, open_studio, deliver)
    except BaseExceptionGroup as group:
        if group.split((BrokenPipeError, ConnectionResetError))[1] is not None:
            raise
        # The client was gone before its answers were, as when it is killed. Nobody is left to be told.
        _end_at_once()


async def _serve(open_studio: OpenStudio, deliver: Deliver | None) -> None:
    told = anyio.Event()
    # Outermost: clients close standard input, and send SIGTERM to who takes long to close the studio.
    with when_told_to_end(told.set), wire_input() as lines:
        async with (
            StudioDoor.hinged(open_studio) as door,
            stdio_server(stdin=lines) as (reader, writer),
            anyio.create_task_group() as group,
        ):
            group.start_soon(_end_when, told, door)
            if deliver is not None:
                group.start_soon(_deliver_what_is_owed, door, deliver)
            server = build_server(door, stands=True)
            messages_in, messages = anyio.create_memory_object_stream[SessionMessage | Exception]()
            opening = without_opening_questions(reader, server, writer.send)
            group.start_soon(_answer_what_is_no_message, opening, messages_in, writer.send)
            await server.run(messages, writer, server.create_initialization_options())
            group.cancel_scope.cancel()


async def _end_when(told: anyio.Event, door: StudioDoor) -> None:
    """Close the studio and end the process once it is told to.

    Leaving by the usual way would wait for the thread that reads standard input, until the client says more.
    """
    await told.wait()
    try:
        await door.close()
    except Exception:  # noqa: BLE001 - whatever it is, the process ends
        _log.exception("the studio could not be closed in order")
    _end_at_once()


def _end_at_once() -> NoReturn:
    """End without what Python does at its end: flush standard output, and wait for the reading thread."""
    logging.shutdown()
    os._exit(0)


async def _answer_what_is_no_message(
    reader: AsyncIterable[SessionMessage | Exception],
    messages: MemoryObjectSendStream[SessionMessage | Exception],
    answer: Callable[[SessionMessage], Awaitable[None]],
) -> None:
    """Pass messages on; what is none is refused here, because the SDK leaves whoever sent it waiting."""
    async with messages:
        async for item in reader:
            if not isinstance(item, Exception):
                await messages.send(item)
            elif (refusal := refusal_of_line(item)) is not None:
                await answer(SessionMessage(refusal))


async def _deliver_what_is_owed(door: StudioDoor, deliver: Deliver) -> None:
    """Look for owed callbacks now and then: whoever took the task, this process may be the only one left."""
    while True:
        await anyio.sleep(_LOOK_SECONDS)
        try:
            if await _owed(door):
                async with anyio.create_task_group() as group:
                    group.start_soon(deliver, door.studio)
                    while await _owed(door):  # noqa: ASYNC110 - another process may settle the last one
                        await anyio.sleep(_DONE_SECONDS)
                    group.cancel_scope.cancel()
        except SongwrightError as error:
            # Whoever calls is told why; here it is only waited for.
            _log.info("callbacks wait: %s", error.code)
        except Exception:  # noqa: BLE001 - whatever it is, the server stays
            _log.exception("callbacks wait")


async def _owed(door: StudioDoor) -> bool:
    callbacks = await (await door.studio()).callbacks()
    return (await anyio.to_thread.run_sync(callbacks.counts))["pending"] > 0
