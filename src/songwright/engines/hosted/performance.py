"""One action at the hosted API, from the request to the files: submit, wait, fetch, measure."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from pydantic import SecretStr

from songwright.audio.flac import read_flac
from songwright.bounded_http import bounded_async_client
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.hosted.finishing import Fetched, finish, finish_stems
from songwright.engines.hosted.prices import UPLOAD_USD, USD_BY_ACTION
from songwright.engines.hosted.refusals import failure_of_task
from songwright.engines.hosted.replies import (
    Accepted,
    Item,
    RecordDone,
    RecordFailed,
    RecordUnknown,
    RecordWorking,
    Submitted,
    Upload,
)
from songwright.engines.hosted.requests import is_known_there, not_published, request_for
from songwright.engines.hosted.service import ProducerService, Timeouts
from songwright.engines.hosted.stem_archive import read_archive
from songwright.engines.remote.connections import SharedClient
from songwright.engines.remote.downloads import Limits, fetch
from songwright.engines.remote.errors import (
    DeadlineError,
    DownloadError,
    MalformedReplyError,
    OutcomeUnknownError,
    RemoteFailureError,
    TaskLostError,
    TokenRefusedError,
)
from songwright.engines.remote.masters import UndecodableError, read_as_master
from songwright.engines.remote.memory import CHARGED_FACT, Notebook, unharmed
from songwright.engines.remote.patience import Patience, Pause
from songwright.errors import SongwrightError
from songwright.music.actions import Action, Stems
from songwright.outbound import AddressRules, guarded_client

__all__ = ["Workplace"]

_SUBMISSION = "submission"
_WAV_LINK = "wav_link"
_SENDING = "sending"
_FETCHING_FROM = 0.9


class Workplace:
    """What performances at one address share: the connections and the rules of waiting."""

    def __init__(
        self,
        *,
        base_url: str,
        allowed_hosts: frozenset[str],
        pause: Pause,
        patience: Patience,
        timeouts: Timeouts | None,
        limits: Limits | None,
        longest_seconds: float,
    ) -> None:
        """See :class:`songwright.engines.hosted.engine.HostedEngine`."""
        self._base_url = base_url
        self._pause = pause
        self._patience = patience
        self._timeouts = timeouts
        self._limits = limits
        self._longest_seconds = longest_seconds
        self._service_client = SharedClient(bounded_async_client)
        self._download_client = SharedClient(partial(guarded_client, AddressRules(allowed_hosts)))

    @asynccontextmanager
    async def service(self, token: SecretStr) -> AsyncIterator[ProducerService]:
        """The API, for as long as the block lasts."""
        async with self._service_client.lent() as client:
            yield ProducerService(client, self._base_url, token, self._pause, self._patience, self._timeouts)

    async def perform(
        self, token: SecretStr, action: Action, sources: tuple[Source, ...], context: Context
    ) -> Rendition:
        """Perform an action, going on where an earlier try of the same task left off."""
        notebook = Notebook(context)
        source = sources[0] if sources else None
        wanted = request_for(action, source.song if source else None, context.seed)
        async with self.service(token) as service:
            audio_id, way = await self._audio_id(service, source, notebook)
            body = wanted.body | ({"audio_id": audio_id} if audio_id else {})
            items = await self._items(service, body, action, notebook)
            context.report(_FETCHING_FROM, "fetching the song")
            cost_usd = USD_BY_ACTION[action.action] + (UPLOAD_USD if way else 0.0)
            notes = (*way, *wanted.notes)
            if isinstance(action, Stems):
                assert source is not None  # noqa: S101 - stems are those of a song
                return await self._stems(action, source, items[0], context, cost_usd, notes)
            fetched = await self._fetched(service, items[0], notebook)
        context.report(0.95, "listening to the song")
        return await anyio.to_thread.run_sync(
            partial(finish, action, sources, fetched, context, cost_usd=cost_usd, notes=notes, sent=body)
        )

    async def _audio_id(
        self, service: ProducerService, source: Source | None, notebook: Notebook
    ) -> tuple[str, tuple[str, ...]]:
        """What the service calls the source, and how it came to know it."""
        if source is None:
            return "", ()
        if is_known_there(source.song):
            return str(source.song.facts.remote_id), ()
        fact = f"upload {source.song.id}"
        note = (f"the song was made by the engine '{source.song.engine}' and was uploaded to the hosted one",)
        known = notebook.read(fact)
        if known == _SENDING:
            raise _cut_off()
        if known is not None:
            return str(known), note
        publish = notebook.context.publish
        if publish is None:
            raise not_published(source.song)
        link = await anyio.to_thread.run_sync(publish, source.song)
        notebook.context.report(0.02, "uploading the song")
        await notebook.write(CHARGED_FACT, UPLOAD_USD)
        upload = await self._once(notebook, fact, service.upload(link), lambda upload: upload.audio_id)
        assert isinstance(upload, Upload)  # noqa: S101 - what the service returns
        return upload.audio_id, note

    async def _items(
        self, service: ProducerService, body: dict[str, Any], action: Action, notebook: Notebook
    ) -> tuple[Item, ...]:
        known = notebook.read(_SUBMISSION)
        if known == _SENDING:
            raise _cut_off()
        if known is None:
            spent = float(notebook.read(CHARGED_FACT) or 0.0)
            notebook.context.report(0.05, "submitting")
            await notebook.write(CHARGED_FACT, spent + USD_BY_ACTION[action.action])
            try:
                await self._once(notebook, _SUBMISSION, service.submit(body), self._submission_fact)
            except OutcomeUnknownError:
                raise
            except SongwrightError:
                await notebook.write(CHARGED_FACT, spent)
                raise
            known = notebook.read(_SUBMISSION)
            fresh = True
        else:
            fresh = False
        if "items" in known:
            return tuple(Item(**item) for item in known["items"])
        try:
            return await self._finished(service, known["task_id"], known["at"], notebook, fresh=fresh)
        except RemoteFailureError:
            # Only what succeeds is charged.
            spent = float(notebook.read(CHARGED_FACT) or 0.0)
            await notebook.write(CHARGED_FACT, max(0.0, spent - USD_BY_ACTION[action.action]))
            raise

    def _submission_fact(self, outcome: Accepted | Submitted) -> dict[str, Any]:
        match outcome:
            case Accepted(task_id):
                return {"task_id": task_id, "at": self._pause.now()}
            case Submitted(task_id, items):
                return {"task_id": task_id, "items": [asdict(item) for item in items]}

    async def _once(self, notebook: Notebook, fact: str, request: Any, to_fact: Any) -> Any:
        """Make a request that may be charged, with a note before it and one after it.

        Whoever finds the first note alone knows that the request may have been made.
        """

        async def noted() -> Any:
            try:
                outcome = await request
            except OutcomeUnknownError:
                raise
            except SongwrightError:
                await notebook.write(fact, None)
                raise
            await notebook.write(fact, to_fact(outcome))
            return outcome

        await notebook.write(fact, _SENDING)
        return await unharmed(noted())

    async def _finished(
        self, service: ProducerService, task_id: str, submitted_at: float, notebook: Notebook, *, fresh: bool
    ) -> tuple[Item, ...]:
        patience = self._patience
        gaps = iter(patience.poll_gaps)
        unknown = settled = 0
        notebook.context.report(0.08, "the hosted engine is at work")
        if fresh:
            await self._pause.sleep(next(gaps))
        while True:
            try:
                record = await service.record(task_id)
            except MalformedReplyError:
                record = RecordUnknown()
            match record:
                case RecordDone(items):
                    return items
                case RecordFailed(refused):
                    raise failure_of_task(refused.code, refused.message)
                case RecordUnknown():
                    unknown += 1
                    if unknown >= patience.lost_after_polls:
                        raise TaskLostError(
                            "the hosted API no longer knows the task, which may have been charged; look at "
                            "the account before you ask again",
                            retryable=False,
                        )
                case RecordWorking(fraction, looks_failed):
                    unknown = 0
                    settled = settled + 1 if looks_failed is not None else 0
                    if looks_failed is not None and settled >= patience.settled_after_polls:
                        raise failure_of_task(looks_failed.code, looks_failed.message)
                    notebook.context.report(0.1 + 0.8 * (fraction or 0.0), "the hosted engine is at work")
                case None:
                    pass
            if self._pause.now() - submitted_at >= patience.deadline_seconds:
                raise DeadlineError(
                    f"the hosted API did not finish within {patience.deadline_seconds / 60:.0f} minutes; it "
                    "may still finish and charge the song. Look at the account before you ask again",
                    retryable=False,
                )
            await self._pause.sleep(next(gaps))

    async def _fetched(self, service: ProducerService, item: Item, notebook: Notebook) -> Fetched:
        """The item's audio: as WAV where the service exports it, else as it came."""
        check = partial(
            read_as_master,
            longest_seconds=self._longest_seconds,
            announced_seconds=item.duration_seconds,
        )
        path = notebook.context.folder / "fetched-audio"
        problem: SongwrightError | None = None
        for link in (partial(self._wav_link, service, item, notebook), partial(_own_link, item)):
            try:
                url = await link()
                if url:
                    return Fetched(item, await self._fetch(url, path, check))
            except TokenRefusedError:
                raise
            except SongwrightError as error:
                # The second reason says more, unless it is only that PyAV is missing.
                if problem is None or not isinstance(error, UndecodableError):
                    problem = error
            finally:
                path.unlink(missing_ok=True)
        raise problem or DownloadError("the hosted API gave no link to the song", retryable=False)

    async def _wav_link(self, service: ProducerService, item: Item, notebook: Notebook) -> str:
        if not item.id:
            return ""
        known = notebook.read(_WAV_LINK)
        if known is None:
            known = await service.wav(item.id)
            await notebook.write(_WAV_LINK, known)
        return str(known)

    async def _stems(
        self,
        action: Stems,
        source: Source,
        item: Item,
        context: Context,
        cost_usd: float,
        notes: tuple[str, ...],
    ) -> Rendition:
        if not item.stems_url:
            raise DownloadError("the hosted API gave no link to the stems", retryable=False)
        master = await anyio.to_thread.run_sync(read_flac, source.master)
        unpack = partial(
            read_archive,
            folder=context.folder,
            frames=master.shape[1],
            longest_seconds=self._longest_seconds,
        )
        archive = context.folder / "stems.zip"
        stems = await self._fetch(item.stems_url, archive, unpack)
        archive.unlink()
        return await anyio.to_thread.run_sync(
            partial(finish_stems, action, source, master, stems, context, cost_usd=cost_usd, notes=notes)
        )

    async def _fetch(self, url: str, path: Path, check: Any) -> Any:
        async with self._download_client.lent() as client:
            return await fetch(partial(client.stream, "GET"), url, path, self._pause, check, self._limits)


async def _own_link(item: Item) -> str:
    return item.audio_url


def _cut_off() -> OutcomeUnknownError:
    return OutcomeUnknownError(
        "the server went while it sent the request to the hosted API, so it may have been accepted and "
        "charged; it is not sent again. Look at the account's task list before you ask again",
        retryable=False,
    )
