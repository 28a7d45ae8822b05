from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from songwright.music.actions import Action, Cover, Generate, Stems
from songwright.music.lineage import MAX_STEPS, lineage_of, same_again
from songwright.music.song import Facts, Parent, Song


def song(number: int, action: Action, *parents: int, seed: str = "drawn") -> Song:
    return Song(
        id=f"song-{number}",
        task_id=f"task-{number}",
        created_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
        engine="local",
        engine_version="1",
        action=action,
        parents=tuple(Parent(song_id=f"song-{parent}") for parent in parents),
        facts=Facts(title=f"Take {number}", duration_seconds=60, seed=seed, model="local"),
    )


def test_the_same_again_has_the_seed_that_was_drawn() -> None:
    made = song(1, Generate(prompt="folk", lyric="One\nTwo", weirdness=0.9), seed="4711")
    assert same_again(made) == Generate(prompt="folk", lyric="One\nTwo", weirdness=0.9, seed="4711")


def test_the_same_again_but_changes_what_is_named() -> None:
    made = song(2, Cover(audio_id="song-1", prompt="jazz"), 1)
    again = same_again(made, {"prompt": "slow jazz", "seed": "5"})
    assert again == Cover(audio_id="song-1", prompt="slow jazz", seed="5")


def test_the_answer_is_not_sent_to_the_first_caller_again() -> None:
    made = song(
        1, Generate.model_validate({"prompt": "x", "callback_url": "https://a.example/", "async": True})
    )
    again = same_again(made)
    assert isinstance(again, Generate)
    assert again.callback_url is None
    assert not again.async_


def test_actions_without_a_seed_come_again_without_one() -> None:
    assert same_again(song(2, Stems(audio_id="song-1"), 1)) == Stems(audio_id="song-1")


def test_changes_that_do_not_fit_the_action_are_refused() -> None:
    with pytest.raises(ValidationError):
        same_again(song(1, Generate(prompt="x")), {"section": "chorus"})


def test_a_lineage_is_in_order_and_tells_what_was_asked() -> None:
    first = song(1, Generate(prompt="folk", lyric="[Verse]\nOne\nTwo", title="Take 1"))
    second = song(2, Cover(audio_id="song-1", prompt="techno"), 1)
    lineage = lineage_of(second, [first])

    assert [step.song_id for step in lineage.steps] == ["song-1", "song-2"]
    assert lineage.steps[0].asked == {"prompt": "folk", "title": "Take 1"}
    assert lineage.steps[0].lyric_lines == 2
    assert lineage.steps[1].asked == {"prompt": "techno"}
    assert lineage.again == Cover(audio_id="song-1", prompt="techno", seed="drawn")


def test_parents_that_are_not_there_are_named() -> None:
    assert lineage_of(song(2, Cover(audio_id="song-1"), 1), []).missing == ("song-1",)


def test_a_long_lineage_keeps_the_first_idea_and_the_newest_steps() -> None:
    family = [song(1, Generate(prompt="folk"))]
    family += [song(number, Cover(audio_id=f"song-{number - 1}"), number - 1) for number in range(2, 101)]
    lineage = lineage_of(family[-1], family[:-1])

    assert len(lineage.steps) == MAX_STEPS
    assert lineage.steps[0].song_id == "song-1"
    assert lineage.steps[-1].song_id == "song-100"
    assert lineage.left_out == 100 - MAX_STEPS
    assert lineage.missing == ()
