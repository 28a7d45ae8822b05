"""A recording is edited in seconds whatever its bars are thought to be, and goes on from where it ends."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from tests.engines.local.recordings.test_importing_sound import RATE_HZ, edited, imported
from tests.hearing.synthetic import beat, sung, tone

from songwright.audio.flac import read_flac
from songwright.engines.local.editing.stretch import music_end_seconds
from songwright.music.actions import Extend, ReplaceSection
from songwright.music.song import Facts

SOUNDS = {"a second": tone(60, 1.0), "a loop": beat(107.0, 2.25), "a voice": sung(7.3)}


def sections_lie_inside(facts: Facts) -> bool:
    return all(
        0 <= section.start_seconds < section.end_seconds <= facts.duration_seconds + 1e-6
        for section in facts.sections
    )


@pytest.mark.parametrize("name", SOUNDS)
def test_a_recording_goes_on_from_the_end_of_its_sound(tmp_path: Path, name: str) -> None:
    source = imported(tmp_path, SOUNDS[name])
    old = read_flac(source.master)
    longer = edited(tmp_path, Extend(audio_id="recording", prompt="folk, 20 seconds"), source)
    new = read_flac(longer.master)
    assert np.array_equal(new[:, : old.shape[1]], old)
    facts = longer.song.facts
    assert facts.duration_seconds > source.song.facts.duration_seconds + 5
    assert sections_lie_inside(facts)
    # What is new begins with a bar, at once.
    end = old.shape[1] / RATE_HZ
    assert min(abs(line - end) for line in facts.bar_seconds) < 0.001
    assert all(earlier < later for earlier, later in pairwise(facts.bar_seconds))


@pytest.mark.parametrize("name", SOUNDS)
def test_a_recording_is_edited_in_seconds_whatever_its_bars_are(tmp_path: Path, name: str) -> None:
    source = imported(tmp_path, SOUNDS[name])
    facts = source.song.facts
    assert sections_lie_inside(facts)
    assert music_end_seconds(facts) > facts.duration_seconds - 1.2
    end = round(facts.duration_seconds - 0.1, 2)
    action = ReplaceSection(
        audio_id="recording", replace_section_start=0.3, replace_section_end=end, prompt="folk"
    )
    made = edited(tmp_path, action, source)
    old, new = read_flac(source.master), read_flac(made.master)
    first, last = round(0.3 * RATE_HZ), round(end * RATE_HZ)
    assert old.shape == new.shape
    assert np.array_equal(old[:, :first], new[:, :first])
    assert np.array_equal(old[:, last:], new[:, last:])
    assert np.abs(new[:, first:last]).max() > 0
