"""The sound of a recording, whatever its container, channels and sample rate: stereo, at a rate asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.errors import RequestError
from songwright.music.song import LONGEST_SONG_SECONDS
from songwright.recordings.formats import Recorded, av_format, refuse_length

__all__ = ["read_stereo", "stereo_blocks"]

_FRAMES = 65_536
# How short of what its header says a file may be: an MP3 header is an estimate, the others count.
_LEAST_SHARE = 0.9
_EXACT_CONTAINERS = frozenset({"AIFF", "AU", "CAF", "FLAC", "RF64", "W64", "WAV", "WAVEX"})

_HALF = 0.5**0.5
# What each channel adds to left and right, after ITU-R BS.775-3, annex 4, table 2; the effects channel is
# left out there.
_SHARES = {
    "L": (1.0, 0.0),
    "R": (0.0, 1.0),
    "C": (_HALF, _HALF),
    "l": (_HALF, 0.0),
    "r": (0.0, _HALF),
    "c": (0.5, 0.5),
    ".": (0.0, 0.0),
}
# The orders in which files hold their channels: Microsoft's WAVEFORMATEXTENSIBLE, which FLAC shares, and
# Vorbis I, 4.3.9. L and R left and right, C centre, l and r surround, c rear centre, "." effects.
_ORDERS = {3: "LRC", 4: "LRlr", 5: "LRClr", 6: "LRC.lr", 7: "LRC.clr", 8: "LRC.lrlr"}
_VORBIS_ORDERS = {3: "LCR", 4: "LRlr", 5: "LCRlr", 6: "LCRlr.", 7: "LCRlrc.", 8: "LCRlrlr."}

_Sound = NDArray[np.float32]


def read_stereo(
    path: Path,
    recorded: Recorded,
    rate_hz: int,
    *,
    field: str,
    report: Callable[[float], None] = lambda _fraction: None,
) -> _Sound:
    """Read a recording.

    One channel is doubled, more than two are mixed down, another sample rate is converted. Samples of at most
    24 bits in one or two channels at the rate asked for are exact. Memory is bound by the longest recording
    that is taken, whatever the header says.

    Args:
        path: The file.
        recorded: What :func:`songwright.recordings.formats.probe` found.
        rate_hz: The sample rate to give.
        field: The request's field that it came by, for messages.
        report: Told the share that is read, 0..1.

    Returns:
        Shape (2, samples); integers as full scale 1.0, floats as they are.

    Raises:
        RequestError: It is damaged, cut off, or longer than its header says and than is taken.
    """
    parts: list[_Sound] = []
    heard = 0.0
    for block in stereo_blocks(path, recorded, rate_hz, field=field):
        parts.append(block)
        heard += len(block) / rate_hz
        if heard > LONGEST_SONG_SECONDS + 1:
            refuse_length(heard, field=field)
        if recorded.seconds:
            report(min(1.0, heard / recorded.seconds))
    samples = np.concatenate(parts) if parts else np.empty((0, 2), np.float32)
    refuse_length(len(samples) / rate_hz, field=field)
    if not np.isfinite(samples).all():
        raise _damaged(field)
    return np.ascontiguousarray(samples.T)


def stereo_blocks(path: Path, recorded: Recorded, rate_hz: int, *, field: str) -> Iterator[_Sound]:
    """Read a recording block by block, however long it is; whoever reads must bound it.

    Args:
        path: The file.
        recorded: What :func:`songwright.recordings.formats.read_header` found.
        rate_hz: The sample rate to give.
        field: What to call it in messages.

    Yields:
        Blocks of shape (samples, 2), as :func:`read_stereo` gives them; they may hold what is no number.

    Raises:
        RequestError: It is damaged or cut off.
    """
    blocks = _complete(_blocks(path, recorded, field), recorded, field)
    yield from _at_rate(blocks, recorded.sample_rate_hz, rate_hz)


def _complete(blocks: Iterator[_Sound], recorded: Recorded, field: str) -> Iterator[_Sound]:
    """The blocks, unless they are far fewer than the header says."""
    frames = 0
    for block in blocks:
        frames += len(block)
        yield block
    announced = round((recorded.seconds or 0.0) * recorded.sample_rate_hz)
    least = announced if recorded.container in _EXACT_CONTAINERS else round(announced * _LEAST_SHARE)
    if frames < least:
        raise _damaged(field)


def _blocks(path: Path, recorded: Recorded, field: str) -> Iterator[_Sound]:
    """Blocks of shape (samples, 2) at the recording's own rate."""
    match recorded.reader:
        case "libsndfile":
            vorbis = recorded.container == "OGG"
            mix = _mix((_VORBIS_ORDERS if vorbis else _ORDERS).get(recorded.channels), recorded.channels)
            try:
                with soundfile.SoundFile(path) as file:
                    while len(block := file.read(_FRAMES, dtype="float32", always_2d=True)):
                        yield block if recorded.channels == 2 else block @ mix
            except (OSError, soundfile.SoundFileError) as error:
                raise _damaged(field) from error
        case "PyAV":
            yield from _av_blocks(path, field)


def _av_blocks(path: Path, field: str) -> Iterator[_Sound]:
    import av

    try:
        with path.open("rb") as file, av.open(file, format=av_format(path)) as container:
            stream = next(each for each in container.streams.audio if each.codec_context is not None)
            rate_hz = stream.codec_context.sample_rate
            resampler = av.AudioResampler(format="fltp", layout="stereo", rate=rate_hz)
            for frame in container.decode(stream):
                for stereo in resampler.resample(frame):
                    yield stereo.to_ndarray().T.astype(np.float32)
            for stereo in resampler.resample(None):
                yield stereo.to_ndarray().T.astype(np.float32)
    except (av.FFmpegError, StopIteration, OSError, ValueError) as error:
        raise _damaged(field) from error


def _mix(order: str | None, channels: int) -> _Sound:
    """What each channel adds to left and right, shape (channels, 2)."""
    if channels == 1:
        return np.ones((1, 2), np.float32)
    if order is not None:
        return np.array([_SHARES[channel] for channel in order], np.float32)
    # Nobody says where so many channels belong: every other one to each side.
    sides = np.zeros((channels, 2), np.float32)
    sides[0::2, 0] = 2 / channels
    sides[1::2, 1] = 2 / channels
    return sides


def _at_rate(blocks: Iterator[_Sound], from_hz: int, to_hz: int) -> Iterator[_Sound]:
    if from_hz == to_hz:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(from_hz, to_hz, 2, dtype="float32", quality="VHQ")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block))
    yield stream.resample_chunk(np.empty((0, 2), np.float32), last=True)


def _damaged(field: str) -> RequestError:
    return RequestError(
        "is damaged or cut off; check that it plays to its end, then import it again", field=field
    )
