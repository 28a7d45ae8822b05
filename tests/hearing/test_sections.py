from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from tests.hearing.synthetic import MAJOR_TRIAD, MINOR_TRIAD, RATE_HZ, beat, chords, noise, silence

from songwright.hearing.key import hear_chroma
from songwright.hearing.sections import HeardPart, hear_sections
from songwright.hearing.tempo import hear_tempo

VERSE = chords(((0, MAJOR_TRIAD), (9, MINOR_TRIAD), (5, MAJOR_TRIAD), (7, MAJOR_TRIAD)), times=4)
CHORUS = chords(((5, MAJOR_TRIAD), (2, MINOR_TRIAD), (10, MAJOR_TRIAD), (3, MAJOR_TRIAD)), times=4)
CHORUS = 1.5 * CHORUS + beat(120, 16.0)


def parts(sound: np.ndarray) -> tuple[HeardPart, ...]:
    return hear_sections(sound, hear_chroma(sound), hear_tempo(sound).beats_seconds)


def test_verse_and_chorus_are_told_apart_and_known_again() -> None:
    heard = parts(np.concatenate([VERSE, CHORUS, VERSE, CHORUS]))
    assert [part.label for part in heard] == ["A", "B", "A", "B"]
    assert [part.start_seconds for part in heard] == pytest.approx([0, 16, 32, 48], abs=1.1)


def test_the_fuller_part_is_the_louder_one() -> None:
    verse, chorus = parts(np.concatenate([VERSE, CHORUS]))
    assert chorus.level_db > verse.level_db + 2


@pytest.mark.parametrize("sound", [VERSE, noise(40), silence(40), silence(1), noise(0.01)])
def test_parts_cover_the_sound_without_gaps(sound: np.ndarray) -> None:
    heard = parts(sound)
    assert heard[0].start_seconds == 0.0
    assert heard[-1].end_seconds == pytest.approx(len(sound) / RATE_HZ)
    assert all(one.end_seconds == two.start_seconds for one, two in pairwise(heard))


def test_no_sound_has_no_parts() -> None:
    assert parts(silence(0)) == ()
