"""How requests end that are still being answered when the server does."""

from __future__ import annotations

import anyio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OrderlyEnd"]

# Longer than `Studio.wait` takes to notice, shorter than the server's grace, after which it breaks off.
_ANSWER_SECONDS = 2.0


class OrderlyEnd:
    """Closes standing streams when the server ends, where breaking off leaves a traceback in the log."""

    def __init__(self, app: ASGIApp, ending: anyio.Event, standing_path: str) -> None:
        """Look after requests.

        Args:
            app: What answers them.
            ending: Set when the server begins to end.
            standing_path: Where streams stand for as long as their clients wish.
        """
        self._app = app
        self._ending = ending
        self._standing_path = standing_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, as long as there is time to answer it."""
        if scope["type"] != "http" or scope["path"] != self._standing_path:
            await self._unless_broken_off(scope, receive, send)
            return
        is_open = False

        async def tell(message: Message) -> None:
            nonlocal is_open
            is_open = message["type"] == "http.response.start" or bool(message.get("more_body"))
            await send(message)

        async with anyio.create_task_group() as group:

            async def close() -> None:
                await self._ending.wait()
                if scope["method"] != "GET":
                    await anyio.sleep(_ANSWER_SECONDS)
                group.cancel_scope.cancel()

            group.start_soon(close)
            await self._unless_broken_off(scope, receive, tell)
            group.cancel_scope.cancel()
        if is_open:
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _unless_broken_off(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except anyio.get_cancelled_exc_class():
            if not self._ending.is_set():
                raise
