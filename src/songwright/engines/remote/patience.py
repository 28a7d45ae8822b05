"""How long to wait, and how often to look: as data, on a clock that tests can turn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import anyio

__all__ = ["Gaps", "Patience", "Pause", "RealPause"]


class Pause(Protocol):
    """A clock, and a way to let time go by."""

    def now(self) -> float:
        """Seconds since 1970."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have gone by."""
        ...


class RealPause:
    """The machine's own clock."""

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Sleep; other work goes on."""
        await anyio.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Gaps:
    """Growing gaps between tries, in seconds."""

    first_seconds: float
    factor: float
    longest_seconds: float

    def __iter__(self) -> Iterator[float]:
        gap = self.first_seconds
        while True:
            yield gap
            gap = min(gap * self.factor, self.longest_seconds)


_RETRY_GAPS = Gaps(1.0, 2.0, 16.0)


@dataclass(frozen=True, slots=True)
class Patience:
    """How a client waits for a service.

    Attributes:
        poll_gaps: Between looks at a task.
        deadline_seconds: From the submission to the end of the task, at most.
        retry_gaps: Between tries of a request that is safe to repeat.
        retries: So many tries after the first.
        lost_after_polls: So many answers in a row that know nothing of a task mean that it is lost.
        settled_after_polls: So many like answers in a row are believed where one alone is ambiguous.
        longest_retry_after_seconds: A service that asks for more than this is not waited for.
    """

    poll_gaps: Gaps
    deadline_seconds: float
    retry_gaps: Gaps = _RETRY_GAPS
    retries: int = 4
    lost_after_polls: int = 8
    settled_after_polls: int = 3
    longest_retry_after_seconds: float = 60.0
