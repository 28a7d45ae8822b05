"""list_songs: find songs in the library."""

from __future__ import annotations

from datetime import date
from typing import Literal

import mcp_types as wire
from pydantic import Field

from songwright.library.search_dates import days_meant
from songwright.music.base import Line, Model
from songwright.music.task import Task
from songwright.server.replies import song_page_reply
from songwright.server.results import SongPage
from songwright.server.tool import Call, Tool

__all__ = ["LIST_SONGS"]

_MOST_UNFINISHED = 5
_MOST_WORDS_TRIED = 5
_UNFINISHED: tuple[Literal["queued", "running"], ...] = ("queued", "running")


class ListSongs(Model):
    """What list_songs takes."""

    query: Line | None = Field(
        default=None,
        max_length=200,
        description="Words of title, prompt, genre or lyric, and days: yesterday, last week, 2026-11-28.",
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
    why_none = ""
    if arguments.query and not page.items and arguments.cursor is None:
        why_none = await _why_none(call, arguments.query)
    return song_page_reply(page.items, page.next_cursor, unfinished, why_none=why_none)


async def _unfinished(call: Call) -> list[Task]:
    """What is being made, newest first: a client that gave its call up has not seen the task's id."""
    studio = await call.studio()
    pages = [
        await studio.tasks(status, limit=_MOST_UNFINISHED, principal=call.principal) for status in _UNFINISHED
    ]
    # One that began between the two looks is on both pages.
    tasks = {task.id: task for page in pages for task in page.items}
    return sorted(tasks.values(), key=lambda task: task.created_at, reverse=True)[:_MOST_UNFINISHED]


async def _why_none(call: Call, query: str) -> str:
    """Why a search found nothing, and what to try; "" where there are no songs at all."""
    studio = await call.studio()
    newest = (await studio.songs_in_brief(limit=1, principal=call.principal)).items
    if not newest:
        return ""
    dated = days_meant(query, date.today())  # noqa: DTZ011 - as the library reads it, by this machine's clock
    words = dict.fromkeys((dated[0] if dated else query).split())
    if dated and not (words and await _finds(call, " ".join(words))):
        made = newest[0].created_at.astimezone().date()
        why = f"No song was made on {dated[1]}" + (" with these words" if words else "")
        return f"{why}; the newest is of {made}. list_songs without query shows all."
    if dated:
        return f"Songs have these words, but none was made on {dated[1]}; leave the days out to see them."
    unknown = [f'"{word}"' for word in [*words][:_MOST_WORDS_TRIED] if not await _finds(call, word)]
    if unknown and len(words) > 1:
        return (
            f"No title, prompt, genre or lyric has {' or '.join(unknown)}; search without. "
            "list_songs without query shows all."
        )
    if unknown:
        return "No title, prompt, genre or lyric has this word. list_songs without query shows all."
    return (
        "Songs have some of these words, but none has all; fewer words find more. "
        "list_songs without query shows all."
    )


async def _finds(call: Call, query: str) -> bool:
    studio = await call.studio()
    return bool((await studio.songs_in_brief(query, limit=1, principal=call.principal)).items)


LIST_SONGS = Tool(
    name="list_songs",
    title="List songs",
    description=(
        "Lists the songs in the library, newest first, one line each. `query` searches them: it finds the "
        "songs with all its words in title, prompt, genre or words, or of yesterday. "
        "What is being made is named first. To see one song in full use get_song."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(ListSongs,),
    output=SongPage,
    handler=list_songs,
)
