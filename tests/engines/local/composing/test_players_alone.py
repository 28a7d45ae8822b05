"""Who alone is asked for alone is heard, and has the tune; who is only added is added."""

from __future__ import annotations

import pytest

from songwright.engines.local.composing.compose import Composition, compose
from songwright.music.actions import Sounding, parse_action

LYRIC = "[Verse]\nThe lights go down along the harbour wall\n[Chorus]\nCarry me over the copper hill"
STRINGS = {"violin", "viola", "cello"}


def composed(prompt: str, lyric: str = "") -> Composition:
    action = parse_action({"action": "generate", "prompt": prompt, "lyric": lyric})
    assert isinstance(action, Sounding)
    return compose(action, "7")


def players(song: Composition) -> set[str]:
    return {part.instrument for part in song.parts}


@pytest.mark.parametrize(
    ("prompt", "heard"),
    [
        ("solo piano, sad, in D minor, 30 seconds", {"acoustic_grand_piano"}),
        ("a solo acoustic guitar piece, calm, 20 seconds", {"steel_guitar"}),
        ("unaccompanied cello, baroque, 30 seconds", {"cello"}),
        ("string quartet, 3/4, G minor, 30 seconds", STRINGS),
        ("piece for string quartet in C major, 20 seconds", STRINGS),
        ("piano trio, romantic, 30 seconds", {"acoustic_grand_piano", "violin", "cello"}),
        ("jazz trio, 30 seconds", {"acoustic_grand_piano", "acoustic_bass", "brush_kit"}),
        ("nothing but flute and harp, calm, 20 seconds", {"flute", "harp"}),
        ("drums and bass only, funk, 20 seconds", {"fingered_bass", "standard_kit"}),
        ("marimba alone, 15 seconds", {"marimba"}),
        ("harp, nothing else, 15 seconds", {"harp"}),
        ("just a simple piano melody, 15 seconds", {"acoustic_grand_piano"}),
        ("piano solo, romantic era, 15 seconds", {"acoustic_grand_piano"}),
    ],
)
def test_nobody_plays_but_who_is_named_and_nobody_sings(prompt: str, heard: set[str]) -> None:
    song = composed(prompt)
    assert players(song) == heard
    assert song.vocal is None
    assert any(wish.startswith("only ") for wish in song.brief.understanding.understood)
    assert all(part.notes for part in song.parts)


@pytest.mark.parametrize(
    ("prompt", "heard"),
    [
        ("only piano and voice, ballad", {"acoustic_grand_piano"}),
        ("acoustic guitar and vocals", {"steel_guitar"}),
        ("just piano and a female voice", {"acoustic_grand_piano"}),
        ("nur Klavier und Gesang, langsam", {"acoustic_grand_piano"}),
        ("solo piano, female voice", {"acoustic_grand_piano"}),
        ("male voice and piano", {"acoustic_grand_piano"}),
        ("female voice with only piano accompaniment", {"acoustic_grand_piano"}),
    ],
)
def test_a_voice_that_is_named_sings_with_them(prompt: str, heard: set[str]) -> None:
    song = composed(prompt)
    assert players(song) == heard
    assert song.vocal is not None


def test_given_words_are_sung_where_one_alone_plays() -> None:
    song = composed("solo piano", LYRIC)
    assert players(song) == {"acoustic_grand_piano"}
    assert song.vocal is not None


@pytest.mark.parametrize(
    "prompt", ["a cappella folk", "acapella gospel", "voices only, no instruments", "unaccompanied singing"]
)
def test_a_cappella_is_two_voices_all_through_and_nobody_else(prompt: str) -> None:
    song = composed(prompt, LYRIC)
    assert song.parts == ()
    assert song.vocal is not None
    assert song.backing is not None
    assert [line.text for line in song.backing.lines] == [line.text for line in song.vocal.lines]
    assert {section.kind for section in song.form.sections} == {"verse", "chorus"}


@pytest.mark.parametrize(
    "prompt",
    [
        "pop with a string quartet", "epic orchestral with solo violin", "starts with solo piano, then rock",
        "rock with a long guitar solo", "good vibes only, pop", "only the lonely, country",
        "drums only in the chorus, pop", "rock and a guitar solo, loud", "pop, the verse has only piano",
        "not only rock but funk",
    ],
)  # fmt: skip
def test_who_is_added_or_named_for_a_place_does_not_play_alone(prompt: str) -> None:
    assert len(players(composed(prompt))) > 3


@pytest.mark.parametrize("prompt", ["solo piano, 30 seconds", "nothing but flute and harp", "brass quintet"])
def test_the_tune_is_played_by_one_of_them(prompt: str) -> None:
    song = composed(prompt)
    [tune] = [part for part in song.parts if part.name == "lead"]
    notes = {(note.start_beats, note.midi_pitch % 12) for note in tune.notes}
    asked = {(note.start_beats, note.midi_pitch % 12) for line in song.lead for note in line.notes}
    assert len(notes & asked) >= 0.9 * len(asked)
