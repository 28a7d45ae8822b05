"""Tags in FLAC files, after RFC 9639: metadata blocks are exchanged, frames stay as they are."""

from __future__ import annotations

import shutil
from pathlib import Path

from songwright.errors import EngineError
from songwright.exports.tags import Tags
from songwright.exports.vorbis_comment import picture_block, vorbis_comment

__all__ = ["copy_flac_with_tags"]

_MARKER = b"fLaC"
_STREAMINFO, _SEEKTABLE, _COMMENT, _PICTURE = 0, 3, 4, 6
_KEPT = frozenset({_STREAMINFO, _SEEKTABLE})
_LAST = 0x80


def copy_flac_with_tags(source: Path, target: Path, tags: Tags) -> None:
    """Copy a FLAC file with other tags. The sound is not encoded again: its frames are the same bytes.

    Raises:
        EngineError: The source is no FLAC file.
        OSError: A file can't be read or written.
    """
    with source.open("rb") as reading, target.open("wb") as writing:
        if reading.read(len(_MARKER)) != _MARKER:
            raise EngineError("an audio file of the song is not FLAC; it may be damaged", retryable=False)
        kept: list[tuple[int, bytes]] = []
        vendor = "songwright"
        last = False
        while not last:
            header = reading.read(4)
            if len(header) < 4:
                raise EngineError("an audio file of the song is cut short", retryable=False)
            last, kind = bool(header[0] & _LAST), header[0] & ~_LAST
            body = reading.read(int.from_bytes(header[1:], "big"))
            if kind in _KEPT:
                kept.append((kind, body))
            elif kind == _COMMENT:
                vendor = _vendor(body)
        kept.append((_COMMENT, vorbis_comment(tags, vendor, with_picture=False)))
        if tags.cover:
            kept.append((_PICTURE, picture_block(tags.cover)))
        writing.write(_MARKER)
        for number, (kind, body) in enumerate(kept):
            flag = _LAST if number == len(kept) - 1 else 0
            writing.write(bytes([flag | kind]) + len(body).to_bytes(3, "big") + body)
        shutil.copyfileobj(reading, writing)


def _vendor(comment: bytes) -> str:
    size = int.from_bytes(comment[:4], "little")
    return comment[4 : 4 + size].decode(errors="replace")
