import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.engines.local.composing.prosody import Syllable, syllabify, unsingable


def written(line: str) -> str:
    """Syllables joined by hyphens, stressed ones in capitals."""
    return "".join(
        (syllable.text.upper() if syllable.stressed else syllable.text) + (" " if syllable.word_end else "-")
        for syllable in syllabify(line)
    ).strip()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Every little shining river", "EV-ery LIT-tle SHIN-ing RIV-er"),
        ("ev'ry night o'clock", "EV-'ry NIGHT o-'CLOCK"),
        ("City lights are fading into grey", "CIT-y LIGHTS are FAD-ing IN-to GREY"),
        ("over the hills and far away", "O-ver the HILLS and FAR a-WAY"),
        ("forever remember", "for-EV-er re-MEM-ber"),
        ("beautiful heaven", "BEAU-ti-ful HEAV-en"),
        ("everything together sometimes", "EV-ery-thing to-GETH-er SOME-times"),
        ("I'm lovin' it, runnin' and hidin'", "I'm LOV-in' it RUN-nin' and HID-in'"),
    ],
)
def test_words_are_divided_as_under_notes(line: str, expected: str) -> None:
    assert written(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("in 1999, baby", "in nine-TEEN NIN-ety NINE BA-by"),
        ("the 80s on 42nd street", "the EIGH-ties on FOR-ty SEC-ond STREET"),
        ("Dr. Jones paid $5", "DOC-tor JONES PAID FIVE DOL-lars"),
        ("well-known mother-in-law", "WELL KNOWN MOTH-er in LAW"),
        ("you & me @ home", "you and me at HOME"),
    ],
)
def test_numbers_titles_and_signs_are_spelt_out(line: str, expected: str) -> None:
    assert written(line) == expected


@pytest.mark.parametrize(
    ("stretched", "plain"),
    [("go-o-o", "go"), ("soooo", "so"), ("yeaaah", "yeah"), ("freeee", "free"), ("lo-o-ove", "love")],
)
def test_a_stretched_spelling_is_the_word_it_stretches(stretched: str, plain: str) -> None:
    assert [syllable.text for syllable in syllabify(stretched)] == [plain]


def test_fire_and_hour_are_one_syllable_but_higher_and_power_two() -> None:
    assert len(syllabify("fire hour")) == 2
    assert len(syllabify("higher power")) == 4


def test_emoji_and_symbols_are_passed_over() -> None:
    assert written("❤️ love ♪ 🎵 *light*") == "LOVE LIGHT"


@pytest.mark.parametrize("line", ["", "...", "— — —", "🎵🎵", "shhh", "(!!)"])
def test_a_line_without_a_vowel_has_no_syllables(line: str) -> None:
    assert syllabify(line) == ()


def test_shouted_lines_are_read_as_words() -> None:
    assert [s.text.lower() for s in syllabify("I LOVE YOU BABY")] == ["i", "love", "you", "ba", "by"]


def test_accents_and_typographic_apostrophes_are_read() -> None:
    assert written("café") == "ca-FÉ"
    assert written("don’t") == written("don't") == "DON'T"


@given(st.text(max_size=60))
def test_any_text_gives_whole_words_of_syllables_that_are_not_empty(line: str) -> None:
    syllables = syllabify(line)
    assert all(syllable.text for syllable in syllables)
    assert [syllable.word for syllable in syllables] == sorted(syllable.word for syllable in syllables)
    if syllables:
        assert syllables[-1].word_end
        assert {s.word for s in syllables} == set(range(syllables[-1].word + 1))


def test_at_most_one_syllable_of_a_word_is_stressed() -> None:
    by_word: dict[int, list[Syllable]] = {}
    for syllable in syllabify("electricity in California everywhere understanding"):
        by_word.setdefault(syllable.word, []).append(syllable)
    assert all(sum(s.stressed for s in syllables) <= 1 for syllables in by_word.values())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("你好", "Chinese characters"),
        ("love 愛", "Chinese characters"),
        ("こんにちは", "Japanese characters"),
        ("안녕", "Korean letters"),
        ("שלום", "Hebrew letters"),
        ("مرحبا", "Arabic letters"),
        ("Привет", "Cyrillic letters"),
    ],
)
def test_writing_that_cannot_be_sung_is_named(text: str, reason: str) -> None:
    assert unsingable(text) == reason


def test_latin_text_with_signs_can_be_sung() -> None:
    assert unsingable("Hello ❤️ café — “x” 123 don’t ½ º ...") is None
