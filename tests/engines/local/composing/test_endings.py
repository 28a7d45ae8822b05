"""A song begins and ends as it is asked to, and does not claim an ending that it hasn't."""

from __future__ import annotations

import pytest

from songwright.engines.local.composing.compose import Composition, compose
from songwright.music.actions import Sounding, parse_action


def composed(prompt: str) -> Composition:
    action = parse_action({"action": "generate", "prompt": prompt, "instrumental": True})
    assert isinstance(action, Sounding)
    return compose(action, "7")


@pytest.mark.parametrize(
    "prompt",
    ["pop, fade out", "rock that fades out at the end", "folk with a long fade-out", "jazz, fading ending"],
)
def test_a_fade_out_begins_with_the_last_section_and_is_heard(prompt: str) -> None:
    song = composed(prompt)
    score = song.score
    last = score.seconds(score.sections[-1].start_bar * score.time_signature.beats_per_bar)
    assert score.fade_out_seconds is not None
    assert 3.0 <= score.fade_out_seconds <= 10.0
    assert score.duration_seconds - score.fade_out_seconds >= last - 0.01
    assert "fade out" in song.brief.understanding.understood
    assert song.brief.understanding.not_understood == ()


@pytest.mark.parametrize("prompt", ["ambient, fade in", "techno fading in", "pop with a slow fade in"])
def test_a_fade_in_is_a_share_of_the_song(prompt: str) -> None:
    score = composed(prompt).score
    assert 0 < score.fade_in_seconds <= 6.0
    assert score.fade_out_seconds is None


def test_fades_in_and_out_are_both_read() -> None:
    score = composed("ambient, fade in and out").score
    assert score.fade_in_seconds > 0
    assert score.fade_out_seconds is not None


@pytest.mark.parametrize(
    "prompt", ["punk, cold ending", "rock that ends abruptly", "funk, hard stop", "punk, cold end, 8 bars"]
)
def test_a_cold_end_has_no_ring(prompt: str) -> None:
    score = composed(prompt).score
    assert score.ring_seconds < 0.2
    assert score.fade_out_seconds is not None
    assert score.fade_out_seconds < 0.2


@pytest.mark.parametrize("prompt", ["pop", "pop, no fade out", "pop about a fading star"])
def test_nothing_fades_unasked(prompt: str) -> None:
    score = composed(prompt).score
    assert (score.fade_in_seconds, score.fade_out_seconds) == (0.0, None)


def test_an_ending_that_cannot_be_is_not_claimed() -> None:
    told = composed("drum loop, fade out").brief.understanding
    assert "fade out" not in told.understood
    assert any("fade out not played" in note for note in told.notes)
