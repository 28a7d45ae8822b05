"""A copy of the source to change, and runs of pytest on it; the tree that is worked on stays as it is."""

from __future__ import annotations

import compileall
import contextlib
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path

import pytest
from tools.mutating.operators import Mutant

__all__ = ["ROOT", "SOURCE", "Verdict", "Workspace"]

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "songwright"
_UNCHECKED = py_compile.PycInvalidationMode.UNCHECKED_HASH


class Verdict(StrEnum):
    """What became of a mutant.

    ``BROKEN`` is code that can't even be imported: no test has told anything, so it counts neither way.
    """

    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"
    BROKEN = "broken"


class Workspace:
    """A copy of the source in a folder of its own. One run at a time."""

    def __init__(self, folder: Path) -> None:
        """Copy the source below a folder that is there, and compile it."""
        self._folder = folder
        self._source = folder / "src" / "songwright"
        shutil.copytree(SOURCE, self._source, ignore=shutil.ignore_patterns("__pycache__"))
        # Compiled once, and never looked at again: a change may keep a file's size and second.
        compileall.compile_dir(self._source, quiet=2, invalidation_mode=_UNCHECKED)

    def judge(self, mutant: Mutant, tests: Sequence[str], *, limit_seconds: float) -> Verdict:
        """Run some tests on a change, up to the first that fails."""
        with self._changed(mutant):
            code = self.run(["-x", *tests], limit_seconds=limit_seconds)
        match code:
            case None:
                return Verdict.TIMED_OUT
            case pytest.ExitCode.OK:
                return Verdict.SURVIVED
            case pytest.ExitCode.TESTS_FAILED:
                return Verdict.KILLED
            case _:
                return Verdict.BROKEN

    def record(self, tests: str, target: Path) -> int | None:
        """Write down which lines each test of a path runs; the plugin ``recording`` says how."""
        more = {"SONGWRIGHT_RECORD": str(self._source), "SONGWRIGHT_RECORD_TO": str(target)}
        return self.run(["-p", "tools.mutating.recording", tests], limit_seconds=1800, **more)

    def run(self, arguments: Sequence[str], *, limit_seconds: float, **more: str) -> int | None:
        """Run pytest on this copy; its exit code, or None where it took too long and was ended."""
        with (
            tempfile.TemporaryDirectory(dir=self._folder) as scratch,
            (self._folder / "log").open("wb") as log,
        ):
            environment = os.environ | more
            environment["PYTHONPATH"] = str(self._source.parent)
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
            environment["HYPOTHESIS_STORAGE_DIRECTORY"] = str(Path(scratch, "hypothesis"))
            command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider"]
            command += ["--hypothesis-seed=0", f"--basetemp={scratch}/tests", *arguments]
            process = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True
            )
            try:
                return process.wait(limit_seconds)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end(process)

    @property
    def log(self) -> str:
        """What the latest run printed."""
        return (self._folder / "log").read_text(errors="replace")

    @contextlib.contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        file = self._source / mutant.path.relative_to(SOURCE)
        original = file.read_bytes()
        file.write_bytes(mutant.applied(original))
        try:
            with contextlib.suppress(py_compile.PyCompileError):
                py_compile.compile(str(file), doraise=True, invalidation_mode=_UNCHECKED)
            yield
        finally:
            file.write_bytes(original)
            py_compile.compile(str(file), invalidation_mode=_UNCHECKED)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run and the servers that its tests have started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()
