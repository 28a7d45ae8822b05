"""The sounds of hibari's alphabet, and which consonants belong to which vowel when a line is sung."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["MAIN_STRESS", "STRESS_MARKS", "VOWELS", "clusters_of", "nuclei", "onset_length"]

VOWELS = frozenset("AIOQWYaeiouyæɐɑɒɔəɚɛɜɨɪʊʌᵊᵻ")
"""The vowels; a capital letter is a diphthong."""

MAIN_STRESS = "ˈ"
STRESS_MARKS = frozenset({MAIN_STRESS, "ˌ"})
"""Main and secondary stress; a mark stands right before its vowel."""

_ONE_SYLLABLE_R = re.compile(r"(?:ire[sd]?|our[s]?|oir[s]?)(?:'\w+)?$")

# Clusters that may begin an English syllable (Harris, English Sound Structure, 1994, chapter 2), in
# hibari's alphabet; every single consonant but ŋ may.
_CLUSTERS = frozenset(
    {
        "pl", "pɹ", "pj", "bl", "bɹ", "bj", "tɹ", "tw", "tj", "dɹ", "dw", "dj", "kl", "kɹ", "kw", "kj",
        "ɡl", "ɡɹ", "ɡw", "fl", "fɹ", "fj", "vj", "θɹ", "θw", "ʃɹ", "hj", "mj", "nj", "sp", "st", "sk",
        "sm", "sn", "sl", "sw", "sf", "spl", "spɹ", "spj", "stɹ", "stj", "skl", "skɹ", "skw", "skj",
    }
)  # fmt: skip
_STOPS, _LIQUIDS, _GLIDES = "pbtdkɡfv", "lɹ", "jw"
_OPEN_CLUSTERS = frozenset(
    {stop + liquid for stop in _STOPS for liquid in _LIQUIDS} - {"tl", "dl"}
    | {consonant + glide for consonant in _STOPS + "szʃʒʧʤmnlɹhθð" for glide in _GLIDES}
    | {stop + liquid + glide for stop in _STOPS for liquid in _LIQUIDS for glide in _GLIDES}
)
# What languages add to these that part no hiss from the consonant behind it: Italian "fi-ne-stra".
_HISSING_CLUSTERS = frozenset(
    {hiss + other for hiss in "sʃ" for other in "ptkfmnlv"}
    | {hiss + stop + "ɹ" for hiss in "sʃ" for stop in "ptk"}
    | {"ts", "dz", "pf", "kn", "ɡn", "zv", "zb", "zd", "zɡ", "zm", "spl", "skw", "tsv"}
)
_HISSING = frozenset({"it", "de", "sv", "pl"})


def clusters_of(language: str) -> frozenset[str]:
    """Groups of consonants that may begin a syllable of a language; every single consonant but ŋ may.

    Args:
        language: ISO 639-1 code.
    """
    if language == "en":
        return _CLUSTERS
    return _OPEN_CLUSTERS | _HISSING_CLUSTERS if language in _HISSING else _OPEN_CLUSTERS


def onset_length(consonants: Sequence[str], language: str = "en") -> int:
    """How many of the consonants between two vowels of a word begin the second syllable.

    As many as may begin a word: sung vowels stay open as long as they can.
    """
    for taken in range(min(3, len(consonants)), 1, -1):
        if "".join(consonants[-taken:]) in clusters_of(language):
            return taken
    return 1 if consonants and consonants[-1] != "ŋ" else 0


def nuclei(phonemes: str, spelling: str) -> tuple[int, ...]:
    """The positions in ``phonemes`` that are centres of sung syllables.

    Two neighbouring vowels are two syllables, save where singers glide: "yeah", and the r-coloured
    ending of words spelt with one syllable such as "fire" and "hour".
    """
    found: list[int] = []
    for position, sound in enumerate(phonemes):
        if sound not in VOWELS:
            continue
        before = phonemes[position - 1] if position else ""
        glides = sound == "ə" and (
            before == "ɛ" or (before in ("I", "W") and bool(_ONE_SYLLABLE_R.search(spelling.lower())))
        )
        if not glides:
            found.append(position)
    return tuple(found)
