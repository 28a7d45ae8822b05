"""Prompts in other languages: their musical words in English, for the one reader there is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from songwright.style.languages import language_name

__all__ = ["in_english", "read_languages"]

_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_SIGN = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u30fc]"
_BY_SCRIPT = re.compile(rf"{_SIGN}(?:[ ]?{_SIGN})*")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_FEWEST_WORDS = 2
_LEAST_SHARE = 0.4
_LONGEST_PHRASE = 3
_LONGEST_RUN = 12


def read_languages() -> str:
    """The names of the languages that prompts are read in, besides English."""
    return ", ".join(language_name(code) for code in _tables())


def in_english(prompt: str, known_in_english: frozenset[str]) -> str:
    """A prompt with its musical words in English; one that is in English comes back as it is.

    Args:
        prompt: In any language.
        known_in_english: Words that an English prompt may hold; they speak for no other language.
    """
    if _BY_SCRIPT.search(prompt):
        code = "ja" if _KANA.search(prompt) else "ko" if _HANGUL.search(prompt) else "zh"
        return _BY_SCRIPT.sub(lambda run: f" {_run_in_english(run[0], code)} ", prompt)
    code = _language_of(prompt, known_in_english)
    return prompt if not code else _words_in_english(prompt, code)


def _language_of(prompt: str, known_in_english: frozenset[str]) -> str:
    words = [_plain(word) for word in _WORD.findall(prompt)]
    foreign = [word for word in words if word not in known_in_english and len(word) > 1]
    english = len(words) - len(foreign)
    counts = {
        code: sum(_finds(code, word) for word in foreign) for code in _tables() if code not in _SPACELESS
    }
    own = {code: counts[code] + 0.1 * sum(_finds(code, word) for word in words) for code in counts}
    code = max(own, key=lambda each: own[each])
    if not any(_translated(code, word) not in _JOINING for word in foreign):
        return ""
    if counts[code] < min(_FEWEST_WORDS, max(1, len(words) - english)):
        return ""
    return (
        code
        if counts[code] >= _LEAST_SHARE * max(1, len(words) - _shared(code, words, known_in_english))
        else ""
    )


def _shared(code: str, words: Iterable[str], known_in_english: frozenset[str]) -> int:
    """Words that may be either language's, such as "rock" and "piano"."""
    return sum(word in known_in_english and (len(word) > 3 or _finds(code, word)) for word in words)


def _words_in_english(prompt: str, code: str) -> str:
    found = list(_WORD.finditer(prompt))
    out: list[str] = []
    place = index = 0
    while index < len(found):
        for length in range(min(_LONGEST_PHRASE, len(found) - index), 0, -1):
            phrase = "_".join(_plain(word[0]) for word in found[index : index + length])
            english = _translated(code, phrase)
            if english is not None:
                out += [prompt[place : found[index].start()], english]
                place = found[index + length - 1].end()
                index += length
                break
        else:
            index += 1
    return "".join([*out, prompt[place:]])


def _run_in_english(run: str, code: str) -> str:
    """A run of signs without blanks, the longest known word first; what is left stays as it is."""
    out: list[str] = []
    place = 0
    while place < len(run):
        for length in range(min(_LONGEST_RUN, len(run) - place), 0, -1):
            english = _translated(code, run[place : place + length])
            if english is not None:
                # These languages say what is left out before they say that it is.
                if english in ("without", "only") and code in ("ja", "ko") and out:
                    out.insert(len(out) - 1, english)
                    out.append(",")
                else:
                    out.append(english)
                place += length
                break
        else:
            place += 1
    return " ".join(word for word in out if word)


def _finds(code: str, word: str) -> bool:
    return _translated(code, word) is not None


@cache
def _translated(code: str, phrase: str) -> str | None:
    whole, stems = _table(code)
    if phrase in whole:
        return whole[phrase]
    # An ending has no blank in it.
    fits = (stem for stem in stems if phrase.startswith(stem) and "_" not in phrase[len(stem) :])
    return next((stems[stem] for stem in fits), None)


@cache
def _table(code: str) -> tuple[dict[str, str], dict[str, str]]:
    whole: dict[str, str] = {}
    stems: dict[str, str] = {}
    for english, words in _tables()[code].items():
        for word in words.split():
            if word.endswith("*"):
                stems[word[:-1]] = english
            elif english or word not in whole:
                whole[word] = english
    return whole, stems


@cache
def _tables() -> dict[str, dict[str, str]]:
    source = files("songwright.style") / "lexicon" / "translations.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


_SPACELESS = frozenset({"ja", "zh", "ko"})
_JOINING = frozenset({None, "", "with", "without", "only", "about"})


def _plain(text: str) -> str:
    """Small letters without accents."""
    small = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    return "".join(c for c in small if not unicodedata.combining(c))
