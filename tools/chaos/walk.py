"""Walks every durable operation on the way of a task, and lets each go wrong in turn, in every way.

``python tools/chaos/walk.py [--every N]`` prints a table and ends with 1 where a promise was broken. It
forks, so it runs on Linux and macOS.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tools.chaos.faults import FAULTS, Fault  # noqa: E402 - the tools are no package that is installed
from tools.chaos.inspect_home import faults_of_home  # noqa: E402
from tools.chaos.victim import count_operations, resume, suffer  # noqa: E402

__all__ = ["Walked", "operations_of_a_task", "walk"]

_LONGEST_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of one operation that went wrong.

    Attributes:
        number: The operation's number on the way.
        reached: Whether the fault really happened.
        broken: Promises that were broken, in sentences.
    """

    number: int
    fault: Fault
    reached: bool
    broken: tuple[str, ...]


def operations_of_a_task() -> list[str]:
    """The names of the operations, in order, of a run in which nothing goes wrong."""
    with _home() as home:
        lines, _ = _run(lambda report: count_operations(home, report))
        broken = _broken(home, lines, frozenset())
    if broken:
        raise AssertionError(f"a run without a fault: {broken}")
    [told] = [line.removeprefix("operations ") for line in lines if line.startswith("operations ")]
    names: list[str] = json.loads(told)
    return names


def walk(number: int, fault: Fault) -> Walked:
    """Let one operation go wrong, and look at what is left when all has been worked off."""
    with _home() as home:
        lines, status = _run(lambda report: suffer(home, fault, number, report))
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        if killed or fault != "kill":
            more, second = _run(lambda report: resume(home, report))
            lines += more
            status = second if killed else status or second
        broken = _broken(home, lines, frozenset() if fault == "kill" else frozenset({"storage"}))
        if status:
            broken.append(f"the process ended with {status}")
    return Walked(number, fault, killed or fault != "kill", tuple(broken))


def _broken(home: Path, lines: list[str], may_fail_by: frozenset[str]) -> list[str]:
    accepted = [line.removeprefix("accepted ") for line in lines if line.startswith("accepted ")]
    told = [line for line in lines if line.startswith(("never ended", "input gone"))]
    return told + faults_of_home(home, accepted, may_fail_by)


@contextmanager
def _home() -> Iterator[Path]:
    """A folder for a home, removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="songwright-chaos-"))
    try:
        yield folder / "home"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(work: Callable[[Callable[[str], None]], None]) -> tuple[list[str], int]:
    """Do work in a forked process; the lines it reported, and how it ended."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reading)
        logging.disable(logging.CRITICAL)
        code = 1
        try:
            work(lambda line: os.write(writing, f"{line}\n".encode()) and None)
            code = 0
        except BaseException:  # noqa: BLE001 - the process ends here, whatever it was
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    watchdog = time.monotonic() + _LONGEST_SECONDS
    with os.fdopen(reading, encoding="utf-8") as pipe:
        lines = pipe.read().splitlines()
    while True:
        ended, status = os.waitpid(process, os.WNOHANG)
        if ended:
            return lines, status
        if time.monotonic() > watchdog:
            os.kill(process, signal.SIGKILL)
        time.sleep(0.005)


def _walk_in_order(points: list[tuple[int, Fault]], processes: int) -> Iterator[Walked]:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tools.chaos.walk"])
    with context.Pool(processes) as pool:
        yield from pool.imap(_walk_point, points)


def _walk_point(point: tuple[int, Fault]) -> Walked:
    return walk(*point)


def main() -> int:
    """Walk, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="walk every so manieth operation only")
    parser.add_argument("--only", type=int, nargs="*", help="walk these operations only")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    began = time.monotonic()
    names = operations_of_a_task()
    numbers = options.only or range(0, len(names), options.every)
    points = [(number, fault) for fault in FAULTS for number in numbers]
    broken: Counter[Fault] = Counter()
    reached: Counter[Fault] = Counter()
    say = sys.stdout.write
    say(f"{len(names)} durable operations on the way of two tasks (a song with a lent token and a callback, ")
    say("an import of a recording)\n")
    for walked in _walk_in_order(points, options.processes):
        reached[walked.fault] += walked.reached
        if walked.broken:
            broken[walked.fault] += 1
            say(f"  {walked.fault} at {walked.number} ({names[walked.number]}): {'; '.join(walked.broken)}\n")
            sys.stdout.flush()
    say("\n| fault | operations | reached | broken promises |\n| --- | --- | --- | --- |\n")
    for fault in FAULTS:
        count = sum(point[1] == fault for point in points)
        say(f"| {fault} | {count} | {reached[fault]} | {broken[fault]} |\n")
    say(f"{time.monotonic() - began:.0f} s\n")
    return 1 if broken.total() else 0


if __name__ == "__main__":
    sys.exit(main())
