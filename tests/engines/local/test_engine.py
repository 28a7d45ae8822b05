"""What the embedded engine refuses before a task is made."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tools.listening.requests import REQUESTS, Request

from songwright.engines.local import LocalEngine
from songwright.engines.local.singing.abroad.tongues import TONGUES
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import Generate
from standins import espeak_ng


@pytest.mark.parametrize(
    ("lyric", "named"),
    [
        ("你好世界\n我爱你", "Chinese"),
        ("שלום עולם", "Hebrew"),
        ("مرحبا بالعالم", "Arabic"),
        ("Привет, мир", "Cyrillic"),
        ("[Verse]\nHello\n[Chorus]\nこんにちは", "Japanese"),
    ],
)
def test_words_in_a_script_that_it_cannot_sing_are_refused_by_name(lyric: str, named: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"^lyric: .*{named}") as caught:
        LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())
    assert caught.value.field == "lyric"
    assert lyric not in str(caught.value)


@pytest.mark.parametrize("lyric", ["...", "[Verse]\n?!\n-", "\u2026 \u2026"])
def test_a_lyric_with_nothing_to_sing_is_refused(lyric: str) -> None:
    with pytest.raises(RequestError, match=r"^lyric: .*words"):
        LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())


@pytest.mark.parametrize(
    "lyric",
    ["Caf\u00e9 del mar", "Don\u2019t stop \u2014 24 hours \U0001f3b5", "[Instrumental]", "[Verse]\nOne"],
)
def test_english_with_accents_digits_and_emoji_and_bare_markers_pass(lyric: str) -> None:
    LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())


WORDS = {
    "Spanish": "[Verse]\nCamino por la calle de mi pueblo\nY la noche me habla de tu amor",
    "Portuguese": "Eu caminho sozinho na noite\nCom o teu nome no meu coração",
    "French": "Je marche seul dans la nuit\nEt je pense à toi",
    "German": "Ich gehe durch die Stadt bei Nacht\nUnd ich denke nur an dich",
    "Italian": "Cammino per la strada della notte\nE il mio cuore non si ferma mai",
    "Dutch": "Ik loop door de stad bij nacht\nEn ik denk alleen aan jou, mijn liefde",
    "Swedish": "Jag går genom staden i natt\nOch jag tänker på dig",
    "Indonesian": "Aku berjalan di malam ini\nDan hati ku selalu untuk kamu",
    "Polish": "Księżyc świeci nad wodą\nMam psa i małego kota",
    "Turkish": "Bir köpeğim ve küçük bir kedim var\nBu gece seninle",
    "Finnish": "Kuu paistaa veden yllä\nHuomenna menemme rannalle ja minulla on koira",
    "Danish": "Månen skinner over vandet\nI morgen går vi til stranden\nJeg har en hund",
    "Czech": "Měsíc svítí nad vodou\nZítra jdeme spolu na pláž\nMám psa",
    "Hungarian": "A hold ragyog a víz felett\nHolnap együtt megyünk\nVan egy kutyám",
    "Romanian": "Luna strălucește pe apă\nMâine mergem împreună\nAm un câine și o pisică",
    "a language that it does not know": "Trăng sáng trên mặt nước\nNgày mai chúng ta",
}
NAMES = {tongue.name for tongue in TONGUES.values()}


@pytest.fixture
def _english_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without eSpeak NG."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)


@pytest.fixture
def _with_espeak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    espeak_ng.install(tmp_path)


@pytest.mark.usefixtures("_english_alone")
@pytest.mark.parametrize("language", WORDS)
def test_without_espeak_words_in_another_language_are_refused_by_its_name(language: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"^lyric: .* words in {language}: ") as caught:
        LocalEngine().check(Generate(prompt="pop", lyric=WORDS[language]), ())
    assert ("pip install" in str(caught.value)) == (language in NAMES)
    assert all(name in str(caught.value) for name in ("English", *NAMES))


@pytest.mark.usefixtures("_english_alone")
def test_without_espeak_it_says_that_it_sings_english_alone() -> None:
    assert LocalEngine().capabilities.languages == ("en",)


@pytest.mark.usefixtures("_with_espeak")
def test_with_espeak_it_sings_the_languages_that_it_names() -> None:
    engine = LocalEngine()
    assert engine.capabilities.languages == ("en", *TONGUES)
    for language in NAMES & WORDS.keys():
        engine.check(Generate(prompt="pop", lyric=WORDS[language]), ())


@pytest.mark.usefixtures("_with_espeak")
@pytest.mark.parametrize("language", sorted(WORDS.keys() - NAMES))
def test_with_espeak_words_in_any_other_language_are_refused_with_the_list(language: str) -> None:
    with pytest.raises(
        UnsupportedError, match=rf"^lyric: .* words in {language}: .*English, Spanish"
    ) as caught:
        LocalEngine().check(Generate(prompt="pop", lyric=WORDS[language]), ())
    assert "pip install" not in str(caught.value)


@pytest.mark.usefixtures("_english_alone")
def test_a_prompt_names_the_language_of_words_that_are_too_few_to_tell_theirs() -> None:
    engine = LocalEngine()
    engine.check(Generate(prompt="pop", lyric="Te amo"), ())
    with pytest.raises(UnsupportedError, match=r"^lyric: .* words in Spanish"):
        engine.check(Generate(prompt="pop in Spanish", lyric="Te amo"), ())


@pytest.mark.usefixtures("_with_espeak")
@pytest.mark.parametrize(
    ("prompt", "language"),
    [
        ("pop in Spanish", "Spanish"),
        ("balada en espa\u00f1ol", "Spanish"),
        ("Rock, auf Deutsch", "German"),
        ("folk with French lyrics", "French"),
        ("city pop, Japanese vocals", "Japanese"),
    ],
)
def test_words_are_not_written_in_a_language_that_it_cannot_write(prompt: str, language: str) -> None:
    with pytest.raises(UnsupportedError, match=rf"^prompt: .*words in {language} as `lyric`"):
        LocalEngine().check(Generate(prompt=prompt), ())
    LocalEngine().check(Generate(prompt=prompt, instrumental=True), ())


@pytest.mark.parametrize(
    "prompt",
    [
        "waltz for a French cafe",
        "spanish guitar ballad",
        "pop, no Spanish lyrics",
        "polka in German style",
    ],
)
def test_a_country_in_a_prompt_is_no_wish_for_its_language(prompt: str) -> None:
    LocalEngine().check(Generate(prompt=prompt), ())


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.name)
def test_english_songs_are_not_taken_for_another_language(request_: Request) -> None:
    LocalEngine().check(request_.action, ())


@pytest.mark.parametrize(
    "lyric",
    [
        "La la la la\nNa na na na, la la",
        "Que sera, sera\nWhatever will be, will be",
        "Voulez-vous dance with me tonight\nC'est la vie, the stars are bright",
        "Doo doo doo\nDa da da da",
        "Te amo",
        "Baby, baby, ooh\nRain on tin",
        "Des Moines to El Paso\nLos Angeles by dawn",
        "Caf\u00e9 del mar, mon amour\nBeyonc\u00e9 and me, na\u00efve tonight",
    ],
)
def test_syllables_and_a_few_foreign_words_pass(lyric: str) -> None:
    LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())


@pytest.mark.parametrize("prompt", ["Грустная песня", "أغنية حزينة", "उदास गीत", "\U0001f3b5\U0001f3b6"])
def test_a_prompt_that_it_cannot_read_is_refused(prompt: str) -> None:
    with pytest.raises(RequestError, match=r"^prompt: .*English"):
        LocalEngine().check(Generate(prompt=prompt), ())


@pytest.mark.parametrize("prompt", ["流行音乐", "悲しいバラード", "느린 재즈", "canción triste"])
def test_a_prompt_in_a_language_that_it_reads_passes(prompt: str) -> None:
    LocalEngine().check(Generate(prompt=prompt), ())


def test_words_that_will_not_be_sung_may_be_in_any_script() -> None:
    LocalEngine().check(Generate(prompt="pop", lyric="你好", instrumental=True), ())


def test_a_lyric_follows_from_its_prompt_and_seed_alone() -> None:
    engine = LocalEngine()
    title, words = engine.write_lyric("a slow song about winter", "one")

    assert title
    assert "[Verse]" in words
    assert "[Chorus]" in words
    assert engine.write_lyric("a slow song about winter", "one") == (title, words)
    assert engine.write_lyric("a slow song about winter", "two")[1] != words


def test_a_lyric_is_refused_in_a_language_that_it_does_not_write() -> None:
    with pytest.raises(UnsupportedError, match="English alone"):
        LocalEngine().write_lyric("a love song in Spanish", "one")


@pytest.mark.usefixtures("_english_alone")
def test_it_says_which_languages_it_sings_and_how_to_add_more() -> None:
    assert "sings English; to add Spanish" in LocalEngine().sung_languages()
