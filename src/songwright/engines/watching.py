"""When a process that works for us is given up: it stands still, or works and comes no further.

Time on the wall says little on a busy machine, so it is not what counts. A process that works says so about
once a second, and says how much processor time it has used; what is counted is how often nothing was heard
while this process itself ran. A machine that slept, or a server that was stopped, counts as nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Limits", "Vitals", "Watch", "vitals"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a process may stand still.

    Attributes:
        tick_seconds: How long to wait for a word before a tick is counted; also how often a child gives one.
        stopped_ticks: Ticks in a row in which it was known to be stopped (SIGSTOP). More than one or two,
            since a snapshot of a container, say, stops processes and continues them at once.
        silent_ticks: Ticks in a row without a word. The word comes from a thread that does nothing else, so
            a silence means that the system gave the process no turn, or that a library held Python's lock.
            With five busy processes a core the longest silence of a song was 1.5 s; this is forty times that.
        idle_ticks: Words in a row in which no processor time was used and no progress made, as when threads
            wait for each other. What a program uses that the child has started counts when it has ended, so
            this is longer than any such program is waited for.
        busy_seconds: Processor time, of all threads, in which no progress was made, for each second of sound
            in the work. Measured for the embedded engine: 0.1 for a whole song of 140 s, at most 0.04 between
            two reports. Networks that run on many cores need more, and report more often.
    """

    tick_seconds: float = 1.0
    stopped_ticks: int = 4
    silent_ticks: int = 60
    idle_ticks: int = 900
    busy_seconds: float = 4.0


class Watch:
    """Judges one child by what it says."""

    def __init__(self, limits: Limits, sound_seconds: float) -> None:
        """Begin to watch.

        Args:
            limits: How long it may stand still.
            sound_seconds: How much sound the work is about.
        """
        self._limits = limits
        self._busy_seconds = limits.busy_seconds * sound_seconds
        self._silent = self._stopped = self._idle = 0
        self._used_seconds = self._used_at_progress = 0.0

    def progressed(self) -> None:
        """It did something that shows: a report, a fact to remember."""
        self._silent = self._stopped = self._idle = 0
        self._used_at_progress = self._used_seconds

    def lives(self, used_seconds: float) -> str | None:
        """It gave its word, with the processor time that it has used; why to give it up, if so."""
        self._silent = self._stopped = 0
        self._idle = 0 if used_seconds > self._used_seconds else self._idle + 1
        self._used_seconds = used_seconds
        if self._idle >= self._limits.idle_ticks:
            return "waited without end"
        if used_seconds - self._used_at_progress >= self._busy_seconds:
            return "worked without coming further"
        return None

    def is_silent(self, *, is_stopped: bool) -> str | None:
        """Nothing was heard for a tick; why to give it up, if so."""
        self._silent += 1
        self._stopped = self._stopped + 1 if is_stopped else 0
        if self._stopped >= self._limits.stopped_ticks:
            return "was stopped from outside"
        if self._silent >= self._limits.silent_ticks:
            return "stood still"
        return None


@dataclass(frozen=True, slots=True)
class Vitals:
    """A process, as Linux tells of it (proc(5), /proc/pid/stat).

    Attributes:
        state: One letter: ``R`` runs, ``S`` sleeps, ``D`` waits for a disk, ``T`` is stopped, ``Z`` ended.
        used_ticks: Processor time, in the system's ticks.
        started_ticks: When it was started; together with its number, unique.
    """

    state: str
    used_ticks: int
    started_ticks: int

    @property
    def is_stopped(self) -> bool:
        """By a signal; one that a debugger holds is not meant."""
        return self.state == "T"


def vitals(pid: int) -> Vitals | None:
    """How a process does; None where there is none, or nobody can tell."""
    try:
        # The name, in brackets, may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        return Vitals(fields[0], int(fields[11]) + int(fields[12]), int(fields[19]))
    except (OSError, ValueError, IndexError):
        return None
