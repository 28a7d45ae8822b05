"""What separation gives, and how it was done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from songwright.music.actions import StemName
from songwright.music.base import Model

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Method", "MethodReadiness", "Separated"]

Method = Literal["demucs", "spleeter", "approximate"]


class MethodReadiness(Model):
    """Whether a method can be used here.

    Attributes:
        advice: The one thing to do where it is not ready; empty where it is.
    """

    method: Method
    ready: bool
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Separated:
    """The four stems of a recording.

    Attributes:
        stems: Each of shape (2, samples); their sum is the recording, up to the rounding of 32-bit floats.
        method: What was used.
        approximate: Whether stems hold much of each other, because no network told them apart.
        description: One sentence for whoever receives the stems.
    """

    stems: dict[StemName, NDArray[np.float32]]
    method: Method
    approximate: bool
    description: str
