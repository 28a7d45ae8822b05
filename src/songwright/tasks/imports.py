"""How a recording becomes a task: its bytes first, so that no task waits for a file that may go."""

from __future__ import annotations

from typing import assert_never

from songwright.music.imports import ImportAudio, LocalFile, Received, WebFile
from songwright.music.task import Task
from songwright.recordings.incoming import Incoming
from songwright.settings import Settings
from songwright.tasks.ledger import Ledger, fingerprint

__all__ = ["accept_import"]


def accept_import(
    request: ImportAudio,
    *,
    ledger: Ledger,
    incoming: Incoming,
    engine: str,
    settings: Settings,
    seed: str,
    request_id: str | None,
    principal: str,
    most_unfinished: int | None,
) -> Task:
    """Write down a new task, or find the one that the same request made before.

    Raises:
        RequestError: The file is no recording that can be taken, or may not be read; nothing is kept.
        NotFoundError: There is no such file.
        ConflictError: The request id stands for another request.
        TooManyError: So many are unfinished already.
        ConfigurationError: The home folder can't be written to.
    """
    print_ = fingerprint(request, "auto")
    if request_id is not None:
        # Before the file is looked at: it may have been moved since.
        before = ledger.accepted_before(principal, request_id, print_)
        if before is not None:
            return before
    received = _received(incoming, request, settings)

    assigned: list[str] = []

    def assign(task_id: str) -> None:
        if received is not None:
            assigned.append(task_id)
            incoming.assign(received.receipt, task_id)

    try:
        return ledger.accept(
            request if received is None else request.model_copy(update={"source": received}),
            engine=engine,
            seed=seed,
            principal=principal,
            request_id=request_id,
            print_=print_,
            most_unfinished=most_unfinished,
            before_it_is_seen=assign,
        )
    except BaseException:
        for task_id in assigned:
            incoming.forget(task_id)
        raise
    finally:
        if received is not None:
            incoming.turn_away(received.receipt)


def _received(incoming: Incoming, request: ImportAudio, settings: Settings) -> Received | None:
    """The bytes of a recording on this machine; None where it is elsewhere."""
    match request.source:
        case LocalFile() as file:
            from songwright.recordings.reception import receive_allowed

            places, most = settings.import_places, settings.max_import_bytes
            return receive_allowed(incoming, file, places, max_bytes=most)
        case Received() as received:
            return received
        case WebFile():
            return None
        case _:
            assert_never(request.source)
