"""Sound on disk as 24-bit FLAC: exact integers in, the same integers out."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, to_int24
from songwright.errors import EngineError

__all__ = [
    "encode_flac",
    "read_flac",
    "write_flac",
    "write_flac_pieces",
]

_FRAMES = 65_536
_COMPRESSION = 0.25
"""FLAC effort, 0..1. Lower is faster to write and larger; every value is lossless."""


def _as_int24(audio: NDArray[np.int32] | NDArray[np.float32]) -> NDArray[np.int32]:
    if audio.dtype == np.int32:
        if audio.size and not -FULL_SCALE_INT24 <= audio.min() <= audio.max() < FULL_SCALE_INT24:
            raise ValueError("audio: beyond 24 bits; lower its gain before it is written")
        return cast("NDArray[np.int32]", audio)
    return to_int24(cast("NDArray[np.float32]", audio))


def write_flac(
    path: Path, audio: NDArray[np.int32] | NDArray[np.float32], *, sample_rate_hz: int = SAMPLE_RATE_HZ
) -> None:
    """Write a FLAC file with 24 bits a sample, whole or not at all. The same sound gives the same bytes.

    Args:
        path: Where; an existing file is replaced.
        audio: Shape (channels, samples): 24-bit integers, or floats with full scale 1.0.
        sample_rate_hz: Samples a second.

    Raises:
        ValueError: A sample is beyond full scale.
        EngineError: The file can't be written.
    """
    write_flac_pieces(path, _pieces(audio), channels=len(audio), sample_rate_hz=sample_rate_hz)


def _pieces(
    audio: NDArray[np.int32] | NDArray[np.float32],
) -> Iterator[NDArray[np.int32] | NDArray[np.float32]]:
    for start in range(0, audio.shape[1], _FRAMES):
        yield audio[:, start : start + _FRAMES]


def write_flac_pieces(
    path: Path,
    pieces: Iterable[NDArray[np.int32] | NDArray[np.float32]],
    *,
    channels: int = 2,
    sample_rate_hz: int = SAMPLE_RATE_HZ,
) -> None:
    """Write a FLAC file as :func:`write_flac` does, from pieces that follow each other.

    Args:
        path: Where; an existing file is replaced.
        pieces: Shape (channels, samples) each.
        channels: How many channels all pieces have.
        sample_rate_hz: Samples a second.

    Raises:
        ValueError: A sample is beyond full scale.
        EngineError: The file can't be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=".writing-", suffix=".flac", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise EngineError("the folder for audio can't be written; check its disk", retryable=True) from error
    part = Path(name)
    try:
        _encode(part, pieces, channels, sample_rate_hz)
        part.chmod(0o644)
        part.replace(path)
    except (OSError, soundfile.SoundFileError) as error:
        raise EngineError(
            "an audio file can't be written; check the disk's free space", retryable=True
        ) from error
    finally:
        part.unlink(missing_ok=True)


def encode_flac(audio: NDArray[np.int32]) -> bytes:
    """The FLAC file that :func:`write_flac` would write."""
    file = io.BytesIO()
    _encode(file, _pieces(audio), len(audio), SAMPLE_RATE_HZ)
    return file.getvalue()


def _encode(
    out: Path | io.BytesIO,
    pieces: Iterable[NDArray[np.int32] | NDArray[np.float32]],
    channels: int,
    sample_rate_hz: int,
) -> None:
    with soundfile.SoundFile(
        out,
        "w",
        samplerate=sample_rate_hz,
        channels=channels,
        format="FLAC",
        subtype="PCM_24",
        compression_level=_COMPRESSION,
    ) as file:
        for piece in pieces:
            # libsndfile keeps the upper 24 bits of a 32-bit sample.
            file.write(np.ascontiguousarray(np.left_shift(_as_int24(piece).T, 8)))


def read_flac(path: Path, start_sample: int = 0, stop_sample: int | None = None) -> NDArray[np.int32]:
    """Read a FLAC file, or a range of it, as 24-bit integers.

    Args:
        path: A file with at most 24 bits a sample.
        start_sample: First sample.
        stop_sample: Behind the last sample; None for the end.

    Returns:
        Shape (channels, samples).

    Raises:
        EngineError: The file can't be read.
    """
    try:
        with soundfile.SoundFile(path) as file:
            stop = file.frames if stop_sample is None else min(stop_sample, file.frames)
            out = np.empty((file.channels, max(0, stop - start_sample)), np.int32)
            file.seek(min(start_sample, file.frames))
            for start in range(0, out.shape[1], _FRAMES):
                piece = file.read(min(_FRAMES, out.shape[1] - start), dtype="int32", always_2d=True)
                np.right_shift(piece.T, 8, out=out[:, start : start + len(piece)])
    except (OSError, soundfile.SoundFileError) as error:
        raise EngineError(
            "an audio file of the song can't be read; it may be damaged", retryable=False
        ) from error
    return out
