"""What clients can read by address: songs, their audio and words, tasks, and the library."""

from __future__ import annotations

import base64
import logging
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast, get_args

import anyio
import anyio.to_thread
import mcp_types as wire
from mcp.server.apps import APP_MIME_TYPE
from mcp.shared.exceptions import MCPError

from songwright.errors import EngineError, NotFoundError, RequestError, SongwrightError
from songwright.exports.formats import EXPORT_FORMATS
from songwright.music.actions import StemName
from songwright.music.song import SongInBrief
from songwright.server.addresses import EXPORTS_BY_NAME
from songwright.server.player import player_page
from songwright.server.results import song_summaries, task_status
from songwright.server.tool import PLAYER_URI, Call

__all__ = ["RESOURCES", "TEMPLATES", "list_resources", "read_resource"]

_JSON = "application/json"
_FLAC = "audio/flac"
_LRC = "application/x-lrc"
_LIBRARY_SIZE = 50
_LISTED_SONGS = 20

_log = logging.getLogger(__name__)

# How long clients may keep what they have read, in milliseconds. Songs never change.
_A_WEEK = 7 * 86_400_000
_AN_HOUR = 3_600_000
_NOT_AT_ALL = 0

RESOURCES: tuple[wire.Resource, ...] = (
    wire.Resource(
        uri="library://songs",
        name="songs",
        title="Library",
        description="The newest songs, in one line each. list_songs searches them all.",
        mime_type=_JSON,
    ),
    wire.Resource(
        uri=PLAYER_URI,
        name="player",
        title="Player",
        description="A page that plays a song: waveform, sections, lyrics, stems, versions.",
        mime_type=APP_MIME_TYPE,
    ),
)

TEMPLATES: tuple[wire.ResourceTemplate, ...] = (
    wire.ResourceTemplate(
        uri_template="song://{id}",
        name="song",
        title="Song",
        description="Every fact of a song, with all lyric lines and the request that made it.",
        mime_type=_JSON,
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/audio",
        name="audio",
        title="Audio",
        description="The song's master as FLAC, 44.1 kHz stereo.",
        mime_type=_FLAC,
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/stems/{name}",
        name="stem",
        title="Stem",
        description="One stem as FLAC: vocals, drums, bass or other. As long as the song; they sum to it.",
        mime_type=_FLAC,
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/lyrics.lrc",
        name="lyrics",
        title="Timed lyrics",
        description="The sung lines with the time each begins, in LRC format.",
        mime_type=_LRC,
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/score.mid",
        name="midi",
        title="Score as MIDI",
        description="The song's notes by part, with tempo, key, sections and words.",
        mime_type="audio/midi",
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/score.musicxml",
        name="musicxml",
        title="Sheet music",
        description="The song's notes, chords and words as MusicXML.",
        mime_type="application/vnd.recordare.musicxml+xml",
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/waveform.png",
        name="waveform",
        title="Waveform",
        description="A picture of the song's waveform with its sections.",
        mime_type="image/png",
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/exports/{format}",
        name="export",
        title="Export",
        description="The song in a format of export_song, such as mp3, wav or stems.",
        mime_type="application/octet-stream",
    ),
    wire.ResourceTemplate(
        uri_template="song://{id}/lineage",
        name="lineage",
        title="Lineage",
        description="The requests that made the song, from the first idea on, and its descendants.",
        mime_type=_JSON,
    ),
    wire.ResourceTemplate(
        uri_template="task://{id}",
        name="task",
        title="Task",
        description="Where a task stands, as get_task shows it.",
        mime_type=_JSON,
    ),
)

_Contents = wire.TextResourceContents | wire.BlobResourceContents
_Reader = Callable[[str, Call, re.Match[str]], Awaitable[_Contents]]
_ID = r"(?P<id>[A-Za-z0-9_-]{1,64})"


async def list_resources(call: Call) -> list[wire.Resource]:
    """The resources that are always there, and the caller's newest songs."""
    try:
        page = await (await call.studio()).songs_in_brief(limit=_LISTED_SONGS, principal=call.principal)
    except SongwrightError as error:
        # Clients list when they connect; what is wrong is told to the call that needs a song.
        _log.info("songs are not listed: %s", error.code)
        return list(RESOURCES)
    return [*RESOURCES, *map(_listed, page.items)]


def _listed(song: SongInBrief) -> wire.Resource:
    facts = song.facts
    traits = [
        f"{facts.duration_seconds:.0f} s",
        f"{facts.tempo_bpm:g} bpm" if facts.tempo_bpm else None,
        facts.key,
        facts.genre,
    ]
    return wire.Resource(
        uri=f"song://{song.id}",
        name=song.id,
        title=facts.title,
        description=f"A song by {song.made_by}: {', '.join(trait for trait in traits if trait)}.",
        mime_type=_JSON,
        annotations=wire.Annotations(last_modified=song.created_at.isoformat()),
    )


