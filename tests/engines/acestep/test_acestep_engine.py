"""The ACE-Step engine against a stand-in of the server that replays its answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from songwright.engines.acestep import AceStepEngine
from standins.performing import Stage, read, song_on_disk
from standins.process import StandIn

MakeEngine = Callable[..., AceStepEngine]
SUNG = {"action": "generate", "prompt": "warm folk, 96 bpm, in G major", "lyric": "[Verse 1] A line\nTwo"}


def releases(standin: StandIn, story: str) -> list[dict[str, Any]]:
    return [request["body"] for request in standin.heard(story) if request["path"] == "release_task"]


async def test_a_request_becomes_a_master_and_every_surprising_default_is_overruled(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    rendition = await stage.perform(acestep(), SUNG, seed="7")

    (sent,) = releases(acestep_server, story)
    assert sent["task_type"] == "text2music"
    assert (sent["batch_size"], sent["audio_format"], sent["use_random_seed"]) == (1, "flac", False)
    assert (sent["seed"], sent["bpm"], sent["key_scale"]) == ("7", 96, "G major")
    assert sent["lyrics"] == "[Verse]\nA line\nTwo"
    assert sent["audio_duration"] >= 10
    facts = rendition.facts
    assert (facts.seed, facts.title, facts.model) == ("7", "A line", "acestep-v15-base")
    assert facts.duration_seconds == pytest.approx(4.0, abs=0.01)
    assert stage.master().shape[1] == 2
    assert rendition.cost_usd == 0


async def test_typed_figures_go_into_the_servers_own_fields(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    typed = {"duration_seconds": 42, "tempo_bpm": 120, "key": "Am", "time_signature": "3/4", "chords": "Am E"}
    rendition = await stage.perform(acestep(), {**SUNG, **typed})

    (sent,) = releases(acestep_server, story)
    assert (sent["audio_duration"], sent["bpm"], sent["key_scale"]) == (42, 120, "A minor")
    assert sent["time_signature"] == "3"
    assert sent["prompt"] == "warm folk, chords Am E"
    assert any(note.startswith("chords: said to ACE-Step") for note in rendition.facts.understanding.notes)


async def test_typed_figures_that_the_server_has_no_field_for_are_said_in_words(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    asked = {"action": "generate", "prompt": "calm piano", "instrumental": True}
    typed = {"key": "F#", "time_signature": "5/4", "duration_seconds": 6}
    rendition = await stage.perform(acestep(), {**asked, **typed})

    (sent,) = releases(acestep_server, story)
    assert sent["prompt"] == "calm piano, in F#, 5/4 time"
    assert not {"key_scale", "time_signature"} & set(sent)
    assert sent["audio_duration"] == 10
    told = " ".join(rendition.facts.understanding.notes)
    assert "key, time_signature: said to ACE-Step" in told
    assert "10 s at least" in told


@pytest.mark.parametrize(
    ("model", "steps", "shift"), [("acestep-v15-turbo", 8, 3.0), ("acestep-v15-base", 50, 1.0)]
)
async def test_each_kind_of_model_is_run_with_its_own_preset(
    acestep: MakeEngine,
    stage: Stage,
    acestep_server: StandIn,
    story: str,
    model: str,
    steps: int,
    shift: float,
) -> None:
    await stage.perform(acestep(model=model), SUNG)

    (sent,) = releases(acestep_server, story)
    assert (sent["model"], sent["inference_steps"], sent["shift"]) == (model, steps, shift)
    assert ("guidance_scale" in sent) is ("base" in model)


async def test_words_are_written_by_the_planner_where_none_are_given(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    await stage.perform(acestep(), {"action": "generate", "prompt": "a song about winter"})

    (sent,) = releases(acestep_server, story)
    assert (sent["sample_query"], sent["thinking"]) == ("a song about winter", True)
    assert "lyrics" not in sent


@pytest.mark.parametrize(
    ("answer", "model"),
    [
        ("ok", "acestep-v15-base"),
        ("old", "acestep-v15-base"),
        ("shadowed", "acestep-v15-base"),
        ("none loaded", "acestep-v15-base"),
        ("none", "acestep-v15-turbo"),
        ("shadowed, none", "acestep-v15-turbo"),
    ],
)
async def test_models_are_found_however_the_server_tells_of_them(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, answer: str, model: str
) -> None:
    engine = acestep(models=[answer])
    assert engine.readiness().ready
    await stage.perform(engine, {"action": "generate", "prompt": "a song about winter"})
    (sent,) = releases(acestep_server, story)
    assert sent["model"] == model
    assert sent["inference_steps"] == (8 if "turbo" in model else 50)


@pytest.mark.parametrize("answer", ["ok", "shadowed"])
def test_what_a_model_can_do_is_as_it_says_or_as_its_name_tells(acestep: MakeEngine, answer: str) -> None:
    turbo = acestep(model="acestep-v15-turbo", models=[answer])
    assert "for swaps and stems start it with" in turbo.readiness().finding


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ({"lyric": "[Verse]\nBarcos de papel en el r\u00edo\nque se van con la luna y no vuelven"}, "es"),
        ({"lyric": "[Verse]\nDer Mond steht \u00fcber dem Wald\nund die Nacht ist still und kalt"}, "de"),
        ({"lyric": "[Verse]\nThe rain is on the window and the day is gone\nand I am here with you"}, "en"),
        ({"lyric": "[Verse]\n\u6e05\u6668\u6765\u5230\u6cb3\u4e0a"}, "zh"),
        ({"lyric": "[Verse]\nla la la la\nda da dum"}, "unknown"),
        ({"lyric": "[Verse]\nla la la la", "prompt": "folk, sung in French"}, "fr"),
        ({"prompt": "folk about winter"}, "unknown"),
        ({"prompt": "folk", "instrumental": True}, "unknown"),
    ],
)
async def test_the_language_of_the_words_is_told_or_left_to_the_server(
    acestep: MakeEngine,
    stage: Stage,
    acestep_server: StandIn,
    story: str,
    asked: dict[str, Any],
    language: str,
) -> None:
    await stage.perform(acestep(), {"action": "generate", **asked})
    (sent,) = releases(acestep_server, story)
    assert sent["vocal_language"] == language


async def test_an_instrumental_is_asked_for_in_the_lyric(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    await stage.perform(acestep(), {"action": "generate", "prompt": "waltz", "instrumental": True})

    (sent,) = releases(acestep_server, story)
    assert sent["lyrics"] == "[Instrumental]"


async def test_a_replaced_stretch_leaves_every_sample_outside_as_it_was(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local", seconds=8)
    body = {"action": "replace_section", "audio_id": "x", "section": "chorus"}

    rendition = await stage.perform(acestep(), body, source)

    parent, child = read(source.master), stage.master()
    start = 4 * 44_100
    assert len(parent) == len(child)
    assert (child[:start] == parent[:start]).all()
    assert np.abs(child[start:] - parent[start:]).max() > 2**18
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0
    assert rendition.facts.sections == source.song.facts.sections
    (sent,) = releases(acestep_server, story)
    assert (float(sent["repainting_start"]), float(sent["repainting_end"])) == (4.0, 8.0)
    assert sent["upload_bytes"] > 0
    assert sent["lyrics"].startswith("[Verse]\nOne line")
    assert any("'local'" in note for note in rendition.facts.understanding.notes)


async def test_a_stretch_that_is_too_short_for_the_server_is_made_with_its_surroundings(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="acestep", seconds=8)
    times = {"replace_section_start": 4, "replace_section_end": 5}

    await stage.perform(acestep(), {"action": "replace_section", "audio_id": "x", **times}, source)

    parent, child = read(source.master), stage.master()
    assert (child[: 4 * 44_100] == parent[: 4 * 44_100]).all()
    assert (child[5 * 44_100 :] == parent[5 * 44_100 :]).all()
    (sent,) = releases(acestep_server, story)
    assert float(sent["repainting_end"]) - float(sent["repainting_start"]) >= 3


@pytest.mark.slow
async def test_a_stretch_that_is_too_long_for_the_server_is_made_in_turns(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="acestep", seconds=100)
    times = {"replace_section_start": 2, "replace_section_end": 98}

    rendition = await stage.perform(
        acestep(), {"action": "replace_section", "audio_id": "x", **times}, source
    )

    sent = releases(acestep_server, story)
    assert [float(one["repainting_start"]) for one in sent] == [2.0, 50.0]
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0
    assert rendition.facts.promise.seam_max_step <= 2 * rendition.facts.promise.song_max_step


@pytest.mark.parametrize("continue_at", [3.0, None], ids=["within", "at the end"])
async def test_an_extension_keeps_what_stands_before_it(
    acestep: MakeEngine,
    stage: Stage,
    acestep_server: StandIn,
    story: str,
    tmp_path: Path,
    continue_at: float | None,
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="acestep")
    body = {"action": "extend", "audio_id": "x", "instrumental": True, "continue_at": continue_at}

    rendition = await stage.perform(acestep(), body, source)

    start = round((continue_at or 4.0) * 44_100)
    parent, child = read(source.master), stage.master()
    assert (child[:start] == parent[:start]).all()
    assert rendition.facts.duration_seconds == pytest.approx((continue_at or 4.0) + 30, abs=0.1)
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0
    assert rendition.facts.promise.seam_max_step <= 2 * rendition.facts.promise.song_max_step
    joint = np.abs(child[start : start + 2205]).mean()
    assert joint > 0.3 * np.abs(parent).mean()
    (sent,) = releases(acestep_server, story)
    assert float(sent["repainting_end"]) == (continue_at or 4.0) + 30


async def test_swapped_vocals_keep_the_backing_to_the_sample(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local", stems=True)

    rendition = await stage.perform(acestep(), {"action": "swap_vocals", "audio_id": "x"}, source)

    kept = read(source.stems["other"])
    assert (read(stage.path(rendition.stems["other"])) == kept).all()
    assert (stage.master() - read(stage.path(rendition.stems["vocals"])) == kept).all()
    assert rendition.facts.promise is not None
    assert rendition.facts.promise.outside_max_abs_diff == 0
    (sent,) = releases(acestep_server, story)
    assert (sent["task_type"], sent["track_name"]) == ("lego", "vocals")


async def test_a_voice_that_comes_back_with_the_new_backing_is_taken_out_of_it(
    acestep: MakeEngine, stage: Stage, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local", stems=True)

    rendition = await stage.perform(acestep(), {"action": "swap_instrumentals", "audio_id": "x"}, source)

    voice = read(source.stems["vocals"]).astype(float).ravel()
    backing = read(stage.path(rendition.stems["other"])).astype(float).ravel()
    assert (read(stage.path(rendition.stems["vocals"])) == read(source.stems["vocals"])).all()
    assert abs(voice @ backing) / np.sqrt((voice @ voice) * (backing @ backing)) < 0.1
    assert any("taken out" in note for note in rendition.facts.understanding.notes)


async def test_stems_sum_to_the_song_and_are_said_to_be_made_anew(
    acestep: MakeEngine, stage: Stage, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="hosted")

    rendition = await stage.perform(acestep(), {"action": "stems", "audio_id": "x"}, source)

    total = sum(read(stage.path(name)) for name in rendition.stems.values())
    assert set(rendition.stems) == {"vocals", "drums", "bass", "other"}
    assert (total == read(source.master)).all()
    assert any("generative" in note for note in rendition.facts.understanding.notes)


async def test_a_cover_uploads_the_song_and_gives_its_words_again(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="local")

    await stage.perform(acestep(), {"action": "cover", "audio_id": "x", "prompt": "bossa nova"}, source)

    (sent,) = releases(acestep_server, story)
    assert (sent["task_type"], sent["prompt"]) == ("cover", "bossa nova")
    assert sent["upload_bytes"] > 0
    assert "One line" in sent["lyrics"]


async def test_a_variation_asks_again_for_the_same_with_another_seed(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str, tmp_path: Path
) -> None:
    source = song_on_disk(tmp_path / "parent", engine="acestep")

    await stage.perform(acestep(), {"action": "variation", "audio_id": "x"}, source, seed="99")

    (sent,) = releases(acestep_server, story)
    assert (sent["task_type"], sent["prompt"], sent["seed"]) == ("text2music", "warm folk", "99")
    assert sent["audio_duration"] == 4.0


async def test_of_several_takes_the_one_whose_words_are_heard_is_kept(
    acestep: MakeEngine, stage: Stage, acestep_server: StandIn, story: str
) -> None:
    heard = {"take-1": "mumble mumble", "take-2": "a line two", "take-3": "a line"}
    engine = acestep(how={"recogniser": lambda path: heard[path.name]})
    body = {"action": "generate", "prompt": "folk", "lyric": "A line\nTwo", "model": "FUZZ-2.0 Pro"}

    rendition = await stage.perform(engine, body)

    (sent,) = releases(acestep_server, story)
    assert sent["batch_size"] == 3
    assert rendition.facts.seed == sent["seed"].split(",")[1]
    assert any("take 2 of 3" in note for note in rendition.facts.understanding.notes)
