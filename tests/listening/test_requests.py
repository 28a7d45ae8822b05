from __future__ import annotations

from collections import Counter

from tools.listening.requests import CONTROL, REQUESTS

from songwright.hearing.agreement import parse_key
from songwright.music.lyrics import parse_lyric


def test_there_are_two_requests_for_each_of_twelve_genres() -> None:
    assert sorted(Counter(request.genre for request in REQUESTS).values()) == [2] * 12
    assert len({request.name for request in REQUESTS}) == 24


def test_every_request_names_a_tempo_a_key_and_words_of_its_own() -> None:
    for request in REQUESTS:
        assert f"{request.tempo_bpm:g} bpm" in request.action.prompt
        assert parse_key(request.key) is not None
        assert len(parse_lyric(request.lyric).lines) == 8
    assert len({request.lyric for request in REQUESTS}) == 24


def test_the_control_has_the_same_words_in_another_order() -> None:
    first, control = parse_lyric(REQUESTS[0].lyric), parse_lyric(CONTROL.lyric)
    for line, shuffled in zip(first.lines, control.lines, strict=True):
        assert sorted(line.replace(",", "").split()) == sorted(shuffled.split())
        assert line != shuffled
