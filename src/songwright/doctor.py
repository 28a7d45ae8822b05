"""Whether songwright can work on this machine, and what to change where it can't."""

from __future__ import annotations

import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import anyio

from songwright.engines.local.composing.languages import supported_names
from songwright.engines.local.languages import INSTALL
from songwright.engines.local.singing.abroad.espeak import find_espeak
from songwright.engines.separation import available_methods
from songwright.errors import SongwrightError
from songwright.settings import Settings, load_settings
from songwright.studio import Studio

__all__ = ["Check", "examine"]

_LEAST_FREE_BYTES = 500 * 1024**2


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

    What separates recordings into stems, and which languages are sung, is told too; that more could be had is
    no fault.
    """
    try:
        settings = load_settings()
    except SongwrightError as error:
        return (_python(), Check("settings", ok=False, finding=error.message))
    checks = [_python(), Check("settings", ok=True, finding="valid"), _home(settings.home)]
    if checks[-1].ok:
        checks += [_disk(settings.home), _audio(), *_studio(settings), _separation(), _languages()]
    return tuple(checks)


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check("python", ok=sys.version_info >= (3, 11), finding=f"{version}; needs 3.11 or newer")


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


def _separation() -> Check:
    methods = available_methods()
    rank, chosen = next((rank, each) for rank, each in enumerate(methods) if each.ready)
    words = f"recordings are separated into stems by '{chosen.method}'"
    if rank:
        words += f"; for the best, '{methods[0].method}': {methods[0].advice}"
    return Check("separation", ok=True, finding=words)


def _languages() -> Check:
    espeak = find_espeak()
    if espeak is None:
        words = f"the local engine sings English; to add {supported_names(besides_english=True)}: `{INSTALL}`"
    else:
        where = "the program" if espeak.program else "the library"
        words = f"the local engine sings {supported_names()}; {where} of eSpeak NG is used"
    return Check("languages", ok=True, finding=words)


def _studio(settings: Settings) -> list[Check]:
    async def look() -> list[Check]:
        async with Studio.open(settings) as studio:
            return [await _library(studio), *await _engines(studio, settings)]

    return anyio.run(look)


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
