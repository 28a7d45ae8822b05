"""The words of a line in another language, as the voice sings them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from songwright.engines.local.singing.abroad.espeak import Espeak, find_espeak, phonemes_of_lines
from songwright.engines.local.singing.abroad.sounds import sung_phonemes
from songwright.engines.local.singing.abroad.tongues import TONGUES
from songwright.engines.local.singing.phonology import MAIN_STRESS, STRESS_MARKS, VOWELS
from songwright.engines.local.singing.word import Word
from songwright.errors import EngineError

__all__ = ["learn", "pronounce_abroad"]

_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`]")
_TOKEN = re.compile(r"[^\W_]+(?:['-][^\W_]+)*'?")
_PAUSE = re.compile(r"[,.;:!?\u2026\u2014]")
_MOST_KNOWN = 4096
(_SECOND_STRESS,) = STRESS_MARKS - {MAIN_STRESS}
_SMALL_WORD_LETTERS = 3

_known: dict[tuple[str, str], tuple[Word, ...]] = {}


def pronounce_abroad(line: str, language: str) -> tuple[Word, ...]:
    """The words of a line.

    Args:
        line: As written; symbols and emoji are passed over.
        language: ISO 639-1 code of a language that is sung.

    Returns:
        Its words, spelt as written. A word without a vowel, such as the Polish "z", leans on the next.

    Raises:
        EngineError: eSpeak NG is missing or does not answer.
    """
    if (line, language) not in _known:
        learn([line], language)
    return _known[line, language]


def learn(lines: Iterable[str], language: str) -> None:
    """Ask for the words of many lines at once: a process for all is far cheaper than one for each.

    Raises:
        EngineError: eSpeak NG is missing or does not answer.
    """
    new = [line for line in dict.fromkeys(lines) if (line, language) not in _known]
    if not new:
        return
    if len(_known) + len(new) > _MOST_KNOWN:
        _known.clear()
    tokens = {line: _tokens(line) for line in new}
    asked = [line for line in new if tokens[line]]
    spoken = _phonemes({line: [_spoken(word) for word, _ in tokens[line]] for line in asked}, language)
    for line in new:
        _known[line, language] = _words(tokens[line], spoken.get(line, []), language)


def _tokens(line: str) -> list[tuple[str, bool]]:
    """Each word as written, and whether a pause follows it."""
    text = _APOSTROPHES.sub("'", unicodedata.normalize("NFC", line))
    matches = list(_TOKEN.finditer(text))
    ends = [*(match.start() for match in matches[1:]), len(text)]
    return [
        (match[0], bool(_PAUSE.search(text[match.end() : end])))
        for match, end in zip(matches, ends, strict=True)
    ]


def _spoken(word: str) -> str:
    return word.replace("-", "").lower() if word.isupper() and len(word) > 1 else word.replace("-", "")


def _phonemes(lines: dict[str, list[str]], language: str) -> dict[str, list[str]]:
    """For each line the phonemes of its words: those said in the line, else those said alone."""
    espeak = _espeak()
    voice = TONGUES[language].voice
    answers = phonemes_of_lines([" ".join(words) for words in lines.values()], voice, espeak)
    found = {line: answer.split() for line, answer in zip(lines, answers, strict=True)}
    # A number is said in several words, and some pairs of words in one.
    apart = [line for line in lines if len(found[line]) != len(lines[line])]
    alone = list(dict.fromkeys(word for line in apart for word in lines[line]))
    said = dict(zip(alone, phonemes_of_lines(alone, voice, espeak), strict=True))
    for line in apart:
        found[line] = [_alone(word, said[word]) for word in lines[line]]
    return found


def _alone(word: str, answer: str) -> str:
    """A word's phonemes; short ones, which a line would not stress, lose the stress of what is said alone."""
    phonemes = "_".join(answer.split())
    return phonemes.replace(MAIN_STRESS, "") if len(word) <= _SMALL_WORD_LETTERS else phonemes


def _espeak() -> Espeak:
    espeak = find_espeak()
    if espeak is None:
        raise EngineError(
            "eSpeak NG, which knows how the words are pronounced, is not installed any more; run "
            '`pip install "songwright[languages]"`',
            retryable=False,
        )
    return espeak


def _words(tokens: Sequence[tuple[str, bool]], phonemes: Sequence[str], language: str) -> tuple[Word, ...]:
    words: list[Word] = []
    leaning: list[tuple[str, str]] = []
    for (spelling, pause), ipa in zip(tokens, phonemes, strict=True):
        sounds = sung_phonemes(ipa, language)
        if not any(sound in VOWELS for sound in sounds):
            if sounds:
                leaning.append((spelling, "".join(c for c in sounds if c not in STRESS_MARKS)))
            continue
        sounds = _with_main_stress(sounds)
        before = "".join(lent for _, lent in leaning)
        spelt = " ".join([*(lent for lent, _ in leaning), spelling])
        leaning.clear()
        words.append(Word(spelt, before + sounds, MAIN_STRESS in sounds, pause, language))
    return tuple(words)


def _with_main_stress(sounds: str) -> str:
    """A word of several syllables has one that is stressed, though a line may weaken it."""
    several = sum(sound in VOWELS for sound in sounds) > 1
    at = sounds.rfind(_SECOND_STRESS)
    if not several or MAIN_STRESS in sounds or at < 0:
        return sounds
    return sounds[:at] + MAIN_STRESS + sounds[at + 1 :]
