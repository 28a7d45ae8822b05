"""Where finished stems wait, so that they take no memory while others are made."""

from __future__ import annotations

import tempfile
from typing import IO

import numpy as np
from numpy.typing import NDArray

from songwright.errors import EngineError

__all__ = ["set_aside", "take_back"]

_WORTH_A_FILE_BYTES = 16 * 2**20

Aside = NDArray[np.float32] | tuple[IO[bytes], tuple[int, ...]]
"""Sound in memory, or the file that it is in and its shape."""


def set_aside(audio: NDArray[np.float32]) -> Aside:
    """Put long sound into a temporary file, which nobody else sees and which goes with the process.

    Short sound, and all sound where no file can be written, stays in memory.

    Args:
        audio: Any shape, contiguous. Forget it after the call.
    """
    if audio.nbytes < _WORTH_A_FILE_BYTES:
        return audio
    try:
        file = tempfile.TemporaryFile(prefix="songwright-", buffering=0)  # noqa: SIM115 - take_back closes it
    except OSError:
        return audio
    try:
        rest = audio.reshape(-1).view(np.uint8).data
        while rest:
            rest = rest[file.write(rest) :]
    except OSError:
        file.close()
        return audio
    return file, audio.shape


def take_back(aside: Aside) -> NDArray[np.float32]:
    """What was set aside; once.

    Raises:
        EngineError: The temporary file can't be read.
    """
    if not isinstance(aside, tuple):
        return aside
    file, shape = aside
    audio = np.empty(shape, np.float32)
    rest = audio.reshape(-1).view(np.uint8).data
    with file:
        try:
            file.seek(0)
            while rest:
                count = file.readinto(rest)  # type: ignore[attr-defined]
                if not count:
                    raise EngineError(
                        "the folder for temporary files lost what was written; check its disk", retryable=True
                    )
                rest = rest[count:]
        except OSError as error:
            raise EngineError(
                "the folder for temporary files can't be read; check its disk", retryable=True
            ) from error
    return audio
