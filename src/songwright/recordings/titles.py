"""What is an imported song called, where its request does not say?"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import assert_never
from urllib.parse import unquote, urlsplit

from songwright.music.actions import MAX_TITLE_CHARACTERS
from songwright.music.imports import ImportAudio, LocalFile, Received, WebFile
from songwright.recordings.formats import Recorded

__all__ = ["file_name", "title_of"]

_UNTITLED = "Imported recording"


def title_of(request: ImportAudio, recorded: Recorded) -> str:
    """The title that is asked for, else the one in the file's tags, else the file's name."""
    words = " ".join(PurePosixPath(file_name(request)).stem.replace("_", " ").split())
    return (request.title or recorded.title or words or _UNTITLED)[:MAX_TITLE_CHARACTERS].strip()


def file_name(request: ImportAudio) -> str:
    """The name of the file, printable; "" where it has none."""
    match request.source:
        case Received(name=name):
            found = name
        case LocalFile(path=path):
            found = path
        case WebFile(url=url):
            found = unquote(urlsplit(str(url)).path)
        case _:
            assert_never(request.source)
    name = found.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in name if letter.isprintable())
