"""A song as sound: WAV, FLAC, MP3, Ogg Vorbis and Opus."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

import numpy as np
import soundfile
from numpy.typing import NDArray

from songwright.audio.loudness import true_peak_db
from songwright.errors import EngineError
from songwright.exports.flac_tags import copy_flac_with_tags
from songwright.exports.formats import BitDepth
from songwright.exports.id3 import id3_tag
from songwright.exports.ogg import ogg_with_tags
from songwright.exports.riff import append_wav_tags
from songwright.exports.tags import Tags

__all__ = ["CEILING_DBTP", "LossyFormat", "write_flac_export", "write_lossy", "write_wav"]

CEILING_DBTP = -1.0
"""Where a lossy copy's true peak may lie, measured after decoding it."""

LossyFormat = Literal["mp3", "ogg", "opus"]

_BLOCK_FRAMES = 8192
_MARGIN_DB = 0.05
_ATTEMPTS = 4
_OPUS_RATE_HZ = 48_000
# Which bits the noise of a shorter word length falls on is chance, and the same chance for every song.
_DITHER_SEED = 0x536F6E67


@dataclass(frozen=True, slots=True)
class _Encoding:
    container: str
    codec: str
    rate_mode: str | None
    compression: float


# libsndfile's scale runs from best (0) to smallest (1); the rates are those of a dense song.
_ENCODINGS: dict[LossyFormat, _Encoding] = {
    "mp3": _Encoding("MP3", "MPEG_LAYER_III", "VARIABLE", 0.0),  # V0, about 250 kbit/s
    "ogg": _Encoding("OGG", "VORBIS", None, 0.3),  # about 220 kbit/s
    "opus": _Encoding("OGG", "OPUS", None, 0.65),  # about 180 kbit/s
}


def write_flac_export(master: Path, target: Path, tags: Tags) -> None:
    """The master itself, with tags: its frames are the same bytes.

    Raises:
        EngineError: The master is damaged.
    """
    copy_flac_with_tags(master, target, tags)


def write_wav(master: Path, target: Path, tags: Tags, bit_depth: BitDepth) -> None:
    """The master as PCM.

    24 bits hold the master's samples exactly. 16 bits get triangular dither of two steps peak to peak
    (S. P. Lipshitz, R. A. Wannamaker and J. Vanderkooy, "Quantization and Dither: A Theoretical Survey",
    JAES 40, 1992), unless the master has no more than 16.

    Raises:
        EngineError: The master is damaged.
    """
    try:
        with soundfile.SoundFile(master) as reading:
            dither = bit_depth == 16 and reading.subtype != "PCM_16"
            chance = np.random.Generator(np.random.PCG64(_DITHER_SEED))
            with soundfile.SoundFile(
                target, "w", reading.samplerate, reading.channels, f"PCM_{bit_depth}", format="WAV"
            ) as writing:
                for block in reading.blocks(_BLOCK_FRAMES, dtype="int32", always_2d=True):
                    writing.write(_dithered(block, chance) if dither else block)
    except soundfile.SoundFileError as error:
        raise _damaged() from error
    append_wav_tags(target, tags)


def _dithered(block: NDArray[np.int32], chance: np.random.Generator) -> NDArray[np.int16]:
    noise = chance.random(block.shape) - chance.random(block.shape)
    return np.clip(np.rint(block / 65_536 + noise), -32_768, 32_767).astype(np.int16)


def write_lossy(master: Path, target: Path, tags: Tags, lossy_format: LossyFormat) -> float:
    """The master as MP3, Ogg Vorbis or Opus.

    Encoding raises peaks, so the copy is decoded and measured; where its true peak lies over
    ``CEILING_DBTP`` the gain is lowered by as much and it is encoded again.

    Returns:
        The gain in dB that was needed, 0 or negative.

    Raises:
        EngineError: The master is damaged, or the copy stays over the ceiling.
    """
    audio, rate_hz = _read(master)
    if lossy_format == "opus" and rate_hz != _OPUS_RATE_HZ:
        import soxr

        audio, rate_hz = soxr.resample(audio, rate_hz, _OPUS_RATE_HZ, quality="VHQ"), _OPUS_RATE_HZ
    gain_db = 0.0
    for _ in range(_ATTEMPTS):
        _encode(audio, rate_hz, target, _ENCODINGS[lossy_format], gain_db)
        decoded, _ = _read(target)
        excess_db = true_peak_db(decoded.T) - CEILING_DBTP
        if excess_db <= 0.0:
            break
        gain_db -= excess_db + _MARGIN_DB
    else:
        raise EngineError("the lossy copy's peaks can't be kept below -1 dBTP; export wav", retryable=False)
    match lossy_format:
        case "mp3":
            target.write_bytes(id3_tag(tags) + target.read_bytes())
        case "ogg" | "opus":
            target.write_bytes(ogg_with_tags(target.read_bytes(), tags))
        case _:
            assert_never(lossy_format)
    return gain_db


def _read(path: Path) -> tuple[NDArray[np.float32], int]:
    """Sound of shape (samples, channels), full scale 1.0, and its rate."""
    try:
        with soundfile.SoundFile(path) as file:
            audio: NDArray[np.float32] = file.read(dtype="float32", always_2d=True)
            return audio, file.samplerate
    except soundfile.SoundFileError as error:
        raise _damaged() from error


def _encode(
    audio: NDArray[np.float32], rate_hz: int, target: Path, encoding: _Encoding, gain_db: float
) -> None:
    how = {} if encoding.rate_mode is None else {"bitrate_mode": encoding.rate_mode}
    gain = np.float32(10 ** (gain_db / 20))
    with soundfile.SoundFile(
        target,
        "w",
        rate_hz,
        audio.shape[1],
        encoding.codec,
        format=encoding.container,
        compression_level=encoding.compression,
        **how,
    ) as writing:
        # libsndfile crashes on long Ogg files that are written in one call.
        for start in range(0, len(audio), _BLOCK_FRAMES):
            writing.write(audio[start : start + _BLOCK_FRAMES] * gain)


def _damaged() -> EngineError:
    return EngineError("an audio file of the song can't be read; it may be damaged", retryable=False)
