"""ID3v2.4 tags, as id3.org's "ID3 tag version 2.4.0 - Native Frames" has them.

Text is UTF-8, but for the synchronised lyric: readers that know only the older UTF-16 there (Rust's ``id3``,
with which C2PA manifests are embedded) would drop the whole tag.
"""

from __future__ import annotations

import codecs
import struct

from songwright.exports.tags import Tags

__all__ = ["id3_tag"]

_UTF16 = b"\x01"
_UTF8 = b"\x03"
_NO_LANGUAGE = b"und"
_MILLISECONDS = b"\x02"
_LYRICS = b"\x01"
_FRONT_COVER = b"\x03"


def id3_tag(tags: Tags) -> bytes:
    """A whole tag, to stand before the first frame of an MP3 file or in a WAV file's ``id3`` chunk."""
    provenance = tags.provenance
    frames = [
        _text("TIT2", tags.title),
        _text("TPE1", tags.artist),
        _text("TDRC", tags.date),
        _text("TSSE", provenance.software),
    ]
    if tags.genre:
        frames.append(_text("TCON", tags.genre))
    if tags.tempo_bpm:
        frames.append(_text("TBPM", str(round(tags.tempo_bpm))))
    if tags.key:
        frames.append(_text("TKEY", tags.key))
    frames.append(_frame("COMM", _UTF8 + _NO_LANGUAGE + b"\0" + _utf8(provenance.statement)))
    for name, value in provenance.fields().items():
        frames.append(_frame("TXXX", _UTF8 + _utf8(name) + b"\0" + _utf8(value)))
    if tags.lyric:
        frames.append(_frame("USLT", _UTF8 + _NO_LANGUAGE + b"\0" + _utf8(tags.lyric)))
    if tags.lines:
        frames.append(_frame("SYLT", _synchronised(tags.lines)))
    if tags.cover:
        frames.append(_frame("APIC", _UTF8 + b"image/png\0" + _FRONT_COVER + b"\0" + tags.cover))
    body = b"".join(frames)
    return b"ID3\x04\x00\x00" + _synchsafe(len(body)) + body


def _synchronised(lines: tuple[tuple[float, str], ...]) -> bytes:
    header = _UTF16 + _NO_LANGUAGE + _MILLISECONDS + _LYRICS + _utf16("")
    return header + b"".join(
        _utf16(text) + struct.pack(">I", round(seconds * 1000)) for seconds, text in lines
    )


def _text(name: str, text: str) -> bytes:
    return _frame(name, _UTF8 + _utf8(text))


def _utf8(text: str) -> bytes:
    # A zero byte parts fields.
    return text.replace("\0", "").encode()


def _utf16(text: str) -> bytes:
    """With the mark of its byte order, ended by a zero."""
    return codecs.BOM_UTF16_LE + text.replace("\0", "").encode("utf-16-le") + b"\0\0"


def _frame(name: str, body: bytes) -> bytes:
    return name.encode("ascii") + _synchsafe(len(body)) + b"\0\0" + body


def _synchsafe(size: int) -> bytes:
    """Four bytes of seven bits each, so that no player takes a size for the start of a frame."""
    return bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