async def read_resource(uri: str, call: Call) -> wire.ReadResourceResult:
    """Read a resource.

    Raises:
        MCPError: -32602 with the address in its data, where nothing is there.
    """
    for pattern, reader, ttl_ms in _READERS:
        match = pattern.fullmatch(uri)
        if match is None:
            continue
        try:
            contents = await reader(uri, call, match)
            return wire.ReadResourceResult(contents=[contents], ttl_ms=ttl_ms, cache_scope="private")
        except (NotFoundError, RequestError) as error:
            raise MCPError(wire.INVALID_PARAMS, error.message, data={"uri": uri}) from None
        except SongwrightError as error:
            raise MCPError(wire.INTERNAL_ERROR, error.message, data={"uri": uri}) from None
    known = ", ".join([template.uri_template for template in TEMPLATES] + [item.uri for item in RESOURCES])
    raise MCPError(wire.INVALID_PARAMS, f"Resource not found; there are: {known}", data={"uri": uri})


async def _song(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    song = await (await call.studio()).song(match["id"], principal=call.principal)
    return wire.TextResourceContents(
        uri=uri, mime_type=_JSON, text=song.model_dump_json(exclude_none=True, indent=1)
    )


async def _audio(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    path = await (await call.studio()).audio_path(match["id"], principal=call.principal)
    return await _bytes(uri, path, _FLAC)


async def _stem(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    name = match["name"]
    if name not in get_args(StemName):
        raise NotFoundError(f"must be one of {', '.join(get_args(StemName))}", field="name")
    studio = await call.studio()
    path = await studio.stem_path(match["id"], cast("StemName", name), principal=call.principal)
    return await _bytes(uri, path, _FLAC)


async def _lyrics(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    from songwright.exports.lyrics import lrc

    song = await (await call.studio()).song(match["id"], principal=call.principal)
    return wire.TextResourceContents(uri=uri, mime_type=_LRC, text=lrc(song))


async def _export(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    name = match["name"]
    if name not in EXPORTS_BY_NAME:
        raise NotFoundError(f"must be one of {', '.join(EXPORT_FORMATS)}", field="format")
    export_format = EXPORTS_BY_NAME[name]
    path = await (await call.studio()).export(match["id"], export_format, principal=call.principal)
    return await _bytes(uri, path, EXPORT_FORMATS[export_format].media_type)


async def _lineage(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    lineage = await (await call.studio()).lineage(match["id"], principal=call.principal)
    return wire.TextResourceContents(
        uri=uri, mime_type=_JSON, text=lineage.model_dump_json(exclude_none=True)
    )


async def _task(uri: str, call: Call, match: re.Match[str]) -> _Contents:
    task = await (await call.studio()).task(match["id"], principal=call.principal)
    return wire.TextResourceContents(
        uri=uri, mime_type=_JSON, text=task_status(task).model_dump_json(exclude_none=True)
    )


async def _library(uri: str, call: Call, _: re.Match[str]) -> _Contents:
    page = await (await call.studio()).songs_in_brief(limit=_LIBRARY_SIZE, principal=call.principal)
    return wire.TextResourceContents(
        uri=uri,
        mime_type=_JSON,
        text=song_summaries(page.items, page.next_cursor).model_dump_json(exclude_none=True),
    )


async def _player(uri: str, _: Call, __: re.Match[str]) -> _Contents:
    page = await anyio.to_thread.run_sync(player_page)
    meta = {"ui": {"prefersBorder": True}}
    return wire.TextResourceContents(uri=uri, mime_type=APP_MIME_TYPE, text=page, _meta=meta)


async def _bytes(uri: str, path: Path, media_type: str) -> _Contents:
    try:
        data = await anyio.Path(path).read_bytes()
    except OSError as error:
        # It was there a moment ago. The system's own words would tell where.
        raise EngineError("the file can't be read now; ask again", retryable=True) from error
    return wire.BlobResourceContents(uri=uri, mime_type=media_type, blob=base64.b64encode(data).decode())


_READERS: tuple[tuple[re.Pattern[str], _Reader, int], ...] = (
    (re.compile(rf"song://{_ID}"), _song, _A_WEEK),
    (re.compile(rf"song://{_ID}/audio"), _audio, _A_WEEK),
    (re.compile(rf"song://{_ID}/stems/(?P<name>[a-z]{{1,16}})"), _stem, _A_WEEK),
    (re.compile(rf"song://{_ID}/lyrics\.lrc"), _lyrics, _A_WEEK),
    (re.compile(rf"song://{_ID}/lineage"), _lineage, _NOT_AT_ALL),
    (
        re.compile(rf"song://{_ID}/(?P<name>[a-z]{{1,16}}\.[a-z]{{1,16}}|exports/[a-z0-9_]{{1,16}})"),
        _export,
        _A_WEEK,
    ),
    (re.compile(rf"task://{_ID}"), _task, _NOT_AT_ALL),
    (re.compile(r"library://songs"), _library, _NOT_AT_ALL),
    (re.compile(re.escape(PLAYER_URI)), _player, _AN_HOUR),
)
