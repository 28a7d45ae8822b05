"""import_audio: a recording becomes a song."""

from __future__ import annotations

from typing import Self

import anyio
import mcp_types as wire
from pydantic import Field, HttpUrl, model_validator

from songwright.access import LOCAL
from songwright.errors import RequestError
from songwright.music.actions import MAX_LYRIC_CHARACTERS, MAX_TITLE_CHARACTERS
from songwright.music.base import Line, Model, Sheet
from songwright.music.imports import MAX_PATH_CHARACTERS, ImportAudio, LocalFile, WebFile
from songwright.server.parameters import EDIT_WORDING, Waiting
from songwright.server.results import Outcome
from songwright.server.tool import Accepted, Call, Tool
from songwright.server.tools.submission import STARTS_WORK, answer

__all__ = ["IMPORT_AUDIO"]


class ImportRecording(Model):
    """What import_audio takes."""

    path: Line | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_PATH_CHARACTERS,
        description="File on this machine, in a folder that the operator allows.",
    )
    url: HttpUrl | None = Field(default=None, description="Or its public http(s) URL.")
    title: Line | None = Field(
        default=None, min_length=1, max_length=MAX_TITLE_CHARACTERS, description="Left out: the file's."
    )
    lyric: Sheet = Field(
        default="", max_length=MAX_LYRIC_CHARACTERS, description="Words sung in it, under [Verse] etc."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.path is None) == (self.url is None):
            raise ValueError("path, url: give one of them")
        return self

    @property
    def source(self) -> LocalFile | WebFile:
        """Where the recording is."""
        return WebFile(url=self.url) if self.url is not None else LocalFile(path=self.path or "")


async def import_audio(
    call: Call, recording: ImportRecording, waiting: Waiting
) -> wire.CallToolResult | Accepted:
    """Accept a recording and wait for its song as long as the caller wishes."""
    if recording.path is not None and not (call.shows_paths and call.principal == LOCAL):
        raise RequestError("this server reads no files for clients elsewhere; give a url", field="path")
    request = ImportAudio(source=recording.source, title=recording.title, lyric=recording.lyric)
    studio = await call.studio()
    # As for the actions: a client that leaves now has still asked.
    with anyio.CancelScope(shield=True):
        task = await studio.import_audio(
            request,
            request_id=waiting.request_id,
            principal=call.principal,
            over_http=call.is_over_http,
        )
    return await answer(call, task, waiting.wait_seconds)


IMPORT_AUDIO = Tool(
    name="import_audio",
    title="Import audio",
    description=(
        "Imports your own recording, an audio file such as a demo in WAV or MP3, from `path` or `url` into "
        "the library as a song. Loads or uploads it as a source to edit; its samples stay. To make a song "
        "from words use generate_song."
    ),
    annotations=STARTS_WORK,
    inputs=(ImportRecording, Waiting),
    output=Outcome,
    handler=import_audio,
    wording=tuple(pair for pair in EDIT_WORDING if pair[0] in ("request_id", "wait_seconds")),
    brief=True,
    has_player=True,
)
