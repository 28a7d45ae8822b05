"""Requests that are made again: by a name that the caller gave them, or by a client that had given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from songwright.errors import NotFoundError, RequestError
from songwright.music.actions import Action, source_ids
from songwright.music.imports import ImportAudio
from songwright.music.task import Task

if TYPE_CHECKING:
    from songwright.library.songs import Library
    from songwright.tasks.ledger import Ledger

__all__ = ["Repetitions", "refuse_odd_request_id"]

_MAX_REQUEST_ID_CHARACTERS = 200
_REPEATED_WITHIN = timedelta(minutes=10)
# The least patient client known, openai-agents, gives up after 5 s; calls sent together arrive at once.
_SENT_TOGETHER = timedelta(seconds=4)


def refuse_odd_request_id(request_id: str | None) -> None:
    """Refuse a caller's name for a request that is empty or too long.

    Raises:
        RequestError: It is.
    """
    if request_id is not None and not 1 <= len(request_id) <= _MAX_REQUEST_ID_CHARACTERS:
        raise RequestError(f"must have 1 to {_MAX_REQUEST_ID_CHARACTERS} characters", field="request_id")


class Repetitions:
    """Finds the work that a request made again is about. Its methods block: call them in a thread."""

    def __init__(self, ledger: Ledger, library: Library) -> None:
        self._ledger = ledger
        self._library = library

    def under_way(self, action: Action, asked: Action, engine: str, principal: str) -> Task | None:
        """The unfinished task that the same request made some seconds or minutes ago, if one did.

        A client that gave its call up asks again, and would make, and perhaps pay for, a second song. Calls
        that are sent together are meant side by side and are no repetition.

        Args:
            action: What to do.
            asked: The same as the caller gave it, where ids were chosen for the caller since.
            engine: Name of the engine, or ``auto``.
            principal: Whose task.
        """
        from songwright.tasks.ledger import fingerprint

        now = datetime.now(UTC)
        same = self._ledger.asked_lately(
            principal,
            fingerprint(asked, engine),
            earliest=now - _REPEATED_WITHIN,
            latest=now - _SENT_TOGETHER,
        )
        if not same:
            return None
        try:
            meant = source_ids(self._library.with_full_ids(action, principal))
        except (NotFoundError, RequestError):
            return None
        for task in same:
            # "last" may mean another song by now.
            if not isinstance(task.action, ImportAudio) and source_ids(task.action) == meant:
                return task
        return None
