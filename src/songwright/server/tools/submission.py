"""How every tool that starts work goes about it: submit, wait with progress, answer."""

from __future__ import annotations

import anyio
import anyio.to_thread
import mcp_types as wire

from songwright.access import caller_token
from songwright.errors import NotFoundError
from songwright.music.actions import Action
from songwright.music.base import Model
from songwright.music.song import Song
from songwright.music.task import Cancelled, Failed, Succeeded, Task, is_terminal
from songwright.server.parameters import EDIT_WORDING, Submission
from songwright.server.progress import wait_with_progress
from songwright.server.replies import cancelled_reply, failed_reply, outcome_reply
from songwright.server.results import Outcome, Place
from songwright.server.song_choice import songs_by_title
from songwright.server.tool import Accepted, Call, Tool

__all__ = ["STARTS_WORK", "action_tool", "answer", "outcome_of", "place_of", "result_of", "submit"]

_SONG_ARGUMENTS = ("audio_id", "swap_audio_id")

STARTS_WORK = wire.ToolAnnotations(
    read_only_hint=False,
    destructive_hint=False,
    idempotent_hint=False,
    open_world_hint=True,
)
"""Work adds a song and changes none. It may reach a hosted engine or a callback URL, so the world is open."""


def action_tool(
    *,
    name: str,
    title: str,
    description: str,
    action: type[Model],
    wording: tuple[tuple[str, str], ...] = EDIT_WORDING,
    omitted: frozenset[str] = frozenset({"custom"}),
) -> Tool:
    """A tool that performs one of the eight actions.

    Args:
        name: As in :class:`Tool`.
        title: As in :class:`Tool`.
        description: As in :class:`Tool`.
        action: The action.
        wording: As in :class:`Tool`.
        omitted: Fields of the action that say nothing here. ``async`` never does: ``wait_seconds`` says it.
    """
    return Tool(
        name=name,
        title=title,
        description=description,
        annotations=STARTS_WORK,
        inputs=(action, Submission),
        output=Outcome,
        handler=submit,
        wording=wording,
        omitted=omitted | {"async"},
        brief=wording is EDIT_WORDING,
        has_player=True,
    )


async def submit(call: Call, action: Action, submission: Submission) -> wire.CallToolResult | Accepted:
    """Submit an action and wait for its song as long as the caller wishes."""
    # A client that leaves while it submits has still asked: the task is accepted and started, or refused.
    try:
        with anyio.CancelScope(shield=True):
            task, is_repeated = await _submit(call, action, action, submission)
    except NotFoundError as error:
        named = {name: getattr(action, name, None) for name in _SONG_ARGUMENTS}
        if error.field not in named:
            raise
        ids = await songs_by_title(call, {name: given for name, given in named.items() if given})
        with anyio.CancelScope(shield=True):
            task, is_repeated = await _submit(call, action.model_copy(update=ids), action, submission)
    return await answer(call, task, submission.wait_seconds, is_repeated=is_repeated)


async def answer(
    call: Call, task: Task, wait_seconds: float, *, is_repeated: bool = False
) -> wire.CallToolResult | Accepted:
    """Answer the call that started a task, after waiting for its song as long as the caller wishes.

    ``is_repeated`` says that an earlier call started it, with the same request.
    """
    if call.takes_tasks and not is_terminal(task.state):
        return Accepted(task)
    studio = await call.studio()
    done = await wait_with_progress(call, studio, task, wait_seconds)
    return await result_of(call, done, is_repeated=is_repeated)


async def _submit(call: Call, action: Action, asked: Action, submission: Submission) -> tuple[Task, bool]:
    """The task, and whether it is that of an earlier call with the same request."""
    studio = await call.studio()
    if submission.request_id is None:
        repetitions = await studio.repetitions()
        earlier = await anyio.to_thread.run_sync(
            repetitions.under_way, action, asked, submission.engine, call.principal
        )
        if earlier is not None:
            return earlier, True
    task = await studio.submit(
        action,
        engine=submission.engine,
        request_id=submission.request_id,
        principal=call.principal,
        over_http=call.is_over_http,
        asked=asked,
        caller_token=caller_token(call.headers),
    )
    return task, False


async def result_of(call: Call, task: Task, *, is_repeated: bool = False) -> wire.CallToolResult:
    """The answer of the call that started a task: an error where the task has ended without a song."""
    match task.state:
        case Failed(failure=failure):
            return failed_reply(task, failure)
        case Cancelled():
            return cancelled_reply(task)
        case _:
            return await outcome_of(call, task, is_repeated=is_repeated)


async def outcome_of(call: Call, task: Task, *, is_repeated: bool = False) -> wire.CallToolResult:
    """The answer about a task in whatever state it is."""
    match task.state:
        case Succeeded(song_id=song_id):
            studio = await call.studio()
            song = await studio.song(song_id, principal=call.principal)
            return outcome_reply(task, song, await place_of(call, song), is_repeated=is_repeated)
        case _:
            return outcome_reply(task, is_repeated=is_repeated)


async def place_of(call: Call, song: Song) -> Place:
    """Where a client finds the song's sound."""
    studio = await call.studio()
    path = await studio.audio_path(song.id, principal=call.principal)
    return Place(
        file=str(path) if call.shows_paths else None,
        url=await studio.public_link(song.id, call.principal, "mp3") if call.is_over_http else None,
        size_bytes=(await anyio.Path(path).stat()).st_size,
    )
