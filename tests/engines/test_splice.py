"""A re-made stretch goes into a song and leaves every other sample as it was."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac
from songwright.engines.splice import (
    CROSSFADE_SECONDS,
    aligned,
    continue_song,
    lines_up,
    measure_promise,
    replace_stretch,
)
from songwright.errors import RequestError
from songwright.music.timeline import Span

RATE_HZ = 44_100
Samples = NDArray[np.int32]


def noise(seconds: float, seed: int, level: float = 0.1) -> Samples:
    """Noise without high frequencies, so that steps between samples are small, as in music."""
    rough = np.random.default_rng(seed).normal(size=(2, round(seconds * RATE_HZ) + 63))
    smooth = np.stack([np.convolve(channel, np.hanning(64), "valid") for channel in rough])
    return np.rint(smooth / np.abs(smooth).max() * level * 2**23).astype(np.int32)


@pytest.fixture
def parent(tmp_path: Path) -> Path:
    path = tmp_path / "parent.flac"
    write_flac(path, noise(3, 1))
    return path


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.floats(0, 2.9),
    length=st.floats(0.001, 3.5),
    level=st.sampled_from([0.001, 0.1, 0.9]),
)
def test_outside_the_stretch_every_sample_is_the_parent_s(
    parent: Path, tmp_path: Path, start: float, length: float, level: float
) -> None:
    span = Span(start, start + length)

    promise = replace_stretch(parent, noise(3, 2, level), span, tmp_path / "child.flac")

    before, after = read_flac(parent), read_flac(tmp_path / "child.flac")
    first, last = round(start * RATE_HZ), round((start + length) * RATE_HZ)
    assert before.shape == after.shape
    assert (before[:, :first] == after[:, :first]).all()
    assert (before[:, last:] == after[:, last:]).all()
    assert promise.outside_max_abs_diff == 0


def test_seams_make_no_step_larger_than_the_music_s_own(parent: Path, tmp_path: Path) -> None:
    promise = replace_stretch(parent, noise(3, 2), Span(1, 2), tmp_path / "child.flac")

    assert promise.seam_max_step is not None
    assert promise.song_max_step is not None
    assert promise.seam_max_step <= promise.song_max_step


def test_the_level_stays_through_both_crossfades(parent: Path, tmp_path: Path) -> None:
    replace_stretch(parent, noise(3, 2, level=0.05), Span(1, 2), tmp_path / "child.flac")

    child = read_flac(tmp_path / "child.flac").astype(float)
    whole = np.sqrt((child**2).mean())
    fade = round(CROSSFADE_SECONDS * RATE_HZ)
    for first in (RATE_HZ, 2 * RATE_HZ - fade):
        level = np.sqrt((child[:, first : first + fade] ** 2).mean())
        assert 0.8 < level / whole < 1.25


def test_the_same_sound_put_in_again_is_the_same_song(parent: Path, tmp_path: Path) -> None:
    replace_stretch(parent, read_flac(parent), Span(1, 2), tmp_path / "child.flac")

    assert np.abs(read_flac(tmp_path / "child.flac") - read_flac(parent)).max() <= 1


def test_a_stretch_behind_the_end_is_refused(parent: Path, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="replace_section_start"):
        replace_stretch(parent, noise(6, 2), Span(4, 5), tmp_path / "child.flac")


@pytest.mark.parametrize("at_seconds", [0.0, 1.0, 2.99, 3.0, 9.0])
def test_a_continuation_keeps_what_stands_before_it(parent: Path, tmp_path: Path, at_seconds: float) -> None:
    promise = continue_song(parent, noise(5, 2), at_seconds, tmp_path / "child.flac")

    before, after = read_flac(parent), read_flac(tmp_path / "child.flac")
    joint = min(round(at_seconds * RATE_HZ), before.shape[1])
    assert (before[:, :joint] == after[:, :joint]).all()
    assert after.shape[1] == 5 * RATE_HZ
    assert promise.outside_max_abs_diff == 0


def test_a_continuation_of_the_end_leaves_no_hole(parent: Path, tmp_path: Path) -> None:
    continue_song(parent, noise(5, 2), 3.0, tmp_path / "child.flac")

    child = read_flac(tmp_path / "child.flac").astype(float)
    whole = np.sqrt((child**2).mean())
    after = np.sqrt((child[:, 3 * RATE_HZ : 3 * RATE_HZ + 1000] ** 2).mean())
    assert after > 0.5 * whole


def test_a_measured_promise_tells_of_every_difference(parent: Path, tmp_path: Path) -> None:
    changed = read_flac(parent)
    changed[0, 10] += 2**13
    write_flac(tmp_path / "child.flac", changed)

    promise = measure_promise(parent, tmp_path / "child.flac", Span(1, 2), kept="outside")

    assert promise.outside_max_abs_diff == pytest.approx(2**-10)


@pytest.mark.parametrize("lag", [-2000, 0, 1500])
def test_what_was_shifted_by_milliseconds_is_moved_back(lag: int) -> None:
    one = noise(3, 1)
    shifted = np.roll(one, lag, axis=1)

    moved = aligned(one, shifted, Span(0.5, 2.5))

    middle = slice(RATE_HZ, 2 * RATE_HZ)
    assert (moved[:, middle] == one[:, middle]).all()


def test_recordings_line_up_only_where_they_say_the_same() -> None:
    one, other = noise(3, 1), noise(3, 2)
    half = one.copy()
    half[:, 2 * RATE_HZ :] = other[:, 2 * RATE_HZ :]

    assert lines_up(one, half, [Span(0, 2)])
    assert not lines_up(one, half, [Span(0, 2), Span(2, 3)])
    assert not lines_up(one, one[:, :RATE_HZ], [Span(0, 2)])
    assert not lines_up(one, one, [Span(0, 0.001)])
