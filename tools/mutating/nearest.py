"""Which tests are asked about a change: those of the nearest folders that run the changed line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.mutating.operators import Mutant
from tools.mutating.workspace import SOURCE

__all__ = ["TESTS", "Selection", "Tests"]

# What is recorded, each by a run of its own. Journeys and the engines' own tests are far from this code.
TESTS = (
    "tests/tasks",
    "tests/library",
    "tests/server",
    "tests/http",
    "tests/contract",
    "tests/test_outbound.py",
    "tests/test_fetching.py",
    "tests/test_importing.py",
    "tests/test_studio.py",
    "tests/test_cli.py",
    "tests/test_settings.py",
)
# Lines that no test runs in its own process are run by servers that tests start as processes.
_SERVER_PROCESSES = (
    "tests/server/test_mcp_stdio.py",
    "tests/tasks/test_durability.py",
    "tests/test_cli.py",
)
# A change is asked of so many processor seconds of tests at most, those of its own folder first. Nearly all
# tests of one folder fit. A survivor costs all of them; a sample of 200 then takes half an hour on two cores.
_MOST_SECONDS = 60.0
# What a test waits for, a server or a song in its first setup, is not all counted as processor time.
_LEAST_LIMIT_SECONDS = 60.0
_SLOWDOWN = 8.0


@dataclass(frozen=True, slots=True)
class Selection:
    """The tests to run.

    Attributes:
        tests: pytest's arguments.
        limit_seconds: What takes longer than this has been caught by the clock.
        reached: Whether a test runs the changed line in its own process.
    """

    tests: tuple[str, ...]
    limit_seconds: float
    reached: bool


class Tests:
    """What the recorded runs have told."""

    def __init__(self, records: Sequence[Path]) -> None:
        """Read the files that ``recording`` has written."""
        self._lines: dict[str, dict[int, set[str]]] = {}
        self._seconds: dict[str, float] = {}
        self.failed: set[str] = set()
        for record in records:
            told = json.loads(record.read_text())
            names = [name for name, _ in told["tests"]]
            self._seconds |= dict(told["tests"])
            self.failed |= set(told["failed"])
            for path, lines in told["lines"].items():
                known = self._lines.setdefault(path, {})
                for line, tests in lines.items():
                    known.setdefault(int(line), set()).update(names[place] for place in tests)

    def nearest(self, mutant: Mutant) -> Selection:
        """The tests that run the changed line, else those that run its file, else those of whole servers."""
        lines = self._lines.get(mutant.path.relative_to(SOURCE).as_posix(), {})
        found: set[str] = set()
        for line in range(mutant.line, mutant.line + mutant.lines):
            found |= lines.get(line, set())
        reached = bool(found)
        if not reached:
            found = lines.get(mutant.statement_line, set())
        if not found and mutant.in_function:
            within = set(_SERVER_PROCESSES)
            found = {test for test in self._seconds if test.partition("::")[0] in within}
        if not found:
            found = set().union(*lines.values()) if lines else set()
        near = _near(mutant)
        return self._bounded(found - self.failed, near, reached=reached)

    def _bounded(self, tests: set[str], near: tuple[str, ...], *, reached: bool) -> Selection:
        files: dict[str, list[str]] = {}
        for test in self._seconds:  # in the order in which they ran, so that files stay together
            if test in tests:
                files.setdefault(test.partition("::")[0], []).append(test)

        def far_and_slow(file: str) -> tuple[bool, float]:
            seconds = [self._seconds[test] for test in files[file]]
            return not file.startswith(near), sum(seconds) / len(seconds)

        chosen: list[str] = []
        total = 0.0
        for test in (test for file in sorted(files, key=far_and_slow) for test in files[file]):
            if chosen and total + self._seconds[test] > _MOST_SECONDS:
                continue
            chosen.append(test)
            total += self._seconds[test]
        return Selection(tuple(chosen), _LEAST_LIMIT_SECONDS + _SLOWDOWN * total, reached)


def _near(mutant: Mutant) -> tuple[str, ...]:
    """How the names of the tests begin that are about a file: those of its folder or its own."""
    first = mutant.path.relative_to(SOURCE).parts[0]
    return (f"tests/{first}/", f"tests/test_{first.removesuffix('.py')}")
