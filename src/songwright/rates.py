"""How often each caller may ask."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from songwright.errors import TooManyError

__all__ = ["RequestRates"]

# An authorization server may know any number of users. A bucket takes some 200 bytes.
_MANY_BUCKETS = 10_000


class RequestRates:
    """A token bucket for each principal: so many requests a second, and at once as many as in a second.

    In this process alone.
    """

    def __init__(self, per_second: float, clock_seconds: Callable[[], float]) -> None:
        """Allow ``per_second`` requests, by a clock that never goes back."""
        self._per_second = per_second
        self._most = max(1.0, per_second)
        self._clock_seconds = clock_seconds
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def count(self, principal: str) -> None:
        """Count a request.

        Raises:
            TooManyError: It is one too many; says when the next one fits.
        """
        with self._lock:
            if len(self._buckets) >= _MANY_BUCKETS:
                self._forget_the_full()
            now = self._clock_seconds()
            left, since = self._buckets.get(principal, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            allowed = left >= 1
            self._buckets[principal] = (left - 1 if allowed else left, now)
        if not allowed:
            raise TooManyError(
                f"At most {self._per_second:g} requests a second; wait before the next.",
                retry_after_seconds=max(1, math.ceil((1 - left) / self._per_second)),
            )

    def _forget_the_full(self) -> None:
        """Forget who may ask as much as somebody who has never asked."""
        now = self._clock_seconds()
        self._buckets = {
            principal: (left, since)
            for principal, (left, since) in self._buckets.items()
            if left + (now - since) * self._per_second < self._most
        }
