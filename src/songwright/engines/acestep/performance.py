"""One piece of work at an ACE-Step server: submit, wait, fetch, choose the best take."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import anyio
from pydantic import SecretStr

from songwright.audio.pcm import Samples
from songwright.bounded_http import bounded_async_client
from songwright.engines.acestep.edits import Edits
from songwright.engines.acestep.jobs import Job, Made
from songwright.engines.acestep.replies import (
    Done,
    Failed,
    NothingKnown,
    ServerFacts,
    TakeLink,
    Working,
)
from songwright.engines.acestep.requests import LONGEST_SECONDS
from songwright.engines.acestep.server import AceStepServer
from songwright.engines.acestep.takes import Recogniser, best_take
from songwright.engines.base import Context, Rendition, Source
from songwright.engines.remote.connections import SharedClient
from songwright.engines.remote.downloads import Limits, fetch
from songwright.engines.remote.errors import (
    DeadlineError,
    OutcomeUnknownError,
    RemoteFailureError,
    TaskLostError,
)
from songwright.engines.remote.masters import read_as_master
from songwright.engines.remote.memory import Notebook, unharmed
from songwright.engines.remote.patience import Patience, Pause
from songwright.errors import SongwrightError
from songwright.music.actions import Action

__all__ = ["Workplace"]

_SENDING = "sending"


class Workplace:
    """What performances at one server share."""

    def __init__(
        self,
        *,
        base_url: str,
        key: SecretStr | None,
        recogniser: Recogniser | None,
        pause: Pause,
        patience: Patience,
        limits: Limits | None,
    ) -> None:
        """See :class:`songwright.engines.acestep.engine.AceStepEngine`."""
        self._base_url = base_url
        self._key = key
        self._recogniser = recogniser
        self._pause = pause
        self._patience = patience
        self._limits = limits
        self._client = SharedClient(bounded_async_client)

    async def perform(
        self, action: Action, sources: tuple[Source, ...], context: Context, facts: ServerFacts
    ) -> Rendition:
        """Perform an action, going on where an earlier try of the same task left off."""
        async with self._client.lent() as client:
            server = AceStepServer(client, self._base_url, self._key, self._pause, self._patience)
            notebook = Notebook(context)
            return await Edits(partial(self._make, server, notebook), facts, context).perform(action, sources)

    async def _make(self, server: AceStepServer, notebook: Notebook, job: Job) -> Made:
        task_id, submitted_at = await self._submitted(server, notebook, job)
        links = await self._finished(server, task_id, submitted_at, job, notebook.context)
        folder = notebook.context.folder
        takes: list[tuple[Samples, Path]] = []
        for number, link in enumerate(links, start=1):
            path = folder / f"take-{number}"
            samples = await fetch(
                server.audio,
                link.path,
                path,
                self._pause,
                partial(read_as_master, longest_seconds=LONGEST_SECONDS + 30),
                self._limits,
            )
            takes.append((samples, path))
        choice = await anyio.to_thread.run_sync(
            partial(
                best_take,
                takes,
                lyric=job.lyric,
                tempo_bpm=job.tempo_bpm,
                recogniser=self._recogniser,
            )
        )
        for _, path in takes:
            path.unlink(missing_ok=True)
        seeds = str(job.fields["seed"]).split(",")
        seed = links[choice.index].seed or seeds[min(choice.index, len(seeds) - 1)]
        return Made(takes[choice.index][0], seed, (choice.reason,) if choice.reason else ())

    async def _submitted(self, server: AceStepServer, notebook: Notebook, job: Job) -> tuple[str, float]:
        known = notebook.read(job.name)
        if known == _SENDING:
            raise OutcomeUnknownError(
                "songwright went while it sent the request to the ACE-Step server; the work may be under way "
                "there. Look at the server before you ask again",
                retryable=False,
            )
        if known is None:
            notebook.context.report(job.begun, "submitting to the ACE-Step server")
            await notebook.write(job.name, _SENDING)
            await unharmed(self._send(server, notebook, job))
            known = notebook.read(job.name)
        return str(known["task_id"]), float(known["at"])

    async def _send(self, server: AceStepServer, notebook: Notebook, job: Job) -> None:
        try:
            task_id = await server.release(job.fields, job.source)
        except OutcomeUnknownError:
            raise
        except SongwrightError:
            await notebook.write(job.name, None)
            raise
        await notebook.write(job.name, {"task_id": task_id, "at": self._pause.now()})

    async def _finished(
        self, server: AceStepServer, task_id: str, submitted_at: float, job: Job, context: Context
    ) -> tuple[TakeLink, ...]:
        unseen = 0
        for gap in self._patience.poll_gaps:
            match await server.outcome(task_id):
                case Done(takes):
                    return takes
                case Failed(out_of_memory):
                    raise RemoteFailureError(
                        "the ACE-Step server ran out of GPU memory; ask for a shorter song, or start it with "
                        "a smaller model"
                        if out_of_memory
                        else "the ACE-Step server failed at the work; look at its log, or ask again with "
                        "another seed",
                        retryable=True,
                    )
                case Working(fraction):
                    unseen = 0
                    context.report(job.begun + job.share * fraction, "the ACE-Step server is at work")
                case NothingKnown():
                    # The same answer comes for a task that waits and for one that the server never knew.
                    unseen += 1
                    if unseen >= self._patience.lost_after_polls and await server.is_idle():
                        raise TaskLostError(
                            "the ACE-Step server no longer knows the task, perhaps because it was restarted; "
                            "ask again",
                            retryable=True,
                        )
                case None:
                    pass
            if self._pause.now() - submitted_at >= self._patience.deadline_seconds:
                raise DeadlineError(
                    f"the ACE-Step server did not finish within {self._patience.deadline_seconds / 60:.0f} "
                    "minutes; look at its queue and its log, then ask again",
                    retryable=True,
                )
            await self._pause.sleep(gap)
        raise AssertionError("gaps never end")
