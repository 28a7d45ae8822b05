"""Ending in order when the system or a person asks for it: SIGTERM and SIGINT."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["ENDING", "is_told_to_end", "when_told_to_end"]

ENDING: tuple[signal.Signals, ...] = (signal.SIGTERM, signal.SIGINT)
"""What service managers, container engines and clients send, and what a person at a terminal sends."""


_told = threading.Event()


def is_told_to_end() -> bool:
    """Whether this process has had a signal of which :func:`when_told_to_end` takes care."""
    return _told.is_set()


@contextmanager
def when_told_to_end(
    stop: Callable[[], None], signals: tuple[signal.Signals, ...] = ENDING
) -> Iterator[None]:
    """While the block lasts, and until the process ends, a signal means: begin to end.

    The first one calls ``stop``; another one after it ends the process at once, by the system's own action.
    In a thread that is not the main one, which can't be told of signals, nothing changes.

    Args:
        stop: Called in the event loop that runs now.
        signals: Which signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()

    def end(_signal: int, _frame: object) -> None:
        _told.set()
        for each in signals:
            signal.signal(each, signal.SIG_DFL)
        # The loop may be asleep, and a handler alone does not wake it.
        loop.call_soon_threadsafe(stop)

    before = {each: signal.signal(each, end) for each in signals}
    try:
        yield
    finally:
        if not _told.is_set():
            for each, handler in before.items():
                signal.signal(each, handler)
