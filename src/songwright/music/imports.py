"""Taking a recording into the library: work like an action, but none of the Producer API's eight."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, HttpUrl, TypeAdapter, model_validator

from songwright.music.actions import (
    MAX_LYRIC_CHARACTERS,
    MAX_TITLE_CHARACTERS,
    Action,
    ActionName,
)
from songwright.music.base import Line, Model, Sheet

__all__ = [
    "MAX_ARTIST_CHARACTERS",
    "MAX_PATH_CHARACTERS",
    "ImportAudio",
    "LocalFile",
    "Received",
    "RecordingSource",
    "WebFile",
    "Work",
    "WorkName",
    "parse_work",
]

MAX_ARTIST_CHARACTERS = 120
MAX_PATH_CHARACTERS = 4096
_MAX_NAME_CHARACTERS = 255


class LocalFile(Model):
    """A file on the disk of the machine that songwright runs on. Stands in requests, never in a task."""

    kind: Literal["file"] = "file"
    path: Line = Field(min_length=1, max_length=MAX_PATH_CHARACTERS)


class WebFile(Model):
    """A file behind an address that anyone may reach."""

    kind: Literal["url"] = "url"
    url: HttpUrl


class Received(Model):
    """A file whose bytes are in the home folder already, until the task ends."""

    kind: Literal["received"] = "received"
    receipt: str = Field(pattern=r"^[0-9a-f]{32}$", description="What the bytes were received under.")
    name: str = Field(
        default="", max_length=_MAX_NAME_CHARACTERS, description="The file's name, as its sender knew it."
    )


RecordingSource = Annotated[LocalFile | WebFile | Received, Field(discriminator="kind")]
"""Where a recording is."""


class ImportAudio(Model):
    """Take a recording into the library as a song."""

    action: Literal["import_audio"] = "import_audio"
    source: RecordingSource
    title: Line | None = Field(
        default=None,
        min_length=1,
        max_length=MAX_TITLE_CHARACTERS,
        description="Title of the song. Left out: from the file's tags or name.",
    )
    artist: Line | None = Field(default=None, min_length=1, max_length=MAX_ARTIST_CHARACTERS)
    lyric: Sheet = Field(
        default="",
        max_length=MAX_LYRIC_CHARACTERS,
        description="The words that are sung in it, under [Verse] etc.",
    )
    instrumental: bool = Field(default=False, description="True: nobody sings in it.")
    callback_url: HttpUrl | None = None

    @model_validator(mode="after")
    def _an_instrumental_has_no_words(self) -> Self:
        if self.instrumental and self.lyric:
            raise ValueError("lyric: an instrumental has no words; leave out one of them")
        return self


Work = Annotated[Action | ImportAudio, Field(discriminator="action")]
"""Everything that can become a task, and so a song."""

WorkName = Literal[ActionName, "import_audio"]

_adapter: TypeAdapter[Work] = TypeAdapter(Work)


def parse_work(stored: dict[str, Any]) -> Work:
    """Parse what a task or a song says that it was asked; fields of a newer version are passed over.

    Raises:
        pydantic.ValidationError: It is neither an action nor an import.
    """
    return _adapter.validate_python(stored, extra="ignore")
