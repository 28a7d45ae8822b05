"""What a worker does with one task: perform it, then keep what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from songwright.disk import flush_to_disk
from songwright.engines.base import Context, Engine, Rendition, Source, TakesRecordings
from songwright.engines.isolation import CrashError
from songwright.engines.listening import with_what_is_heard
from songwright.engines.registry import Engines
from songwright.errors import EngineError, SongwrightError, UnsupportedError
from songwright.library.blobs import BlobName, Blobs, stem_blob
from songwright.library.songs import Library
from songwright.music.actions import source_ids
from songwright.music.imports import ImportAudio, Received, Work
from songwright.music.song import Facts, Song
from songwright.music.task import Failure, Progress
from songwright.recordings.incoming import Incoming
from songwright.tasks.ledger import Job, Ledger
from songwright.tasks.port import Outcome
from songwright.tasks.progress import reporter
from songwright.tasks.vault import TokenVault
from songwright.tasks.wakeups import Wakeups

__all__ = ["MAX_ATTEMPTS", "Performer"]

MAX_ATTEMPTS = 3

_log = logging.getLogger(__name__)


class Performer:
    """Performs tasks and keeps their songs; can be told to leave off.

    Attributes:
        publish: Gives the song of an id and a principal a public address, where the server has one.
    """

    def __init__(
        self,
        *,
        engines: Engines,
        ledger: Ledger,
        library: Library,
        blobs: Blobs,
        wakeups: Wakeups,
        vault: TokenVault,
        incoming: Incoming,
        work: Path,
    ) -> None:
        """Work in the folder ``work``, on the same file system as the blobs."""
        self._engines = engines
        self._ledger = ledger
        self._library = library
        self._blobs = blobs
        self._wakeups = wakeups
        self._vault = vault
        self._incoming = incoming
        self.publish: Callable[[str, str], str] | None = None
        self._work = work
        self._running: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Task[Rendition]]] = {}
        self._lock = threading.Lock()

    async def perform(self, task_id: str) -> Outcome:
        """Make the sound, trying again when the renderer crashes.

        Returns:
            ``{"ended": True}`` when there is nothing more to do, ``{"failure": ...}``, or
            ``{"rendition": ..., "folder": ...}``.
        """
        while True:
            # Not in a thread: a cancellation could not tell whether the attempt had been counted yet.
            job = self._ledger.begin(task_id)
            if job is None:
                return {"ended": True}
            self._wakeups.changed(task_id)
            if job.attempt > MAX_ATTEMPTS:
                return _failed(
                    "crashed",
                    f"the work was cut off {MAX_ATTEMPTS} times, by a crash of the engine or of the server, "
                    "and is not tried again; change the request, or name another engine",
                    retryable=False,
                )
            try:
                return await self._attempt(job)
            except CrashError:
                _log.warning("task %s: the renderer crashed in attempt %d", task_id, job.attempt)
            except asyncio.CancelledError:
                if _stopped_from_outside():
                    self._ledger.interrupted(task_id)
                    raise
                return {"ended": True}

    async def _attempt(self, job: Job) -> Outcome:
        folder = self._work / job.task.id / str(job.attempt)
        try:
            rendition = await self._make(job, folder)
        except CrashError:
            raise
        except SongwrightError as error:
            retryable = isinstance(error, EngineError) and error.retryable
            return _failed(error.code, error.message, retryable=retryable)
        except Exception as error:  # noqa: BLE001 - an engine may raise anything
            _log.exception("task %s failed in the engine %r", job.task.id, job.task.engine)
            return _failed(
                "internal",
                f"the engine '{job.task.engine}' failed unexpectedly ({type(error).__name__}); the server's "
                "log has the cause; try again, or name another engine",
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

    async def _make(self, job: Job, folder: Path) -> Rendition:
        task_id = job.task.id

        def write(progress: Progress) -> None:
            self._ledger.progress(task_id, progress)
            self._wakeups.changed(task_id)

        engine, sources = await asyncio.to_thread(self._prepare, job, folder)
        async with reporter(write) as report:
            context = Context(
                folder=folder,
                seed=job.seed,
                report=report,
                memory=dict(job.memory),
                remember=partial(self._ledger.remember, task_id),
                publish=self._publisher(job.principal),
                recording=self._recording(job),
            )
            performance = asyncio.ensure_future(_performance(engine, job, sources, context))
            with self._lock:
                self._running[task_id] = (asyncio.get_running_loop(), performance)
            try:
                rendition = await performance
            finally:
                with self._lock:
                    self._running.pop(task_id, None)
        rendition = await asyncio.to_thread(_heard, rendition, job.task.action, folder)
        await asyncio.to_thread(_flush, rendition, folder)
        if isinstance(job.task.action, ImportAudio) or any(
            source.song.facts.from_recording for source in sources
        ):
            facts = rendition.facts.model_copy(update={"from_recording": True})
            rendition = rendition.model_copy(update={"facts": facts})
        return rendition

    def _publisher(self, principal: str) -> Callable[[Song], str] | None:
        publish = self.publish
        return None if publish is None else lambda song: publish(song.id, principal)

    def _prepare(self, job: Job, folder: Path) -> tuple[Engine, tuple[Source, ...]]:
        shutil.rmtree(folder.parent, ignore_errors=True)
        folder.mkdir(parents=True)
        engine = self._engines.engine(job.task.engine, self._vault.token(job.task.id))
        action = job.task.action
        song_ids = () if isinstance(action, ImportAudio) else source_ids(action)
        return engine, tuple(self._source(song_id, job.principal) for song_id in song_ids)

    def _recording(self, job: Job) -> Path | None:
        match job.task.action:
            case ImportAudio(source=Received()):
                return self._incoming.recording(job.task.id)
            case _:
                return None

    def _source(self, song_id: str, principal: str) -> Source:
        song = self._library.song(song_id, principal, field="audio_id")
        return Source(
            song=song,
            master=self._library.master(song),
            stems={stem: self._library.stem(song, stem) for stem in song.stems},
            score=self._library.score(song) if song.has_score else None,
        )

    def _keep(self, task_id: str, outcome: Outcome) -> None:
        try:
            match outcome:
                case {"failure": failure}:
                    self._ledger.fail(task_id, Failure.model_validate(failure))
                case {"rendition": rendition, "folder": folder}:
                    self._keep_song(task_id, Rendition.model_validate(rendition), Path(folder))
                case _:
                    pass
        except OSError as error:
            _log.exception("task %s: the song could not be kept", task_id)
            failure = Failure(
                code="storage",
                message=f"the song was made but could not be kept ({_errno_name(error)}); make room in the "
                "home folder, then ask again",
                retryable=True,
            )
            self._ledger.fail(task_id, failure)
        finally:
            self._vault.forget(task_id)
            self._incoming.forget(task_id)
            shutil.rmtree(self._work / task_id, ignore_errors=True)

    def _keep_song(self, task_id: str, rendition: Rendition, folder: Path) -> None:
        job = self._ledger.job(task_id)
        if job is None:
            unwanted = self._ledger.song_that_never_was(task_id)
            if unwanted is not None:
                self._blobs.discard(unwanted, int(folder.name))
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
            facts=_with_reason(rendition.facts, job.engine_reason),
            stems=tuple(rendition.stems),
            has_score=rendition.score is not None,
            cost_usd=rendition.cost_usd,
        )
        kept = self._blobs.keep(song.id, job.attempt, files)
        if not self._ledger.succeed(task_id, song, kept):
            self._blobs.discard(song.id, job.attempt)


async def _performance(engine: Engine, job: Job, sources: tuple[Source, ...], context: Context) -> Rendition:
    match job.task.action:
        case ImportAudio() as request:
            if not isinstance(engine, TakesRecordings):
                raise UnsupportedError(f"the engine '{job.task.engine}' takes no recordings; import it again")
            return await engine.import_audio(request, context)
        case action:
            return await engine.perform(action, sources, context)


def _with_reason(facts: Facts, engine_reason: str) -> Facts:
    if not engine_reason:
        return facts
    understanding = facts.understanding
    noted = understanding.model_copy(update={"notes": (engine_reason, *understanding.notes)})
    return facts.model_copy(update={"understanding": noted})


def _heard(rendition: Rendition, action: Work, folder: Path) -> Rendition:
    try:
        return with_what_is_heard(rendition, action, folder)
    except Exception:  # noqa: BLE001 - a song, perhaps paid for, is not lost for want of figures
        _log.exception("a song could not be listened to")
        return rendition


def _flush(rendition: Rendition, folder: Path) -> None:
    names = [rendition.master, *rendition.stems.values(), rendition.score]
    with ThreadPoolExecutor() as pool:
        list(pool.map(flush_to_disk, [folder / name for name in names if name is not None]))


def _stopped_from_outside() -> bool:
    """Whether a cancellation is meant for the caller's own asyncio task, as when the job engine stops."""
    current = asyncio.current_task()
    return current is not None and current.cancelling() > 0


def _errno_name(error: OSError) -> str:
    """The system's short name for an error, which tells nothing about paths."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def _failed(code: str, message: str, *, retryable: bool) -> Outcome:
    return {"failure": Failure(code=code, message=message, retryable=retryable).model_dump(mode="json")}
