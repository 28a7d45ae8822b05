import pytest

from songwright.engines.local.composing.lyric_writing import write_words
from songwright.engines.local.composing.prosody import syllabify, unsingable
from songwright.music.lyrics import parse_lyric
from songwright.style.lexicon_tables import lexicon

THEMES = tuple(lexicon()["themes"])
PLAN = (
    "intro",
    "verse",
    "pre-chorus",
    "chorus",
    "verse",
    "pre-chorus",
    "chorus",
    "bridge",
    "chorus",
    "outro",
)


@pytest.mark.parametrize("theme", THEMES)
def test_words_have_verses_and_a_chorus_that_comes_back_word_for_word(theme: str) -> None:
    sections = parse_lyric(write_words(theme, (), PLAN, "a").lyric).sections
    choruses = {section.lines for section in sections if section.kind == "chorus"}
    verses = [section.lines for section in sections if section.kind == "verse"]
    assert len(choruses) == 1
    assert len(set(verses)) == len(verses) == 2


@pytest.mark.parametrize("theme", THEMES)
def test_every_line_can_be_sung_in_one_breath(theme: str) -> None:
    for seed in range(10):
        for line in parse_lyric(write_words(theme, ("rain",), PLAN, str(seed)).lyric).lines:
            assert unsingable(line) is None
            assert 3 <= len(syllabify(line)) <= 13


def test_words_name_what_the_prompt_is_about() -> None:
    lyric = write_words("sea", ("lighthouses", "rain"), PLAN, "a").lyric
    assert "lighthouses" in lyric
    assert "rain" in lyric


def test_the_title_is_in_the_song_or_its_subject() -> None:
    for seed in range(20):
        words = write_words("road", ("trains",), PLAN, str(seed))
        assert words.title


def test_the_same_seed_writes_the_same_words_and_others_write_others() -> None:
    assert write_words("love", (), PLAN, "a") == write_words("love", (), PLAN, "a")
    assert len({write_words("love", (), PLAN, str(seed)).lyric for seed in range(20)}) >= 18


def test_a_subject_that_cannot_be_sung_is_left_out() -> None:
    assert "\u6d77" not in write_words("sea", ("\u6d77",), PLAN, "a").lyric


def test_a_shortened_lyric_still_comes_to_its_chorus() -> None:
    for most in range(1, 10):
        kinds = [s.kind for s in parse_lyric(write_words("love", (), PLAN, "a", most).lyric).sections]
        assert kinds[-1] in ("chorus", "bridge")
        assert "chorus" in kinds


def test_a_plan_made_for_instruments_still_gets_a_verse_and_a_chorus() -> None:
    kinds = {
        s.kind for s in parse_lyric(write_words("night", (), ("intro", "drop", "outro"), "a").lyric).sections
    }
    assert {"verse", "chorus"} <= kinds
