"""The bank of recorded instruments: its zones as plain values, its samples decoded one by one.

``tools/build_soundbank.py`` writes the files that this module reads.
"""

from __future__ import annotations

import io
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from threading import Lock
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from songwright.errors import EngineError

__all__ = ["FORMAT", "Articulation", "Sample", "SoundBank", "Zone", "soundbank"]

FORMAT = 1
"""Version of the index; a bank of another format is refused."""

_DECODED_BYTES = 48 * 2**20
_SEAM_FRAMES = 64


@dataclass(frozen=True, slots=True)
class Articulation:
    """How a zone speaks, in plain units.

    The fields are SoundFont 2.01 generators (section 8.1.2). Levels of envelopes fall in decibels: 96 dB
    over ``decay_seconds`` or ``release_seconds``. Cutoffs are cents above 8.176 Hz. Velocity moves the cutoff
    along the concave curve from velocity 127 down, and the resonance of soft notes (below 64) from 0 up.
    """

    attenuation_db: float
    pan: float
    delay_seconds: float
    attack_seconds: float
    hold_seconds: float
    decay_seconds: float
    sustain_db: float
    release_seconds: float
    hold_cents_per_key: float
    decay_cents_per_key: float
    cutoff_cents: float
    resonance_db: float
    velocity_to_cutoff_cents: float
    velocity_to_resonance_db: float
    sweep_delay_seconds: float
    sweep_attack_seconds: float
    sweep_hold_seconds: float
    sweep_decay_seconds: float
    sweep_sustain: float
    sweep_to_pitch_cents: float
    sweep_to_cutoff_cents: float
    vibrato_delay_seconds: float
    vibrato_hz: float
    vibrato_to_pitch_cents: float
    tremolo_delay_seconds: float
    tremolo_hz: float
    tremolo_to_pitch_cents: float
    tremolo_to_level_db: float
    exclusive_class: float


@dataclass(frozen=True, slots=True)
class Zone:
    """A sample over a range of keys and velocities.

    Attributes:
        sample: Its number in the bank.
        root_key: The MIDI pitch at which it was recorded.
        cents_per_key: 100 for an instrument, 0 for a drum of one pitch.
        tuning_cents: Correction to add.
    """

    sample: int
    key_low: int
    key_high: int
    velocity_low: int
    velocity_high: int
    root_key: int
    cents_per_key: int
    tuning_cents: int
    articulation: Articulation

    def sounds(self, midi_pitch: int, velocity: int) -> bool:
        """Whether the zone sounds for a note."""
        return (
            self.key_low <= midi_pitch <= self.key_high
            and self.velocity_low <= velocity <= self.velocity_high
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """A decoded recording.

    Attributes:
        data: (frames,) float32, mono: everything before the sound repeats.
        loop: (frames,) float32, what repeats after ``data``; None for a sample that plays once.
        rate_hz: Its sample rate.
    """

    data: NDArray[np.float32]
    loop: NDArray[np.float32] | None
    rate_hz: int


class _Index(TypedDict):
    format: int
    headers: list[list[int]]
    samples: list[list[int]]
    gains_db: dict[str, float]


class _Zones(TypedDict):
    zones: list[list[int]]
    articulations: list[list[float]]


class SoundBank:
    """The sampled instruments, read lazily.

    Decoded samples are kept up to 48 MiB, the least recently used give way.

    Args:
        index: The parsed ``index.json``.
        lines: The lines of ``zones.jsonl``, one for each instrument in the index's order.
        blob: The bytes of ``samples.bin``.
    """

    def __init__(self, index: _Index, lines: Sequence[bytes], blob: bytes) -> None:
        if index["format"] != FORMAT:
            raise EngineError(
                "the sound bank has another format; reinstall songwright, or rebuild the bank with "
                "tools/build_soundbank.py",
                retryable=False,
            )
        self._index = index
        self._lines = dict(zip(index["gains_db"], lines, strict=True))
        self._blob = blob
        self._zones: dict[str, tuple[Zone, ...]] = {}
        self._decoded: OrderedDict[int, Sample] = OrderedDict()
        self._decoded_bytes = 0
        self._looking = Lock()

    @property
    def instruments(self) -> tuple[str, ...]:
        """The names of the instruments in the bank."""
        return tuple(self._index["gains_db"])

    def gain_db(self, instrument: str) -> float:
        """The gain that brings the instrument to the common level (see ``instruments.REFERENCE_DBFS``)."""
        return self._index["gains_db"][instrument]

    def zones(self, instrument: str) -> tuple[Zone, ...]:
        """All zones of an instrument."""
        if instrument not in self._zones:
            parsed: _Zones = json.loads(self._lines[instrument])
            shapes = [Articulation(*row) for row in parsed["articulations"]]
            self._zones[instrument] = tuple(
                Zone(sample, low, high, soft, loud, root, scale, tuning, shapes[shape])
                for sample, low, high, soft, loud, root, scale, tuning, shape in parsed["zones"]
            )
        return self._zones[instrument]

    def sample(self, number: int) -> Sample:
        """One decoded sample. Several threads may ask."""
        with self._looking:
            if number in self._decoded:
                self._decoded.move_to_end(number)
                return self._decoded[number]
        sample = self._decode(number)
        with self._looking:
            if number not in self._decoded:
                self._decoded[number] = sample
                self._decoded_bytes += sample.data.nbytes
            while self._decoded_bytes > _DECODED_BYTES and len(self._decoded) > 1:
                _, evicted = self._decoded.popitem(last=False)
                self._decoded_bytes -= evicted.data.nbytes
        return sample

    def forget_samples(self) -> None:
        """Let the decoded samples go."""
        with self._looking:
            self._decoded.clear()
            self._decoded_bytes = 0

    def _decode(self, number: int) -> Sample:
        import soundfile

        header, offset, size, frames, loop_start, loop_end = self._index["samples"][number]
        header_offset, header_size, rate_hz = self._index["headers"][header]
        stream = self._blob[header_offset : header_offset + header_size] + self._blob[offset : offset + size]
        decoded, _ = soundfile.read(io.BytesIO(stream), dtype="float32")
        data = decoded[:frames].copy()
        return Sample(data, _loop(decoded, loop_start, loop_end) if loop_end else None, rate_hz)


def _loop(decoded: NDArray[np.float32], start: int, end: int) -> NDArray[np.float32]:
    """The loop, entered from what was encoded behind its end.

    The encoder saw the loop's beginning once more behind its end. Both decode to the same but for coding
    noise, so fading from one to the other joins the turns without a click.
    """
    loop = decoded[start:end].copy()
    seam = min(_SEAM_FRAMES, len(loop), len(decoded) - end)
    weight = np.linspace(0, 1, seam, dtype=np.float32)
    loop[:seam] = decoded[end : end + seam] * (1 - weight) + loop[:seam] * weight
    return loop


@cache
def soundbank() -> SoundBank:
    """The package's bank.

    Raises:
        EngineError: The installed data has another format.
    """
    folder = files("songwright.engines.local") / "assets" / "soundbank"
    index: _Index = json.loads((folder / "index.json").read_bytes())
    lines = (folder / "zones.jsonl").read_bytes().splitlines()
    return SoundBank(index, lines, (folder / "samples.bin").read_bytes())
