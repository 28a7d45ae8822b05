"""Puts a re-made stretch into a song and leaves every other sample as it was, and measures that it did.

Engines that make a whole song anew for every edit give no such promise, so what they made is taken only
inside the stretch. The crossfades lie inside it too.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, Samples
from songwright.errors import RequestError
from songwright.music.song import EditPromise
from songwright.music.timeline import Span

__all__ = ["aligned", "continue_song", "lines_up", "measure_promise", "replace_stretch"]

CROSSFADE_SECONDS = 0.08
_CONTEXT_SECONDS = 2.0
_GREATEST_GAIN = 2.0
_SEAM_SECONDS = 0.001
_SHORTEST_CONTEXT_SECONDS = 0.05
_ALIKE = 0.7
_LISTENED_SECONDS = 10.0
_GREATEST_LAG_SECONDS = 0.1


def replace_stretch(parent: Path, made: Samples, span: Span, child: Path) -> EditPromise:
    """Write a song that is ``parent`` outside a stretch and ``made`` inside it.

    Args:
        parent: FLAC at 44.1 kHz.
        made: The whole song as it was re-made, on the clock of ``parent``: shape (2, samples), 24-bit
            integers. It must reach to the end of the stretch.
        span: The stretch.
        child: Where to write the FLAC.

    Returns:
        What was measured on the two files.

    Raises:
        RequestError: The stretch starts behind the parent's end.
        EngineError: A file can't be read or written.
    """
    samples = read_flac(parent)
    start, end = _frames(span, samples.shape[1])
    if start >= end:
        raise RequestError("starts behind the end of the song", field="replace_section_start")
    if made.shape[1] < end:
        raise ValueError("made: must reach to the end of the stretch")
    fresh = _at_gain_of(samples, made, [(0, start), (end, samples.shape[1])], near=(start, end))
    spliced = samples.copy()
    spliced[:, start:end] = fresh[:, start:end]
    fade = min(round(CROSSFADE_SECONDS * SAMPLE_RATE_HZ), (end - start) // 2)
    if start > 0:
        spliced[:, start : start + fade] = _crossfaded(
            samples[:, start : start + fade], fresh[:, start : start + fade]
        )
    if end < samples.shape[1]:
        spliced[:, end - fade : end] = _crossfaded(fresh[:, end - fade : end], samples[:, end - fade : end])
    write_flac(child, spliced)
    return measure_promise(parent, child, span, kept=f"outside {_seconds(start)}-{_seconds(end)} s")


def continue_song(parent: Path, made: Samples, at_seconds: float, child: Path) -> EditPromise:
    """Write a song that is ``parent`` up to a time and ``made`` from there on.

    Args:
        parent: FLAC at 44.1 kHz.
        made: The song as it was re-made and continued, on the clock of ``parent``: shape (2, samples),
            24-bit integers.
        at_seconds: Where it continues; behind the parent's end counts as its end.
        child: Where to write the FLAC.

    Returns:
        What was measured on the two files.

    Raises:
        EngineError: A file can't be read or written.
    """
    samples = read_flac(parent)
    start = min(round(at_seconds * SAMPLE_RATE_HZ), samples.shape[1])
    if made.shape[1] <= start:
        raise ValueError("made: must reach behind the time where it continues")
    fresh = _at_gain_of(samples, made, [(0, start)], near=(start, start))
    tail = fresh[:, start:].copy()
    fade = min(round(CROSSFADE_SECONDS * SAMPLE_RATE_HZ), tail.shape[1])
    if start > 0:
        tail[:, :fade] = _crossfaded(_going_on(samples, start, fade), tail[:, :fade])
    write_flac(child, np.concatenate([samples[:, :start], tail], axis=1))
    span = Span(start / SAMPLE_RATE_HZ, (start + tail.shape[1]) / SAMPLE_RATE_HZ)
    return measure_promise(parent, child, span, kept=f"before {_seconds(start)} s")


def aligned(parent: Samples, made: Samples, span: Span) -> Samples:
    """What was made, moved to the parent's clock: encoders and services shift sound by some milliseconds.

    The lag, at most 0.1 s, is where the cross-correlation of the two is greatest within the first ten
    seconds of ``span``. Silence moves nothing.

    Args:
        parent: Shape (2, samples) at 44.1 kHz.
        made: The same, perhaps of another length.
        span: Where both should say the same.
    """
    from scipy.signal import correlate

    start = round(span.start_seconds * SAMPLE_RATE_HZ)
    end = round(min(span.end_seconds, span.start_seconds + _LISTENED_SECONDS) * SAMPLE_RATE_HZ)
    one, other = (part[:, start:end].sum(axis=0, dtype=np.float64) for part in (parent, made))
    if min(len(one), len(other)) < _SHORTEST_CONTEXT_SECONDS * SAMPLE_RATE_HZ:
        return made
    if not (one.any() and other.any()):
        return made
    reach = min(round(_GREATEST_LAG_SECONDS * SAMPLE_RATE_HZ), len(one) - 1, len(other) - 1)
    zero = len(other) - 1
    likeness = correlate(one, other, mode="full", method="fft")[zero - reach : zero + reach + 1]
    lag = int(np.argmax(likeness)) - reach
    if lag > 0:
        moved: Samples = np.pad(made, ((0, 0), (lag, 0)))
        return moved
    return made[:, -lag:]


def lines_up(parent: Samples, made: Samples, spans: Sequence[Span]) -> bool:
    """Whether two recordings say the same at the same times.

    True where the correlation of the waveforms is at least 0.7 in every span that is long enough to tell.

    Args:
        parent: Shape (2, samples) at 44.1 kHz.
        made: The same, perhaps of another length.
        spans: Where to look.
    """
    found = False
    for span in spans:
        start, end = (round(seconds * SAMPLE_RATE_HZ) for seconds in (span.start_seconds, span.end_seconds))
        end = min(end, parent.shape[1])
        if end - start < _SHORTEST_CONTEXT_SECONDS * SAMPLE_RATE_HZ:
            continue
        if made.shape[1] < end or _correlation(parent[:, start:end], made[:, start:end]) < _ALIKE:
            return False
        found = True
    return found


def measure_promise(parent: Path, child: Path, span: Span, *, kept: str) -> EditPromise:
    """Measure on two FLAC files what an edit left alone.

    Args:
        parent: The song before.
        child: The song after.
        span: The stretch that was to change. Reaching to the child's end, it stands for "from there on".
        kept: What was to stay, in words.

    Returns:
        The largest difference outside the stretch, the largest step of ``child`` within 1 ms of a seam, and
        the largest step of ``parent``; full scale is 1.0.
    """
    before, after = read_flac(parent), read_flac(child)
    length = min(before.shape[1], after.shape[1])
    start, end = _frames(span, after.shape[1])
    parts = [(0, min(start, length)), (min(end, length), length)]
    difference = max(
        (
            int(np.abs(before[:, first:last] - after[:, first:last]).max())
            for first, last in parts
            if first < last
        ),
        default=0,
    )
    return EditPromise(
        kept=kept,
        outside_max_abs_diff=difference / FULL_SCALE_INT24,
        seam_max_step=max(_step_near(after, seam) for seam in (start, end)),
        song_max_step=_largest_step(before),
    )


def _going_on(samples: Samples, start: int, length: int) -> Samples:
    """The sound from ``start`` on; behind its end its last moments backwards, which join without a step."""
    left = samples[:, start : start + length]
    missing = length - left.shape[1]
    mirrored = samples[:, max(0, samples.shape[1] - missing) :][:, ::-1]
    going_on = np.concatenate([left, mirrored], axis=1)
    return np.pad(going_on, ((0, 0), (0, length - going_on.shape[1])))


def _frames(span: Span, length: int) -> tuple[int, int]:
    start = round(span.start_seconds * SAMPLE_RATE_HZ)
    return min(start, length), min(round(span.end_seconds * SAMPLE_RATE_HZ), length)


def _seconds(frame: int) -> str:
    return f"{frame / SAMPLE_RATE_HZ:.2f}"


def _at_gain_of(
    parent: Samples, made: Samples, outside: Sequence[tuple[int, int]], *, near: tuple[int, int]
) -> Samples:
    """What was made, at the parent's level as it is around the stretch, within a factor of two."""
    reach = round(_CONTEXT_SECONDS * SAMPLE_RATE_HZ)
    old = new = 0.0
    for first, last in outside:
        close = slice(max(first, near[0] - reach), min(last, near[1] + reach, made.shape[1]))
        if close.start < close.stop:
            old += float(np.square(parent[:, close], dtype=np.float64).sum())
            new += float(np.square(made[:, close], dtype=np.float64).sum())
    if old <= 0.0 or new <= 0.0:
        return made
    gain = float(np.clip(np.sqrt(old / new), 1 / _GREATEST_GAIN, _GREATEST_GAIN))
    return _clipped(made * gain)


