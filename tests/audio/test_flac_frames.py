from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.flac_frames import Frames, replace_frames

SAMPLES = 200_000


def noise(samples: int, seed: int = 0) -> NDArray[np.int32]:
    rng = np.random.default_rng(seed)
    loud = rng.integers(-(2**20), 2**20, (2, samples), dtype=np.int32)
    # Silence and quiet give frames of very different sizes.
    loud[:, samples // 3 : samples // 2] = 0
    return loud


@pytest.fixture(scope="module")
def parent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("flac") / "parent.flac"
    write_flac(path, noise(SAMPLES))
    return path


def crc16(data: bytes) -> int:
    check = 0
    for byte in data:
        check ^= byte << 8
        for _ in range(8):
            check = (check << 1 ^ 0x8005) & 0xFFFF if check & 0x8000 else check << 1
    return check


@settings(max_examples=25, deadline=None)
@given(st.integers(0, SAMPLES - 1), st.integers(1, 60_000), st.booleans())
def test_only_the_stretch_changes(
    parent: Path, tmp_path_factory: pytest.TempPathFactory, start: int, length: int, to_the_end: bool
) -> None:
    child = tmp_path_factory.getbasetemp() / "child.flac"
    stop = None if to_the_end else min(start + length, SAMPLES)
    fresh = noise(length if stop is None else stop - start, seed=1)
    replace_frames(parent, child, start, fresh, stop)
    old, new = read_flac(parent), read_flac(child)
    assert np.array_equal(new[:, :start], old[:, :start])
    assert np.array_equal(new[:, start : start + fresh.shape[1]], fresh)
    if stop is not None:
        assert np.array_equal(new[:, stop:], old[:, stop:])


def test_every_frame_keeps_a_valid_number_and_checksum(parent: Path, tmp_path: Path) -> None:
    child = tmp_path / "child.flac"
    replace_frames(parent, child, 140_000, noise(20_000, seed=1), 160_000)
    frames = Frames(child.read_bytes())
    count = -(-SAMPLES // frames.block_samples)
    bounds = [frames.offset(number) for number in range(count + 1)]
    assert bounds == sorted(set(bounds))
    for start, stop in pairwise(bounds):
        frame = frames.data[start:stop]
        assert crc16(frame[:-2]) == int.from_bytes(frame[-2:], "big")


def test_frames_outside_the_stretch_are_the_same_bytes(parent: Path, tmp_path: Path) -> None:
    child = tmp_path / "child.flac"
    span = replace_frames(parent, child, 50_000, noise(10_000, seed=1), 60_000)
    old, new = Frames(parent.read_bytes()), Frames(child.read_bytes())
    first = span.start // old.block_samples
    assert old.data[old.first : old.offset(first)] == new.data[new.first : new.offset(first)]
    assert span.stop is not None
    last = span.stop // old.block_samples
    assert old.data[old.offset(last) :] == new.data[new.offset(last) :]


def test_a_file_that_is_no_flac_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "not.flac"
    path.write_bytes(b"RIFF" + bytes(100))
    with pytest.raises(ValueError, match="no FLAC"):
        replace_frames(path, tmp_path / "child.flac", 0, noise(10), 10)
