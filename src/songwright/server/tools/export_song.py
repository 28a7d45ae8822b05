"""export_song: a song in another form."""

from __future__ import annotations

from typing import Annotated

import anyio
import mcp_types as wire
from pydantic import Field, WithJsonSchema

from songwright.exports.formats import EXPORT_FORMATS, MAX_ARTIST_CHARACTERS, BitDepth, ExportFormat
from songwright.music.base import Line, Model
from songwright.server.addresses import export_uri
from songwright.server.parameters import SongId
from songwright.server.replies import reply
from songwright.server.results import Export
from songwright.server.song_choice import songs_by_title
from songwright.server.tool import Call, Tool

__all__ = ["EXPORT_SONG"]


_BitDepth = Annotated[BitDepth, WithJsonSchema({"type": "integer", "minimum": 16, "maximum": 24})]
"""Not as an enumeration: Gemini takes those of text alone."""


class ExportSong(Model):
    """What export_song takes."""

    audio_id: SongId
    format: ExportFormat = Field(
        description=(
            "midi, musicxml: score. lrc, lyrics_json: timed words. srt, ass, webvtt: subtitles. "
            "stems: ZIP of FLAC. waveform, piano_roll: PNG. video: MP4."
        )
    )
    bit_depth: _BitDepth | None = Field(default=None, description="WAV only: 16 or 24 (default)")
    artist: Line | None = Field(
        default=None, min_length=1, max_length=MAX_ARTIST_CHARACTERS, description="Artist for the tags."
    )


async def export_song(call: Call, arguments: ExportSong) -> wire.CallToolResult:
    """Write a song in another form and say where it is."""
    studio = await call.studio()
    ids = await songs_by_title(call, {"audio_id": arguments.audio_id})
    song = await studio.song(ids["audio_id"], call.principal)
    path = await studio.export(
        song.id,
        arguments.format,
        principal=call.principal,
        bit_depth=arguments.bit_depth,
        artist=arguments.artist,
    )
    # A link names a form and no options: what is behind it is written when it is fetched.
    is_plain = arguments.bit_depth is None and arguments.artist is None
    published = call.is_over_http and is_plain
    export = Export(
        song_id=song.id,
        format=arguments.format,
        uri=export_uri(song.id, arguments.format),
        file=str(path) if call.shows_paths else None,
        url=await studio.public_link(song.id, call.principal, arguments.format) if published else None,
        media_type=EXPORT_FORMATS[arguments.format].media_type,
        size_bytes=(await anyio.Path(path).stat()).st_size,
    )
    lines = [
        f"{song.facts.title} ({song.id}) as {export.format}: {export.media_type}, {export.size_bytes} bytes",
        f"file: {export.file}" if export.file else "",
        f"to download: {export.url}" if export.url else "",
        f"resource: {export.uri}",
    ]
    links = [
        wire.ResourceLink(uri=uri, name=path.name, mime_type=export.media_type, size=export.size_bytes)
        for uri in (export.url, export.uri)
        if uri
    ]
    return reply(export, "\n".join(line for line in lines if line), links)


EXPORT_SONG = Tool(
    name="export_song",
    title="Write a song as a file",
    description=(
        "Writes a song as a file: exports MP3, WAV or FLAC to save or download, MIDI or MusicXML score, "
        "lyrics, stems, pictures. The score, LRC lyrics, subtitles and waveform come in the format you name; "
        "the song itself stays as it is. To see facts rather than get a file use get_song."
    ),
    annotations=wire.ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False
    ),
    inputs=(ExportSong,),
    output=Export,
    handler=export_song,
)
