"""A process with a studio that accepts tasks, works on them, and is made to suffer."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr
from tools.chaos.faults import Fault, Operations

from songwright.engines.base import Engine
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import SongwrightError
from songwright.music.actions import parse_action
from songwright.music.imports import ImportAudio
from songwright.music.task import is_terminal
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs

__all__ = ["count_operations", "resume", "suffer"]

_PATIENCE_SECONDS = 60.0
_WAV = (
    b"RIFF"
    + (36 + 88200).to_bytes(4, "little")
    + b"WAVEfmt \x10\0\0\0\1\0\1\0\x44\xac\0\0\x88\x58\1\0\2\0\x10\0data"
    + (88200).to_bytes(4, "little")
    + bytes(88200)
)


class _LentTo(ScriptedEngine):
    """An engine that a caller pays; it refuses to work for anybody else."""

    def __init__(self, *, paid: bool = False) -> None:
        super().__init__(name="lent")
        self._paid = paid

    def for_caller(self, token: SecretStr) -> Engine:
        del token
        return _LentTo(paid=True)

    def check(self, action: object, songs: object) -> None:
        del action, songs


class _Jobs(InProcessJobs):
    """Tells of the hand-over of a job."""

    operations: Operations | None = None

    def enqueue(self, job_id: str, task_id: str) -> None:
        if self.operations is not None:
            self.operations.happens("enqueue")
        super().enqueue(job_id, task_id)


def suffer(home: Path, fault: Fault | None, at: int, report: Callable[[str], None]) -> None:
    """Accept tasks and work on them, with a fault at one operation; report each task that was accepted."""
    operations = Operations(home, fault, at, on_removal=lambda path: _watch_removal(home, path, report))
    asyncio.run(_suffer(home, operations, report))
    report(f"operations {json.dumps(operations.names)}")


def count_operations(home: Path, report: Callable[[str], None]) -> None:
    """Do the same without a fault."""
    suffer(home, None, -1, report)


def resume(home: Path, report: Callable[[str], None]) -> None:
    """Work on what another process left behind, until nothing is unfinished."""
    asyncio.run(_resume(home, report))


@asynccontextmanager
async def _studio(home: Path) -> AsyncIterator[Studio]:
    engines = {"scripted": ScriptedEngine, "lent": _LentTo}
    async with Studio.open(Settings(home=home, workers=1), engines=engines, jobs=_Jobs) as studio:
        yield studio


async def _suffer(home: Path, operations: Operations, report: Callable[[str], None]) -> None:
    async with _studio(home) as studio:
        await studio.resume()  # the tables are there before anything goes wrong
        operations.watch()
        _Jobs.operations = operations
        for ask in (_ask_with_a_token, _ask_for_an_import):
            try:
                task_id = await ask(home, studio)
            except (SongwrightError, OSError) as error:
                # Not acknowledged: the caller knows. Whatever else is an error of the product.
                report(f"refused {type(error).__name__}")
                continue
            report(f"accepted {task_id}")
            await _end_of(studio, task_id, report)


async def _ask_with_a_token(home: Path, studio: Studio) -> str:
    del home
    action = parse_action(
        {"action": "generate", "prompt": "a song", "callback_url": "https://receiver.example.com/hook"}
    )
    task = await studio.submit(action, engine="lent", request_id="a", caller_token=SecretStr("borrowed"))
    return task.id


async def _ask_for_an_import(home: Path, studio: Studio) -> str:
    file = home.parent / f"{home.name}.wav"
    file.write_bytes(_WAV)
    task = await studio.import_audio(ImportAudio(source=await studio.receive(file)), request_id="b")
    return task.id


async def _end_of(studio: Studio, task_id: str, report: Callable[[str], None]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            if is_terminal((await studio.wait(task_id, 1)).state):
                return
        except SongwrightError:
            await asyncio.sleep(0.1)  # the trouble passes
    report(f"never ended {task_id}")


async def _resume(home: Path, report: Callable[[str], None]) -> None:
    began = time.monotonic()
    async with _studio(home) as studio:
        await studio.resume()
        for status in ("queued", "running"):
            for task in (await studio.tasks(status)).items:
                await _end_of(studio, task.id, report)
        # The worker sweeps when it looks at the home for the first time.
        while time.monotonic() < began + _PATIENCE_SECONDS and not _is_swept(home):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def _is_swept(home: Path) -> bool:
    return not any(
        entry.name[:1] != "." and not entry.name.endswith(".lock")
        for name in ("work", "tokens", "incoming")
        if (home / name).is_dir()
        for entry in (home / name).iterdir()
        if not (name == "incoming" and entry.name.startswith("arriving-"))
    )


def _watch_removal(home: Path, path: Path, report: Callable[[str], None]) -> None:
    """Report an input that goes while its task has not ended."""
    if path.parent.name not in ("tokens", "incoming") or path.parent.parent != home:
        return
    with sqlite3.connect(f"file:{home / 'library.db'}?mode=ro", uri=True, timeout=10) as connection:
        found = connection.execute("SELECT status FROM tasks WHERE id = ?", [path.name]).fetchone()
    connection.close()
    if found is not None and found[0] in ("queued", "running"):
        report(f"input gone {path.parent.name} of a {found[0]} task")


if __name__ == "__main__":
    sys.exit("run tools/chaos.py")
