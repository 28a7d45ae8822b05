"""What songwright needs of a job engine, so that one can take another's place."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["JobEngine", "Outcome", "Performs"]

Outcome = dict[str, Any]
"""What performing a task came to, as JSON, so that a job engine can store it between the two steps."""


class Performs(Protocol):
    """The work of one job: two steps, each safe to repeat."""

    async def perform(self, task_id: str) -> Outcome:
        """Make the sound. Repeated only when the process went before the outcome was stored."""
        ...

    async def keep(self, task_id: str, outcome: Outcome) -> None:
        """Put the outcome into the library and end the task."""
        ...


class JobEngine(Protocol):
    """Runs jobs, at least once each, some at a time. Called from one thread."""

    def start(self, work: Performs, *, slots: int) -> None:
        """Begin to run jobs, first those that a process left behind."""
        ...

    def enqueue(self, job_id: str, task_id: str) -> None:
        """Accept a job. The same ``job_id`` again changes nothing."""
        ...

    def lost(self, job_ids: list[str]) -> set[str]:
        """Those of some accepted jobs that this engine will never run to an end."""
        ...

    def stop(self) -> None:
        """Stop at once. Jobs that were running count as left behind."""
        ...
