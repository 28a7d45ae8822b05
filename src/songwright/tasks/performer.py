"""What a worker does with one task: perform it, then keep what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from songwright.engines.base import Context, Engine, Rendition, Source
from songwright.engines.isolation import CrashError
from songwright.engines.registry import Engines
from songwright.errors import EngineError, SongwrightError
from songwright.library.blobs import BlobName, Blobs, flush_to_disk, stem_blob
from songwright.library.songs import Library
from songwright.music.actions import source_ids
from songwright.music.song import Song
from songwright.music.task import Failure, Progress
from songwright.tasks.ledger import Job, Ledger
from songwright.tasks.port import Outcome
from songwright.tasks.wakeups import Wakeups

__all__ = ["MAX_ATTEMPTS", "Performer"]

MAX_ATTEMPTS = 3
_PROGRESS_INTERVAL_SECONDS = 0.25

_log = logging.getLogger(__name__)


class Performer:
    """Performs tasks and keeps their songs; can be told to leave off."""

    def __init__(
        self,
        *,
        engines: Engines,
        ledger: Ledger,
        library: Library,
        blobs: Blobs,
        wakeups: Wakeups,
        work: Path,
    ) -> None:
        """Work in the folder ``work``, on the same file system as the blobs."""
        self._engines = engines
        self._ledger = ledger
        self._library = library
        self._blobs = blobs
        self._wakeups = wakeups
        self._work = work
        self._running: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Task[Rendition]]] = {}
        self._lock = threading.Lock()
        self._closing = False

    async def perform(self, task_id: str) -> Outcome:
        """Make the sound, trying again when the renderer crashes.

        Returns:
            ``{"ended": True}`` when there is nothing more to do, ``{"failure": ...}``, or
            ``{"rendition": ..., "folder": ...}``.
        """
        while True:
            job = await asyncio.to_thread(self._ledger.begin, task_id)
            if job is None:
                return {"ended": True}
            self._wakeups.changed(task_id)
            if job.attempt > MAX_ATTEMPTS:
                return _failed(
                    "crashed",
                    f"the engine crashed {MAX_ATTEMPTS} times on this request and will not be tried again; "
                    "change the request, or name another engine",
                    retryable=False,
                )
            folder = self._work / task_id / str(job.attempt)
            try:
                rendition = await self._once(job, folder)
            except asyncio.CancelledError:
                if asyncio.current_task().cancelling():  # type: ignore[union-attr]
                    raise
                shutil.rmtree(self._work / task_id, ignore_errors=True)
                return {"ended": True}
            except CrashError:
                _log.warning("task %s: the renderer crashed in try %d", task_id, job.attempt)
                continue
            except SongwrightError as error:
                retryable = isinstance(error, EngineError) and error.retryable
                return _failed(error.code, error.message, retryable=retryable)
            except Exception as error:
                _log.exception("task %s failed in the engine %r", task_id, job.task.engine)
                return _failed(
                    "internal",
                    f"the engine '{job.task.engine}' failed unexpectedly ({type(error).__name__}); the server's "
                    "log has the cause; try again or name another engine",
                    retryable=True,
                )
            return {"rendition": rendition.model_dump(mode="json"), "folder": str(folder)}

    async def keep(self, task_id: str, outcome: Outcome) -> None:
        """Put what was made into the library and end the task."""
        await asyncio.to_thread(self._keep, task_id, outcome)
        self._wakeups.changed(task_id)

    def running(self) -> list[str]:
        """Ids of the tasks that this process is performing."""
        with self._lock:
            return list(self._running)

    def leave_off(self, task_id: str) -> None:
        """Stop performing a task that has ended in the ledger. Callable from any thread."""
        with self._lock:
            running = self._running.get(task_id)
        if running is not None:
            loop, performance = running
            with contextlib.suppress(RuntimeError):  # the loop has closed, and the work with it
                loop.call_soon_threadsafe(performance.cancel)

    async def _once(self, job: Job, folder: Path) -> Rendition:
        engine, sources = await asyncio.to_thread(self._prepare, job, folder)
        context = Context(
            folder=folder,
            seed=job.seed,
            report=self._reporter(job.task.id),
            memory=dict(job.memory),
            remember=lambda name, value: self._ledger.remember(job.task.id, name, value),
        )
        performance = asyncio.ensure_future(engine.perform(job.task.action, sources, context))
        with self._lock:
            self._running[job.task.id] = (asyncio.get_running_loop(), performance)
        try:
            rendition = await performance
        finally:
            with self._lock:
                self._running.pop(job.task.id, None)
        await asyncio.to_thread(_flush, rendition, folder)
        return rendition

    def _prepare(self, job: Job, folder: Path) -> tuple[Engine, tuple[Source, ...]]:
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        engine = self._engines.engine(job.task.engine)
        sources = tuple(self._source(song_id, job.principal) for song_id in source_ids(job.task.action))
        return engine, sources

    def _source(self, song_id: str, principal: str) -> Source:
        song = self._library.song(song_id, principal, field="audio_id")
        return Source(
            song=song,
            master=self._library.master(song),
            stems={stem: self._library.stem(song, stem) for stem in song.stems},
            score=self._library.score(song) if song.has_score else None,
        )

    def _reporter(self, task_id: str) -> Any:
        last_written = 0.0
        loop = asyncio.get_running_loop()

        def write(progress: Progress) -> None:
            self._ledger.progress(task_id, progress)
            self._wakeups.changed(task_id)

        def report(fraction: float, stage: str) -> None:
            nonlocal last_written
            now = time.monotonic()
            if now - last_written < _PROGRESS_INTERVAL_SECONDS:
                return
            last_written = now
            progress = Progress(fraction=min(1.0, max(0.0, fraction)), stage=stage[:80])
            loop.call_soon_threadsafe(lambda: loop.run_in_executor(None, write, progress))

        return report

    def _keep(self, task_id: str, outcome: Outcome) -> None:
        match outcome:
            case {"failure": failure}:
                self._ledger.fail(task_id, Failure.model_validate(failure))
            case {"rendition": rendition, "folder": folder}:
                self._keep_song(task_id, Rendition.model_validate(rendition), Path(folder))
            case _:
                pass
        shutil.rmtree(self._work / task_id, ignore_errors=True)

    def _keep_song(self, task_id: str, rendition: Rendition, folder: Path) -> None:
        job = self._ledger.job(task_id)
        if job is None:
            return
        engine = self._engines.engine(job.task.engine)
        files: dict[BlobName, Path] = {"master.flac": folder / rendition.master}
        files |= {stem_blob(stem): folder / name for stem, name in rendition.stems.items()}
        if rendition.score is not None:
            files["score.json"] = folder / rendition.score
        song = Song(
            id=job.song_id,
            task_id=task_id,
            created_at=datetime.now(UTC),
            engine=job.task.engine,
            engine_version=engine.capabilities.version,
            action=job.task.action,
            parents=rendition.parents,
            facts=rendition.facts,
            stems=tuple(rendition.stems),
            has_score=rendition.score is not None,
            cost_usd=rendition.cost_usd,
        )
        self._blobs.keep(song.id, files)
        if not self._ledger.succeed(task_id, song):
            self._blobs.discard(song.id)


def _flush(rendition: Rendition, folder: Path) -> None:
    for name in (rendition.master, *rendition.stems.values(), rendition.score):
        if name is not None:
            flush_to_disk(folder / name)


def _failed(code: str, message: str, *, retryable: bool) -> Outcome:
    return {"failure": Failure(code=code, message=message, retryable=retryable).model_dump(mode="json")}
