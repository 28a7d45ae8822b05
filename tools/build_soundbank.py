"""Cut songwright's instruments from FluidR3 GM into the package's data.

    python tools/build_soundbank.py [--font /usr/share/sounds/sf2/FluidR3_GM.sf2] [--quality 0.25]

The font is Debian's package ``fluid-soundfont-gm`` (MIT). Three files and the notice result:

* ``samples.bin``: Ogg Vorbis streams. The header pages of a Vorbis stream weigh 3 KB and depend only on
  sample rate and quality, so they are stored once for each rate, and a sample keeps its data pages alone.
* ``index.json``: which bytes are which sample, and the gain of each instrument.
* ``zones.jsonl``: one line for each instrument, its zones flat and in plain units, so that only the
  instruments of a song are parsed.

When the bank is cut, the instruments are played and measured: each gets the gain that brings it to the common
level, and recordings that are off pitch are tuned, all but the pianos, whose stretched tuning is meant.
"""

from __future__ import annotations

import argparse
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from instrument_levels import measured_gain_db
from instrument_tuning import measured_error_cents
from songwright.engines.local.playing import soundbank
from songwright.engines.local.playing.player import voice_of
from songwright.style.instruments import INSTRUMENTS, KIT_KEYS, Sampled
from soundfont import FontZone, Modulator, SoundFont

FONT = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
FOLDER = Path(__file__).parent.parent / "src/songwright/engines/local/assets/soundbank"
LOOP_GUARD_FRAMES = 1024
SILENCE_DB = -66.0
LONGEST_SECONDS = 5.0
SERIAL = 1
STRETCHED = ("acoustic_grand_piano", "bright_acoustic_piano")
SIGNIFICANT_DIGITS = 5


