"""Waiting for a full or failing disk, or a database that is away: with growing gaps, and not for ever."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from songwright.disk import storage_trouble
from songwright.errors import StorageError

__all__ = ["blocking_through_trouble", "through_trouble"]

_FIRST_GAP_SECONDS = 0.25
_LONGEST_GAP_SECONDS = 2.0
_Result = TypeVar("_Result")

_log = logging.getLogger(__name__)


async def through_trouble(
    work: Callable[[], Awaitable[_Result]],
    *,
    what: str,
    patience_seconds: float,
    before_waiting: Callable[[StorageError], Awaitable[None]] | None = None,
) -> _Result:
    """Do work that may be repeated, again and again while storage is in trouble.

    Args:
        work: What to do; it leaves nothing half done when it fails.
        what: What it is, for the log, which tells of the trouble once.
        patience_seconds: How long to try.
        before_waiting: Called after each failure.

    Raises:
        StorageError: The trouble did not pass.
    """
    waits = _Waits(what, patience_seconds)
    while True:
        try:
            return await work()
        except Exception as error:  # noqa: BLE001 - what is no trouble with storage goes on up
            trouble = waits.trouble(error)
            if before_waiting is not None:
                await before_waiting(trouble)
        await asyncio.sleep(waits.gap())


def blocking_through_trouble(work: Callable[[], _Result], *, what: str, patience_seconds: float) -> _Result:
    """As :func:`through_trouble`, for a thread that may block."""
    waits = _Waits(what, patience_seconds)
    while True:
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - what is no trouble with storage goes on up
            waits.trouble(error)
        time.sleep(waits.gap())


class _Waits:
    def __init__(self, what: str, patience_seconds: float) -> None:
        self._what = what
        self._patience_seconds = patience_seconds
        self._since: float | None = None
        self._gap_seconds = _FIRST_GAP_SECONDS

    def trouble(self, error: Exception) -> StorageError:
        """The trouble, where there is time left to wait; else it is raised."""
        trouble = storage_trouble(error)
        if trouble is None:
            raise error
        now = time.monotonic()
        if self._since is None:
            self._since = now
            _log.warning("%s waits: %s", self._what, trouble.message)
        if now - self._since >= self._patience_seconds:
            raise trouble from error
        return trouble

    def gap(self) -> float:
        gap = self._gap_seconds
        self._gap_seconds = min(2 * gap, _LONGEST_GAP_SECONDS)
        return gap
