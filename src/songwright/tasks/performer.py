"""What a worker does with one task: perform it, then keep what came of it.

Neither step uses up what it was given, so each may be repeated after a kill at any point: the rendition
stays in the work folder, and the recording, the lent token and that folder are forgotten only when the
task's end is in the ledger.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from songwright.disk import flush_to_disk, probe_folder, storage_trouble
from songwright.engines.base import Context, Engine, Rendition, Source, TakesRecordings
from songwright.engines.isolation import CrashError
from songwright.engines.listening import with_what_is_heard
from songwright.engines.registry import Engines
from songwright.errors import EngineError, RequestError, SongwrightError, StorageError, UnsupportedError
from songwright.library.blobs import BlobName, Blobs, stem_blob
from songwright.library.songs import MAX_PAGE, Library
from songwright.music.actions import source_ids
from songwright.music.imports import ImportAudio, Received, Work
from songwright.music.song import Facts, Song
from songwright.music.task import Failure, Progress
from songwright.music.titles import title_of_song, title_of_version
from songwright.recordings.incoming import Incoming
from songwright.tasks.checkpoints import Made, read_checkpoint, write_checkpoint
from songwright.tasks.ledger import Job, Ledger
from songwright.tasks.port import Outcome, Publish
from songwright.tasks.progress import reporter
from songwright.tasks.server_deaths import MAX_SERVER_DEATHS
from songwright.tasks.storage_waits import blocking_through_trouble, through_trouble
from songwright.tasks.vault import TokenVault
from songwright.tasks.wakeups import Wakeups

__all__ = ["MAX_CRASHES", "Performer"]

MAX_CRASHES = 3
"""So often may the renderer die of a task."""

# A renderer has used room that it needs again; a song that is made only waits to be kept.
_PERFORM_PATIENCE_SECONDS = 60.0
_KEEP_PATIENCE_SECONDS = 300.0

_log = logging.getLogger(__name__)


class Performer:
    """Performs tasks and keeps their songs; can be told to leave off.

    Attributes:
        publish: Gives the song of an id and a principal a public address in a form, where the server has one.
        on_end: Called when a task has ended, from any thread.
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
        perform_patience_seconds: float = _PERFORM_PATIENCE_SECONDS,
        keep_patience_seconds: float = _KEEP_PATIENCE_SECONDS,
    ) -> None:
        """Work in the folder ``work``, on the same file system as the blobs.

        The two patiences say how long storage in trouble is waited for.
        """
        self._engines = engines
        self._ledger = ledger
        self._library = library
        self._blobs = blobs
        self._wakeups = wakeups
        self._vault = vault
        self._incoming = incoming
        self.publish: Publish | None = None
        self.on_end: Callable[[], None] = lambda: None
        self._work = work
        self._perform_patience_seconds = perform_patience_seconds
        self._keep_patience_seconds = keep_patience_seconds
        self._running: dict[str, tuple[asyncio.AbstractEventLoop, asyncio.Task[Rendition]]] = {}
        self._lock = threading.Lock()

    async def perform(self, task_id: str, job_id: str | None = None) -> Outcome:
        """Make the sound, trying again when the renderer crashes or there is no room.

        Returns:
            ``{"ended": True}`` when there is nothing more to do, ``{"failure": ..., "attempt": ...}``, or
            ``{"made": ..., "attempt": ...}``.
        """
        # Of a job that another has overtaken, not even the failure may end the task.
        begun: list[int] = []

        async def leave_room(_trouble: StorageError) -> None:
            if await asyncio.to_thread(read_checkpoint, self._work / task_id) is None:
                await asyncio.to_thread(self._clear_work, task_id)

        try:
            return await through_trouble(
                lambda: self._perform(task_id, job_id, begun),
                what=f"task {task_id}",
                patience_seconds=self._perform_patience_seconds,
                before_waiting=leave_room,
            )
        except StorageError as trouble:
            return _failed(trouble.code, trouble.message, retryable=True, attempt=_last(begun))
        except Exception as error:  # noqa: BLE001 - a task must end, whatever it was
            _log.exception("task %s could not be performed", task_id)
            return _failed(
                "internal",
                f"songwright failed unexpectedly ({type(error).__name__}); the server's log has the cause",
                retryable=True,
                attempt=_last(begun),
            )

    async def _perform(self, task_id: str, job_id: str | None, begun: list[int]) -> Outcome:
        last_crash = ""
        while True:
            # Not in a thread: a cancellation could not tell whether the attempt had been counted yet.
            job = self._ledger.begin(task_id, job_id)
            if job is None:
                return {"ended": True}
            begun.append(job.attempt)
            self._wakeups.changed(task_id)
            failure = _given_up(job, last_crash)
            if failure is not None:
                return failure
            try:
                return await self._attempt(job)
            except CrashError as error:
                last_crash = error.message
                _log.warning("task %s: the renderer crashed in attempt %d", task_id, job.attempt)
                self._ledger.crashed(task_id, job.attempt)
            except StorageError:
                with contextlib.suppress(StorageError):
                    self._ledger.give_back(task_id, job.attempt)
                raise
            except asyncio.CancelledError:
                if _stopped_from_outside():
                    self._ledger.give_back(task_id, job.attempt)
                    raise
                return {"ended": True}

    async def _attempt(self, job: Job) -> Outcome:
        made = await asyncio.to_thread(read_checkpoint, self._work / job.task.id)
        if made is None:
            try:
                made = await self._make(job)
            except (CrashError, StorageError):
                raise
            except SongwrightError as error:
                await self._raise_trouble(error)
                retryable = isinstance(error, EngineError) and error.retryable
                return _failed(error.code, error.message, retryable=retryable, attempt=job.attempt)
            except Exception as error:  # noqa: BLE001 - an engine may raise anything
                await self._raise_trouble(error)
                _log.exception("task %s failed in the engine %r", job.task.id, job.task.engine)
                return _failed(
                    "internal",
                    f"the engine '{job.task.engine}' failed unexpectedly ({type(error).__name__}); the "
                    "server's log has the cause; try again, or name another engine",
                    retryable=True,
                    attempt=job.attempt,
                )
        return {"made": made.model_dump(mode="json"), "attempt": job.attempt}

    async def _raise_trouble(self, error: Exception) -> None:
        """Raise what a failure says of the disk, or what the disk says itself."""
        if isinstance(error, RequestError):
            return
        trouble = storage_trouble(error)
        if trouble is not None:
            raise trouble from error
        # Some libraries hide what the system said when a write failed.
        await asyncio.to_thread(probe_folder, self._work.parent)

    async def keep(self, task_id: str, outcome: Outcome) -> None:
        """Put what was made into the library and end the task.

        Raises:
            StorageError: Not even its failure can be written down.
        """

        async def keep(outcome: Outcome, patience_seconds: float) -> None:
            await through_trouble(
                lambda: asyncio.to_thread(self._keep, task_id, outcome),
                what=f"the song of task {task_id}",
                patience_seconds=patience_seconds,
            )

        # Of a job that another has overtaken, not even the failure may end the task.
        attempt = outcome.get("attempt")
        try:
            await keep(outcome, self._keep_patience_seconds)
        except StorageError as trouble:
            message = f"the song was made but could not be kept: {trouble.message}"
            failed = _failed(trouble.code, message, retryable=True, attempt=attempt)
            await keep(failed, self._perform_patience_seconds)
        except Exception as error:  # noqa: BLE001 - a task must end, whatever it was
            _log.exception("task %s: the song could not be kept", task_id)
            message = (
                f"the song was made but could not be kept ({type(error).__name__}); the server's log has the "
                "cause"
            )
            failed = _failed("internal", message, retryable=True, attempt=attempt)
            await keep(failed, self._perform_patience_seconds)
        await asyncio.to_thread(self.forget, task_id)
        self._wakeups.changed(task_id)
        self.on_end()

    def forget(self, task_id: str) -> None:
        """Remove what was kept for the sake of a task; nothing is done to one that has not ended."""
        with self._lock:
            busy = task_id in self._running
        if busy or self._ledger.job(task_id) is not None:
            return
        self._vault.forget(task_id)
        self._incoming.forget(task_id)
        self._clear_work(task_id)

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

    async def _make(self, job: Job) -> Made:
        task_id = job.task.id
        folder = self._work / task_id / str(job.attempt)

        def write(progress: Progress) -> None:
            with contextlib.suppress(StorageError):  # the next report tells as much
                self._ledger.progress(task_id, job.attempt, progress)
            self._wakeups.changed(task_id)

        def remember(name: str, value: Any) -> None:
            blocking_through_trouble(
                lambda: self._ledger.remember(task_id, name, value),
                what=f"what task {task_id} must remember",
                patience_seconds=self._perform_patience_seconds,
            )

        engine, sources = await asyncio.to_thread(self._prepare, job, folder)
        async with reporter(write) as report:
            context = Context(
                folder=folder,
                seed=job.seed,
                report=report,
                memory=dict(job.memory),
                remember=remember,
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
        rendition = await asyncio.to_thread(self._named, rendition, job, sources)
        made = Made(rendition=rendition, folder=folder.name, engine_version=engine.capabilities.version)
        await asyncio.to_thread(write_checkpoint, self._work / task_id, made)
        return made

    def _named(self, rendition: Rendition, job: Job, sources: tuple[Source, ...]) -> Rendition:
        """A rendition under a title of its own, where the request names none and the engine repeats one."""
        titles = tuple(source.song.facts.title for source in sources)
        action = job.task.action
        if isinstance(action, ImportAudio) or not titles or getattr(action, "title", None) is not None:
            return rendition
        if rendition.facts.title != titles[0]:
            return rendition
        try:
            known = self._library.brief_page(title_of_song(titles[0]), MAX_PAGE, None, job.principal).items
        except SongwrightError as error:  # a song, perhaps paid for, is not lost for want of a number
            _log.warning("titles could not be looked up: %s", error.code)
            known = ()
        taken = {song.facts.title for song in known}
        facts = rendition.facts.model_copy(update={"title": title_of_version(action, titles, taken)})
        return rendition.model_copy(update={"facts": facts})

    def _publisher(self, principal: str) -> Callable[[Song], str] | None:
        publish = self.publish
        return None if publish is None else lambda song: publish(song.id, principal, "mp3")

    def _prepare(self, job: Job, folder: Path) -> tuple[Engine, tuple[Source, ...]]:
        self._clear_work(job.task.id)
        folder.mkdir(parents=True)
        token = self._vault.token(job.task.id)
        if token is None and job.caller_pays:
            # Nobody else's account may pay for it, least of all unasked.
            raise EngineError(
                "the token that was lent for this task is gone; ask again with the token", retryable=True
            )
        engine = self._engines.engine(job.task.engine, token)
        action = job.task.action
        song_ids = () if isinstance(action, ImportAudio) else source_ids(action)
        return engine, tuple(self._source(song_id, job.principal) for song_id in song_ids)

    def _clear_work(self, task_id: str) -> None:
        shutil.rmtree(self._work / task_id, ignore_errors=True)

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
        match outcome:
            case {"failure": failure, "attempt": attempt}:
                self._ledger.fail(task_id, Failure.model_validate(failure), attempt)
            case {"made": made, "attempt": attempt}:
                self._keep_song(task_id, attempt, Made.model_validate(made))
            case _:
                pass

    def _keep_song(self, task_id: str, attempt: int, made: Made) -> None:
        job = self._ledger.job(task_id)
        if job is None:
            unwanted = self._ledger.song_that_never_was(task_id)
            if unwanted is not None:
                self._blobs.discard_up_to(unwanted, attempt)
            return
        if job.attempt != attempt:
            return
        rendition = made.rendition
        folder = self._work / task_id / made.folder
        files: dict[BlobName, Path] = {"master.flac": folder / rendition.master}
        files |= {stem_blob(stem): folder / name for stem, name in rendition.stems.items()}
        if rendition.score is not None:
            files["score.json"] = folder / rendition.score
        song = Song(
            id=job.song_id,
            task_id=task_id,
            created_at=datetime.now(UTC),
            engine=job.task.engine,
            engine_version=made.engine_version,
            action=job.task.action,
            parents=rendition.parents,
            facts=_with_reason(rendition.facts, job.engine_reason),
            stems=tuple(rendition.stems),
            has_score=rendition.score is not None,
            cost_usd=rendition.cost_usd,
        )
        kept = self._blobs.keep(song.id, attempt, files)
        # A process that was killed here in an earlier attempt has left its files; nothing can name them now.
        self._blobs.discard_up_to(song.id, attempt - 1)
        if not self._ledger.succeed(task_id, attempt, song, kept):
            self._blobs.discard(song.id, attempt)


def _given_up(job: Job, last_crash: str) -> Outcome | None:
    """Why a task is not tried again; None where it is."""
    if job.crashes >= MAX_CRASHES:
        words = f"the renderer died {MAX_CRASHES} times of this task"
        if last_crash:
            return _failed("crashed", f"{words}: {last_crash}", retryable=False, attempt=job.attempt)
    elif job.server_deaths >= MAX_SERVER_DEATHS:
        words = f"the server died {MAX_SERVER_DEATHS} times while it worked on this task alone"
    else:
        return None
    message = f"{words}, which is not tried again; change the request, or name another engine"
    return _failed("crashed", message, retryable=False, attempt=job.attempt)


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


def _last(attempts: list[int]) -> int | None:
    return attempts[-1] if attempts else None


def _failed(code: str, message: str, *, retryable: bool, attempt: int | None = None) -> Outcome:
    failure = Failure(code=code, message=message, retryable=retryable)
    return {"failure": failure.model_dump(mode="json"), "attempt": attempt}
