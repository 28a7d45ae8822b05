from __future__ import annotations

import threading
from pathlib import Path

import anyio
import pytest
import soundfile

from songwright.engines.base import Context
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import EngineError
from songwright.music.actions import parse_action
from songwright.music.song import Facts

ACTION = parse_action({"action": "generate", "lyric": "[Verse]\nOne\nTwo\n[Chorus]\nThree"})


def context(folder: Path, seed: str = "7") -> Context:
    folder.mkdir(exist_ok=True)
    return Context(folder=folder, seed=seed, report=lambda _fraction, _stage: None)


async def facts(engine: ScriptedEngine, folder: Path, **wishes: object) -> Facts:
    action = parse_action({"action": "generate", "prompt": "folk", **wishes})
    return (await engine.perform(action, (), context(folder))).facts


async def test_words_are_sung_in_their_sections_one_after_the_other(tmp_path: Path) -> None:
    song = (await ScriptedEngine().perform(ACTION, (), context(tmp_path))).facts

    assert [(line.text, line.section) for line in song.lyric_lines] == [
        ("One", "verse"),
        ("Two", "verse"),
        ("Three", "chorus"),
    ]
    ends = [0.0, *(line.end_seconds for line in song.lyric_lines)]
    assert [line.start_seconds for line in song.lyric_lines] == ends[:-1]
    assert song.sections[-1].end_seconds == song.duration_seconds == ends[-1]


async def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(tmp_path: Path) -> None:
    masters = []
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        rendition = await ScriptedEngine().perform(ACTION, (), context(tmp_path / name, seed))
        masters.append((tmp_path / name / rendition.master).read_bytes())

    assert masters[0] == masters[1] != masters[2]


async def test_stems_sum_to_the_master_to_the_sample(tmp_path: Path) -> None:
    rendition = await ScriptedEngine().perform(ACTION, (), context(tmp_path))
    master, _ = soundfile.read(tmp_path / rendition.master, dtype="int16")
    stems = [soundfile.read(tmp_path / name, dtype="int16")[0] for name in rendition.stems.values()]

    assert (sum(stems) == master).all()
    assert master.any()


async def test_an_instrumental_has_no_words_and_no_voice(tmp_path: Path) -> None:
    song = await facts(ScriptedEngine(), tmp_path, lyric="Words", instrumental=True)

    assert (song.lyric_lines, song.lyric, song.voice) == ((), "", None)


async def test_a_title_that_is_given_is_kept(tmp_path: Path) -> None:
    assert (await facts(ScriptedEngine(), tmp_path, title="Mine")).title == "Mine"


async def test_failures_come_in_order_and_then_it_works(tmp_path: Path) -> None:
    engine = ScriptedEngine(failures=[EngineError("busy", retryable=True)])

    with pytest.raises(EngineError, match="busy"):
        await facts(engine, tmp_path)
    assert (await facts(engine, tmp_path)).duration_seconds > 0
    assert len(engine.performed) == 2


async def test_it_waits_while_it_is_held_and_can_be_cancelled(tmp_path: Path) -> None:
    gate = threading.Event()
    engine = ScriptedEngine(hold=lambda: not gate.is_set())
    with anyio.move_on_after(0.02) as scope:
        await facts(engine, tmp_path)
    assert scope.cancelled_caught

    gate.set()
    assert (await facts(engine, tmp_path)).duration_seconds > 0
