"""Replaces a stretch of a FLAC file and copies the frames around it as they are, byte for byte.

A frame is the unit that FLAC compresses alone: some thousand samples. Only frames that the stretch meets
are compressed again, so the cost follows the stretch, and what lies outside is the same by construction.
The format is that of RFC 9639, sections 8 and 9.
"""

from __future__ import annotations

import errno
import io
import mmap
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import encode_flac, read_flac
from songwright.errors import EngineError

__all__ = ["FrameSpan", "Frames", "mapped", "replace_frames"]

_MARKER = b"fLaC"
_SYNC = b"\xff\xf8"
_STREAMINFO_BYTES = 34
_SCAN_BYTES = 1 << 16
_PIECE_BYTES = 1 << 20
_CRC16_POLYNOMIAL = 0x8005
_CRC8_POLYNOMIAL = 0x07


@dataclass(frozen=True, slots=True)
class FrameSpan:
    """Which samples of a file were compressed anew: whole frames.

    Attributes:
        start: The first sample.
        stop: Behind the last; None for the end of the file.
    """

    start: int
    stop: int | None


class Frames:
    """The frames of a FLAC file of fixed block size."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        """Read the stream's facts.

        Raises:
            ValueError: It is no such file.
        """
        if data[:4] != _MARKER:
            raise ValueError("no FLAC stream")
        position, last = 4, False
        while not last:
            last = bool(data[position] & 0x80)
            position += 4 + int.from_bytes(data[position + 1 : position + 4], "big")
        info = data[8 : 8 + _STREAMINFO_BYTES]
        self.data = data
        self.first = position
        self.block_samples = int.from_bytes(info[0:2], "big")
        self.samples = int.from_bytes(info[13:18], "big") & (2**36 - 1)
        if self.block_samples != int.from_bytes(info[2:4], "big") or self._number(position) != 0:
            raise ValueError("frames of changing size")

    def offset(self, number: int) -> int:
        """Where a frame begins; behind the last one, the end of the file.

        Raises:
            ValueError: There is no such frame.
        """
        if number * self.block_samples >= self.samples:
            return len(self.data)
        low, high = self.first, len(self.data)
        while high - low > _SCAN_BYTES:
            middle = (low + high) // 2
            found = self._following(middle)
            if found is None or found[1] > number:
                high = middle
            else:
                low = found[0]
        return self.find(number, low)

    def find(self, number: int, start: int) -> int:
        """Where a frame begins that lies at or behind a byte.

        Raises:
            ValueError: There is no such frame.
        """
        place = self._following(start)
        # Compressed sound can look like a header, but hardly like that of the frame that is due.
        while place is not None and place[1] != number:
            place = self._following(place[0] + 1)
        if place is None:
            raise ValueError("a frame is missing")
        return place[0]

    def _following(self, start: int) -> tuple[int, int] | None:
        """Place and number of the first frame at or behind a byte."""
        position = self.data.find(_SYNC, start)
        while position >= 0:
            number = self._number(position)
            if number is not None:
                return position, number
            position = self.data.find(_SYNC, position + 1)
        return None

    def _number(self, position: int) -> int | None:
        """The number in a frame's header; None where the bytes are no header."""
        size = _header_bytes(self.data, position)
        if size is None or position + size >= len(self.data):
            return None
        if _crc8(self.data[position : position + size]) != self.data[position + size]:
            return None
        return _coded_number(self.data, position + 4)


def replace_frames(
    parent: Path, child: Path, start: int, fresh: NDArray[np.int32], stop: int | None
) -> FrameSpan:
    """Write a file that is the parent's but for a stretch.

    The result carries no checksum of its whole sound, which would need all of it to be decoded; each frame
    has its own.

    Args:
        parent: FLAC as ``write_flac`` writes it.
        child: Where to write.
        start: The first sample of the stretch.
        fresh: Its new samples, shape (channels, samples), 24-bit integers.
        stop: Behind the last sample that it replaces, ``start + samples``; None where it replaces all that
            followed, at any length.

    Returns:
        What was compressed anew.

    Raises:
        ValueError: The parent is not such a file.
        EngineError: A file can't be read or written.
    """
    with mapped(parent) as data:
        return _replace(Frames(data), parent, child, start, fresh, stop)


