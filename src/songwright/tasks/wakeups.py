"""Wakes whoever waits for a task in this process, from any thread."""

from __future__ import annotations

import asyncio
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Wakeups"]


class Wakeups:
    """Tells waiters in this process that a task has changed. Other processes look at the ledger instead."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, set[tuple[asyncio.AbstractEventLoop, asyncio.Event]]] = defaultdict(set)

    @contextmanager
    def listening(self, task_id: str) -> Iterator[asyncio.Event]:
        """An event that is set whenever the task changes, and that the listener clears.

        Call it in the event loop that will wait for the event.
        """
        listener = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            self._waiting[task_id].add(listener)
        try:
            yield listener[1]
        finally:
            with self._lock:
                self._waiting[task_id].discard(listener)
                if not self._waiting[task_id]:
                    del self._waiting[task_id]

    def changed(self, task_id: str) -> None:
        """Wake every listener of a task. Callable from any thread."""
        with self._lock:
            listeners = list(self._waiting.get(task_id, ()))
        for loop, event in listeners:
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)