def _crc_table() -> list[int]:
    table = []
    for index in range(256):
        value = index << 24
        for _ in range(8):
            value = ((value << 1) ^ 0x04C11DB7 if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


CRC_TABLE = _crc_table()


def with_serial(page: bytes) -> bytes:
    """The Ogg page with the common stream serial and its checksum (RFC 3533, section 6)."""
    page = page[:14] + SERIAL.to_bytes(4, "little") + page[18:22] + bytes(4) + page[26:]
    crc = 0
    for byte in page:
        crc = ((crc << 8) & 0xFFFFFFFF) ^ CRC_TABLE[(crc >> 24) ^ byte]
    return page[:22] + crc.to_bytes(4, "little") + page[26:]


def ogg_pages(stream: bytes) -> Iterable[bytes]:
    """The pages of an Ogg stream."""
    offset = 0
    while offset < len(stream):
        segments = stream[offset + 26]
        size = 27 + segments + sum(stream[offset + 27 : offset + 27 + segments])
        yield stream[offset : offset + size]
        offset += size


def encode(data: NDArray[np.float32], rate_hz: int, quality: float) -> tuple[bytes, bytes]:
    """Vorbis header pages and data pages of one sample; checks that it decodes to its exact length."""
    file = io.BytesIO()
    soundfile.write(file, data, rate_hz, format="OGG", subtype="VORBIS", compression_level=1 - quality)
    first, second, *rest = [with_serial(page) for page in ogg_pages(file.getvalue())]
    headers, pages = first + second, b"".join(rest)
    decoded, _ = soundfile.read(io.BytesIO(headers + pages), dtype="float32")
    if len(decoded) != len(data):
        raise SystemExit(f"a sample of {len(data)} frames decodes to {len(decoded)}")
    return headers, pages


def trimmed(data: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    """A one-shot without its inaudible tail, faded out."""
    window = max(1, rate_hz // 100)
    blocks = len(data) // window
    levels = np.sqrt(np.mean(data[: blocks * window].reshape(blocks, window) ** 2, axis=1))
    loud = np.flatnonzero(levels > levels.max() * 10 ** (SILENCE_DB / 20))
    frames = min(len(data), (int(loud[-1]) + 2) * window, int(LONGEST_SECONDS * rate_hz))
    fade = min(frames, rate_hz // 20)
    kept = data[:frames].copy()
    kept[frames - fade :] *= np.cos(np.linspace(0, math.pi / 2, fade)) ** 2
    return kept


class Blob:
    """Collects samples, each once, and hands out their numbers."""

    def __init__(self, font: SoundFont, quality: float) -> None:
        self.font, self.quality = font, quality
        self.bytes = bytearray()
        self.headers: list[list[int]] = []
        self.samples: list[list[int]] = []
        self._header_of: dict[bytes, int] = {}
        self._number: dict[tuple[int, int, int], int] = {}

    def _append(self, data: bytes) -> tuple[int, int]:
        offset = len(self.bytes)
        self.bytes += data
        return offset, len(data)

    def number(self, zone: FontZone) -> int:
        """The bank's number of the zone's sample; encodes it at first sight."""
        source = self.font.sample(zone.sample)
        values = zone.generators
        start = source.loop_start + values["loop_start_offset"]
        end = source.loop_end + values["loop_end_offset"]
        looped = bool(values["sample_modes"] & 1) and end - start > 8 and end <= len(source.data)
        if not looped:
            start = end = 0
        key = (zone.sample, start, end)
        if key in self._number:
            return self._number[key]
        data = source.data.astype(np.float32) / 32768
        if looped:
            turns = math.ceil(LOOP_GUARD_FRAMES / (end - start))
            data = np.concatenate([data[:end], np.tile(data[start:end], turns)[:LOOP_GUARD_FRAMES]])
        else:
            data = trimmed(data, source.rate_hz)
        headers, pages = encode(data, source.rate_hz, self.quality)
        if headers not in self._header_of:
            self._header_of[headers] = len(self.headers)
            self.headers.append([*self._append(headers), source.rate_hz])
        self._number[key] = len(self.samples)
        self.samples.append([self._header_of[headers], *self._append(pages), end or len(data), start, end])
        return self._number[key]


def seconds(timecents: int) -> float:
    """SoundFont timecents as seconds; the shortest time stands for none."""
    return 0.0 if timecents <= -12_000 else 2 ** (timecents / 1200)


def hertz(cents: int) -> float:
    """SoundFont absolute cents (relative to 8.176 Hz) as hertz."""
    return 8.175799 * 2 ** (cents / 1200)


def velocity_modulators(modulators: tuple[Modulator, ...]) -> tuple[float, float]:
    """How velocity moves the filter: cents of cutoff and decibels of resonance at velocity 0.

    The font uses concave (0x502) and linear (0x402, 0x102) negative unipolar velocity. A modulator of
    amount 0 switches a default one off, which FluidSynth does not apply either.
    """
    cutoff = sum(m[2] for m in modulators if m[0] == 0x502 and m[1] == 8)
    resonance = sum(m[2] for m in modulators if m[0] == 0x402 and m[1] == 9)
    return float(cutoff), resonance / 10


def articulation(zone: FontZone) -> tuple[float, ...]:
    """The zone's shape in plain units, in the order of ``soundbank.Articulation``."""
    g = zone.generators
    cutoff, resonance = velocity_modulators(zone.modulators)
    return tuple(
        float(f"{value:.{SIGNIFICANT_DIGITS}g}")
        for value in (
            # FluidSynth scales the attenuation of fonts by 0.4, as the hardware did that fonts are made for.
            max(0, g["attenuation"]) * 0.4 / 10,
            max(-500, min(500, g["pan"])) / 500,
            seconds(g["vol_env_delay"]),
            seconds(g["vol_env_attack"]),
            seconds(g["vol_env_hold"]),
            seconds(g["vol_env_decay"]),
            max(0, min(1000, g["vol_env_sustain"])) * 0.096,
            seconds(g["vol_env_release"]),
            g["key_to_vol_hold"],
            g["key_to_vol_decay"],
            max(1500, min(13_500, g["filter_cutoff"])),
            max(0, min(960, g["filter_q"])) / 10,
            cutoff,
            resonance,
            seconds(g["mod_env_delay"]),
            seconds(g["mod_env_attack"]),
            seconds(g["mod_env_hold"]),
            seconds(g["mod_env_decay"]),
            1 - max(0, min(1000, g["mod_env_sustain"])) / 1000,
            g["mod_env_to_pitch"],
            g["mod_env_to_cutoff"],
            seconds(g["vib_lfo_delay"]),
            hertz(g["vib_lfo_frequency"]),
            g["vib_lfo_to_pitch"],
            seconds(g["mod_lfo_delay"]),
            hertz(g["mod_lfo_frequency"]),
            g["mod_lfo_to_pitch"],
            g["mod_lfo_to_volume"] / 10,
            g["exclusive_class"],
        )
    )


def zone_lines(font: SoundFont, blob: Blob, sound: Sampled) -> dict[str, list]:
    """One instrument's zones, each with the number of its articulation."""
    articulations: dict[tuple[float, ...], int] = {}
    rows: list[list[int]] = []
    for zone in font.zones(sound.bank, sound.program):
        low, high = zone.keys
        if sound.bank:
            low, high = max(KIT_KEYS[0], low), min(KIT_KEYS[1], high)
            if low > high:
                continue
        sample = font.sample(zone.sample)
        root = zone.generators["root_key"]
        if root < 0:
            root = sample.root_key if sample.root_key <= 127 else 60
        tuning = 100 * zone.generators["coarse_tune"] + zone.generators["fine_tune"] + sample.correction_cents
        shape = articulations.setdefault(articulation(zone), len(articulations))
        scale = zone.generators["scale_tuning"]
        rows.append([blob.number(zone), low, high, *zone.velocities, root, scale, tuning, shape])
    return {"zones": rows, "articulations": list(articulations)}


def write_index(blob: Blob, gains_db: dict[str, float]) -> None:
    """Write the index without spaces; it is data for machines."""
    index = {
        "format": soundbank.FORMAT,
        "source": "FluidR3 GM by Frank Wen, MIT; see NOTICE",
        "headers": blob.headers,
        "samples": blob.samples,
        "gains_db": gains_db,
    }
    text = json.dumps(index, separators=(",", ":"))
    (FOLDER / "index.json").write_text(text + "\n", encoding="utf-8")


def write_zones(lines: dict[str, dict[str, list]]) -> None:
    """Write one line for each instrument."""
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines.values())
    (FOLDER / "zones.jsonl").write_text(text + "\n", encoding="utf-8")


def tuned(name: str, line: dict[str, list]) -> dict[str, list]:
    """The zones of an instrument, each group over the same keys corrected by what it measures."""
    facts = INSTRUMENTS[name]
    if facts.is_kit or name in STRETCHED:
        return line
    corrections: dict[tuple[int, int], int] = {}
    for _, low, high, _, _, root, *_ in line["zones"]:
        if (low, high) not in corrections:
            pitch = min(max(root, low, facts.low), high, facts.high)
            error = measured_error_cents(name, pitch) if low <= pitch <= high else None
            corrections[low, high] = -round(error or 0.0)
    rows = [[*row[:7], row[7] + corrections[row[1], row[2]], row[8]] for row in line["zones"]]
    return {**line, "zones": rows}


def main() -> None:
    """Cut the bank, then level it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--font", type=Path, default=FONT)
    parser.add_argument("--quality", type=float, default=0.25, help="Vorbis quality, 0..1")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    font = SoundFont(options.font)
    blob = Blob(font, options.quality)
    lines: dict[str, dict[str, list]] = {}
    for name, facts in INSTRUMENTS.items():
        if isinstance(facts.sound, Sampled):
            lines[name] = zone_lines(font, blob, facts.sound)
            print(f"{name:22s} {len(blob.bytes) / 1e6:6.2f} MB so far", flush=True)
    (FOLDER / "samples.bin").write_bytes(bytes(blob.bytes))
    write_zones(lines)
    write_index(blob, dict.fromkeys(lines, 0.0))
    write_zones({name: tuned(name, line) for name, line in lines.items()})
    soundbank.soundbank.cache_clear()
    voice_of.cache_clear()
    write_index(blob, {name: round(measured_gain_db(name), 2) for name in lines})


if __name__ == "__main__":
    main()
