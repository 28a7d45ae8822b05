"""get_song: one song in full."""

from __future__ import annotations

import mcp_types as wire
from pydantic import Field

from songwright.music.base import Model
from songwright.server.parameters import SongId
from songwright.server.replies import song_reply
from songwright.server.results import MAX_LYRIC_LINES, SongDetails
from songwright.server.song_choice import songs_by_title
from songwright.server.tool import Call, Tool
from songwright.server.tools.submission import place_of

__all__ = ["GET_SONG"]


class GetSong(Model):
    """What get_song takes."""

    audio_id: SongId
    first_lyric_line: int = Field(
        default=1, ge=1, le=10_000, description="Sung line to start the lyric lines at, counted from 1."
    )
    limit: int = Field(
        default=MAX_LYRIC_LINES, ge=0, le=MAX_LYRIC_LINES, description="Lyric lines to show at most."
    )


async def get_song(call: Call, arguments: GetSong) -> wire.CallToolResult:
    """Show one song."""
    studio = await call.studio()
    ids = await songs_by_title(call, {"audio_id": arguments.audio_id})
    song = await studio.song(ids["audio_id"], principal=call.principal)
    place = await place_of(call, song)
    return song_reply(
        song, place, first_lyric_line=arguments.first_lyric_line, most_lyric_lines=arguments.limit
    )


GET_SONG = Tool(
    name="get_song",
    title="Get a song",
    description=(
        "Shows one song in full: where its audio file is, tempo, key, loudness, sections, timed lyrics, "
        "parents. Tells the names of its sections, which replace_section takes. Of a very long lyric the "
        "first lines are shown; `first_lyric_line` shows the rest. To find a song's id use list_songs."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(GetSong,),
    output=SongDetails,
    handler=get_song,
    has_player=True,
)
