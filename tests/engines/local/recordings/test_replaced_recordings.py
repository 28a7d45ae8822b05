"""A new stretch of a recording is as loud as what is around it, leaves no hole, and tells who is gone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.engines.local.recordings.test_importing_sound import (
    RATE_HZ,
    Sound,
    band,
    edited,
    imported,
    notes_of,
)
from tests.hearing.synthetic import silence, sung

from songwright.audio.flac import read_flac
from songwright.audio.loudness import measure_loudness
from songwright.engines.base import Source
from songwright.music.actions import ReplaceSection

START, END = 3.3, 6.4
FIRST, LAST = round(START * RATE_HZ), round(END * RATE_HZ)
GONE = "the recorded singing there is gone"


def replaced(folder: Path, sound: Sound, **asked: object) -> tuple[Source, Source]:
    source = imported(folder, sound)
    action = ReplaceSection.model_validate(
        {
            "audio_id": "recording",
            "replace_section_start": START,
            "replace_section_end": END,
            "prompt": "pop",
            **asked,
        }
    )
    return source, edited(folder, action, source)


def lufs(path: Path, first: int, last: int) -> float:
    return measure_loudness(read_flac(path, first, last), RATE_HZ).integrated_lufs


def rms_db(path: Path, first: int, last: int) -> float:
    return float(10 * np.log10(np.mean(np.square(read_flac(path, first, last) / 2**23))))


def loud() -> Sound:
    return np.clip(6.0 * band(), -1.0, 1.0).astype(np.float32)


@pytest.mark.parametrize(
    "sound", [0.12 * band(), band(), loud(), 0.1 * sung(10.0)], ids=["quiet", "band", "clipped", "solo"]
)
def test_a_new_stretch_is_as_loud_as_what_is_around_it_and_enters_without_a_hole(
    tmp_path: Path, sound: Sound
) -> None:
    source, made = replaced(tmp_path, sound.astype(np.float32))
    around = [lufs(source.master, 0, FIRST), lufs(source.master, LAST, LAST + FIRST)]
    assert lufs(made.master, FIRST, LAST) == pytest.approx(np.mean(around), abs=3.5)
    tenth = RATE_HZ // 10
    # A voice may pause there itself.
    old = min(rms_db(source.master, first, first + tenth) for first in (FIRST - tenth, FIRST))
    assert rms_db(made.master, FIRST, FIRST + tenth) > old - 6
    promise = made.song.facts.promise
    assert promise is not None
    assert promise.outside_max_abs_diff == 0


def test_a_band_that_plays_into_silence_is_as_loud_as_a_song(tmp_path: Path) -> None:
    _, made = replaced(tmp_path, silence(10.0))
    assert lufs(made.master, FIRST, LAST) == pytest.approx(-14, abs=4)


@pytest.mark.parametrize(
    ("sound", "asked", "said"),
    [
        (sung(10.0), {}, True),
        (sung(10.0), {"instrumental": True}, False),
        (sung(10.0), {"lyric": "Walk on"}, False),
        (band(), {}, False),
    ],
    ids=["no words", "asked for", "words", "nobody sang"],
)
def test_a_singer_is_never_gone_without_a_word(
    tmp_path: Path, sound: Sound, asked: dict[str, object], said: bool
) -> None:
    # Two bars and more, so that there is room for words.
    _, made = replaced(tmp_path, sound, **({"replace_section_end": 9.0} | asked))
    assert (GONE in notes_of(made)) == said
