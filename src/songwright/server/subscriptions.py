"""Telling clients that a task, the library or the list of resources has changed.

A client watches ``task://{id}`` or ``library://songs``; songs never change. The list of resources names the
newest songs, so it changes when the library does; the lists of tools and prompts never do. The changes are
looked up in the studio, not heard of from within the process, because another process or machine may be doing
the work. Each subscription looks with its own principal's eyes, so nobody hears of the tasks of others.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import mcp_types as wire
from anyio.abc import TaskGroup
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ListenHandler,
    ResourcesListChanged,
    ResourceUpdated,
)
from mcp.shared.exceptions import MCPError

from songwright.errors import SongwrightError
from songwright.music.task import Progress, is_terminal
from songwright.server.tool import Call

__all__ = ["LIBRARY_URI", "StandingSubscriptions", "listen"]

LIBRARY_URI = "library://songs"
LIBRARY_POLL_SECONDS = 1.0

_TASK_PREFIX = "task://"
_WATCH_SECONDS = 3600.0
_MOST_URIS = 100

_log = logging.getLogger(__name__)

_Context = ServerRequestContext[Any, Any]
_Notify = Callable[[str], Awaitable[None]]


async def listen(
    context: _Context, params: wire.SubscriptionsListenRequestParams, call: Call
) -> wire.SubscriptionsListenResult:
    """Serve one ``subscriptions/listen`` stream until the client leaves it (revision 2026-07-28).

    Raises:
        MCPError: It asks for more addresses than one stream may watch.
    """
    uris = dict.fromkeys(params.notifications.resource_subscriptions or ())
    if len(uris) > _MOST_URIS:
        raise MCPError(wire.INVALID_PARAMS, f"resourceSubscriptions: at most {_MOST_URIS} addresses")
    news_of_list = params.notifications.resources_list_changed is True
    wanted = wire.SubscriptionFilter(
        resource_subscriptions=list(uris), resources_list_changed=news_of_list or None
    )
    params = params.model_copy(update={"notifications": wanted})
    # A bus for this stream alone keeps principals apart.
    bus = InMemorySubscriptionBus()

    async def notify(uri: str) -> None:
        await bus.publish(ResourceUpdated(uri))

    async def notify_of_list() -> None:
        await bus.publish(ResourcesListChanged())

    async with anyio.create_task_group() as group:
        for uri in uris:
            group.start_soon(_watch, uri, call, notify)
        if news_of_list:
            await _start_telling_of_list(group, call, notify_of_list)
        result = await ListenHandler(bus)(context, params)
        group.cancel_scope.cancel()
    return result


class StandingSubscriptions:
    """What one connection that stands is told: stdio, for clients up to 2025-11-25."""

    def __init__(self, group: TaskGroup) -> None:
        """Use :meth:`opened` instead."""
        self._group = group
        self._watches: dict[str, anyio.CancelScope] = {}
        self._tells_of_list = False

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator[StandingSubscriptions]:
        """Subscriptions that last at most as long as the block."""
        async with anyio.create_task_group() as group:
            yield cls(group)
            group.cancel_scope.cancel()

    def subscribe(self, uri: str, context: _Context, call: Call) -> None:
        """Tell the client of changes of a resource from now on; once is enough.

        Raises:
            MCPError: The connection watches too many addresses.
        """
        if uri in self._watches:
            return
        if len(self._watches) >= _MOST_URIS:
            raise MCPError(wire.INVALID_PARAMS, f"at most {_MOST_URIS} subscriptions on a connection")
        scope = self._watches[uri] = anyio.CancelScope()

        async def watch() -> None:
            with scope:
                await _watch(uri, call, context.session.send_resource_updated)

        self._group.start_soon(watch)

    async def tell_of_list(self, context: _Context, call: Call) -> None:
        """Tell the client of changes of the list of resources from now on; once is enough."""
        if not self._tells_of_list:
            self._tells_of_list = True
            await _start_telling_of_list(self._group, call, context.session.send_resource_list_changed)

    def unsubscribe(self, uri: str) -> None:
        """Tell the client no more; without a subscription nothing happens."""
        scope = self._watches.pop(uri, None)
        if scope is not None:
            scope.cancel()


async def _watch(uri: str, call: Call, notify: _Notify, newest: tuple[str, ...] | None = None) -> None:
    """Notify of every change of a resource. Ends where no change is to come."""
    try:
        if uri == LIBRARY_URI:
            await _watch_library(call, notify, newest)
        elif uri.startswith(_TASK_PREFIX):
            await _watch_task(uri, call, notify)
    except SongwrightError as error:
        # As with an address where nothing is: the subscription stands and nothing ever comes.
        _log.info("a subscription hears nothing more: %s", error.code)


async def _watch_task(uri: str, call: Call, notify: _Notify) -> None:
    studio = await call.studio()
    task_id = uri.removeprefix(_TASK_PREFIX)

    async def changed(_: Progress) -> None:
        await notify(uri)

    task = await studio.task(task_id, principal=call.principal)
    if is_terminal(task.state):
        return
    while not is_terminal(task.state):
        task = await studio.wait(task_id, _WATCH_SECONDS, on_progress=changed, principal=call.principal)
    await notify(uri)


async def _start_telling_of_list(group: TaskGroup, call: Call, notify: Callable[[], Awaitable[None]]) -> None:
    """Begin to watch the library; on return no later song is missed."""
    try:
        newest = await _newest(call)
    except SongwrightError as error:
        _log.info("a list of resources is not watched: %s", error.code)
        return

    async def changed(_: str) -> None:
        await notify()

    group.start_soon(_watch, LIBRARY_URI, call, changed, newest)


async def _watch_library(call: Call, notify: _Notify, newest: tuple[str, ...] | None) -> None:
    if newest is None:
        newest = await _newest(call)
    while True:
        await anyio.sleep(LIBRARY_POLL_SECONDS)
        before, newest = newest, await _newest(call)
        if newest != before:
            await notify(LIBRARY_URI)


async def _newest(call: Call) -> tuple[str, ...]:
    page = await (await call.studio()).songs(limit=1, principal=call.principal)
    return tuple(song.id for song in page.items)
