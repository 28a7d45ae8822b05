"""The hosted engine against a stand-in of the API that replays its documented answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from songwright.engines.hosted import HostedEngine
from standins.performing import Stage, read, song_on_disk
from standins.process import StandIn

MakeEngine = Callable[..., HostedEngine]
GENERATE = {"action": "generate", "prompt": "warm folk, 96 bpm", "lyric": "[Verse]\nA line to sing"}


def paths(requests: list[dict[str, Any]]) -> list[str]:
    return [request["path"] for request in requests]


async def test_a_request_becomes_a_master_with_facts_that_were_heard(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    rendition = await stage.perform(hosted(), GENERATE, seed="7")

    facts = rendition.facts
    assert (facts.seed, facts.model, facts.title) == ("7", "FUZZ-2.0", "Untitled")
    assert facts.duration_seconds == pytest.approx(4.0, abs=0.01)
    assert facts.loudness is not None
    assert facts.remote_id
    assert rendition.cost_usd == pytest.approx(0.08)
    assert stage.master().shape == (4 * 44_100, 2)
    assert paths(producer_api.heard(story)) == ["audios", "tasks", "wav", "files"]


async def test_what_is_sent_is_what_the_schema_demands(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    await stage.perform(hosted(), {"action": "generate", "prompt": "warm folk", "title": "Mine"}, seed="word")

    body = producer_api.heard(story)[0]["body"]
    assert body["async"] is True
    assert (body["action"], body["prompt"], body["lyric"], body["title"]) == (
        "generate", "warm folk", "", "Mine",
    )  # fmt: skip
    assert body["seed"].isdigit()
    assert {name for name in body if body[name] is None} == set()
    assert "custom" not in body
    assert {"weirdness", "sound_strength", "lyrics_strength"} <= set(body)


async def test_typed_figures_are_said_in_the_prompt_in_the_place_of_its_own(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    typed = {"duration_seconds": 30, "tempo_bpm": 120, "key": "Am", "time_signature": "3/4", "chords": "Am E"}
    asked = {"action": "generate", "prompt": "warm folk, 96 bpm, in G major, with fiddle", **typed}
    rendition = await stage.perform(hosted(), asked)

    prompt = producer_api.heard(story)[0]["body"]["prompt"]
    assert prompt == "warm folk, with fiddle, 30 seconds, 120 bpm, in A minor, 3/4 time, chords Am E"
    assert set(typed) & set(producer_api.heard(story)[0]["body"]) == set()
    notes = rendition.facts.understanding.notes
    assert any(note.startswith("duration_seconds, tempo_bpm, key, time_signature, chords:") for note in notes)


async def test_a_typed_figure_that_the_prompt_has_no_room_for_is_told(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str
) -> None:
    asked = {"action": "generate", "prompt": "slow " * 39 + "tune", "tempo_bpm": 120}
    rendition = await stage.perform(hosted(), asked)

    assert producer_api.heard(story)[0]["body"]["prompt"] == asked["prompt"]
    assert any(note.startswith("tempo_bpm: the prompt") for note in rendition.facts.understanding.notes)


@pytest.mark.parametrize(
    "answers",
    [
        ["done"],
        ["working", "done"],
        ["working, null", "working, null", "done"],
        ["working, progress", "done"],
        ["working, preview", "done"],
        ["working, preview, no times", "done"],
        ["working, passing error", "working, passing error", "working, passing error", "done"],
        ["done, old names"],
        ["done, elapsed only"],
        ["done, no times"],
        ["done, state complete"],
        ["done, status success"],
        ["done, in a batch"],
        ["done, success false but playable"],
        ["unknown", "null", "404", "done"],
        ["500", "429", "502", "not json", "wrong json", "reset", "done"],
        ["finished, nothing stored", "done"],
        ["failed, no times", "working", "done"],
    ],
    ids=" then ".join,
)
async def test_a_finished_task_is_recognised_in_every_documented_shape(
    hosted: MakeEngine, stage: Stage, producer_api: StandIn, story: str, answers: list[str]
) -> None:
    rendition = await stage.perform(hosted(poll=answers), GENERATE)

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)
    requests = paths(producer_api.heard(story))
    assert requests.count("tasks") == len(answers)
    assert requests.count("audios") == 1


async def test_a_song_that_comes_while_we_wait_is_taken(hosted: MakeEngine, stage: Stage) -> None:
    rendition = await stage.perform(
        hosted(submit=["synchronous"], data="object", numbers="numbers"), GENERATE
    )

    assert rendition.facts.duration_seconds == pytest.approx(4.0, abs=0.01)


async def test_a_replaced_stretch_leaves_every_sample_outside_as_it_was(
    hosted: MakeEngine, stage: Stage, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted", remote_id="abc-1")
    body = {
        "action": "replace_section",
        "audio_id": "x",
        "replace_section_start": 1,
        "replace_section_end": 2.5,
    }

    rendition = await stage.perform(hosted(), body, source)

    parent, child = read(source.master), stage.master()
    assert len(parent) == len(child)
    start, end = 44_100, round(2.5 * 44_100)
    assert (child[:start] == parent[:start]).all()
    assert (child[end:] == parent[end:]).all()
    assert np.abs(child[start:end] - parent[start:end]).max() > 2**18
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0
    assert rendition.facts.sections == source.song.facts.sections


async def test_a_song_that_was_made_anew_is_not_said_to_be_the_same(
    hosted: MakeEngine, stage: Stage, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted", remote_id="abc-1")
    body = {"action": "replace_section", "audio_id": "x", "section": "chorus"}

    rendition = await stage.perform(hosted(makes_all_anew=True), body, source)

    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff > 0.01
    assert any("anew" in note for note in rendition.facts.understanding.notes)


async def test_an_extension_keeps_what_stands_before_it(
    hosted: MakeEngine, stage: Stage, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted", remote_id="abc-1")

    rendition = await stage.perform(
        hosted(), {"action": "extend", "audio_id": "x", "continue_at": 3, "lyric": "More words"}, source
    )

    parent, child = read(source.master), stage.master()
    assert (child[: 3 * 44_100] == parent[: 3 * 44_100]).all()
    assert rendition.facts.duration_seconds == pytest.approx(6.0, abs=0.01)
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0


async def test_stems_sum_to_the_song_to_the_sample(hosted: MakeEngine, stage: Stage, tmp_path: Path) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted", remote_id="abc-1")

    rendition = await stage.perform(hosted(), {"action": "stems", "audio_id": "x"}, source)

    assert set(rendition.stems) == {"vocals", "drums", "other"}
    total = sum(read(stage.path(name)) for name in rendition.stems.values())
    assert (total == read(source.master)).all()
    assert any("bass" in note for note in rendition.facts.understanding.notes)