@contextmanager
def mapped(path: Path) -> Iterator[mmap.mmap]:
    """A file's bytes, read as they are needed.

    Raises:
        EngineError: It can't be read.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            yield data
    except OSError as error:
        raise EngineError(
            "an audio file of the song can't be read; it may be missing", retryable=False
        ) from error


def _replace(
    old: Frames, parent: Path, child: Path, start: int, fresh: NDArray[np.int32], stop: int | None
) -> FrameSpan:
    block = old.block_samples
    first = start // block
    last = None if stop is None or stop > old.samples - block else -(-stop // block)
    before = read_flac(parent, first * block, start)
    behind = (
        read_flac(parent, stop, None if last is None else last * block) if stop is not None else before[:, :0]
    )
    middle = np.concatenate([before, fresh, behind], axis=1)
    total = first * block + middle.shape[1] if last is None else old.samples
    encoded = encode_flac(middle)
    new = Frames(encoded)
    if new.block_samples != block:
        raise ValueError("frames of another size")
    tail = len(old.data) if last is None else old.offset(last)
    try:
        with parent.open("rb") as source, child.open("wb") as file:
            file.write(_head(old, total))
            _copy(source, file, old.first, old.offset(first))
            file.write(_renumbered(new, first))
            _copy(source, file, tail, len(old.data))
    except OSError as error:
        raise EngineError(
            "an audio file can't be written; check the disk's free space", retryable=True
        ) from error
    return FrameSpan(first * block, None if last is None else last * block)


def _copy(source: io.BufferedReader, file: io.BufferedWriter, start: int, stop: int) -> None:
    """Append a file's bytes to another's, within the system where it can do so."""
    file.flush()
    copied = 1
    if hasattr(os, "copy_file_range"):
        # Refused between some file systems; reading and writing then goes on from where it got to.
        with suppress(OSError):
            while copied and start < stop:
                copied = os.copy_file_range(source.fileno(), file.fileno(), stop - start, offset_src=start)
                start += copied
    source.seek(start)
    file.seek(0, os.SEEK_END)
    while start < stop:
        piece = source.read(min(_PIECE_BYTES, stop - start))
        if not piece:
            raise OSError(errno.EIO, "a file became shorter while it was copied")
        start += file.write(piece)


def _head(frames: Frames, samples: int) -> bytes:
    """The metadata of a file with another length: sizes of frames and the checksum are left unknown."""
    head = bytearray(frames.data[: frames.first])
    info = memoryview(head)[8 : 8 + _STREAMINFO_BYTES]
    info[4:10] = bytes(6)
    flags = int.from_bytes(info[10:18], "big") >> 36 << 36
    info[10:18] = (flags | samples).to_bytes(8, "big")
    info[18:34] = bytes(16)
    return bytes(head)


def _renumbered(frames: Frames, first: int) -> bytes:
    """The frames with other numbers, checksums included."""
    count = -(-frames.samples // frames.block_samples)
    bounds = [frames.offset(0)]
    for number in range(1, count):
        bounds.append(frames.find(number, bounds[-1] + 1))
    bounds.append(len(frames.data))
    out = io.BytesIO()
    for number in range(count):
        frame = frames.data[bounds[number] : bounds[number + 1]]
        size = _header_bytes(frame, 0)
        if size is None:
            raise ValueError("a frame is damaged")
        coded = _coded_bytes(frame[4])
        header = frame[:4] + _code_number(first + number) + frame[4 + coded : size]
        header += bytes([_crc8(header)])
        body = frame[size + 1 : -2]
        out.write(header)
        out.write(body)
        out.write(_changed_crc16(frame[-2:], frame[: size + 1], header, len(body)))
    return out.getvalue()


def _changed_crc16(check: bytes, old: bytes, new: bytes, following: int) -> bytes:
    """The checksum of a frame whose first bytes have changed.

    A checksum that starts at zero is linear and ignores leading zeros, so the change of the checksum is
    that of the change, carried over the bytes that follow (W. W. Peterson and D. T. Brown, "Cyclic codes
    for error detection", Proc. IRE 49, 1961).
    """
    change = int.from_bytes(old, "big") ^ int.from_bytes(new, "big")
    difference = _crc16_of(change.to_bytes(max(len(old), len(new)), "big"))
    factor = 1
    for bit, power in enumerate(_bytes_carried()):
        if following >> bit & 1:
            factor = _times(factor, power)
    return (int.from_bytes(check, "big") ^ _times(difference, factor)).to_bytes(2, "big")


@lru_cache(maxsize=1024)
def _crc16_of(change: bytes) -> int:
    """The remainder of the few bytes by which a header changes, alike in all files of a song."""
    remainder = 0
    for byte in change:
        remainder ^= byte << 8
        for _ in range(8):
            remainder = _times_x(remainder)
    return remainder


@lru_cache(maxsize=1)
def _bytes_carried() -> tuple[int, ...]:
    """What 1, 2, 4, 8, ... further bytes multiply a remainder by; frames are shorter than 2 ** 24 bytes."""
    powers = [1 << 8]
    for _ in range(23):
        powers.append(_times(powers[-1], powers[-1]))
    return tuple(powers)


def _times_x(value: int) -> int:
    return (value << 1 ^ _CRC16_POLYNOMIAL) & 0xFFFF if value & 0x8000 else value << 1


def _times(one: int, other: int) -> int:
    """The product of two remainders."""
    product = 0
    while other:
        if other & 1:
            product ^= one
        one = _times_x(one)
        other >>= 1
    return product


def _header_bytes(data: bytes | mmap.mmap, position: int) -> int | None:
    """The length of a frame's header without its checksum; None where the bytes are no header."""
    head = data[position : position + 5]
    if len(head) < 5 or head[:2] != _SYNC or head[3] & 1 or head[2] & 0xF == 0xF or head[2] >> 4 == 0:
        return None
    coded = _coded_bytes(head[4])
    if not coded:
        return None
    block = {6: 1, 7: 2}.get(head[2] >> 4, 0)
    rate = {12: 1, 13: 2, 14: 2}.get(head[2] & 0xF, 0)
    return 4 + coded + block + rate


def _coded_bytes(lead: int) -> int:
    """How many bytes a number takes that begins with this one, coded as in UTF-8; 0 where none does."""
    if lead < 0x80:
        return 1
    ones = 8 - (lead ^ 0xFF).bit_length()
    return ones if 2 <= ones <= 6 else 0


def _coded_number(data: bytes | mmap.mmap, position: int) -> int:
    count = _coded_bytes(data[position])
    if count == 1:
        return data[position]
    number = data[position] & (0x7F >> count)
    for byte in data[position + 1 : position + count]:
        number = number << 6 | byte & 0x3F
    return number


def _code_number(number: int) -> bytes:
    if number < 0x80:
        return bytes([number])
    count = 2
    while number >= 1 << (5 * count + 1):
        count += 1
    rest = [0x80 | number >> 6 * place & 0x3F for place in range(count - 2, -1, -1)]
    lead = (0xFF << (8 - count) & 0xFF) | number >> 6 * (count - 1)
    return bytes([lead, *rest])


@lru_cache(maxsize=1)
def _crc8_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        check = value
        for _ in range(8):
            check = (check << 1 ^ _CRC8_POLYNOMIAL) & 0xFF if check & 0x80 else check << 1
        table.append(check)
    return tuple(table)


def _crc8(data: bytes) -> int:
    table = _crc8_table()
    check = 0
    for byte in data:
        check = table[check ^ byte]
    return check
