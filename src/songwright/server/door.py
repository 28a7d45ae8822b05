"""The way to the studio: opened when first needed, so that a server answers its first messages at once."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from songwright.errors import EngineError, SongwrightError

if TYPE_CHECKING:
    from songwright.settings import Settings
    from songwright.studio import Studio

__all__ = ["OpenStudio", "StudioDoor", "installed_studio"]

OpenStudio = Callable[[], AbstractAsyncContextManager["Studio"]]

_RESUME_AFTER_SECONDS = 1.0
"""Late enough to leave the processor to the client's first questions, soon enough for unfinished songs."""

_log = logging.getLogger(__name__)


class StudioDoor:
    """Opens the studio on first use, and soon after the start in any case, to go on with unfinished tasks.

    A studio that can't be opened is an error of the call that needs it, not of the server: the next call
    tries again.
    """

    def __init__(self, open_studio: OpenStudio, stack: AsyncExitStack) -> None:
        """Use :meth:`hinged` instead."""
        self._open_studio = open_studio
        self._stack = stack
        self._studio: Studio | None = None
        self._lock = anyio.Lock()

    @classmethod
    @asynccontextmanager
    async def hinged(
        cls, open_studio: OpenStudio, *, resume_after_seconds: float = _RESUME_AFTER_SECONDS
    ) -> AsyncIterator[StudioDoor]:
        """A door that stays usable as long as the block lasts; the studio is closed at its end."""
        async with AsyncExitStack() as stack, anyio.create_task_group() as group:
            door = cls(open_studio, stack)
            group.start_soon(door._resume, resume_after_seconds)
            try:
                yield door
            finally:
                group.cancel_scope.cancel()

    async def studio(self) -> Studio:
        """The studio.

        Raises:
            ConfigurationError: A setting keeps it from opening.
        """
        async with self._lock:
            if self._studio is None:
                self._studio = await self._stack.enter_async_context(self._open_studio())
            return self._studio

    def keep_nobody_waiting(self) -> None:
        """Let those who wait for songs have their answers soon: the process is about to end."""
        if self._studio is not None:
            self._studio.keep_nobody_waiting()

    async def close(self) -> None:
        """Close the studio now, for a process that is about to end. Calls that come later fail."""
        async with self._lock:
            self._open_studio = _refuse
            self._studio = None
            await self._stack.aclose()

    async def _resume(self, after_seconds: float) -> None:
        await anyio.sleep(after_seconds)
        try:
            studio = await self.studio()
            await studio.resume()
        except SongwrightError as error:
            _log.error("unfinished tasks wait: %s", error.message)
        except Exception:  # noqa: BLE001 - see below
            # Whatever it is, the calls that need the studio meet it too and can answer; the server stays.
            _log.exception("unfinished tasks wait")


def _refuse() -> AbstractAsyncContextManager[Studio]:
    raise EngineError("the server is ending; ask again when it runs again", retryable=True)


@asynccontextmanager
async def installed_studio() -> AsyncIterator[Studio]:
    """The studio that the environment describes.

    Raises:
        ConfigurationError: A setting is not valid.
    """
    # Imports take longer than all the rest, and the event loop has clients to answer meanwhile.
    settings, studio_class = await anyio.to_thread.run_sync(_load)
    logging.getLogger("songwright").setLevel(settings.log_level.upper())
    async with studio_class.open(settings) as studio:
        yield studio


def _load() -> tuple[Settings, type[Studio]]:
    from songwright.settings import load_settings
    from songwright.studio import Studio

    return load_settings(), Studio
