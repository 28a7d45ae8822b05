from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import to_float, to_int24
from songwright.errors import EngineError


def integers(samples: int = 100_000) -> np.ndarray:
    return np.random.default_rng(0).integers(-(2**23), 2**23, (2, samples), dtype=np.int32)


def test_integers_come_back_as_they_were(tmp_path: Path) -> None:
    sound = integers()
    write_flac(tmp_path / "a.flac", sound)
    assert np.array_equal(read_flac(tmp_path / "a.flac"), sound)


def test_a_range_is_read_alone(tmp_path: Path) -> None:
    sound = integers()
    write_flac(tmp_path / "a.flac", sound)
    assert np.array_equal(read_flac(tmp_path / "a.flac", 70_001, 70_101), sound[:, 70_001:70_101])
    assert read_flac(tmp_path / "a.flac", 99_999, 200_000).shape == (2, 1)


def test_the_same_sound_gives_the_same_bytes(tmp_path: Path) -> None:
    sound = to_float(integers(5000))
    write_flac(tmp_path / "a.flac", sound)
    write_flac(tmp_path / "b.flac", to_int24(sound))
    assert (tmp_path / "a.flac").read_bytes() == (tmp_path / "b.flac").read_bytes()


def test_sound_beyond_full_scale_is_refused_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="full scale"):
        write_flac(tmp_path / "a.flac", np.full((2, 10), 1.5, np.float32))
    assert list(tmp_path.iterdir()) == []


def test_integers_beyond_24_bits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="24 bits"):
        write_flac(tmp_path / "a.flac", np.full((2, 10), 2**23, np.int32))


def test_sound_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="full scale"):
        to_int24(np.array([[np.nan, 0.0]], np.float32))


def test_a_file_that_is_no_audio_is_an_engine_error(tmp_path: Path) -> None:
    (tmp_path / "a.flac").write_bytes(b"words")
    with pytest.raises(EngineError):
        read_flac(tmp_path / "a.flac")
