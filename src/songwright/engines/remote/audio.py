"""Audio files of any kind that can be read here, made into masters: 24-bit FLAC, 44.1 kHz, stereo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.engines.local.audio_files import FULL_SCALE_INT24, to_int24
from songwright.engines.local.playing.performance import SAMPLE_RATE_HZ
from songwright.engines.remote.errors import DownloadError

__all__ = ["UndecodableError", "decode", "read_as_master"]

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
        path: WAV, FLAC, MP3, Ogg and what else libsndfile reads; AAC and others where PyAV is installed.
        longest_seconds: Longer files are refused.
        announced_seconds: How long the service said it is.

    Returns:
        Shape (2, samples), 24-bit integers at 44.1 kHz.

    Raises:
        UndecodableError: The file is of a kind that can't be read here.
        DownloadError: It is empty, too long, or shorter than was said; retryable where it may be truncated.
    """
    audio, rate_hz = decode(path)
    seconds = audio.shape[1] / rate_hz
    if seconds > longest_seconds:
        raise DownloadError(
            f"the audio is longer than {longest_seconds:.0f} s and was not kept", retryable=False
        )
    if seconds < _SHORTEST_SECONDS or (
        announced_seconds is not None and seconds < announced_seconds * _SHORT_OF_ANNOUNCED
    ):
        raise DownloadError(
            "the audio is shorter than the service said; the song exists at the service", retryable=True
        )
    return _fitting(_at_rate(_stereo(audio), rate_hz))


def decode(path: Path) -> tuple[NDArray[np.float32], int]:
    """Decode an audio file, by its content and not its name.

    Returns:
        Shape (channels, samples), full scale 1.0; and the sample rate in Hz.

    Raises:
        UndecodableError: It is of a kind that can't be read here.
        DownloadError: It is damaged; may be whole when fetched again.
    """
    try:
        samples, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError):
        return _decode_with_pyav(path)
    if not np.isfinite(samples).all():
        raise DownloadError("the audio is damaged", retryable=True)
    return samples.T, int(rate_hz)


def _decode_with_pyav(path: Path) -> tuple[NDArray[np.float32], int]:
    # An MP4 file names its kind behind the length of its first box (ISO/IEC 14496-12, 4.3).
    with path.open("rb") as file:
        is_mp4 = file.read(12)[4:8] == b"ftyp"
    try:
        import av
    except ImportError:
        if is_mp4:
            raise UndecodableError(
                "the audio is AAC (m4a), which needs PyAV here; install it with: pip install av",
                retryable=False,
            ) from None
        raise DownloadError("the audio is damaged or of an unknown kind", retryable=True) from None
    try:
        with av.open(str(path)) as container:
            stream = container.streams.audio[0]
            rate_hz = stream.codec_context.sample_rate
            resampler: Any = av.AudioResampler(format="fltp", layout="stereo", rate=rate_hz)
            parts = [
                frame.to_ndarray()
                for packet_frame in container.decode(stream)
                for frame in resampler.resample(packet_frame)
            ]
        return np.concatenate(parts, axis=1).astype(np.float32), int(rate_hz)
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise DownloadError("the audio is damaged or of an unknown kind", retryable=True) from error


def _stereo(audio: NDArray[np.float32]) -> NDArray[np.float32]:
    if len(audio) == 1:
        return np.repeat(audio, 2, axis=0)
    return audio[:2]


def _at_rate(audio: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    if rate_hz == SAMPLE_RATE_HZ:
        return audio
    import soxr

    resampled: NDArray[np.float32] = soxr.resample(audio.T, rate_hz, SAMPLE_RATE_HZ, quality="VHQ").T
    return resampled


def _fitting(audio: NDArray[np.float32]) -> NDArray[np.int32]:
    highest = float(np.abs(audio).max(initial=0.0))
    ceiling = 1.0 - 2.0 / FULL_SCALE_INT24
    return to_int24(audio * (ceiling / highest) if highest > ceiling else audio)
