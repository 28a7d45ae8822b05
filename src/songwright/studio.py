"""The studio: every use case, behind one door. CLI, MCP server and HTTP server call it and know no music."""

from __future__ import annotations

import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread
from pydantic import HttpUrl, SecretStr

from songwright.access import LOCAL
from songwright.engines.base import Capabilities, Engine, Payable, Readiness, expected_cost_usd
from songwright.engines.registry import Engines, installed_engines
from songwright.errors import RequestError
from songwright.music.actions import Action, StemName, source_ids
from songwright.music.imports import ImportAudio, LocalFile, Received, WebFile
from songwright.music.lineage import Lineage, lineage_of, same_again
from songwright.music.song import Song, SongInBrief
from songwright.music.task import Progress, Running, Task, is_terminal
from songwright.tasks.repetition import Repetitions, refuse_odd_request_id

if TYPE_CHECKING:
    from songwright.exports.formats import BitDepth, ExportFormat
    from songwright.library.songs import Library, Page
    from songwright.music.comparison import Comparison
    from songwright.settings import Settings
    from songwright.tasks.callbacks import Callbacks
    from songwright.tasks.calls import Calls
    from songwright.tasks.ledger import Status
    from songwright.tasks.port import JobEngine, Publish
    from songwright.tasks.workshop import Workshop

__all__ = ["Studio"]

_Answer = TypeVar("_Answer")

_POLL_SECONDS = 0.15
_LEADING_POLL_SECONDS = 1.0


