"""What an engine keeps of a task over a restart, so that nothing is paid twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import anyio

from songwright.engines.base import Context

__all__ = ["CHARGED_FACT", "Notebook", "unharmed"]

CHARGED_FACT = "charged_usd"
"""What the ledger adds up: how much a task has cost, or may have cost, in US dollars."""

_GRACE_SECONDS = 5.0
_Result = TypeVar("_Result")


@dataclass(slots=True)
class Notebook:
    """The facts of one task, read and written."""

    context: Context

    def read(self, name: str) -> Any:
        """A fact, or None."""
        return self.context.memory.get(name)

    async def write(self, name: str, value: Any) -> None:
        """Keep a fact; it is durable on return."""
        self.context = replace(self.context, memory={**self.context.memory, name: value})
        if self.context.remember is not None:
            await anyio.to_thread.run_sync(self.context.remember, name, value)


async def unharmed(work: Coroutine[Any, Any, _Result]) -> _Result:
    """Await work that a cancellation must not cut in the middle; it is given some seconds to end by itself.

    A request that was sent and whose answer is thrown away would have to be taken for charged.
    """
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task}, timeout=_GRACE_SECONDS)
        if not task.done():
            task.cancel()
        elif not task.cancelled():
            # Looked at, so that asyncio does not warn of an error that nobody saw.
            task.exception()
        raise
