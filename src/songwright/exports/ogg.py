"""Tags in Ogg files, Vorbis and Opus: the comment packet is exchanged and the pages are numbered anew.

Pages are laid out after RFC 3533; Opus in Ogg after RFC 7845; Vorbis after Xiph's "Vorbis I
specification", appendix A. Both want the comment header to begin on the second page and sound to begin on
a fresh one.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from songwright.exports.tags import Tags
from songwright.exports.vorbis_comment import vorbis_comment

__all__ = ["ogg_with_tags"]

_HEADER = struct.Struct("<4sBBqIIIB")
_CAPTURE = b"OggS"
_CONTINUED, _FIRST = 1, 2
_MOST_SEGMENTS = 255
_NO_PACKET_ENDS = -1
_VORBIS_COMMENT, _VORBIS_FRAMING = b"\x03vorbis", b"\x01"
_OPUS_COMMENT = b"OpusTags"
_BIT_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True, slots=True)
class _Page:
    flags: int
    granule: int
    segments: bytes
    body: bytes


def ogg_with_tags(file: bytes, tags: Tags) -> bytes:
    """An Ogg Vorbis or Opus file with other tags; its sound is the same packets.

    The stream's serial number, which encoders draw by chance, is derived from the song's id, so that the
    same song gives the same file.

    Raises:
        ValueError: The file is neither.
    """
    pages = list(_pages(file))
    packets, behind = _header_packets(pages)
    if packets[1].startswith(_OPUS_COMMENT):
        start, end = _OPUS_COMMENT, b""
    else:
        start, end = _VORBIS_COMMENT, _VORBIS_FRAMING
    vendor = _vendor(packets[1], len(start))
    packets[1] = start + vorbis_comment(tags, vendor, with_picture=True) + end
    serial = zlib.crc32(tags.provenance.song_id.encode())
    laid = [*_laid_out(packets[:1], flags=_FIRST), *_laid_out(packets[1:], flags=0), *pages[behind:]]
    return b"".join(_written(page, serial, number) for number, page in enumerate(laid))


def _pages(file: bytes) -> Iterator[_Page]:
    at = 0
    while at < len(file):
        if len(file) < at + _HEADER.size or file[at : at + 4] != _CAPTURE:
            raise ValueError("not an Ogg file")
        _, _, flags, granule, _, _, _, count = _HEADER.unpack_from(file, at)
        at += _HEADER.size
        segments = file[at : at + count]
        at += count
        size = sum(segments)
        yield _Page(flags, granule, segments, file[at : at + size])
        at += size


def _header_packets(pages: Sequence[_Page]) -> tuple[list[bytes], int]:
    """The header packets, and the index of the first page of sound."""
    packets: list[bytes] = []
    packet = b""
    wanted = 2
    for index, page in enumerate(pages):
        at = 0
        for size in page.segments:
            packet += page.body[at : at + size]
            at += size
            if size < _MOST_SEGMENTS:
                packets.append(packet)
                packet = b""
        if packets and packets[0].startswith(b"\x01vorbis"):
            wanted = 3
        if len(packets) == wanted and not packet:
            return packets, index + 1
    raise ValueError("not an Ogg Vorbis or Opus file")


def _vendor(packet: bytes, at: int) -> str:
    size = int.from_bytes(packet[at : at + 4], "little")
    return packet[at + 4 : at + 4 + size].decode(errors="replace")


def _laid_out(packets: Sequence[bytes], *, flags: int) -> Iterator[_Page]:
    """Header packets on pages of their own. A packet's last segment is below 255 bytes, if need be empty."""
    sizes = [divmod(len(packet), 255) for packet in packets]
    segments = b"".join(bytes([255]) * whole + bytes([rest]) for whole, rest in sizes)
    body = b"".join(packets)
    continued = 0
    for first in range(0, len(segments), _MOST_SEGMENTS):
        here = segments[first : first + _MOST_SEGMENTS]
        size = sum(here)
        ends = any(segment < 255 for segment in here)
        yield _Page(flags | continued, 0 if ends else _NO_PACKET_ENDS, here, body[:size])
        body = body[size:]
        continued = _CONTINUED if here[-1] == 255 else 0


def _written(page: _Page, serial: int, number: int) -> bytes:
    def header(checksum: int) -> bytes:
        return _HEADER.pack(
            _CAPTURE, 0, page.flags, page.granule, serial, number, checksum, len(page.segments)
        )

    return header(_checksum(header(0) + page.segments + page.body)) + page.segments + page.body


def _checksum(page: bytes) -> int:
    """Ogg's CRC-32: zlib's polynomial with the bits the other way round, no preset and no inversion."""
    reflected = zlib.crc32(page.translate(_BIT_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{reflected:032b}"[::-1], 2)
