"""Cancel, poison and stop the processes that render, and print what becomes of everybody else.

    python tools/chaos/children.py [--cancels 50] [--seed 7]

Each row is one or more tasks of a studio whose engine runs each in a child process, while another task works
beside it. The exit code is 1 where a row failed. For Linux, since it looks into /proc.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import random
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

from songwright.engines.base import Context, Rendition, Source
from songwright.engines.isolation import run_isolated
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import Action, Generate, parse_action
from songwright.music.task import Failed, State, Succeeded, Task
from songwright.settings import Settings
from songwright.studio import Studio

# The renderers that the tests use; a child finds them by the same path.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests" / "engines"))

GOAL_SECONDS = 1.5
LONGEST_MOMENT_SECONDS = 0.8
PATIENCE_SECONDS = 60.0
POISONS = ("segfault", "killed", "aborting", "memory_limited", "silent", "babbling")


class ChildEngine(ScriptedEngine):
    """Runs, in a child process, the renderer that a prompt names."""

    async def perform(self, action: Action, sources: tuple[Source, ...], context: Context) -> Rendition:
        """Perform an action by the renderer of this name."""
        assert isinstance(action, Generate)  # noqa: S101 - nothing else is asked for here
        return await run_isolated(
            f"isolated_renderers:{action.prompt}",
            action,
            sources,
            context,
            ready_for="isolated_renderers:well",
        )


@dataclass
class Row:
    """What became of one kind of trouble."""

    trouble: str
    expected: str
    ended: list[str] = field(default_factory=list)
    neighbour: str = ""
    gone_seconds: list[float] = field(default_factory=list)
    processes_left: int = 0
    threads_left: int = 0

    @property
    def is_good(self) -> bool:
        """Whether all went as it should."""
        return (
            set(self.ended) <= {self.expected}
            and self.neighbour in ("succeeded", "-")
            and max(self.gone_seconds, default=0) <= GOAL_SECONDS
            and self.processes_left == self.threads_left == 0
        )

    def cells(self) -> list[str]:
        """As it is printed."""
        times = self.gone_seconds
        return [
            self.trouble,
            f"{len(self.ended)} {'/'.join(sorted(set(self.ended)))}",
            self.neighbour,
            f"{statistics.median(times):.2f}" if times else "-",
            f"{max(times):.2f}" if times else "-",
            str(self.processes_left),
            str(self.threads_left),
            "ok" if self.is_good else "FAILED",
        ]


def parents() -> dict[int, int]:
    """The parent of each process that has not ended, by its number."""
    found: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state not in "ZX":
                found[int(path.parent.name)] = int(parent)
    return found


def descendants() -> set[int]:
    """The living processes below this one."""
    parent_of = parents()
    found: set[int] = set()
    newer = {os.getpid()}
    while newer:
        newer = {pid for pid, parent in parent_of.items() if parent in newer} - found
        found |= newer
    return found


def fork_servers() -> set[int]:
    """The processes that fork children: one, or none where it died and nobody has needed it since."""
    # The command line of a child is that of the process it was forked from.
    return {pid for pid, parent in parents().items() if parent == os.getpid() and "--nursery" in command(pid)}


def command(pid: int) -> str:
    """The command line of a process; nothing where it has ended."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    return ""


def renderers() -> set[int]:
    """The children at work, and what they have started."""
    return descendants() - fork_servers()


async def until(holds: Callable[[], bool]) -> float:
    """Seconds until something holds; a long time where it never does."""
    begun = time.monotonic()
    while not holds() and time.monotonic() - begun < PATIENCE_SECONDS:  # noqa: ASYNC110 - other processes
        await asyncio.sleep(0.005)
    return time.monotonic() - begun


def threads() -> int:
    """Threads that belong to a child."""
    return sum(thread.name == "child" for thread in threading.enumerate())


class Trial:
    """A studio with a task that works beside the trouble."""

    def __init__(self, studio: Studio, home: Path) -> None:
        self.studio = studio
        self._gate = home / "gate"
        self._neighbours: set[int] = set()

    async def submit(self, renderer: str) -> Task:
        """Ask for a song by one of the renderers."""
        return await self.studio.submit(parse_action({"action": "generate", "prompt": renderer, "seed": "7"}))

    async def end(self, task: Task) -> str:
        """How a task ends."""
        return told((await self.studio.wait(task.id, PATIENCE_SECONDS)).state)

    @contextlib.asynccontextmanager
    async def row(self, row: Row) -> AsyncIterator[Row]:
        """Have a neighbour work for as long as the block lasts, and count what is left behind."""
        self._gate.unlink(missing_ok=True)
        neighbour = await self.submit("until_told")
        await until(lambda: len(renderers()) == 1)
        self._neighbours = renderers()
        yield row
        self._gate.touch()
        row.neighbour = await self.end(neighbour)
        await until(lambda: not (threads() or renderers()))
        row.processes_left, row.threads_left = len(renderers()), threads()

    def troubled(self) -> set[int]:
        """The processes of the task that is in trouble."""
        return renderers() - self._neighbours

    async def cancelled(self, task: Task) -> tuple[str, float]:
        """Cancel a task beside the neighbour; how it ended, and seconds until its processes were gone."""
        begun = time.monotonic()
        state = (await self.studio.cancel(task.id)).state
        await until(lambda: not self.troubled())
        return told(state), time.monotonic() - begun


