from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from songwright.engines.base import Context, Rendition
from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.composing.merit import merit_of
from songwright.engines.local.rendering.best_take import TAKES, best_take
from songwright.music.actions import Generate
from songwright.music.measured import Measured
from songwright.music.song import Facts

WORDS = (
    "[Verse]\nA little light is burning low\nNo one knows the way\n[Chorus]\nOh carry me home\nCarry me over"
)
ACTION = Generate(prompt="pop, 100 bpm, C major", lyric=WORDS, model="FUZZ-2.0 Pro")


def heard(clicks: int) -> Measured:
    return Measured(
        duration_seconds=60,
        tempo_bpm=100,
        tempo_confidence=0.9,
        other_tempi_bpm=(),
        key="C major",
        key_confidence=0.9,
        key_runner_up=None,
        tuning_cents=0,
        integrated_lufs=-14,
        true_peak_dbtp=-1.2,
        leading_silence_seconds=0,
        trailing_silence_seconds=2,
        longest_inner_silence_seconds=0,
        clipped_samples=0,
        clicks=clicks,
        sections=(),
    )


def player(
    played: list[str], clicks: Callable[[str], int]
) -> Callable[[Composition, str, Context], Rendition]:
    def play(song: Composition, seed: str, context: Context) -> Rendition:
        played.append(seed)
        (context.folder / "master.flac").write_text(seed)
        facts = Facts(
            title=song.title,
            duration_seconds=60,
            tempo_bpm=song.brief.tempo_bpm,
            key=str(song.brief.key),
            seed=seed,
            model="local",
            measured=heard(clicks(seed)),
        )
        return Rendition(facts=facts, master="master.flac")

    return play


def context(folder: Path) -> Context:
    folder.mkdir(exist_ok=True)
    return Context(folder=folder, seed="s", report=lambda *_: None)


def test_the_two_takes_that_are_written_best_are_played_and_one_is_kept(tmp_path: Path) -> None:
    played: list[str] = []
    made = best_take(ACTION, context(tmp_path), player(played, lambda _: 0))
    takes = ["s", *(f"s/take-{number}" for number in range(2, TAKES + 1))]
    marks = {seed: merit_of(compose(ACTION, seed)).score for seed in takes}
    assert set(played) == set(sorted(takes, key=marks.__getitem__)[-2:])
    assert (tmp_path / "master.flac").read_text() == max(takes, key=marks.__getitem__)
    assert [path.name for path in tmp_path.iterdir()] == ["master.flac"]
    assert (made.facts.model, made.facts.seed) == ("local Pro", "s")
    assert f"{TAKES} takes" in made.facts.understanding.notes[-1]


def test_a_take_that_is_heard_to_be_broken_loses(tmp_path: Path) -> None:
    played: list[str] = []
    best_take(ACTION, context(tmp_path / "one"), player(played, lambda _: 0))
    winner = (tmp_path / "one" / "master.flac").read_text()
    best_take(ACTION, context(tmp_path / "two"), player(played, lambda seed: 9 if seed == winner else 0))
    assert (tmp_path / "two" / "master.flac").read_text() != winner


@pytest.mark.parametrize("prompt", ["house, instrumental", "jazz waltz", "metal, instrumental, no drums"])
def test_every_kind_of_song_gets_marks_between_nothing_and_all(prompt: str) -> None:
    merit = merit_of(compose(Generate(prompt=prompt), "s"))
    for mark in (merit.lift, merit.hook, merit.cadences, merit.setting, merit.ease):
        assert 0.0 <= mark <= 1.0
