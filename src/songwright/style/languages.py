"""Which language are the words in? Small words tell, since every line needs some."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from songwright.music.lyrics import ENGLISH, LyricSheet, parse_lyric

__all__ = [
    "asked_language",
    "code_of",
    "language_name",
    "languages_of",
    "read_lyric",
]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_FEWEST_WORDS = 4
_FEWEST_DIFFERENT = 3
_LEAST_SHARE = 0.25
_LEAD = 1.5
_LETTERS_WEIGHT = 0.5
_STRANGE_SHARE = 0.34
UNKNOWN = "und"
"""ISO 639-2 code for words in a language that can't be told."""

_BEFORE_A_NAME = r"(?<!\bnot )(?<!\bno )(?<!\bwithout )\b"
_SUNG_THINGS = "lyrics?|words?|vocals?|vocalist|singing|singer|sung|language|text"


def read_lyric(lyric: str, prompt: str = "") -> LyricSheet:
    """A lyric sheet, each section with the language of its words.

    The lyric's own language is told by its small words; where they don't tell, by a prompt that names one
    ("in Spanish"); else it is English. A section that is clearly in another language keeps that.

    Args:
        lyric: As requested, with section markers.
        prompt: Of the request.
    """
    sheet = parse_lyric(lyric)
    whole = _language_of(sheet.lines)
    if whole is None and prompt and sheet.lines:
        whole = asked_language(prompt)
    usual = whole or ENGLISH
    own = (_language_of(section.lines) or usual for section in sheet.sections)
    return replace(
        sheet,
        sections=tuple(
            replace(section, language=language) for section, language in zip(sheet.sections, own, strict=True)
        ),
    )


def languages_of(sheet: LyricSheet) -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that a sheet's words are in, in the order that they come."""
    return tuple(dict.fromkeys(section.language for section in sheet.sections if section.lines))


def asked_language(prompt: str) -> str | None:
    """ISO 639-1 code of the language that a prompt wants: "in Spanish", "German lyrics"; else None.

    A bare "French" may be said of a café as well.
    """
    return next((code for code, asked in _asked().items() if asked.search(_plain(prompt))), None)


@cache
def _asked() -> dict[str, re.Pattern[str]]:
    asked = {}
    for code, name in _tables()["names"].items():
        names = "|".join([name.lower(), *_tables()["called"].get(code, ())])
        in_it = rf"{_BEFORE_A_NAME}(?:in|en|em|auf|pa)\s+(?:{names})\b(?!\s+(?:style|flavou?r|manner))"
        asked[code] = re.compile(rf"{in_it}|{_BEFORE_A_NAME}(?:{names})\s+(?:{_SUNG_THINGS})\b")
    return asked


def code_of(word: str) -> str | None:
    """ISO 639-1 code of the language that a prompt's words name: "german", "auf deutsch"; else None."""
    last = word.rsplit(maxsplit=1)[-1] if word else ""
    tables = _tables()
    return next(
        (
            code
            for code, name in tables["names"].items()
            if last == name.lower() or last in tables["called"].get(code, ())
        ),
        None,
    )


def language_name(code: str) -> str:
    """The English name of a language."""
    if code == UNKNOWN:
        return "a language that it does not know"
    name: str = _tables()["names"].get(code, code)
    return name


@cache
def _tables() -> dict[str, dict[str, Any]]:
    source = files("songwright.style") / "lexicon" / "languages.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def _small_words() -> dict[str, frozenset[str]]:
    return {code: frozenset(words) for code, words in _tables()["small_words"].items()}


def _language_of(lines: tuple[str, ...]) -> str | None:
    """The language of lines in Latin letters, where it is clear.

    A quarter of the words must be small words of it, or have letters that it has and English has not, which
    count half. They must outnumber the English ones by half, and three of them must differ, which "da da da"
    does not. A few words of another language, as many English songs have, do not count. English is clear
    where its words outnumber those of every other language by half. Where many words have letters that the
    language has not, it is another one.
    """
    words = _WORD.findall(" ".join(lines).lower().replace("\u2019", "'"))
    if len(words) < _FEWEST_WORDS:
        return None
    hits = {code: _hits(words, code) for code in _small_words()}
    english = sum(hits.pop(ENGLISH).values())
    language = max(hits, key=lambda code: sum(hits[code].values()))
    count, various = sum(hits[language].values()), len(hits[language]) >= _FEWEST_DIFFERENT
    if various and count >= max(_LEAST_SHARE * len(words), _LEAD * english + 1):
        return UNKNOWN if _is_strange(words, language) else language
    if _is_strange(words, ENGLISH):
        return UNKNOWN
    return ENGLISH if english >= max(_LEAST_SHARE * len(words), _LEAD * count + 1) else None


def _hits(words: list[str], code: str) -> dict[str, float]:
    """What speaks for a language: by word, how often it comes, or half of that for its letters alone."""
    small, letters = _small_words()[code], _letters(code)
    return {
        word: words.count(word) * (1.0 if _plain(word) in small else _LETTERS_WEIGHT)
        for word in dict.fromkeys(words)
        if _plain(word) in small or not letters.isdisjoint(word)
    }


@cache
def _letters(code: str) -> frozenset[str]:
    return frozenset(_tables()["letters"][code])


def _is_strange(words: list[str], code: str) -> bool:
    """Whether many words have a letter that the language has not."""
    strange = {word for word in words if any(c.isalpha() and c > "z" for c in set(word) - _letters(code))}
    return len(strange) >= max(_FEWEST_DIFFERENT, _STRANGE_SHARE * len(words))


def _plain(text: str) -> str:
    """Small letters without accents."""
    small = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    return "".join(c for c in small if not unicodedata.combining(c))
