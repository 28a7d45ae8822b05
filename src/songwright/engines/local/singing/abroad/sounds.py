"""The sounds of other languages, each as the sound nearest to it that the voice has learnt.

They stand in ``lexicon/sounds.toml``.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from itertools import zip_longest

from songwright.engines.local.singing.phonology import STRESS_MARKS, VOWELS

__all__ = ["sounds_of", "sung_phonemes"]

_LANGUAGE_SWITCH = re.compile(r"\([a-z-]+\)")
_LONGEST_KEY = 4
_NASALS = frozenset("mnŋ")
_LENGTH_MARK = "\u02d0"
_ELISION = "-"
# German says it as a vowel so short that singers leave it out.
_WITHOUT_R_BEHIND_VOWELS = frozenset({"de"})
_R_BEHIND_A_VOWEL = re.compile(
    f"(?<=[{''.join(sorted(VOWELS))}])ɹ(?![{''.join(sorted(STRESS_MARKS | VOWELS))}])"
)


def sung_phonemes(ipa: str, language: str) -> str:
    """A word of another language in the voice's own alphabet.

    Args:
        ipa: As eSpeak NG writes it, the sounds parted by underscores.
        language: ISO 639-1 code.

    Returns:
        Sounds of ``phonology``, every vowel letter the centre of a syllable and every stress mark right
        before its vowel; "" where there is nothing to sing.
    """
    table = sounds_of(language)
    sounds: list[str] = []
    segments = [segment for segment in _LANGUAGE_SWITCH.sub("", ipa).split("_") if segment]
    for segment, following in zip_longest(segments, segments[1:], fillvalue=""):
        stress = next((mark for mark in segment if mark in STRESS_MARKS), "")
        bare = "".join(c for c in segment if c not in STRESS_MARKS and c not in (_LENGTH_MARK, _ELISION))
        if bare == "y" and _letters(following.lstrip("ˈˌ"), table)[:1] in VOWELS:
            bare = "ɥ"
        made = _letters(bare, table)
        vowel = next((index for index, sound in enumerate(made) if sound in VOWELS), None)
        if stress and vowel is not None:
            made = made[:vowel] + stress + made[vowel:]
        sounds.extend(made)
    word = "".join(_smoothed(sounds))
    return _R_BEHIND_A_VOWEL.sub("", word) if language in _WITHOUT_R_BEHIND_VOWELS else word


@cache
def sounds_of(language: str) -> dict[str, str]:
    """For each sound of a language, as eSpeak NG writes it, the voice's; "" for one that is passed over."""
    source = files("songwright.engines.local") / "lexicon" / "sounds.toml"
    tables: dict[str, dict[str, str]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return tables["common"] | tables.get(language, {})


def _letters(segment: str, table: dict[str, str]) -> str:
    made, at = "", 0
    while at < len(segment):
        for length in range(_LONGEST_KEY, 0, -1):
            key = segment[at : at + length]
            if key in table:
                made += table[key]
                at += len(key)
                break
        else:
            at += 1
    return made


def _smoothed(sounds: list[str]) -> list[str]:
    """Neighbours made to fit: one consonant for two alike, one nasal for two, nasals as they are said."""
    smooth: list[str] = []
    for index, sound in enumerate(sounds):
        following = next((each for each in sounds[index + 1 :] if each not in STRESS_MARKS), "")
        if sound not in VOWELS and sound not in STRESS_MARKS:
            if sound == following or (sound == "n" and following in _NASALS):
                continue
            if sound == "ŋ" and following in ("t", "d", "s", "z", "ʧ", "ʤ", "l"):
                sound = "n"  # noqa: PLW2901 - the sound as it is said here
            if sound in "jw" and not following and smooth and smooth[-1] not in VOWELS:
                # At a word's end a glide has lost the vowel that it leant on.
                sound = "i" if sound == "j" else "u"  # noqa: PLW2901
        smooth.append(sound)
    return smooth
