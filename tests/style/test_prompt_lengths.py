"""How long a song is to be, as prompts say it."""

import pytest

from songwright.style.prompt_words import read_prompt


@pytest.mark.parametrize(
    ("prompt", "seconds"),
    [
        ("pop, 30 seconds", 30),
        ("8 s jingle", 8),
        ("30s jingle for a bakery", 30),
        ("rock, 45s", 45),
        ("3:30 rock song", 210),
        ("two and a half minutes of jazz", 150),
        ("half a minute of techno", 30),
        ("half-minute techno", 30),
        ("a minute and a half, folk", 90),
        ("a minute long waltz", 60),
        ("ninety seconds of metal", 90),
        ("forty-five seconds, lofi", 45),
        ("2 min 30 sec, ambient", 150),
        ("2m30s ambient", 150),
        ("1.5 minutes ambient", 90),
        ("2 to 3 minutes, folk", 150),
        ("30-60 seconds, folk", 45),
        ("under a minute, punk", 57),
        ("music for a 20 second video", 20),
        ("a couple of minutes of reggae", 120),
    ],
)
def test_a_length_is_read_as_people_write_it(prompt: str, seconds: float) -> None:
    wishes = read_prompt(prompt)
    assert wishes.target_seconds == seconds
    assert f"length about {seconds:g} s" in wishes.understood


@pytest.mark.parametrize(
    ("prompt", "bars"), [("16 bars of funk", 16), ("8-bar techno loop", 8), ("twelve measures, folk", 12)]
)
def test_a_length_is_read_in_bars(prompt: str, bars: int) -> None:
    wishes = read_prompt(prompt)
    assert (wishes.target_bars, wishes.target_seconds) == (bars, None)
    assert f"length {bars} bars" in wishes.understood


@pytest.mark.parametrize(
    "prompt",
    [
        "rock with a long guitar solo",
        "long intro, then techno",
        "ballad with an extended outro",
        "I lived a long 13 years, folk",
        "a song about a long road",
        "a long way home, country",
        "no lyrics for 30 seconds and a female voice",
        "without drums for the first 20 seconds, pop",
        "the drums enter after 20 seconds, pop",
        "10 second intro, then house",
        "8 bar intro, house",
        "drop at 1:30, EDM",
        "fade out over 5 seconds, pop",
        "rock with a guitar solo of 16 bars",
        "80s pop",
        "trap with 808s",
        "12-bar blues",
        "rock in 3/4",
    ],
)
def test_the_length_of_something_else_is_not_the_songs(prompt: str) -> None:
    wishes = read_prompt(prompt)
    assert (wishes.target_seconds, wishes.target_bars) == (None, None)
    assert not any(wish.startswith("length") for wish in wishes.understood)


@pytest.mark.parametrize(
    ("prompt", "least", "most"),
    [
        ("pizza jingle", 5, 30),
        ("a sting for the news", 3, 10),
        ("marimba ringtone", 15, 30),
        ("a short folk song", 60, 120),
        ("rock, long", 180, 300),
        ("a long, slow blues song", 180, 300),
    ],
)
def test_a_form_or_a_size_stands_for_a_length(prompt: str, least: float, most: float) -> None:
    wishes = read_prompt(prompt)
    assert wishes.target_seconds is not None
    assert least <= wishes.target_seconds <= most
    assert any(wish.startswith("length about") for wish in wishes.understood)


def test_a_figure_outranks_a_form() -> None:
    assert read_prompt("jingle, 8 seconds").target_seconds == 8
    assert read_prompt("a long song of 100 seconds").target_seconds == 100
    assert read_prompt("jingle bells rock").target_seconds is None


@pytest.mark.parametrize("prompt", ["seamless loop, lofi", "loopable techno beat", "looping pad, ambient"])
def test_a_loop_is_read(prompt: str) -> None:
    assert read_prompt(prompt).loop


def test_a_loop_pedal_is_no_loop() -> None:
    assert not read_prompt("folk guitar with a loop pedal").loop
