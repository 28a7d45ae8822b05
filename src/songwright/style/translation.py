"""Prompts in other languages: their musical words in English, for the one reader there is."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from itertools import pairwise

from songwright.style.languages import language_name

__all__ = ["in_english", "read_languages", "unread_language"]

_WORD = re.compile(r"[^\W\d_]+(?:[-'][^\W\d_]+)*")
_SIGN = r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3\u30fc]"
_BY_SCRIPT = re.compile(rf"{_SIGN}(?:[ ]?{_SIGN})*")
_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\uac00-\ud7a3]")
_ELISION = re.compile(r"\b(?:d|l|dell|all|sull|nell|dall|un|qu|j|c|s|n)['\u2019](?=\w)", re.IGNORECASE)
_ELIDING = frozenset({"fr", "it"})
_SOLFEGE = {"do": "C", "re": "D", "mi": "E", "fa": "F", "sol": "G", "la": "A", "si": "B"}
_SOLFEGE_KEY = re.compile(
    r"\b(?P<tonic>do|r[e\u00e9]|mi|fa|sol|la|si)\s*"
    r"(?P<sign>#|\u266f|\u266d|sostenid[oa]|sustenid[oa]|di[e\u00e8]se|diesis|b[e\u00e9]mol(?:le)?)?\s+"
    r"(?P<mode>mayor|menor|maior|majeur|mineur|maggiore|minore)\b",
    re.IGNORECASE,
)
# German calls B flat B and B natural H; -is raises and -es lowers.
_GERMAN_KEY = re.compile(r"\b(?P<tonic>[A-H])(?P<sign>is|es|s)?[- ]?(?P<mode>dur|moll)\b", re.IGNORECASE)
_ENGLISH_SMALL_WORDS = frozenset(
    {"the", "and", "with", "a", "an", "of", "about", "for", "in", "my", "to", "no"}
)
_FEWEST_UNREAD_WORDS = 2
_LEAST_UNREAD_SHARE = 0.3
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
    prompt = _GERMAN_KEY.sub(_german_key, _SOLFEGE_KEY.sub(_solfege_key, prompt))
    if _BY_SCRIPT.search(prompt):
        code = "ja" if _KANA.search(prompt) else "ko" if _HANGUL.search(prompt) else "zh"
        return _BY_SCRIPT.sub(lambda run: f" {_run_in_english(run[0], code)} ", prompt)
    code = _language_of(prompt, known_in_english)
    return prompt if not code else _words_in_english(prompt, code)


def unread_language(prompt: str) -> str | None:
    """The name of the language that a prompt is in, where it is one that isn't read; None where it may be.

    Told by small words such as "without" and "and": a name or a title in a language is no prompt in it.
    """
    words = {_plain(word) for word in _WORD.findall(prompt)}
    if words & _ENGLISH_SMALL_WORDS:
        return None
    hits = {code: len(words & small) for code, small in _small_words().items()}
    code = max(hits, key=lambda each: hits[each])
    if hits[code] < max(_FEWEST_UNREAD_WORDS, _LEAST_UNREAD_SHARE * len(words)):
        return None
    return language_name(code)


@cache
def _small_words() -> dict[str, frozenset[str]]:
    source = files("songwright.style") / "lexicon" / "unread_languages.toml"
    table: dict[str, str] = tomllib.loads(source.read_text(encoding="utf-8"))
    return {code: frozenset(words.split()) for code, words in table.items()}


def _solfege_key(found: re.Match[str]) -> str:
    sign = (found["sign"] or "").lower()
    sharp = sign in ("#", "\u266f") or sign.startswith(("sost", "sust", "di"))
    mode = "minor" if found["mode"][2].lower() == "n" else "major"
    return f"{_SOLFEGE[_plain(found['tonic'])]}{'#' if sharp else 'b' if sign else ''} {mode}"


def _german_key(found: re.Match[str]) -> str:
    letter, sign = found["tonic"].upper(), (found["sign"] or "").lower()
    tonic = {"H": "B", "B": "Bb"}.get(letter, letter) if not sign else letter.replace("H", "B")
    accidental = "#" if sign == "is" else "b" if sign else ""
    return f"{tonic}{accidental} {'major' if found['mode'].lower() == 'dur' else 'minor'}"


def _language_of(prompt: str, known_in_english: frozenset[str]) -> str:
    words = [_plain(word) for word in _WORD.findall(prompt)]
    foreign = [word for word in words if word not in known_in_english and len(word) > 1]
    english = len(words) - len(foreign)
    counts = {
        code: sum(_finds(code, word) for word in foreign) for code in _tables() if code not in _SPACELESS
    }
    # Languages that share most words part in their phrases: "voz feminina", "voz femenina".
    pairs = [f"{word}_{following}" for word, following in pairwise(words)]
    own = {
        code: counts[code]
        + sum(_finds(code, pair) for pair in pairs)
        + 0.1 * sum(_finds(code, word) for word in words)
        for code in counts
    }
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
    if code in _ELIDING:
        prompt = _ELISION.sub("", prompt)
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
_JOINING = frozenset({None, "", "and", "with", "without", "only", "about"})


def _plain(text: str) -> str:
    """Small letters without accents."""
    small = unicodedata.normalize("NFKD", text.lower().replace("\u2019", "'"))
    return "".join(c for c in small if not unicodedata.combining(c))