class Studio:
    """Makes songs on request, and finds them again.

    Every method may be called at the same time as every other. Each principal sees its own songs and tasks
    only. Opening is cheap: the database, the job engine and the music engines are loaded on first use.
    """

    def __init__(self, settings: Settings, engines: Engines, jobs: Callable[[], JobEngine] | None) -> None:
        """Use :meth:`open` instead."""
        self._settings = settings
        self._engines = engines
        self._jobs = jobs
        self._workshop: Workshop | None = None
        self._opening = anyio.Lock()
        self._is_ending = False

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        settings: Settings,
        *,
        engines: Mapping[str, Callable[[], Engine]] | None = None,
        jobs: Callable[[], JobEngine] | None = None,
    ) -> AsyncIterator[Studio]:
        """Open a studio for as long as the block lasts.

        On leaving, work under way stops; its tasks stay unfinished and are resumed by the next studio on
        the same home folder.

        Args:
            settings: What the operator decided.
            engines: Engines by name instead of the installed ones.
            jobs: The job engine instead of the durable one.
        """
        known = installed_engines(settings) if engines is None else Engines(engines, settings)
        studio = cls(settings, known, jobs)
        try:
            yield studio
        finally:
            with anyio.CancelScope(shield=True):
                if studio._workshop is not None:
                    await anyio.to_thread.run_sync(studio._workshop.close)

    async def resume(self) -> None:
        """Look after unfinished tasks, of this studio and of others on the home folder that have gone.

        Returns at once; the work goes on in the background.

        Raises:
            ConfigurationError: The home folder or the database can't be used.
        """
        workshop = await self._open_workshop()
        workshop.worker.wake()

    async def submit(
        self,
        action: Action,
        *,
        engine: str = "auto",
        request_id: str | None = None,
        principal: str = LOCAL,
        over_http: bool = False,
        asked: Action | None = None,
        caller_token: SecretStr | None = None,
    ) -> Task:
        """Accept an action. When this returns, the task is on disk and will be worked on.

        Args:
            action: What to do. Ids of songs may be given by their first characters, or as ``last``.
            engine: Name of the engine, or ``auto``.
            request_id: A name of the caller's for this request. The same name and request again returns
                the same task, whatever has become of it.
            principal: Whose song it will be.
            over_http: Whether it was asked over HTTP, where the limit on unfinished tasks holds for everyone.
            asked: The action as the caller gave it, where ids were chosen for the caller since; it is what
                ``request_id`` stands for.
            caller_token: The caller's own token for an engine that takes one; that account pays.

        Raises:
            RequestError: The request can't be done as it is; nothing was stored.
            NotFoundError: It names a song that does not exist.
            UnsupportedError: No such engine, or the engine can't do it.
            ConflictError: The ``request_id`` stands for another request.
            TooManyError: So many tasks are unfinished already.
            CostLimitError: It would cost more than the operator allows.
            EngineError: The engine is installed but broken.
            ConfigurationError: The home folder or the database can't be used.
        """
        refuse_odd_request_id(request_id)
        self._refuse_forbidden(callback_url=action.callback_url)
        workshop = await self._open_workshop()

        def accept() -> Task:
            from songwright.tasks.costs import Cost
            from songwright.tasks.ledger import fingerprint

            print_ = fingerprint(asked or action, engine)
            if request_id is not None:
                before = workshop.ledger.accepted_before(principal, request_id, print_)
                if before is not None:
                    return before
            meant = workshop.library.with_full_ids(action, principal)
            songs = tuple(
                workshop.library.song(song_id, principal, field=field)
                for song_id, field in zip(source_ids(meant), ("audio_id", "swap_audio_id"), strict=False)
            )
            choice = self._engines.choose(engine, meant, songs, caller_token)
            capabilities = choice.engine.capabilities
            caller_pays = caller_token is not None and isinstance(choice.engine, Payable)

            def lend_token(task_id: str) -> None:
                if caller_token is not None and caller_pays:
                    workshop.vault.keep(task_id, caller_token)

            accepted = workshop.ledger.accept(
                meant,
                engine=capabilities.name,
                seed=getattr(action, "seed", None) or _draw_seed(),
                principal=principal,
                request_id=request_id,
                print_=print_,
                most_unfinished=self._settings.most_unfinished(over_http=over_http or principal != LOCAL),
                engine_reason=choice.reason,
                cost=Cost(expected_cost_usd(capabilities, meant), caller_pays, self._settings.max_cost),
                before_it_is_seen=lend_token,
            )
            # Here, not after the thread: a caller may be gone by then, and the task is accepted.
            workshop.worker.wake()
            return accepted

        return await anyio.to_thread.run_sync(accept)

    async def import_audio(
        self,
        request: ImportAudio,
        *,
        request_id: str | None = None,
        principal: str = LOCAL,
        over_http: bool = False,
    ) -> Task:
        """Accept a recording. When this returns, the task is on disk and will be worked on.

        A file's bytes are in the home folder by then, so that it may be moved or removed. What a URL holds
        is fetched by the task.

        Args:
            request: Where the recording is, and what is known of it.
            request_id: As for :meth:`submit`.
            principal: Whose song it will be. Files are for the local principal alone.
            over_http: As for :meth:`submit`.

        Raises:
            RequestError: The file is no recording that can be taken, or may not be read; the URL may not be
                reached. Nothing was stored.
            NotFoundError: There is no such file.
            ConflictError: The ``request_id`` stands for another request.
            TooManyError: So many tasks are unfinished already.
            UnsupportedError: No engine that is installed takes recordings.
            ConfigurationError: The home folder or the database can't be used.
        """
        refuse_odd_request_id(request_id)
        self._refuse_forbidden(callback_url=request.callback_url)
        match request.source:
            case WebFile(url=url):
                self._refuse_forbidden(url=url)
            case LocalFile() if principal != LOCAL:
                raise RequestError(
                    "names a file of the server's, which is not for you; give a url", field="path"
                )
            case _:
                pass
        workshop = await self._open_workshop()

        def accept() -> Task:
            from songwright.tasks.imports import accept_import

            task = accept_import(
                request,
                ledger=workshop.ledger,
                incoming=workshop.incoming,
                engine=self._engines.for_recordings().capabilities.name,
                settings=self._settings,
                seed=_draw_seed(),
                request_id=request_id,
                principal=principal,
                most_unfinished=self._settings.most_unfinished(over_http=over_http or principal != LOCAL),
            )
            workshop.worker.wake()
            return task

        return await anyio.to_thread.run_sync(accept)

    async def receive(self, path: Path) -> Received:
        """Take a copy of a recording, wherever it lies, for :meth:`import_audio`.

        The caller vouches that whoever asks may read the file.

        Raises:
            RequestError: It is no recording that can be taken; nothing is kept.
            NotFoundError: There is no such file.
            ConfigurationError: The home folder can't be used.
        """
        workshop = await self._open_workshop()

        def receive() -> Received:
            from songwright.recordings.reception import receive_file

            return receive_file(workshop.incoming, path, max_bytes=self._settings.max_import_bytes)

        return await anyio.to_thread.run_sync(receive)

    async def wait(
        self,
        task_id: str,
        timeout_seconds: float,
        on_progress: Callable[[Progress], Awaitable[None]] | None = None,
        principal: str = LOCAL,
    ) -> Task:
        """Wait until a task ends or the time is over, whichever is first, and return it as it is then.

        A caller that is cancelled while it waits leaves the task as it is.

        Args:
            task_id: Id of the task.
            timeout_seconds: How long to wait at most; 0 looks once.
            on_progress: Told whenever the progress of the running task has changed.
            principal: Whose task it is.

        Raises:
            NotFoundError: There is no such task.
        """
        workshop = await self._open_workshop()
        deadline = time.monotonic() + timeout_seconds
        told: Progress | None = None
        with workshop.wakeups.listening(task_id) as changed:
            while True:
                changed.clear()
                task = await self.task(task_id, principal)
                progress = task.state.progress if isinstance(task.state, Running) else told
                if on_progress is not None and progress is not None and progress != told:
                    await on_progress(progress)
                told = progress
                left = deadline - time.monotonic()
                if is_terminal(task.state) or left <= 0 or self._is_ending:
                    return task
                # The process that worked on it may have gone, so be ready to take its place.
                workshop.worker.start()
                # Where the work is done in this process, every change wakes its waiters, however many.
                pause = _LEADING_POLL_SECONDS if workshop.worker.leads else _POLL_SECONDS
                with anyio.move_on_after(min(left, pause)):
                    await changed.wait()

    def keep_nobody_waiting(self) -> None:
        """Let every :meth:`wait` return soon, though its task goes on: the process is about to end."""
        self._is_ending = True

    async def task(self, task_id: str, principal: str = LOCAL) -> Task:
        """A task as it is now.

        Raises:
            NotFoundError: There is no such task.
        """
        workshop = await self._open_workshop()
        return await anyio.to_thread.run_sync(workshop.ledger.task, task_id, principal)

    async def cancel(self, task_id: str, principal: str = LOCAL) -> Task:
        """Stop a task. One that has ended stays as it is. A cancelled task never succeeds.

        Raises:
            NotFoundError: There is no such task.
        """
        workshop = await self._open_workshop()
        task = await anyio.to_thread.run_sync(workshop.ledger.cancel, task_id, principal)
        workshop.performer.leave_off(task_id)
        await anyio.to_thread.run_sync(workshop.performer.forget, task_id)
        workshop.wakeups.changed(task_id)
        return task

    async def tasks(
        self,
        status: Status | None = None,
        limit: int = 20,
        cursor: str | None = None,
        principal: str = LOCAL,
    ) -> Page[Task]:
        """Tasks, newest first.

        Args:
            status: Only those of one status.
            limit: At most so many, 1 to 100.
            cursor: ``next_cursor`` of the page before.
            principal: Whose tasks.

        Raises:
            RequestError: The limit or the cursor is not valid.
        """
        workshop = await self._open_workshop()
        return await anyio.to_thread.run_sync(workshop.ledger.page, status, limit, cursor, principal)

    async def song(self, song_id: str, principal: str = LOCAL) -> Song:
        """A song, by its id, the first characters of its id (at least 4), or ``last`` for the newest.

        Raises:
            NotFoundError: There is no such song.
            RequestError: Several songs have ids that start so.
        """
        return await self._ask(lambda library: library.find(song_id, principal))

    async def owner(self, song_id: str) -> str | None:
        """The principal whose song it is, by its full id; None where there is no such song.

        It lets nobody in: whoever asks for it has other proof that the owner allows what is asked.
        """
        return await self._ask(lambda library: library.owner(song_id))

    async def resolve_song_id(self, given: str, principal: str = LOCAL, *, field: str = "song_id") -> str:
        """The full id that a caller means by an id, the first characters of one, or ``last``.

        Raises:
            NotFoundError: No song is meant by it; names ``field``.
            RequestError: Several songs have ids that start so; names ``field``.
        """
        return await self._ask(lambda library: library.resolve(given, principal, field=field))

    async def songs(
        self,
        query: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
        principal: str = LOCAL,
    ) -> Page[Song]:
        """Songs, newest first.

        Args:
            query: Words that title, prompt, genre or lyric must all contain, in any order and case, and days
                in this machine's zone, such as "yesterday", "last week" or "2026-11-28".
            limit: At most so many, 1 to 100.
            cursor: ``next_cursor`` of the page before.
            principal: Whose songs.

        Raises:
            RequestError: The limit or the cursor is not valid.
        """
        return await self._ask(lambda library: library.page(query, limit, cursor, principal))

    async def songs_in_brief(
        self,
        query: str | None = None,
        limit: int = 20,
        cursor: str | None = None,
        principal: str = LOCAL,
    ) -> Page[SongInBrief]:
        """The same as :meth:`songs`, at a quarter of the price, with what a list says of each song."""
        return await self._ask(lambda library: library.brief_page(query, limit, cursor, principal))

    async def song_ids(self, typed: str, limit: int, principal: str = LOCAL) -> list[str]:
        """Ids of the songs whose title or id begins with what was typed, newest first, at most ``limit``."""
        return await self._ask(lambda library: library.beginning(typed, limit, principal))

    async def children(self, song_id: str, principal: str = LOCAL) -> tuple[Song, ...]:
        """The songs that were made from a song, oldest first.

        Raises:
            NotFoundError: There is no such song.
        """
        return await self._ask(
            lambda library: library.children(library.find(song_id, principal).id, principal)
        )

    async def audio_path(self, song_id: str, principal: str = LOCAL) -> Path:
        """Where a song's master is on this machine: FLAC, stereo.

        Raises:
            NotFoundError: There is no such song.
        """
        return await self._ask(lambda library: library.master(library.find(song_id, principal)))

    async def stem_path(self, song_id: str, stem: StemName, principal: str = LOCAL) -> Path:
        """Where one of a song's stems is on this machine: FLAC, as long as the master.

        Raises:
            NotFoundError: There is no such song, or it was kept without that stem.
        """
        return await self._ask(lambda library: library.stem(library.find(song_id, principal), stem))

    async def score_path(self, song_id: str, principal: str = LOCAL) -> Path:
        """Where a song's score is on this machine: JSON, see :mod:`songwright.music.score`.

        Raises:
            NotFoundError: There is no such song, or it has no score.
        """
        return await self._ask(lambda library: library.score(library.find(song_id, principal)))

    async def export(
        self,
        song_id: str,
        format: ExportFormat,  # noqa: A002 - the word that users type
        *,
        principal: str = LOCAL,
        bit_depth: BitDepth | None = None,
        artist: str | None = None,
    ) -> Path:
        """Write a song in another form, or find it where that was done before.

        Args:
            song_id: Its id, the first characters of it, or ``last``.
            format: What to write, see :mod:`songwright.exports.formats`.
            principal: Whose song it is.
            bit_depth: Bits a sample, WAV only; left out: 24.
            artist: Who is named as the artist in tags; left out: songwright.

        Returns:
            A file named after the title, in the home folder's ``cache``; it may be deleted at any time.

        Raises:
            NotFoundError: There is no such song, or it has no stems.
            RequestError: The format does not take an option.
            UnsupportedError: The song has no score, or a package is missing; the message names it.
            EngineError: The song's files are damaged.
            StorageError: The disk is full or out of order.
            ConfigurationError: The home folder can't be written to, or the C2PA certificate can't sign.
        """

        def write(library: Library) -> Path:
            from songwright.exports.credentials import credentials_from
            from songwright.exports.formats import ExportOptions
            from songwright.exports.material import gather
            from songwright.exports.writing import written

            options = ExportOptions(bit_depth=bit_depth, artist=artist)
            material = gather(library, library.find(song_id, principal))
            folder = self._settings.home / "cache" / "exports"
            return written(material, format, options, folder, credentials_from(self._settings))

        return await self._ask(write)

    async def compare(self, first_id: str, second_id: str, principal: str = LOCAL) -> Comparison:
        """What changed from one song to another, usually two versions of one.

        Raises:
            NotFoundError: There is no such song; names ``first_id`` or ``second_id``.
            EngineError: A song's files are damaged.
        """

        def compare(library: Library) -> Comparison:
            from songwright.exports.material import gather
            from songwright.library.ancestry import relation
            from songwright.versions import compare_versions

            first = library.find(first_id, principal, field="first_id")
            second = library.find(second_id, principal, field="second_id")
            related = relation(library, first, second, principal)
            return compare_versions(gather(library, first), gather(library, second), related)

        return await self._ask(compare)

    async def lineage(self, song_id: str, principal: str = LOCAL) -> Lineage:
        """From the first idea to this song, and the request that makes it again.

        Raises:
            NotFoundError: There is no such song.
        """

        def trace(library: Library) -> Lineage:
            from songwright.library.ancestry import ancestors

            song = library.find(song_id, principal)
            children = library.children(song.id, principal)
            return lineage_of(song, ancestors(library, song, principal), children)

        return await self._ask(trace)

    async def again(
        self, song_id: str, changes: Mapping[str, Any] | None = None, principal: str = LOCAL
    ) -> Action:
        """The request that made a song, to be submitted once more: the same again, but with ``changes``.

        Raises:
            NotFoundError: There is no such song.
            UnsupportedError: It is a recording that was imported.
            pydantic.ValidationError: The changes do not fit the song's action.
        """
        return same_again(await self.song(song_id, principal), changes)

    @property
    def engine_names(self) -> tuple[str, ...]:
        """Names of the installed engines, sorted. Imports none of them."""
        return self._engines.names

    async def task_counts(self) -> dict[str, int]:
        """How many tasks of everyone have each status."""
        workshop = await self._open_workshop()
        return await anyio.to_thread.run_sync(workshop.ledger.counts)

    async def calls(self) -> Calls:
        """What was asked through the Producer API. Its methods block: call them in a thread."""
        return (await self._open_workshop()).calls

    async def repetitions(self) -> Repetitions:
        """Finds requests that are made again. Its methods block: call them in a thread."""
        workshop = await self._open_workshop()
        return Repetitions(workshop.ledger, workshop.library)

    async def callbacks(self) -> Callbacks:
        """The callbacks that tasks owe. Its methods block: call them in a thread."""
        return (await self._open_workshop()).callbacks

    async def publish_by(self, publish: Publish) -> None:
        """Let engines and clients elsewhere fetch songs by the addresses that ``publish`` gives."""
        (await self._open_workshop()).performer.publish = publish

    async def public_link(self, song_id: str, principal: str, form: ExportFormat) -> str | None:
        """A song's public address in a form, by its full id; None where the server has no public URL."""
        publish = (await self._open_workshop()).performer.publish
        return None if publish is None else publish(song_id, principal, form)

    async def readiness(self) -> dict[str, Readiness]:
        """Whether each engine can work now, by its name. May ask the network."""
        return await anyio.to_thread.run_sync(self._engines.readiness)

    async def engines(self) -> tuple[Capabilities, ...]:
        """What each engine can do, sorted by name. Broken ones are left out and logged."""
        return await anyio.to_thread.run_sync(self._engines.capabilities)

    def _refuse_forbidden(self, **urls: HttpUrl | None) -> None:
        """Refuse URLs, by the names of their fields, that lead where songwright must not go."""
        for field, url in urls.items():
            if url is not None:
                from songwright.outbound import AddressRules, refuse_forbidden_url

                rules = AddressRules.trusting(self._settings.allowed_hosts)
                refuse_forbidden_url(str(url), rules, field=field)

    async def _ask(self, question: Callable[[Library], _Answer]) -> _Answer:
        workshop = await self._open_workshop()
        return await anyio.to_thread.run_sync(question, workshop.library)

    async def _open_workshop(self) -> Workshop:
        if self._workshop is None:
            async with self._opening:
                if self._workshop is None:

                    def build() -> Workshop:
                        from songwright.tasks.workshop import Workshop

                        return Workshop(self._settings, self._engines, self._jobs)

                    self._workshop = await anyio.to_thread.run_sync(build)
        return self._workshop


def _draw_seed() -> str:
    return str(secrets.randbelow(2**32))
