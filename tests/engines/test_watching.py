"""A process is given up when it stands still, and never for being slow."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from songwright.engines.watching import Limits, Watch, vitals

LIMITS = Limits(stopped_ticks=3, silent_ticks=10, idle_ticks=5, busy_seconds=2.0)


@pytest.fixture
def watch() -> Watch:
    """Of work on five seconds of sound, so that ten seconds of processor time may go by without progress."""
    return Watch(LIMITS, sound_seconds=5)


def silences(watch: Watch, count: int, *, is_stopped: bool = False) -> list[str | None]:
    return [watch.is_silent(is_stopped=is_stopped) for _ in range(count)]


def test_silence_is_borne_for_a_while(watch: Watch) -> None:
    assert silences(watch, 10) == [None] * 9 + ["stood still"]


@pytest.mark.parametrize("word", ["lives", "progressed"])
def test_any_word_ends_a_silence(watch: Watch, word: str) -> None:
    silences(watch, 9)
    watch.lives(0.1) if word == "lives" else watch.progressed()
    assert silences(watch, 10)[:9] == [None] * 9


def test_one_that_is_known_to_be_stopped_is_given_up_sooner(watch: Watch) -> None:
    assert silences(watch, 3, is_stopped=True) == [None, None, "was stopped from outside"]


def test_a_short_stop_is_borne(watch: Watch) -> None:
    for _ in range(3):
        assert silences(watch, 2, is_stopped=True) == [None, None]
        assert silences(watch, 1) == [None]


def test_one_that_only_waits_is_given_up_although_it_lives(watch: Watch) -> None:
    watch.lives(1.0)
    assert [watch.lives(1.0) for _ in range(5)] == [None] * 4 + ["waited without end"]


def test_one_that_waits_now_and_then_is_not_given_up(watch: Watch) -> None:
    for number in range(1, 9):
        watch.progressed()
        assert [watch.lives(number) for _ in range(5)] == [None] * 5


def test_work_without_progress_is_given_up_by_the_processor_time_that_it_took(watch: Watch) -> None:
    watch.lives(7.0)
    watch.progressed()
    assert watch.lives(16.9) is None
    assert watch.lives(17.0) == "worked without coming further"


def test_longer_work_may_take_longer() -> None:
    assert Watch(LIMITS, sound_seconds=50).lives(99) is None
    assert Watch(LIMITS, sound_seconds=50).lives(100) is not None


@pytest.mark.skipif(sys.platform != "linux", reason="only there processes are told of")
def test_vitals_tell_one_process_from_a_later_one_with_its_number() -> None:
    own = vitals(os.getpid())
    assert own is not None
    assert not own.is_stopped
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        seen = vitals(other.pid)
    assert seen is not None
    assert seen.started_ticks > own.started_ticks
    assert vitals(other.pid) is None
