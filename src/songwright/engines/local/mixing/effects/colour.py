"""What changes the colour of one part: saturation, an amplifier with its loudspeaker, chorus, width."""

from __future__ import annotations

from math import cos, pi, sin, sqrt

import numpy as np

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import Audio, blocks, ramps
from songwright.engines.local.mixing.effects.equaliser import Band, double_rate, equalise, halve_rate

__all__ = ["amplify", "chorus", "place", "saturate"]

_LOUDSPEAKER = (
    Band("high_pass", 90.0, q=0.9),
    Band("peak", 400.0, -2.5, 0.9),
    Band("peak", 2400.0, 4.0, 1.0),
    Band("low_pass", 4800.0, q=0.8),
    Band("low_pass", 5600.0),
)
"""A closed box with 12-inch loudspeakers: a bump in the presence, nothing above 5 kHz."""

_EDGE_SAMPLES = 64
_CHORUS_HOP = 64


def saturate(audio: Audio, drive: float, reference_peak: float) -> Audio:
    """Bend sound softly, in place, at twice the sample rate so that new overtones don't fold back.

    The curve is tanh, scaled so that quiet sound keeps its level.

    Args:
        audio: Shape (channels, samples).
        drive: 0 for none; 1 lowers the peaks by about 6 dB.
        reference_peak: Magnitude of the sound's usual peaks.
    """
    if drive <= 0:
        return audio
    push = np.float32(2.0 * drive / reference_peak)
    for channel in audio:
        _bend(channel, push)
    return audio


def _bend(channel: Audio, push: np.float32) -> None:
    tail = np.zeros(_EDGE_SAMPLES, np.float32)
    for start, stop in blocks(channel.size):
        ahead = channel[stop : stop + _EDGE_SAMPLES]
        piece = np.concatenate(
            [tail, channel[start:stop], ahead, np.zeros(_EDGE_SAMPLES - ahead.size, np.float32)]
        )
        tail = channel[max(stop - _EDGE_SAMPLES, start) : stop].copy()
        tail = np.pad(tail, (_EDGE_SAMPLES - tail.size, 0))
        fine = double_rate(piece)
        fine *= push
        np.tanh(fine, out=fine)
        fine /= push
        channel[start:stop] = halve_rate(fine)[_EDGE_SAMPLES : _EDGE_SAMPLES + stop - start]


def amplify(audio: Audio, drive: float, reference_peak: float) -> Audio:
    """A guitar amplifier and its loudspeaker, in place.

    Args:
        audio: Shape (channels, samples).
        drive: 0 clean .. 1 strongly distorted.
        reference_peak: Magnitude of the sound's usual peaks.
    """
    equalise(audio, (Band("high_pass", 120.0), Band("peak", 900.0, 3.0, 0.7)))
    saturate(audio, 4.0 * drive, reference_peak)
    return equalise(audio, _LOUDSPEAKER)


def chorus(audio: Audio, depth: float, rate_hz: float = 0.55, origin_seconds: float = 0.0) -> Audio:
    """Add a copy of each channel that drifts around 12 ms behind it, in place.

    The two channels' copies drift a quarter of a period apart, which widens the sound.

    Args:
        audio: Shape (channels, samples).
        depth: 0..1, the copies' level.
        rate_hz: How fast they drift.
        origin_seconds: The time in the song of the first sample, so that a stretch drifts as the song does.
    """
    if depth <= 0:
        return audio
    centre, swing = 0.012 * SAMPLE_RATE_HZ, 0.0025 * SAMPLE_RATE_HZ
    dry, wet = np.float32(1 / sqrt(1 + depth**2)), np.float32(depth / sqrt(1 + depth**2))
    history = int(centre + swing) + 3
    for index, channel in enumerate(audio):
        past = np.zeros(history, np.float32)
        for first, last in blocks(channel.size):
            line = np.concatenate([past, channel[first:last]])
            past = line[-history:].copy()
            hops = np.arange(-(-(last - first) // _CHORUS_HOP) + 1) * _CHORUS_HOP
            turns = rate_hz * ((first + hops) / SAMPLE_RATE_HZ + origin_seconds) + index / 4
            delay = ramps(centre + swing * np.sin(2 * pi * turns), _CHORUS_HOP, 0, last - first)
            whole = delay.astype(np.int32)
            delay -= whole
            behind = np.arange(history, history + last - first, dtype=np.int32) - whole
            near = line[behind]
            copy = near + delay * (line[behind - 1] - near)
            channel[first:last] = dry * channel[first:last] + wet * copy
    return audio


def place(pan: float, width: float) -> Audio:
    """The 2 x 2 matrix that sets a stereo part's width and place, keeping its power when it is mono.

    The further from the middle, the narrower the part becomes, so that neither of its sides is lost.

    Args:
        pan: -1 left .. 1 right, by the equal-power law.
        width: 0 mono .. 1 as it is .. 2 twice as wide.

    Returns:
        Multiply it with sound of shape (2, samples).
    """
    angle = (pan + 1) * pi / 4
    left, right = sqrt(2) * cos(angle), sqrt(2) * sin(angle)
    width *= 1 - abs(pan)
    same, other = (1 + width) / 2, (1 - width) / 2
    return np.array([[left * same, left * other], [right * other, right * same]], np.float32)
