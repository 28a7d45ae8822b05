import tomllib
from importlib.resources import files

import pytest

from songwright.style.named_styles import plain_words
from songwright.style.prompt_words import read_prompt


@pytest.mark.parametrize(
    ("prompt", "genre"),
    [
        ("a song in the style of Queen", "rock"),
        ("Nirvana", "rock"),
        ("MF DOOM type beat", "hip_hop"),
        ("something like Daft Punk", "house"),
        ("Prince-style song", "rnb"),
        ("inspired by Bob Marley", "reggae"),
    ],
)
def test_an_artist_is_read_as_a_style_and_says_so(prompt: str, genre: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.genres[0] == genre
    assert any(wish.startswith("in the style of ") for wish in wishes.understood)
    assert wishes.not_understood == []


@pytest.mark.parametrize(
    "prompt",
    [
        "pop about a drag queen",
        "folk, my heart will rush",
        "a pop song about Mozart and Bach",
        "prince of peace",
    ],
)
def test_an_everyday_word_or_a_subject_is_no_artist(prompt: str) -> None:
    assert not any("in the style of" in wish for wish in read_prompt(prompt).understood)


@pytest.mark.parametrize(
    ("prompt", "chords"),
    [
        ("pop, Am F C G", ("Am", "F", "C", "G")),
        ("rock with chords C - G/B - Am7 - Fmaj7", ("C", "G/B", "Am7", "Fmaj7")),
        ("| Dm7 | G7 | Cmaj7 | jazz", ("Dm7", "G7", "Cmaj7")),
        ("folk, chord progression: E B C#m A", ("E", "B", "C#m", "A")),
        ("Bb, Gm, Eb, F reggae", ("Bb", "Gm", "Eb", "F")),
    ],
)
def test_chords_are_read_as_chords(prompt: str, chords: tuple[str, ...]) -> None:
    wishes = read_prompt(prompt)
    assert wishes.chords == chords
    assert wishes.not_understood == []


@pytest.mark.parametrize(
    "prompt", ["A sad song in D minor", "pop, A Big Day", "Go Down, E minor", "A B side"]
)
def test_letters_that_are_no_chords_stay_words(prompt: str) -> None:
    assert read_prompt(prompt).chords == ()


def _artists() -> list[str]:
    source = files("songwright.style") / "lexicon" / "artists.toml"
    return [f"like {name}" for table in tomllib.loads(source.read_text("utf-8")).values() for name in table]


@pytest.mark.parametrize("prompt", _artists())
def test_every_artists_style_is_read_whole(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert wishes.not_understood == []
    assert wishes.genres or wishes.hinted or wishes.wanted


def test_the_reader_sees_no_hyphens() -> None:
    assert plain_words("Hip-Hop & R&B") == "hip hop and r and b"
