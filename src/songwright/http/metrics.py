"""What the server counts, for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Metrics"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)


@dataclass(slots=True)
class Outcome:
    """How a request was answered."""

    status: int = 500


class Metrics:
    """The counts of one server."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "songwright_http_requests",
            "Requests answered.",
            ("endpoint", "status"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "songwright_http_request_seconds",
            "Time until a request was answered; held connections wait for their song.",
            ("endpoint",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._open = Gauge(
            "songwright_http_open_requests",
            "Requests being answered.",
            ("endpoint",),
            registry=self._registry,
        )
        self._callbacks = Counter(
            "songwright_callback_attempts", "Callbacks tried.", ("outcome",), registry=self._registry
        )
        self._tasks = Gauge("songwright_tasks", "Tasks by status.", ("status",), registry=self._registry)
        self._owed = Gauge(
            "songwright_callbacks", "Callbacks by status.", ("status",), registry=self._registry
        )

    @contextmanager
    def timed(self, endpoint: str) -> Iterator[Outcome]:
        """Count a request, which the block answers."""
        outcome = Outcome()
        begun = time.perf_counter()
        with self._open.labels(endpoint).track_inprogress():
            try:
                yield outcome
            finally:
                self._requests.labels(endpoint, str(outcome.status)).inc()
                self._seconds.labels(endpoint).observe(time.perf_counter() - begun)

    def callback_tried(self, outcome: str) -> None:
        """Count an attempt to deliver a callback: ``delivered``, ``failed`` or ``refused``."""
        self._callbacks.labels(outcome).inc()

    def text(self, tasks: dict[str, int], callbacks: dict[str, int]) -> bytes:
        """Every count, in Prometheus's text format.

        Args:
            tasks: How many tasks have each status.
            callbacks: How many callbacks have each status.
        """
        for status, count in tasks.items():
            self._tasks.labels(status).set(count)
        for status, count in callbacks.items():
            self._owed.labels(status).set(count)
        return generate_latest(self._registry)
