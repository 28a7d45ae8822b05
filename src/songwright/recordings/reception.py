"""From a file on this machine to bytes in the home folder that are known to be a recording."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from songwright.music.imports import LocalFile, Received
from songwright.recordings.folders import open_allowed, open_file
from songwright.recordings.formats import probe
from songwright.recordings.incoming import Incoming

__all__ = ["receive_allowed", "receive_file"]

_FIELD = "path"
_MAX_NAME_CHARACTERS = 255


def receive_allowed(
    incoming: Incoming, source: LocalFile, folders: Iterable[Path], *, max_bytes: int
) -> Received:
    """Take in a file that a request names, if it lies in one of some folders.

    Raises:
        RequestError: It lies elsewhere, or is no recording that can be taken; nothing is kept.
        ConfigurationError: The home folder can't be written to.
    """
    with open_allowed(source.path, folders) as file:
        return _received(incoming, file, Path(source.path).name, max_bytes)


def receive_file(incoming: Incoming, path: Path, *, max_bytes: int) -> Received:
    """Take in a file that its owner names, wherever it lies.

    Raises:
        RequestError: It is no recording that can be taken; nothing is kept.
        ConfigurationError: The home folder can't be written to.
    """
    with open_file(path) as file:
        return _received(incoming, file, path.name, max_bytes)


def _received(incoming: Incoming, file: BinaryIO, name: str, max_bytes: int) -> Received:
    receipt = incoming.receive(file, max_bytes=max_bytes, field=_FIELD)
    try:
        # The copy, not the file: that may be another by now.
        probe(incoming.arrived(receipt), field=_FIELD)
    except BaseException:
        incoming.turn_away(receipt)
        raise
    # Names on disk may hold bytes that are no text.
    readable = name.encode("utf-8", "replace").decode("utf-8")
    return Received(receipt=receipt, name=readable[:_MAX_NAME_CHARACTERS])
