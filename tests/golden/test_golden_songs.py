"""Songs over every action have the scores that they had: the hashes hold on every machine."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tools.golden import SCORES, make_golden_songs, score_hashes


@pytest.mark.evidence
def test_songs_over_every_action_have_the_scores_that_they_had(tmp_path: Path) -> None:
    made = score_hashes(make_golden_songs(tmp_path))

    assert made == json.loads(SCORES.read_text("utf-8"))
