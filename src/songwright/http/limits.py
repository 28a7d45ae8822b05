"""How often each caller may ask."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable

from songwright.http.faults import ApiError

__all__ = ["RequestRates"]


class RequestRates:
    """A token bucket for each principal: so many requests a second, and at once as many as in a second.

    In this process alone. Principals come from the settings, so there are never many buckets.
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
            ApiError: 429; it is one too many.
        """
        with self._lock:
            now = self._clock_seconds()
            left, since = self._buckets.get(principal, (self._most, now))
            left = min(self._most, left + (now - since) * self._per_second)
            allowed = left >= 1
            self._buckets[principal] = (left - 1 if allowed else left, now)
        if not allowed:
            raise ApiError(
                429,
                "too_many_requests",
                f"At most {self._per_second:g} requests a second; wait before the next.",
                retry_after_seconds=max(1, math.ceil((1 - left) / self._per_second)),
            )
