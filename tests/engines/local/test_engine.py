"""What the embedded engine refuses before a task is made."""

from __future__ import annotations

import pytest
from tools.listening.requests import REQUESTS, Request

from songwright.engines.local import LocalEngine
from songwright.errors import RequestError, UnsupportedError
from songwright.music.actions import Generate


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


@pytest.mark.parametrize(
    ("lyric", "language"),
    [
        ("[Verse]\nCamino por la calle de mi pueblo\nY la noche me habla de tu amor", "Spanish"),
        ("Eu caminho sozinho na noite\nCom o teu nome no meu cora\u00e7\u00e3o", "Portuguese"),
        ("Je marche seul dans la nuit\nEt je pense \u00e0 toi", "French"),
        ("Ich gehe durch die Stadt bei Nacht\nUnd ich denke nur an dich", "German"),
        ("Cammino per la strada della notte\nE il mio cuore non si ferma mai", "Italian"),
        ("Jag g\u00e5r genom staden i natt\nOch jag t\u00e4nker p\u00e5 dig", "Swedish"),
        ("Aku berjalan di malam ini\nDan hati ku selalu untuk kamu", "Indonesian"),
    ],
)
def test_words_in_another_language_are_refused_by_its_name_and_not_sung_as_english(
    lyric: str, language: str
) -> None:
    with pytest.raises(UnsupportedError, match=rf"^lyric: .*languages: English.*{language}"):
        LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())


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
    ],
)
def test_syllables_and_a_few_foreign_words_pass(lyric: str) -> None:
    LocalEngine().check(Generate(prompt="pop", lyric=lyric), ())


@pytest.mark.parametrize("prompt", ["流行音乐", "أغنية حزينة", "\U0001f3b5\U0001f3b6"])
def test_a_prompt_that_it_cannot_read_is_refused(prompt: str) -> None:
    with pytest.raises(RequestError, match=r"^prompt: .*English"):
        LocalEngine().check(Generate(prompt=prompt), ())


def test_words_that_will_not_be_sung_may_be_in_any_script() -> None:
    LocalEngine().check(Generate(prompt="pop", lyric="你好", instrumental=True), ())
