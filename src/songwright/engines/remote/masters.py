"""Audio files of any kind that can be read here, made into masters: 24-bit FLAC, 44.1 kHz, stereo."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, to_int24
from songwright.engines.remote.errors import DownloadError
from songwright.errors import RequestError
from songwright.recordings.decoding import stereo_blocks
from songwright.recordings.formats import av_format, read_header

__all__ = ["UndecodableError", "read_as_master"]

_WHAT = "audio"
_SHORTEST_SECONDS = 0.5
_SHORT_OF_ANNOUNCED = 0.9


class UndecodableError(DownloadError):
    """A whole file, of a kind that can't be read here."""

    code = "undecodable"


def read_as_master(
    path: Path, *, longest_seconds: float, announced_seconds: float | None = None
) -> NDArray[np.int32]:
    """Read an audio file as the samples of a master.

    Sound beyond full scale, as a decoder of compressed audio may give, is turned down as a whole.

    Args:
        path: WAV, FLAC, MP3, Ogg and what else :mod:`songwright.recordings` reads.
        longest_seconds: Longer files are refused.
        announced_seconds: How long the service said it is.

    Returns:
        Shape (2, samples), 24-bit integers at 44.1 kHz.

    Raises:
        UndecodableError: The file is of a kind that can't be read here.
        DownloadError: It is empty, too long, or shorter than was said; retryable where it may be truncated.
    """
    # Only MP4 is what services send beside the formats that need no package.
    if av_format(path) == "mp4" and find_spec("av") is None:
        raise UndecodableError(
            "the audio is AAC (m4a), which needs PyAV here; install it with: pip install av", retryable=False
        )
    audio = _stereo_within(path, longest_seconds)
    seconds = audio.shape[1] / SAMPLE_RATE_HZ
    if seconds < _SHORTEST_SECONDS or (
        announced_seconds is not None and seconds < announced_seconds * _SHORT_OF_ANNOUNCED
    ):
        raise DownloadError(
            "the audio is shorter than the service said; the song exists at the service", retryable=True
        )
    return _fitting(audio)


def _stereo_within(path: Path, longest_seconds: float) -> NDArray[np.float32]:
    """The sound of a file, shape (2, samples) at 44.1 kHz; no more of it is read than may be kept."""
    parts: list[NDArray[np.float32]] = []
    room = round(longest_seconds * SAMPLE_RATE_HZ)
    try:
        recorded = read_header(path, field=_WHAT)
        for block in stereo_blocks(path, recorded, SAMPLE_RATE_HZ, field=_WHAT):
            parts.append(block)
            room -= len(block)
            if room < 0:
                raise DownloadError(
                    f"the audio is longer than {longest_seconds:.0f} s and was not kept", retryable=False
                )
    except RequestError as error:
        raise DownloadError("the audio is damaged or of an unknown kind", retryable=True) from error
    if not all(np.isfinite(part).all() for part in parts):
        raise DownloadError("the audio is damaged", retryable=True)
    return np.concatenate([np.empty((0, 2), np.float32), *parts]).T


def _fitting(audio: NDArray[np.float32]) -> NDArray[np.int32]:
    highest = float(np.abs(audio).max(initial=0.0))
    ceiling = 1.0 - 2.0 / FULL_SCALE_INT24
    return to_int24(audio * (ceiling / highest) if highest > ceiling else audio)