def _crossfaded(out: Samples, into: Samples) -> Samples:
    """From one sound to another at constant power, whatever they have in common.

    With gains a and b and the correlation r of the two, power stays constant when both are divided by
    sqrt(a^2 + b^2 + 2 a b r).
    """
    phase = np.linspace(0.0, np.pi / 2, out.shape[1], dtype=np.float64)
    old, new = np.cos(phase), np.sin(phase)
    alike = max(0.0, _correlation(out, into))
    # Sounds that are the same need no compensation at the ends, where one of the gains is 0.
    power = np.sqrt(old**2 + new**2 + 2 * old * new * alike)
    return _clipped((out * old + into * new) / power)


def _correlation(one: Samples, other: Samples) -> float:
    first, second = one.astype(np.float64).ravel(), other.astype(np.float64).ravel()
    energy = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / energy if energy > 0.0 else 0.0


def _clipped(audio: NDArray[np.floating]) -> Samples:
    whole: Samples = np.clip(np.rint(audio), -FULL_SCALE_INT24, FULL_SCALE_INT24 - 1).astype(np.int32)
    return whole


def _step_near(samples: Samples, frame: int) -> float:
    reach = round(_SEAM_SECONDS * SAMPLE_RATE_HZ)
    return _largest_step(samples[:, max(0, frame - reach) : frame + reach])


def _largest_step(samples: Samples) -> float:
    if samples.shape[1] < 2:
        return 0.0
    return int(np.abs(np.diff(samples, axis=1)).max()) / FULL_SCALE_INT24
