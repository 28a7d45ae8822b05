"""Who is asked for in a place plays there, who is to rest rests, and what is not so is not claimed."""

from __future__ import annotations

import pytest

from songwright.engines.local.composing.compose import Composition, compose
from songwright.music.actions import Sounding, parse_action
from songwright.music.score import Part, ScoreSection

LYRIC = (
    "[Intro]\n[Verse]\nThe lights go down along the harbour wall\nI hear the water and I hear it call\n"
    "[Chorus]\nCarry me over the copper hill\nCarry me over, I love you still\n"
    "[Verse]\nThe morning opens like a paper fan\nI keep the letters that you wrote by hand\n"
    "[Chorus]\nCarry me over the copper hill\nCarry me over, I love you still\n[Outro]"
)


def composed(prompt: str) -> Composition:
    action = parse_action({"action": "generate", "prompt": prompt, "lyric": LYRIC})
    assert isinstance(action, Sounding)
    return compose(action, "7")


def heard(song: Composition, section: ScoreSection) -> set[str]:
    """Parts that begin a note in a section."""
    bar = song.brief.time_signature.beats_per_bar
    start, end = section.start_bar * bar, (section.start_bar + section.bars) * bar
    return {
        part.instrument if part.stem not in ("drums", "bass") else part.stem
        for part in song.parts
        if any(start <= note.start_beats < end for note in part.notes)
    }


def parts_of(song: Composition, stem: str) -> list[Part]:
    return [part for part in song.parts if part.stem == stem]


@pytest.mark.parametrize(
    ("prompt", "player"),
    [
        ("rock, starts with solo piano, then full band", "acoustic_grand_piano"),
        ("pop, begins with just acoustic guitar", "steel_guitar"),
        ("country, intro: banjo only", "banjo"),
        ("techno with a solo violin intro", "violin"),
    ],
)
def test_who_is_to_begin_begins_alone(prompt: str, player: str) -> None:
    song = composed(prompt)
    first, *others = song.form.sections
    assert heard(song, first) == {player}
    assert any(len(heard(song, section)) > 2 for section in others)
    assert song.brief.understanding.not_understood == ()


@pytest.mark.parametrize(
    ("prompt", "player"),
    [
        ("pop that ends with cello only", "cello"),
        ("rock, outro: piano only", "acoustic_grand_piano"),
    ],
)
def test_who_is_to_end_ends_alone(prompt: str, player: str) -> None:
    song = composed(prompt)
    assert heard(song, song.form.sections[-1]) == {player}


@pytest.mark.parametrize(
    ("prompt", "stem"),
    [
        ("pop, no drums until the chorus", "drums"),
        ("rock, drums come in at the first chorus", "drums"),
        ("funk, without bass before the second verse", "bass"),
        ("house, bass enters after the first verse", "bass"),
    ],
)
def test_who_enters_later_rests_until_then_and_plays_from_there_on(prompt: str, stem: str) -> None:
    song = composed(prompt)
    kinds = [section.kind for section in song.form.sections]
    place = (
        kinds.index("chorus") if "second verse" not in prompt else len(kinds) - 1 - kinds[::-1].index("verse")
    )
    silent, playing = song.form.sections[:place], song.form.sections[place:]
    assert not any(stem in heard(song, section) for section in silent)
    assert any(stem in heard(song, section) for section in playing)
    assert "no drums" not in song.brief.understanding.understood


@pytest.mark.parametrize("prompt", ["pop, no drums in the verse", "rock without drums during the verses"])
def test_who_is_left_out_of_a_section_rests_in_every_one_of_its_kind(prompt: str) -> None:
    song = composed(prompt)
    verses = [section for section in song.form.sections if section.kind == "verse"]
    choruses = [section for section in song.form.sections if section.kind == "chorus"]
    assert not any("drums" in heard(song, section) for section in verses)
    assert any("drums" in heard(song, section) for section in choruses)


@pytest.mark.parametrize(
    "prompt", ["pop, only piano in the bridge", "rock, no drums until the drop", "jazz, no bass in the drop"]
)
def test_a_place_that_the_song_does_not_have_is_not_claimed(prompt: str) -> None:
    told = composed(prompt).brief.understanding
    said = prompt.split(", ")[1]
    assert said not in told.understood
    assert any(said in note and "no such" in note for note in told.notes)


@pytest.mark.parametrize(
    ("prompt", "said"),
    [
        ("pop with a key change in the last chorus", "key change in the last chorus"),
        ("ballad, modulates up a whole step", "modulates up a whole step"),
        ("rock, starts slow then fast", "starts slow then fast"),
        ("waltz, ritardando at the end", "ritardando at the end"),
        ("rock, tempo change from 90 to 120 bpm", "tempo change from 90 to 120 bpm"),
        ("pop duet between a man and a woman", "duet between a man and a woman"),
        ("jazz with a spoken word intro", "spoken word intro"),
    ],
)
def test_what_cannot_be_played_is_said_to_be_not_played(prompt: str, said: str) -> None:
    told = composed(prompt).brief.understanding
    assert said in told.not_understood
    assert any(note.startswith(f"not played: {said}") for note in told.notes)
