"""What songwright needs of a job engine, so that one can take another's place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from songwright.exports.formats import ExportFormat

__all__ = ["JobEngine", "Outcome", "Performs", "Publish"]

Outcome = dict[str, Any]
"""What performing a task came to, as JSON, so that a job engine can store it between the two steps."""


Publish = Callable[[str, str, ExportFormat], str]
"""Gives a song, by its id and its principal, a public address in a form, for a while."""


class Performs(Protocol):
    """The work of one job: two steps, each safe to repeat, neither of which uses up what it was given."""

    async def perform(self, task_id: str, job_id: str) -> Outcome:
        """Make the sound. Repeated when the process went before the outcome was stored."""
        ...

    async def keep(self, task_id: str, outcome: Outcome) -> None:
        """Put the outcome into the library and end the task."""
        ...


class JobEngine(Protocol):
    """Runs jobs, at least once each, all at the same time. Called from one thread."""

    def start(self, work: Performs) -> None:
        """Begin to run jobs."""
        ...

    def enqueue(self, job_id: str, task_id: str) -> None:
        """Accept a job. The same ``job_id`` again changes nothing."""
        ...

    def lost(self, job_ids: list[str]) -> set[str]:
        """Those of some accepted jobs that nobody works on, and nobody will.

        It is told by what is really being done, not by what was written down of it: a job whose end could
        not be written down is lost, too.
        """
        ...

    def stop(self) -> None:
        """Stop at once. Jobs that were running count as left behind."""
        ...
