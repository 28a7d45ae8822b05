from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.hearing.synthetic import RATE_HZ, beat

from songwright.engines.base import Rendition
from songwright.engines.listening import with_what_is_heard
from songwright.hearing.measure import measure
from songwright.music.actions import Generate
from songwright.music.song import Facts

FACTS = Facts(title="Beat", duration_seconds=12.0, seed="s", model="m")


@pytest.fixture
def rendition(tmp_path: Path) -> Rendition:
    soundfile.write(tmp_path / "master.flac", np.tile(beat(120, 12.0)[:, None], 2), RATE_HZ)
    return Rendition(facts=FACTS, master="master.flac")


def test_a_song_that_no_engine_listened_to_is_listened_to(rendition: Rendition, tmp_path: Path) -> None:
    facts = with_what_is_heard(rendition, Generate(prompt="techno"), tmp_path).facts
    assert facts.measured is not None
    assert facts.measured.tempo_bpm == pytest.approx(120, rel=0.01)
    assert facts.agreement is None


def test_a_tempo_and_a_key_in_the_prompt_stand_beside_what_is_heard(
    rendition: Rendition, tmp_path: Path
) -> None:
    facts = with_what_is_heard(rendition, Generate(prompt="techno, 90 bpm, A minor"), tmp_path).facts
    assert facts.agreement is not None
    assert (facts.agreement.asked_tempo_bpm, facts.agreement.tempo) == (90, "other")
    assert facts.agreement.asked_key == "A minor"


def test_what_an_engine_has_heard_is_not_heard_again(rendition: Rendition, tmp_path: Path) -> None:
    heard = measure(np.zeros(RATE_HZ), RATE_HZ)
    known = rendition.model_copy(update={"facts": FACTS.model_copy(update={"measured": heard})})
    assert with_what_is_heard(known, Generate(prompt="techno"), tmp_path).facts.measured == heard


def test_a_song_with_a_score_is_held_to_what_its_engine_wrote(rendition: Rendition, tmp_path: Path) -> None:
    written = rendition.model_copy(
        update={"facts": FACTS.model_copy(update={"tempo_bpm": 60.0}), "score": "score.json"}
    )
    facts = with_what_is_heard(written, Generate(prompt="techno"), tmp_path).facts
    assert facts.agreement is not None
    assert facts.agreement.tempo == "double"


def test_facts_of_a_song_kept_before_songs_were_measured_are_still_read() -> None:
    old = FACTS.model_dump(mode="json", exclude={"measured", "agreement"})
    assert Facts.model_validate(old).measured is None
