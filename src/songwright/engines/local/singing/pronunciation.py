"""How the words of a line are said, prepared for singing: by hibari, in other languages by eSpeak NG.

The composer counts syllables and the singer sings them; both ask here, so they always agree.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

from songwright.engines.local.singing.phonology import STRESS_MARKS, nuclei
from songwright.engines.local.singing.word import Word
from songwright.music.lyrics import ENGLISH

__all__ = ["forget_dictionary", "pronounce", "pronounce_ahead"]

_SPOKEN_SYMBOLS = {"&": " and ", "@": " at ", "%": " percent ", "+": " plus "}
_KEPT_SYMBOLS = frozenset("$£€/.,:;!?'-—…\"")
_DASHES = re.compile(r"\s*(?:[\u2012-\u2015\u2212]|--+)\s*")
_STRETCHED_BY_HYPHENS = re.compile(r"([aeiou])(?:-\1){2,}|([aeiou])(?:-\2)+\b", re.IGNORECASE)
_RUN_OF_LETTERS = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
_MONEY = re.compile(r"([$£€])(\d+(?:,\d{3})*)(?:\.(\d\d))?")
_NUMBER = re.compile(r"(\d+(?:,\d{3})*)(?:\.(\d+))?(st|nd|rd|th|s)?(?!\d)")
_TITLES = {"Mr": "Mister", "Mrs": "Missus", "Ms": "Miss", "Dr": "Doctor", "St": "Saint"}
_TITLE = re.compile(r"\b(Mr|Mrs|Ms|Dr|St)\b\.?")
_WHISPERED = re.compile(r"^(?:sh+|psst|tsk)$", re.IGNORECASE)
_CURRENCIES = {"$": ("dollar", "dollars"), "£": ("pound", "pounds"), "€": ("euro", "euros")}

# How singers sing what the dictionary spells out, lacks, or gives a spoken form.
_SUNG: dict[str, str] = {
    "every": "ˈɛvɹi",
    "everything": "ˈɛvɹiθˌɪŋ",
    "everyone": "ˈɛvɹiwˌʌn",
    "everybody": "ˈɛvɹibˌɑdi",
    "everywhere": "ˈɛvɹiwˌɛɹ",
    "everyday": "ˈɛvɹidˌA",
    "hm": "hˈʌm",
    "hmm": "hˈʌm",
    "mm": "ˈʌm",
    "mhm": "mhˈʌm",
    "la": "lˈɑ",
    "na": "nˈɑ",
    "da": "dˈɑ",
    "doo": "dˈu",
    "woah": "wˈO",
    "whoah": "wˈO",
    "ooh": "ˈu",
    "oo": "ˈu",
    "aah": "ˈɑ",
}

# Penn Treebank tags of words that carry no stress of their own when they have one syllable.
_FUNCTION_TAGS = frozenset({"DT", "IN", "CC", "TO", "PRP", "PRP$", "EX", "MD", "WDT", "WP", "WP$", "POS"})


def pronounce(line: str, language: str = ENGLISH) -> tuple[Word, ...]:
    """The words of a line, as they are sung.

    Args:
        line: As written.
        language: ISO 639-1 code: English, or one of those that are sung with eSpeak NG's help.

    Raises:
        EngineError: The language needs eSpeak NG, which is missing or does not answer.
    """
    if language == ENGLISH:
        return _pronounce_english(line)
    from songwright.engines.local.singing.abroad.words import pronounce_abroad

    return pronounce_abroad(line, language)


def pronounce_ahead(lines: Iterable[tuple[str, str]]) -> None:
    """Look up many lines, each with its language, at once: eSpeak NG is a process for each time it is asked.

    Raises:
        EngineError: A language needs eSpeak NG, which is missing or does not answer.
    """
    by_language: dict[str, list[str]] = {}
    for line, language in lines:
        if language != ENGLISH:
            by_language.setdefault(language, []).append(line)
    for language, texts in by_language.items():
        from songwright.engines.local.singing.abroad.words import learn

        learn(texts, language)


@lru_cache(maxsize=4096)
def _pronounce_english(line: str) -> tuple[Word, ...]:
    """The words of a line of English.

    Symbols and emoji are passed over, numbers and abbreviations spelt out, stretched spellings
    ("soooo", "go-o-o") read as the word they stretch. Words without a vowel ("shh") are left out.
    """
    text = _prepare(line)
    if not text:
        return ()
    g2p = _g2p()
    words: list[Word] = []
    joined = False
    for token in g2p.phonemize_tokens(g2p.tokenize(text)):
        spelling = "".join(c for c in token.text if c.isalpha() or c == "'").strip("'") or ""
        letters = [c for c in spelling if c.isalpha()]
        if not letters:
            if words and token.text == "'" and joined and words[-1].spelling.endswith("in"):
                words[-1] = replace(words[-1], spelling=words[-1].spelling + "'")
            if words and any(c in ",.;:!?—…" for c in token.text):
                words[-1] = replace(words[-1], pause=True)
            continue
        phonemes = _SUNG.get(spelling.lower()) or "".join(
            c for c in token.phonemes or "" if c.isalpha() or c in STRESS_MARKS
        )
        if _WHISPERED.match(spelling) or not nuclei(phonemes, spelling):
            continue
        several = len(nuclei(phonemes, spelling)) > 1
        content = several or token.tag not in _FUNCTION_TAGS
        words.append(Word(_with_apostrophes(token.text), phonemes, content, pause=False))
        joined = not token.whitespace
    return tuple(words)


def forget_dictionary() -> None:
    """Let the dictionary go; lines that were pronounced stay known, and the next new one loads it again."""
    _g2p.cache_clear()


@cache
def _g2p() -> Any:
    from hibari.g2p import G2P

    return G2P()


def _with_apostrophes(text: str) -> str:
    return "".join(c for c in text if c.isalpha() or c == "'")


def _prepare(line: str) -> str:
    """Text that hibari reads as it is to be sung: words and punctuation, no digits, no symbols."""
    from hibari.g2p.normalize import normalize

    text = unicodedata.normalize("NFKC", line.replace("…", " … "))
    text = re.sub("[\u2018\u2019\u02bc\u00b4`]", "'", text).replace("...", "…").replace("<3", " ")
    text = re.sub(r"\b24/7\b", "twenty four seven", text)
    text = _DASHES.sub(", ", text)
    text = _STRETCHED_BY_HYPHENS.sub(lambda match: match[1] or match[2], text)
    for symbol, spoken in _SPOKEN_SYMBOLS.items():
        text = text.replace(symbol, spoken)
    text = "".join(c if _is_read(c) else " " for c in text)
    text = normalize(text)
    text = _NUMBER.sub(_spell_number, _MONEY.sub(_spell_money, text))
    text = _TITLE.sub(lambda match: _TITLES[match[1]], text)
    text = re.sub(r"(?<=\w)-(?=\w)|[-/$£€\"]", " ", text)
    capitals = [c.isupper() for c in text if c.isalpha()]
    if len(text.split()) > 2 and all(capitals):
        text = re.sub(r"\bi\b", "I", text.lower())
    return " ".join(_plain_spelling(word) for word in text.split())


def _is_read(character: str) -> bool:
    category = unicodedata.category(character)
    if category[0] == "L":
        return unicodedata.name(character, "").startswith("LATIN")
    return character == " " or character in _KEPT_SYMBOLS or character in "0123456789"


def _plain_spelling(word: str) -> str:
    """A word without stretched letters: "soooo" is "so", "freeee" is "free", "ooooh" is "ooh"."""
    core = word.strip(".,:;!?'…").lower()
    if re.fullmatch(r"o{2,}h*", core):
        return word.lower().replace(core, "ooh")
    if re.fullmatch(r"h?m{2,}", core):
        return word.lower().replace(core, "hmm" if core[0] == "h" else "mm")
    if not _RUN_OF_LETTERS.search(word) or (word.isupper() and len(core) < 4):
        return word
    lexicon = _g2p().lexicon
    single = _RUN_OF_LETTERS.sub(r"\1", word)
    double = _RUN_OF_LETTERS.sub(r"\1\1", word)
    for candidate in (single, double):
        plain = candidate.strip(".,:;!?'…").lower()
        if plain in lexicon.golds or plain in _SUNG or plain in lexicon.silvers:
            return candidate
    return double


def _spell_money(match: re.Match[str]) -> str:
    singular, plural = _CURRENCIES[match[1]]
    amount = int(match[2].replace(",", ""))
    words = f"{_cardinal(amount)} {singular if amount == 1 else plural}"
    return f"{words} {_cardinal(int(match[3]))}" if match[3] and int(match[3]) else words


def _spell_number(match: re.Match[str]) -> str:
    from hibari.g2p import numbers

    digits, decimals, suffix = match[1].replace(",", ""), match[2], match[3]
    if len(digits) > 15:
        return " ".join(numbers.ONES[int(digit)] for digit in digits)
    if decimals:
        return f" {_cardinal(int(digits))} point {' '.join(numbers.ONES[int(digit)] for digit in decimals)} "
    if suffix in ("st", "nd", "rd", "th"):
        spoken = str(numbers.ordinal(int(digits)))
    elif len(digits) == 4 and "," not in match[1]:
        spoken = str(numbers.year(int(digits)))
    elif digits[0] == "0" and len(digits) > 1:
        spoken = " ".join("oh" if digit == "0" else numbers.ONES[int(digit)] for digit in digits)
    else:
        spoken = _cardinal(int(digits))
    if suffix == "s":
        spoken = spoken[:-1] + "ies" if spoken.endswith("y") else spoken + "s"
    return f" {spoken} "


def _cardinal(number: int) -> str:
    from hibari.g2p import numbers

    return str(numbers.cardinal(number)).replace(",", "")
