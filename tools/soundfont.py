"""Read a SoundFont 2 file: its presets as flat zones of generators and modulators.

Follows the SoundFont technical specification 2.01: section 6 for the sub-chunks, 8.1 for the generators,
9.4 for how preset generators add to instrument generators.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["GENERATOR_DEFAULTS", "FontSample", "FontZone", "Modulator", "SoundFont"]

GENERATORS = {
    2: "loop_start_offset",
    3: "loop_end_offset",
    5: "mod_lfo_to_pitch",
    6: "vib_lfo_to_pitch",
    7: "mod_env_to_pitch",
    8: "filter_cutoff",
    9: "filter_q",
    10: "mod_lfo_to_cutoff",
    11: "mod_env_to_cutoff",
    13: "mod_lfo_to_volume",
    17: "pan",
    21: "mod_lfo_delay",
    22: "mod_lfo_frequency",
    23: "vib_lfo_delay",
    24: "vib_lfo_frequency",
    25: "mod_env_delay",
    26: "mod_env_attack",
    27: "mod_env_hold",
    28: "mod_env_decay",
    29: "mod_env_sustain",
    30: "mod_env_release",
    33: "vol_env_delay",
    34: "vol_env_attack",
    35: "vol_env_hold",
    36: "vol_env_decay",
    37: "vol_env_sustain",
    38: "vol_env_release",
    39: "key_to_vol_hold",
    40: "key_to_vol_decay",
    48: "attenuation",
    51: "coarse_tune",
    52: "fine_tune",
    54: "sample_modes",
    56: "scale_tuning",
    57: "exclusive_class",
    58: "root_key",
}
GENERATOR_DEFAULTS = {
    **dict.fromkeys(GENERATORS.values(), 0),
    **dict.fromkeys(
        [name for name in GENERATORS.values() if name.endswith(("_delay", "_attack", "_hold"))], -12_000
    ),
    **dict.fromkeys(["mod_env_decay", "mod_env_release", "vol_env_decay", "vol_env_release"], -12_000),
    "key_to_vol_hold": 0,
    "filter_cutoff": 13_500,
    "scale_tuning": 100,
    "root_key": -1,
}
_INSTRUMENT, _KEY_RANGE, _VELOCITY_RANGE, _SAMPLE = 41, 43, 44, 53
_SAMPLES_ONLY = {"loop_start_offset", "loop_end_offset", "sample_modes", "exclusive_class", "root_key"}

Range = tuple[int, int]
Modulator = tuple[int, int, int, int, int]
"""Source, destination generator, amount, amount source, transform; as stored."""


@dataclass(frozen=True, slots=True)
class FontSample:
    """One sample: 16-bit mono, with its loop relative to its start."""

    name: str
    data: NDArray[np.int16]
    loop_start: int
    loop_end: int
    rate_hz: int
    root_key: int
    correction_cents: int
    link: int
    kind: int


@dataclass(frozen=True, slots=True)
class FontZone:
    """A sample with everything that preset and instrument say of it."""

    sample: int
    keys: Range
    velocities: Range
    generators: dict[str, int]
    modulators: tuple[Modulator, ...]


@dataclass(frozen=True, slots=True)
class _Bag:
    generators: dict[int, int]
    modulators: tuple[Modulator, ...]


def _range(bag: _Bag, operator: int) -> Range:
    value = bag.generators.get(operator, 127 << 8) & 0xFFFF
    return value & 0xFF, value >> 8


def _meet(a: Range, b: Range) -> Range:
    return max(a[0], b[0]), min(a[1], b[1])


class SoundFont:
    """A SoundFont 2 file with 16-bit samples.

    Args:
        path: The ``.sf2`` file.
    """

    def __init__(self, path: Path) -> None:
        self._bytes = path.read_bytes()
        self._chunks: dict[str, tuple[int, int]] = {}
        self._walk(12, len(self._bytes))
        self._presets = self._records("phdr", "<20sHHHIII")
        self._instruments = self._records("inst", "<20sH")
        self._headers = self._records("shdr", "<20sIIIIIBbHH")
        self._bag_records = {kind: self._records(f"{kind}bag", "<HH") for kind in "pi"}
        self._gen_records = {kind: self._records(f"{kind}gen", "<Hh") for kind in "pi"}
        self._mod_records = {kind: self._records(f"{kind}mod", "<HHhHH") for kind in "pi"}

    def _walk(self, offset: int, end: int) -> None:
        while offset + 8 <= end:
            name = self._bytes[offset : offset + 4].decode("latin-1")
            (size,) = struct.unpack_from("<I", self._bytes, offset + 4)
            if name == "LIST":
                self._walk(offset + 12, offset + 8 + size)
            else:
                self._chunks[name] = (offset + 8, size)
            offset += 8 + size + (size & 1)

    def _records(self, chunk: str, layout: str) -> list[tuple]:
        offset, size = self._chunks[chunk]
        return list(struct.iter_unpack(layout, self._bytes[offset : offset + size]))

    def _bags(self, kind: str, first: int, stop: int, terminal: int) -> list[_Bag]:
        bags: list[_Bag] = []
        everywhere = _Bag({}, ())
        for index in range(first, stop):
            (gen, mod), (gen_stop, mod_stop) = self._bag_records[kind][index : index + 2]
            bag = _Bag(
                dict(self._gen_records[kind][gen:gen_stop]), tuple(self._mod_records[kind][mod:mod_stop])
            )
            if terminal not in bag.generators:
                if index == first:
                    everywhere = bag
                continue
            own = {(m[0], m[1], m[3]) for m in bag.modulators}
            inherited = tuple(m for m in everywhere.modulators if (m[0], m[1], m[3]) not in own)
            bags.append(_Bag({**everywhere.generators, **bag.generators}, bag.modulators + inherited))
        return bags

    def zones(self, bank: int, program: int) -> list[FontZone]:
        """All zones of one preset.

        Args:
            bank: 0 for melodic presets, 128 for kits.
            program: 0..127.
        """
        (index,) = (i for i, p in enumerate(self._presets[:-1]) if (p[2], p[1]) == (bank, program))
        found: list[FontZone] = []
        for preset in self._bags("p", self._presets[index][3], self._presets[index + 1][3], _INSTRUMENT):
            number = preset.generators[_INSTRUMENT]
            first, stop = self._instruments[number][1], self._instruments[number + 1][1]
            for bag in self._bags("i", first, stop, _SAMPLE):
                keys = _meet(_range(preset, _KEY_RANGE), _range(bag, _KEY_RANGE))
                velocities = _meet(_range(preset, _VELOCITY_RANGE), _range(bag, _VELOCITY_RANGE))
                if keys[0] > keys[1] or velocities[0] > velocities[1]:
                    continue
                values = dict(GENERATOR_DEFAULTS)
                values.update({GENERATORS[op]: v for op, v in bag.generators.items() if op in GENERATORS})
                for op, value in preset.generators.items():
                    if op in GENERATORS and GENERATORS[op] not in _SAMPLES_ONLY:
                        values[GENERATORS[op]] += value
                modulators = bag.modulators + preset.modulators
                found.append(FontZone(bag.generators[_SAMPLE], keys, velocities, values, modulators))
        return found

    def sample(self, index: int) -> FontSample:
        """One sample by its number."""
        name, start, end, loop_start, loop_end, rate, root, correction, link, kind = self._headers[index]
        offset = self._chunks["smpl"][0]
        data = np.frombuffer(self._bytes[offset + 2 * start : offset + 2 * end], "<i2")
        return FontSample(
            name.split(b"\0")[0].decode("latin-1"),
            data,
            loop_start - start,
            loop_end - start,
            rate,
            root,
            correction,
            link,
            kind,
        )
