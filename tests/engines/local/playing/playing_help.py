"""Short ways to play notes and to measure them."""

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.playing.performed_notes import PerformedNote, PerformedPart
from songwright.engines.local.playing.player import render_part

Signal = NDArray[np.float32]


def part(instrument: str, *notes: PerformedNote) -> PerformedPart:
    return PerformedPart("part", instrument, "other", notes)


def played(instrument: str, *notes: PerformedNote, seconds: float, origin_seconds: float = 0.0) -> Signal:
    out = np.zeros((2, round(seconds * SAMPLE_RATE_HZ)), np.float32)
    render_part(part(instrument, *notes), out, origin_seconds=origin_seconds)
    return out


def level_db(sound: Signal, start_seconds: float = 0.0, end_seconds: float | None = None) -> float:
    end = sound.shape[1] if end_seconds is None else round(end_seconds * SAMPLE_RATE_HZ)
    window = sound[:, round(start_seconds * SAMPLE_RATE_HZ) : end].astype(np.float64)
    return float(10 * np.log10(np.mean(window**2) + 1e-20))


def error_cents(sound: Signal, midi_pitch: float) -> float:
    """Distance of the strongest of the first four harmonics' mean frequency from where it belongs."""
    size = 4 * sound.shape[1]
    power = np.sum(np.abs(np.fft.rfft(sound * np.hanning(sound.shape[1]), size)) ** 2, axis=0)
    frequencies = np.fft.rfftfreq(size, 1 / SAMPLE_RATE_HZ)
    wanted = 440 * 2 ** ((midi_pitch - 69) / 12)
    total = weighted = 0.0
    for harmonic in range(1, 5):
        reach = [wanted * harmonic * 2 ** (cents / 1200) for cents in (-60, 60)]
        band = slice(*np.searchsorted(frequencies, reach))
        loud = np.where(power[band] > 0.05 * power[band].max(), power[band], 0)
        total += loud.sum()
        weighted += (loud * 1200 * np.log2(frequencies[band] / wanted / harmonic)).sum()
    return float(weighted / total)


def brightness_hz(sound: Signal) -> float:
    """The spectral centroid."""
    spectrum = np.sum(np.abs(np.fft.rfft(sound)) ** 2, axis=0)
    frequencies = np.fft.rfftfreq(sound.shape[1], 1 / SAMPLE_RATE_HZ)
    return float((spectrum * frequencies).sum() / spectrum.sum())
