"""list_songs: find songs in the library."""

from __future__ import annotations

from typing import Literal

import mcp_types as wire
from pydantic import Field

from songwright.music.base import Line, Model
from songwright.music.task import Task
from songwright.server.replies import song_page_reply
from songwright.server.results import SongPage
from songwright.server.tool import Call, Tool

__all__ = ["LIST_SONGS"]

_MOST_UNFINISHED = 5
_UNFINISHED: tuple[Literal["queued", "running"], ...] = ("queued", "running")


class ListSongs(Model):
    """What list_songs takes."""

    query: Line | None = Field(
        default=None,
        max_length=200,
        description="Words that title, prompt or genre must contain. Left out: all songs.",
    )
    limit: int = Field(default=10, ge=1, le=15, description="How many songs to show at most, 1 to 15.")
    cursor: Line | None = Field(
        default=None, min_length=1, max_length=200, description="The next_cursor of the page before."
    )


async def list_songs(call: Call, arguments: ListSongs) -> wire.CallToolResult:
    """Show a page of songs."""
    studio = await call.studio()
    # First, so that what ends in between is on the page of songs.
    unfinished = await _unfinished(call) if arguments.cursor is None else []
    page = await studio.songs_in_brief(
        query=arguments.query, limit=arguments.limit, cursor=arguments.cursor, principal=call.principal
    )
    none_matches = bool(arguments.query) and not page.items and await _has_songs(call)
    return song_page_reply(page.items, page.next_cursor, unfinished, none_matches=none_matches)


async def _unfinished(call: Call) -> list[Task]:
    """What is being made, newest first: a client that gave its call up has not seen the task's id."""
    studio = await call.studio()
    pages = [
        await studio.tasks(status, limit=_MOST_UNFINISHED, principal=call.principal) for status in _UNFINISHED
    ]
    # One that began between the two looks is on both pages.
    tasks = {task.id: task for page in pages for task in page.items}
    return sorted(tasks.values(), key=lambda task: task.created_at, reverse=True)[:_MOST_UNFINISHED]


async def _has_songs(call: Call) -> bool:
    studio = await call.studio()
    return bool((await studio.songs_in_brief(limit=1, principal=call.principal)).items)


LIST_SONGS = Tool(
    name="list_songs",
    title="List songs",
    description=(
        "Lists the songs in the library, newest first, one line each. `query` searches them: it finds the "
        "songs with all its words in title, prompt or genre. What is being made is named first. To see one "
        "song in full use get_song."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(ListSongs,),
    output=SongPage,
    handler=list_songs,
)
