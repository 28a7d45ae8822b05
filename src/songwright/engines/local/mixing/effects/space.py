"""The room of a stem: reverberation and tempo delay from two mono sends, by convolution.

Rooms are dark, so the sends and the returns run at half of the sample rate, which halves the work. The
delay is an impulse response too, so one convolution makes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft, rfft
from scipy.signal import sosfilt

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import SILENCE, Audio, ramps
from songwright.engines.local.mixing.effects.dynamics import HOP_SAMPLES
from songwright.engines.local.mixing.effects.equaliser import Band, double_rate, sections
from songwright.engines.local.randomness import stream

__all__ = ["RATE_HZ", "Echo", "Room", "add_space"]

RATE_HZ = SAMPLE_RATE_HZ // 2
"""The sample rate of the sends."""

_FFT_SAMPLES = 2**17
_OVERLAP = 128
_LONGEST_SECONDS = 2.8
_ECHOES = 6


@dataclass(frozen=True, slots=True)
class Room:
    """A room.

    Attributes:
        seconds: Time in which the sound decays by 60 dB at middle frequencies.
        brightness: 0 dark .. 1 bright: how long high frequencies last.
        predelay_seconds: Silence before the diffuse sound.
    """

    seconds: float
    brightness: float = 0.5
    predelay_seconds: float = 0.02


@dataclass(frozen=True, slots=True)
class Echo:
    """A delay that goes from side to side and grows darker.

    Attributes:
        seconds: From one repeat to the next.
        feedback: 0..0.7, level of each repeat relative to the one before.
    """

    seconds: float
    feedback: float = 0.35


@lru_cache(maxsize=16)
def room_response(room: Room) -> Audio:
    """The impulse response of a room, one independent channel a side, each of unit energy.

    Early reflections in the first 60 ms, then noise in three bands that decay at rates of their own: the
    statistical model of J. A. Moorer, "About this reverberation business", Computer Music Journal 3(2),
    1979. The same room always has the same response.

    Returns:
        Shape (2, samples) at half of the sample rate.
    """
    chance = stream("room", "response")
    length = int(min(1.1 * room.seconds + room.predelay_seconds, _LONGEST_SECONDS) * RATE_HZ)
    times = np.arange(length) / RATE_HZ
    noise = chance.standard_normal((2, int(_LONGEST_SECONDS * RATE_HZ)))[:, :length]
    low = _filtered(noise, Band("low_pass", 350.0))
    high = _filtered(noise, Band("high_pass", 3000.0))
    tail = np.zeros_like(noise)
    treble = room.seconds * (0.3 + 0.4 * room.brightness)
    for band, seconds in ((low, 1.1 * room.seconds), (noise - low - high, room.seconds), (high, treble)):
        tail += band * 10 ** (-3 * times / seconds)
    tail *= np.clip((times - room.predelay_seconds) / 0.025, 0, 1)
    tail /= np.sqrt((tail**2).sum(axis=1, keepdims=True))
    early = np.zeros_like(tail)
    for index, side in enumerate(early):
        for number in range(9):
            at = int((0.006 + 0.0058 * (number + chance.uniform(0.1, 0.9))) * RATE_HZ)
            side[min(at, length - 1)] += 0.24 * 0.84**number * (1 if (number + index) % 2 else -1)
    both = _filtered(
        tail + early, Band("high_pass", 220.0), Band("low_pass", 4500.0 + 4500.0 * room.brightness)
    )
    both[:, -256:] *= np.linspace(1, 0, 256)
    unit: Audio = (both / np.sqrt((both**2).sum(axis=1, keepdims=True))).astype(np.float32)
    return unit


@lru_cache(maxsize=16)
def echo_response(echo: Echo) -> Audio:
    """The impulse response of a tempo delay, shape (2, samples) at half of the sample rate."""
    step = round(echo.seconds * RATE_HZ)
    length = min((_ECHOES + 1) * step, int(_LONGEST_SECONDS * RATE_HZ))
    response = np.zeros((2, length))
    pulse = np.zeros(min(step, 2048))
    pulse[0] = 1.0
    for number in range(1, _ECHOES + 1):
        pulse = _filtered(pulse, Band("high_pass", 250.0), Band("low_pass", 4200.0))
        start = number * step
        room = min(pulse.size, length - start)
        if room <= 0:
            break
        near, far = (0, 1) if number % 2 else (1, 0)
        response[near, start : start + room] += 0.9 * echo.feedback ** (number - 1) * pulse[:room]
        response[far, start : start + room] += 0.35 * echo.feedback ** (number - 1) * pulse[:room]
    return response.astype(np.float32)


def _filtered(sound: NDArray[np.float64], *bands: Band) -> NDArray[np.float64]:
    filtered: NDArray[np.float64] = sosfilt(sections(bands, RATE_HZ), sound)
    return filtered


def add_space(
    bus: Audio, sends: tuple[tuple[Audio, Audio], ...], returns: NDArray[np.float64] | None = None
) -> Audio:
    """Add the returns of sends to a bus, in place, by overlap-add convolution.

    Args:
        bus: Shape (2, samples) at the full sample rate. What rings on behind its end is cut off.
        sends: For each, the sound sent, shape (samples // 2 or more,), and the response, shape (2, any), both
            at half of the sample rate.
        returns: The gain of the returns at every ``HOP_SAMPLES``-th sample of the bus; None for unity.
    """
    heard = [(sent, response) for sent, response in sends if sent.any()]
    if not heard:
        return bus
    longest = max(response.shape[1] for _, response in heard)
    block = _FFT_SAMPLES - longest + 1
    spectra = [rfft(response, _FFT_SAMPLES, axis=1) for _, response in heard]
    samples = bus.shape[1]
    ringing = np.zeros((2, longest - 1), np.float32)
    edge = np.zeros((2, 2 * _OVERLAP), np.float32)
    for start in range(0, -(-samples // 2), block):
        total = np.zeros((2, _FFT_SAMPLES // 2 + 1), np.complex64)
        silent = True
        for (sent, _), spectrum in zip(heard, spectra, strict=True):
            piece = sent[start : start + block]
            if piece.size and max(piece.max(), -piece.min()) > SILENCE:
                total += rfft(piece, _FFT_SAMPLES) * spectrum
                silent = False
        if silent and not ringing.any():
            edge[:] = 0.0
            continue
        wet = np.zeros((2, _FFT_SAMPLES), np.float32) if silent else irfft(total, _FFT_SAMPLES, axis=1)
        wet[:, : longest - 1] += ringing
        ringing = wet[:, block : block + longest - 1].copy()
        _add_doubled(bus, wet[:, :block], edge, start, returns)
    return bus


def _add_doubled(
    bus: Audio, wet: Audio, edge: Audio, start: int, returns: NDArray[np.float64] | None
) -> None:
    """Add a block at twice its rate, ``_OVERLAP`` samples late so that both its neighbours are known."""
    samples = bus.shape[1]
    for index, side in enumerate(wet):
        line = np.concatenate([edge[index], side])
        edge[index] = line[-2 * _OVERLAP :]
        fine = double_rate(line)[2 * _OVERLAP : -2 * _OVERLAP]
        at = 2 * (start - _OVERLAP)
        left = max(0, -at)
        right = min(fine.size, samples - at)
        if left < right:
            heard = fine[left:right]
            if returns is not None:
                heard = heard * ramps(returns, HOP_SAMPLES, at + left, at + right)
            bus[index, at + left : at + right] += heard
