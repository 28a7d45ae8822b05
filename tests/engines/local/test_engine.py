"""What the embedded engine refuses before a task is made."""

from __future__ import annotations

import pytest

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


@pytest.mark.parametrize("prompt", ["流行音乐", "أغنية حزينة", "\U0001f3b5\U0001f3b6"])
def test_a_prompt_that_it_cannot_read_is_refused(prompt: str) -> None:
    with pytest.raises(RequestError, match=r"^prompt: .*English"):
        LocalEngine().check(Generate(prompt=prompt), ())


def test_words_that_will_not_be_sung_may_be_in_any_script() -> None:
    LocalEngine().check(Generate(prompt="pop", lyric="你好", instrumental=True), ())
