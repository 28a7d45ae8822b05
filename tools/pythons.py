"""Whether the built package makes songs on every Python that it claims and that can be had here.

For each such Python: an empty environment outside the repository, the wheel in it, ``songwright --version``,
``songwright doctor``, and a real song. Then the oldest and the newest take turns in one home folder, since
what one writes there the other must be able to read.

``make pythons`` does so for all; ``--newest`` for the newest alone; ``--tests`` runs quick tests of tasks,
library and server there too. ``--path oldest`` prints where that Python is. A Python that can't be had is
told, and is no failure. Needs nothing but the standard library.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_CLAIM = re.compile(r"Programming Language :: Python :: 3\.(\d+)$")
_USABLE = "import ensurepip, sqlite3, ssl, sys, venv; print(sys.version_info[1], sqlite3.sqlite_version)"
_REQUEST = ("pop, 12 seconds, 120 bpm", "--instrumental", "--seed", "3")
# Installing takes a minute and a song some 20 seconds of two quiet cores; a busy machine may take ten times
# as long.
_INSTALL_SECONDS = 900.0
_SONG_SECONDS = 240.0
_TESTS_SECONDS = 900.0
_DOWNLOAD_SECONDS = 120.0
# The request asks for 12 seconds and the engine ends on a bar, which is 2 seconds long, and lets it ring.
_SHORTEST_SECONDS = 10.0
_LENGTH = "import soundfile, sys; print(soundfile.info(sys.argv[1]).duration)"
_QUICK_TESTS = ("tests/tasks", "tests/library", "tests/server")


class FailedError(Exception):
    """One step has failed on one Python; the message tells which, and what it printed."""


@dataclass(frozen=True, slots=True)
class Python:
    """An interpreter of this machine.

    Attributes:
        minor: The 11 of 3.11.
        sqlite: The version of SQLite that it was built with or finds.
    """

    path: Path
    minor: int
    sqlite: str

    def __str__(self) -> str:
        return f"Python 3.{self.minor} (SQLite {self.sqlite})"


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that has the wheel in it, and nothing of the repository."""

    python: Python
    folder: Path

    def run(self, step: str, *command: str, seconds: float, home: Path | None = None) -> str:
        """Run a command of the environment; what it printed.

        Raises:
            FailedError: It ended otherwise than with 0, or took too long.
        """
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        environment |= {"SONGWRIGHT_HOME": str(home or self.folder / "home"), "SONGWRIGHT_ENGINE": "local"}
        program = str(self.folder / ("Scripts" if os.name == "nt" else "bin") / command[0])
        where = ROOT if command[:3] == ("python", "-m", "pytest") else self.folder
        return _run(
            f"{self.python}: {step}", [program, *command[1:]], seconds=seconds, env=environment, cwd=where
        )


def main() -> int:
    """Try the Pythons; 1 where one of them fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--newest", action="store_true", help="only the newest, and turns with the oldest")
    parser.add_argument("--tests", action="store_true", help="run the quick tests on the newest too")
    parser.add_argument("--path", choices=["oldest", "newest"], help="only print where that Python is")
    arguments = parser.parse_args()
    pythons = available()
    if arguments.path:
        print(pythons[0 if arguments.path == "oldest" else -1].path)
        return 0
    with tempfile.TemporaryDirectory(prefix="songwright-pythons-") as scratch:
        try:
            return _try_all(pythons, Path(scratch), newest_only=arguments.newest, tests=arguments.tests)
        except FailedError as failure:
            print(f"FAILED {failure}", file=sys.stderr)
            return 1


def available() -> list[Python]:
    """One Python for each claimed version that can be had, the oldest first. Says which can't."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    claimed = [int(match[1]) for line in project["classifiers"] if (match := _CLAIM.match(line))]
    found: dict[int, Python] = {}
    for minor in claimed:
        usable = (_looked_at(path) for path in _candidates(minor))
        there = next((python for python in usable if python is not None and python.minor == minor), None)
        if there is None:
            print(f"no Python 3.{minor} here; it stays untested", file=sys.stderr)
        else:
            found[minor] = there
    if not found:
        raise SystemExit(
            f"no Python that the package claims is here; install one of 3.{min(claimed)} and newer"
        )
    return [found[minor] for minor in sorted(found)]


def _candidates(minor: int) -> Iterator[Path]:
    """Where an interpreter may be: this one, the path, pyenv, and what uv has or can fetch."""
    if sys.version_info[1] == minor:
        yield Path(sys.executable)
    name = f"python3.{minor}"
    for folder in os.get_exec_path():
        if there := shutil.which(name, path=folder):
            yield Path(there)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    yield from sorted((pyenv / "versions").glob(f"3.{minor}.*/bin/python"), reverse=True)
    if uv := shutil.which("uv"):
        for command in (["find"], ["install", "--quiet"], ["find"]):
            try:
                answer = _run("uv", [uv, "python", *command, f"3.{minor}"], seconds=_DOWNLOAD_SECONDS)
            except FailedError:
                continue
            if command == ["find"]:
                yield Path(answer.strip())


