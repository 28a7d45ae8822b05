"""Change the code that guards what was promised, one small change at a time: does a test notice?

``make mutants`` draws a sample, the same for the same seed; ``--sample 0`` tries every change, which takes
hours. Printed, and written below ``build/mutants``: a table (file, mutants, tried, killed, score) and
every survivor with its line and its change. A survivor is either a behaviour that no test holds, or a change
that makes no difference; the first kind wants a test of the behaviour, never a copy of the code.

Why no library: mutmut leaves decorated functions alone and can't be told which tests are near; cosmic-ray
takes any exit code for a kill, that of a file that can't be imported too, and changes the tree that is worked
on. Neither draws a sample by a seed.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import queue
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.mutating.nearest import TESTS, Tests  # noqa: E402
from tools.mutating.operators import Mutant, mutants_of  # noqa: E402
from tools.mutating.workspace import SOURCE, Verdict, Workspace  # noqa: E402

PATHS = ("tasks", "library", "outbound.py", "access.py", "http", "server")
BUILD = ROOT / "build" / "mutants"
# A killed mutant costs some 8 processor seconds, a survivor up to 60: about 25 minutes on two cores.
SAMPLE = 200
_SHOWN_CHARACTERS = 90


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant and what became of it. ``reached`` is whether any test runs its line in the tests' process."""

    mutant: Mutant
    verdict: Verdict
    reached: bool


def main() -> int:
    """Record the tests, try the mutants, print the table. 1 where a test fails without any change."""
    arguments = _parse()
    mutants = [mutant for file in _files(arguments.paths) for mutant in mutants_of(file)]
    drawn = mutants
    if arguments.sample and arguments.sample < len(mutants):
        drawn = random.Random(arguments.seed).sample(mutants, arguments.sample)  # noqa: S311 - not for secrets
    if arguments.line is not None:
        drawn = [mutant for mutant in mutants if mutant.line in arguments.line]
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mutants-") as scratch:
        spaces: queue.SimpleQueue[Workspace] = queue.SimpleQueue()
        for number in range(arguments.workers):
            folder = Path(scratch, str(number))
            folder.mkdir()
            spaces.put(Workspace(folder))
        tests = _record(spaces, arguments.workers)
        for test in sorted(tests.failed):
            print(f"fails without any change, and is left out: {test}", file=sys.stderr)
        tried = _try(drawn, tests, spaces, arguments.workers)
    report = "\n".join([*_table(mutants, tried), "", *_survivors(tried), ""])
    (BUILD / "report.md").write_text(report, encoding="utf-8")
    print(report)
    return int(bool(tests.failed))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("paths", nargs="*", default=PATHS, help="files and folders below src/songwright")
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many mutants; 0 for all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=min(os.cpu_count() or 1, 4))
    parser.add_argument("--line", type=int, action="append", help="only mutants that begin on this line")
    return parser.parse_args()


def _files(paths: Sequence[str]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        there = SOURCE / path
        files += sorted(there.rglob("*.py")) if there.is_dir() else [there]
    return files


def _record(spaces: queue.SimpleQueue[Workspace], workers: int) -> Tests:
    """Run the tests unchanged, unless that was done for these very files."""
    digest = hashlib.sha256()
    for file in sorted([*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), Path(__file__)]):
        digest.update(file.read_bytes())
    folder = BUILD / "records" / digest.hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    targets = {test: folder / (test.replace("/", "-") + ".json") for test in TESTS}

    def record(test: str) -> None:
        if targets[test].exists():
            return
        space = spaces.get()
        try:
            space.record(test, targets[test])
            if not targets[test].exists():
                raise SystemExit(f"{test} could not be run:\n{space.log}")
        finally:
            spaces.put(space)

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(record, TESTS))
    return Tests(list(targets.values()))


def _try(
    mutants: Sequence[Mutant], tests: Tests, spaces: queue.SimpleQueue[Workspace], workers: int
) -> list[Tried]:
    began = time.monotonic()

    def attempt(numbered: tuple[int, Mutant]) -> Tried:
        number, mutant = numbered
        selection = tests.nearest(mutant)
        space = spaces.get()
        try:
            verdict = (
                space.judge(mutant, selection.tests, limit_seconds=selection.limit_seconds)
                if selection.tests
                else Verdict.SURVIVED
            )
        finally:
            spaces.put(space)
        minutes = (time.monotonic() - began) / 60
        place = f"{_name(mutant)}:{mutant.line}"
        print(
            f"{number:4} {minutes:5.1f} min  {verdict:9}  {place}  {mutant.operator}",
            file=sys.stderr,
            flush=True,
        )
        return Tried(mutant, verdict, selection.reached)

    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(attempt, enumerate(mutants, 1)))


def _table(mutants: Sequence[Mutant], tried: Sequence[Tried]) -> list[str]:
    lines = [
        "| file | mutants | tried | killed | timed out | survived | broken | score |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    names = sorted({_name(one.mutant) for one in tried})
    lines += [_row(name, mutants, [one for one in tried if _name(one.mutant) == name]) for name in names]
    lines.append(_row("all", mutants, tried))
    return lines


def _row(name: str, mutants: Sequence[Mutant], tried: Sequence[Tried]) -> str:
    there = len([mutant for mutant in mutants if name in ("all", _name(mutant))])
    count = {verdict: sum(one.verdict is verdict for one in tried) for verdict in Verdict}
    caught = count[Verdict.KILLED] + count[Verdict.TIMED_OUT]
    told = caught + count[Verdict.SURVIVED]
    score = f"{caught / told:.0%}" if told else "-"
    cells = [
        name,
        there,
        len(tried),
        count[Verdict.KILLED],
        count[Verdict.TIMED_OUT],
        count[Verdict.SURVIVED],
    ]
    return f"| {' | '.join(map(str, [*cells, count[Verdict.BROKEN], score]))} |"


def _survivors(tried: Sequence[Tried]) -> list[str]:
    survivors = [one for one in tried if one.verdict is Verdict.SURVIVED]
    survivors.sort(key=lambda one: (str(one.mutant.path), one.mutant.start))
    return [
        f"- {_name(one.mutant)}:{one.mutant.line} {one.mutant.operator}"
        f"{'' if one.reached else ' (line not run in the tests process)'}: "
        f"`{_short(one.mutant.before(one.mutant.path.read_bytes()))}` -> `{_short(one.mutant.replacement)}`"
        for one in survivors
    ]


def _name(mutant: Mutant) -> str:
    return mutant.path.relative_to(SOURCE).as_posix()


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 3] + "..."


if __name__ == "__main__":
    sys.exit(main())