def told(state: State) -> str:
    """One word for how a task stands."""
    match state:
        case Succeeded():
            return "succeeded"
        case Failed(failure=failure):
            return failure.code
        case _:
            return type(state).__name__.lower()


async def cancels(trial: Trial, count: int, chance: random.Random) -> Row:
    """Cancel at random moments."""
    async with trial.row(Row(f"{count} cancels at random moments", "cancelled")) as row:
        for _ in range(count):
            task = await trial.submit("without_end")
            await asyncio.sleep(chance.uniform(0, LONGEST_MOMENT_SECONDS))
            ended, seconds = await trial.cancelled(task)
            row.ended.append(ended)
            row.gone_seconds.append(seconds)
    return row


async def poisoned(trial: Trial, renderer: str, expected: str) -> Row:
    """Let a child die, or say what it should not."""
    async with trial.row(Row(f"child: {renderer}", expected)) as row:
        row.ended.append(await trial.end(await trial.submit(renderer)))
    return row


async def cancelled_once_it_works(trial: Trial, renderer: str, trouble: str, *, processes: int) -> Row:
    """Cancel a child that has done what it is named for."""
    async with trial.row(Row(trouble, "cancelled")) as row:
        task = await trial.submit(renderer)
        await until(lambda: len(trial.troubled()) >= processes)
        if renderer == "stopped":
            await until(lambda: any(is_stopped(pid) for pid in trial.troubled()))
        ended, seconds = await trial.cancelled(task)
        row.ended.append(ended)
        row.gone_seconds.append(seconds)
    return row


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped by a signal."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[0] == "T"
    return False


def send(a_signal: signal.Signals) -> None:
    """Send a signal to what forks."""
    for pid in fork_servers():
        os.kill(pid, a_signal)


async def stopped_fork_server(trial: Trial) -> Row:
    """Stop what forks; the next request goes on with a new one."""
    async with trial.row(Row("fork server: stopped, then a request", "succeeded")) as row:
        send(signal.SIGSTOP)
        row.ended.append(await trial.end(await trial.submit("well")))
    return row


async def cancel_under_a_stopped_fork_server(trial: Trial) -> Row:
    """Stop what forks while its child works, and cancel that."""
    async with trial.row(Row("fork server: stopped, then a cancel", "cancelled")) as row:
        task = await trial.submit("without_end")
        await until(lambda: len(trial.troubled()) == 1)
        send(signal.SIGSTOP)
        ended, seconds = await trial.cancelled(task)
        row.ended.append(ended)
        row.gone_seconds.append(seconds)
    return row


async def killed_fork_server(trial: Trial) -> Row:
    """Kill what forks while its child works; that one is not disturbed, and the next has a new one."""
    async with trial.row(Row("fork server: killed, then a request", "succeeded")) as row:
        send(signal.SIGKILL)
        row.ended.append(await trial.end(await trial.submit("well")))
    return row


async def all_rows(home: Path, count: int, seed: int) -> list[Row]:
    """Every trouble in turn."""
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        show(row.cells())

    engines = {"scripted": ChildEngine}
    async with Studio.open(Settings(home=home, workers=3), engines=engines) as studio:
        trial = Trial(studio, home)
        if await trial.end(await trial.submit("well")) != "succeeded":
            sys.exit("no song could be made at all; run songwright doctor")
        add(await cancels(trial, count, random.Random(seed)))  # noqa: S311 - moments, not secrets
        for poison in POISONS:
            add(await poisoned(trial, poison, "crashed"))
        add(await poisoned(trial, "noisily", "succeeded"))
        add(await poisoned(trial, "stopped_at_first", "succeeded"))
        add(await cancelled_once_it_works(trial, "stopped", "child: stopped, then a cancel", processes=1))
        add(
            await cancelled_once_it_works(
                trial, "with_a_stray_without_end", "child: left a session, then a cancel", processes=2
            )
        )
        for fork_server_row in (stopped_fork_server, cancel_under_a_stopped_fork_server, killed_fork_server):
            add(await fork_server_row(trial))
    return rows


def show(cells: list[str]) -> None:
    """Print a line of the table."""
    widths = (38, 14, 10, 8, 8, 10, 8, 6)
    print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)), flush=True)


def main() -> None:
    """Run the rows, then look at what is left when the studio is closed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--cancels", type=int, default=50)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    logging.disable(logging.CRITICAL)
    begun = time.monotonic()
    show(["trouble", "tasks ended", "neighbour", "gone p50", "gone max", "processes", "threads", ""])
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(all_rows(Path(folder), arguments.cancels, arguments.seed))
    last = Row("after closing", "", neighbour="-")
    last.processes_left = len(descendants())
    last.threads_left = sum(not thread.daemon for thread in threading.enumerate()) - 1 + threads()
    show(last.cells())
    seconds = time.monotonic() - begun
    print(f"seconds until a cancelled task's process is gone, goal {GOAL_SECONDS}; {seconds:.0f} s in all")
    sys.exit(0 if all(row.is_good for row in [*rows, last]) else 1)


if __name__ == "__main__":
    main()
