from __future__ import annotations

import tempfile

import numpy as np
import pytest

from songwright.engines.local.rendering.spill import set_aside, take_back


@pytest.mark.parametrize("samples", [1_000, 3_000_000])
def test_sound_set_aside_comes_back_as_it_was(samples: int) -> None:
    audio = np.random.default_rng(1).standard_normal((2, samples), np.float32)
    assert np.array_equal(take_back(set_aside(audio.copy())), audio)


def test_long_sound_leaves_memory() -> None:
    aside = set_aside(np.zeros((2, 3_000_000), np.float32))
    assert not isinstance(aside, np.ndarray)
    take_back(aside)


def test_sound_stays_in_memory_where_no_file_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    audio = np.ones((2, 3_000_000), np.float32)
    assert take_back(set_aside(audio)) is audio
