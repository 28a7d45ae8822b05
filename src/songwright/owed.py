"""Callbacks that are owed where nothing serves HTTP: loaded only once there are any."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio.to_thread

if TYPE_CHECKING:
    from songwright.settings import Settings
    from songwright.studio import Studio

__all__ = ["deliver_owed"]

_Way = Callable[[], Awaitable["Studio"]]


async def deliver_owed(studio: _Way) -> None:
    """Deliver callbacks until cancelled, for a server that speaks stdio alone.

    Raises:
        ConfigurationError: A setting is not valid, or the home folder can't be written to.
    """
    # Imports take longer than all the rest, and the event loop has a client to answer meanwhile.
    deliver_callbacks, settings = await anyio.to_thread.run_sync(_load)
    await deliver_callbacks(studio, settings)


def _load() -> tuple[Callable[[_Way, Settings], Awaitable[None]], Settings]:
    from songwright.http import deliver_callbacks
    from songwright.settings import load_settings

    return deliver_callbacks, load_settings()
