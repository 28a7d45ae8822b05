"""A clock that tests turn."""

from __future__ import annotations

import anyio
import anyio.lowlevel


class TurnedClock:
    """Time goes by only while somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self.seconds = 1_700_000_000.0
        self.slept: list[float] = []

    def now(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.seconds += seconds
        await anyio.lowlevel.checkpoint()


class StoppedClock(TurnedClock):
    """Time does not go by: who sleeps is not woken.

    Attributes:
        asleep: Set when somebody sleeps.
    """

    def __init__(self) -> None:
        super().__init__()
        self.asleep = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.asleep.set()
        await anyio.sleep_forever()
