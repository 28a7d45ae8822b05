"""Which task a caller means."""

from __future__ import annotations

from songwright.errors import NotFoundError
from songwright.music.task import Task
from songwright.server.tool import Call

__all__ = ["meant_task"]

_NEWEST = "last"


async def meant_task(call: Call, given: str | None) -> Task:
    """The task of an id; the newest one for ``last``, or where a client that gave up never saw an id.

    Raises:
        NotFoundError: There is no such task, or none at all.
    """
    studio = await call.studio()
    if given is not None and given != _NEWEST:
        return await studio.task(given, principal=call.principal)
    newest = await studio.tasks(limit=1, principal=call.principal)
    if not newest.items:
        raise NotFoundError("there are no tasks yet; generate_song starts one", field="task_id")
    return newest.items[0]