def _looked_at(path: Path) -> Python | None:
    """The interpreter at a path, where it has all that an environment needs."""
    try:
        minor, sqlite = _run("look", [str(path), "-c", _USABLE], seconds=30).split()
    except (FailedError, OSError, ValueError):
        return None
    return Python(path, int(minor), sqlite)


def _try_all(pythons: list[Python], scratch: Path, *, newest_only: bool, tests: bool) -> int:
    wheel = _built_wheel(scratch)
    chosen = pythons[-1:] if newest_only else pythons
    ready = []
    for python in chosen:
        installed = _installed(python, wheel, scratch, tests=tests and python is pythons[-1])
        seconds = _tried(installed)
        ready.append(installed)
        print(f"{python}: version, doctor, a song in {seconds:.0f} s", flush=True)
        if tests and python is pythons[-1]:
            # Python 3.13 tells of a connection that a test left open when it is collected, in any later test.
            late = ("-W", "ignore::pytest.PytestUnraisableExceptionWarning")
            command = ("python", "-m", "pytest", "-q", "-n", "auto", *late, "-m", "not slow and not evidence")
            print(installed.run("tests", *command, *_QUICK_TESTS, seconds=_TESTS_SECONDS).splitlines()[-1])
    if len(pythons) > 1:
        others = [_installed(pythons[0], wheel, scratch)] if newest_only else ready[:1]
        _take_turns(others[0], ready[-1], scratch / "shared")
        print(f"{pythons[0]} and {pythons[-1]}: songs by turns in one home", flush=True)
    return 0


def _built_wheel(scratch: Path) -> Path:
    tools = scratch / "build"
    _run("venv", [sys.executable, "-m", "venv", str(tools)], seconds=_INSTALL_SECONDS)
    pip = [str(tools / ("Scripts" if os.name == "nt" else "bin") / "python"), "-m", "pip", "--quiet"]
    wheels = str(scratch / "wheels")
    _run("wheel", [*pip, "wheel", "--no-deps", "-w", wheels, str(ROOT)], seconds=_INSTALL_SECONDS)
    (wheel,) = Path(wheels).glob("*.whl")
    return wheel


def _installed(python: Python, wheel: Path, scratch: Path, *, tests: bool = False) -> Installed:
    folder = scratch / f"3.{python.minor}"
    _run("venv", [str(python.path), "-m", "venv", str(folder)], seconds=_INSTALL_SECONDS)
    installed = Installed(python, folder)
    pip = ("python", "-m", "pip", "--quiet", "install")
    if tests:
        # Groups came with pip 25.1, which is newer than what some Pythons bring.
        installed.run("pip", *pip, "--upgrade", "pip>=25.1", seconds=_INSTALL_SECONDS)
        group = ("--group", f"{ROOT / 'pyproject.toml'}:dev")
        installed.run("install", *pip, str(wheel), *group, seconds=_INSTALL_SECONDS)
    else:
        installed.run("install", *pip, str(wheel), seconds=_INSTALL_SECONDS)
    return installed


def _tried(installed: Installed) -> float:
    """How many seconds the song took."""
    installed.run("version", "songwright", "--version", seconds=_SONG_SECONDS)
    installed.run("doctor", "songwright", "doctor", seconds=_SONG_SECONDS)
    began = time.monotonic()
    _make(installed, installed.folder / "home")
    return time.monotonic() - began


def _make(installed: Installed, home: Path) -> None:
    target = installed.folder / "x.flac"
    target.unlink(missing_ok=True)
    make = ("songwright", "make", *_REQUEST, "-o", str(target))
    installed.run("song", *make, seconds=_SONG_SECONDS, home=home)
    length = float(installed.run("length", "python", "-c", _LENGTH, str(target), seconds=_SONG_SECONDS))
    if length < _SHORTEST_SECONDS:
        raise FailedError(f"{installed.python}: the song is {length:.1f} s long")


def _take_turns(oldest: Installed, newest: Installed, home: Path) -> None:
    """A home that the newest has worked in works for the oldest, and the other way about."""
    for installed in (newest, oldest, newest):
        _make(installed, home)
    told = oldest.run("list", "songwright", "songs", seconds=_SONG_SECONDS, home=home)
    if len([line for line in told.splitlines() if line.strip()]) < len((newest, oldest, newest)):
        raise FailedError("songs that one Python has made are missing for the other")


def _run(
    step: str,
    command: list[str],
    *,
    seconds: float,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
) -> str:
    try:
        done = subprocess.run(
            command,
            env=env,
            cwd=cwd,
            timeout=seconds,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        printed = (
            late.stderr.decode(errors="replace") if isinstance(late.stderr, bytes) else late.stderr or ""
        )
        raise FailedError(f"{step}: took longer than {seconds:.0f} s\n{printed[-3000:]}") from None
    if done.returncode != 0:
        raise FailedError(
            f"{step}: exit code {done.returncode}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
