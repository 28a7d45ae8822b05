"""Which letters of a word belong to which of its syllables, as lyrics are written under notes.

Letters are aligned with sounds by least cost; words are then divided by the habits of engraved vocal
music: between doubled consonants (lit-tle), before "-ing" (shin-ing), after the consonant that closes a
stressed short vowel (riv-er), else before the consonant (o-ver). The last two habits but one are English.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from songwright.engines.local.singing.phonology import STRESS_MARKS, VOWELS, onset_length
from songwright.engines.local.singing.word import Word
from songwright.music.lyrics import ENGLISH

__all__ = ["split_spelling"]

_VOWEL_LETTERS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ")
_LETTERS_OF: dict[str, str] = {
    "b": "b", "p": "p", "t": "td", "T": "td", "d": "d", "k": "kcqxh", "ɡ": "gx", "f": "fpg", "v": "vf",
    "s": "scxzç", "z": "szx", "ʃ": "stc", "ʒ": "szgj", "ʧ": "ct", "ʤ": "jgd", "h": "hwj", "m": "m",
    "n": "nkgñ", "ŋ": "n", "l": "l", "ɹ": "rw", "w": "wuo", "j": "yuieñ", "θ": "t", "ð": "t",
}  # fmt: skip
_LETTERS_ABROAD: dict[str, str] = {
    "b": "bpvw", "p": "pb", "t": "tdz", "d": "dt", "k": "kcqxgh", "ɡ": "gx", "f": "fvpw", "v": "vfw",
    "s": "scxzß", "z": "szx", "ʃ": "scxjgz", "ʒ": "szgjr", "ʧ": "ctz", "ʤ": "jgdc", "h": "hjgxc", "m": "m",
    "n": "nmgao", "ŋ": "nm", "l": "lłg", "ɹ": "r", "w": "wuołv", "j": "jyilgn", "θ": "zcs", "ð": "d",
}  # fmt: skip
_UNDIVIDED: dict[str, frozenset[str]] = {
    "es": frozenset({"ll", "rr", "ch"}), "it": frozenset({"gn", "gl", "ch"}),
    "pt": frozenset({"nh", "lh", "ch"}), "fr": frozenset({"gn", "ch", "ph", "th"}),
    "de": frozenset({"ch"}),
    "pl": frozenset({"sz", "cz", "rz", "ch"}), "id": frozenset({"ny", "sy", "kh"}),
}  # fmt: skip
_DOTLESS_I = "\u0131"
_SHORT_VOWELS = frozenset("æɛɪʌʊɑ")
_DIGRAPHS = frozenset({"th", "sh", "ch", "ph", "gh", "wh"})
_MISMATCH = 3.0


def split_spelling(word: Word, centres: tuple[int, ...]) -> tuple[str, ...]:
    """Divide a word's letters among its syllables.

    Args:
        word: Its spelling is not empty.
        centres: Positions of the syllables' vowels in its phonemes, ascending, not empty.

    Returns:
        One text for each centre, none empty; joined they are the spelling, unless it has fewer letters
        than syllables ("W"), when hyphens stand for the rest.
    """
    spelling, phonemes = word.spelling, word.phonemes
    count = len(centres)
    if count == 1:
        return (spelling,)
    if len(spelling) <= count:
        return tuple(spelling[k] if k < len(spelling) else "-" for k in range(count))
    lower = spelling.lower()
    if len(lower) != len(spelling):
        lower = spelling
    if word.language != ENGLISH:
        lower = "".join("i" if c == _DOTLESS_I else unicodedata.normalize("NFD", c)[0] for c in lower)
    english = word.language == ENGLISH
    letter_of = _align(lower, phonemes, _LETTERS_OF if english else _LETTERS_ABROAD)
    cuts: list[int] = []
    for k in range(1, count):
        if english:
            cut = _cut(lower, phonemes, letter_of, centres[k - 1], centres[k], is_last=k == count - 1)
        else:
            cut = _cut_abroad(word, lower, letter_of, centres[k - 1], centres[k])
        low = (cuts[-1] if cuts else 0) + 1
        cuts.append(min(max(cut, low), len(spelling) - (count - k)))
    return tuple(spelling[a:b] for a, b in zip([0, *cuts], [*cuts, len(spelling)], strict=True))


def _cut(
    letters: str, phonemes: str, letter_of: list[int], centre: int, following: int, *, is_last: bool
) -> int:
    """Index of the first letter of the syllable around ``following``."""
    between = [i for i in range(centre + 1, following) if phonemes[i] not in STRESS_MARKS]
    next_vowel = letter_of[following]
    if not between:
        return next_vowel
    start, end = letter_of[between[0]], next_vowel
    if letters[end - 1 : end + 1] in _DIGRAPHS:
        end += 1
    for i in range(start, end - 1):
        if letters[i] == letters[i + 1] and letters[i] not in _VOWEL_LETTERS:
            return i + 1
    if is_last and letters.endswith("ing") and next_vowel == len(letters) - 3:
        return len(letters) - 5 if letters.endswith("thing") and len(letters) > 7 else next_vowel
    stressed = centre > 0 and phonemes[centre - 1] in STRESS_MARKS
    next_stressed = phonemes[following - 1] in STRESS_MARKS
    closes = (stressed and phonemes[centre] in _SHORT_VOWELS) or (
        letters[letter_of[centre] : start + 1] == "or" and next_stressed
    )
    if len(between) == 1:
        return end if closes or letters[start:end] in ("ck", "x") else start
    taken = onset_length([phonemes[i] for i in between])
    if closes:
        taken = min(taken, len(between) - 1)
    if taken == 0:
        return end
    cut = letter_of[between[-taken]]
    if letters[cut - 1 : cut + 1] == "er" and letters[cut - 1] not in letters[start : start + 1]:
        cut -= 1
    if letters[cut - 1] == "'":
        cut -= 1
    return cut


def _cut_abroad(word: Word, letters: str, letter_of: list[int], centre: int, following: int) -> int:
    """The same for other languages: as many consonants as may begin a word, one of two that are doubled."""
    between = [i for i in range(centre + 1, following) if word.phonemes[i] not in STRESS_MARKS]
    start, end = letter_of[centre] + 1, letter_of[following]
    if "-" in letters[start:end]:
        return letters.rindex("-", start, end) + 1
    taken = onset_length([word.phonemes[i] for i in between], word.language)
    cut = letter_of[between[-taken]] if taken else end
    if letters[cut - 1 : cut + 1] in _UNDIVIDED.get(word.language, ()):
        return cut - 1
    if letters[cut : cut + 2] in _UNDIVIDED.get(word.language, ()):
        # German "möch-te": such a pair does not begin a syllable with another consonant.
        return cut + 2 if letters[cut + 2 : cut + 3] == "t" else cut
    # Of "gatto" the aligner may have taken either t.
    doubled = cut + 1 < end and letters[cut] == letters[cut + 1] and letters[cut] not in _VOWEL_LETTERS
    return cut + 1 if doubled else cut


def _align(letters: str, phonemes: str, letters_of: Mapping[str, str]) -> list[int]:
    """For each sound, the index of the letter that spells it, or of the next letter where none does."""
    rows, columns = len(letters) + 1, len(phonemes) + 1
    cost = [[0.0] * columns for _ in range(rows)]
    move = [[""] * columns for _ in range(rows)]
    for i in range(rows):
        for j in range(columns):
            if i == 0 and j == 0:
                continue
            options: list[tuple[float, str]] = []
            if i and j:
                options.append(
                    (cost[i - 1][j - 1] + _pair_cost(letters[i - 1], phonemes[j - 1], letters_of), "pair")
                )
            if i:
                options.append((cost[i - 1][j] + _silent_cost(letters, i - 1), "silent"))
            if j:
                options.append((cost[i][j - 1] + _unspelt_cost(phonemes[j - 1]), "unspelt"))
            cost[i][j], move[i][j] = min(options, key=lambda option: option[0])
    letter_of = [0] * len(phonemes)
    i, j = len(letters), len(phonemes)
    while i or j:
        match move[i][j]:
            case "pair":
                i, j = i - 1, j - 1
                letter_of[j] = i
            case "silent":
                i -= 1
            case _:
                j -= 1
                letter_of[j] = min(i, len(letters) - 1)
    return letter_of


def _pair_cost(letter: str, sound: str, letters_of: Mapping[str, str]) -> float:
    if sound in VOWELS:
        if letter in _VOWEL_LETTERS:
            return 0.0
        return 1.0 if letter == "w" else _MISMATCH
    return 0.0 if letter in letters_of.get(sound, "") else _MISMATCH


def _silent_cost(letters: str, index: int) -> float:
    letter = letters[index]
    if letter == "'":
        return 0.0
    if letter in _VOWEL_LETTERS:
        # The first letter of a group of vowels spells the sound: cheaper to be silent further in.
        return 0.3 if index and letters[index - 1] in _VOWEL_LETTERS else 0.5
    if index and letters[index - 1] == letter:
        return 0.2
    return 0.4 if letter in "hgwk" else 0.7


def _unspelt_cost(sound: str) -> float:
    if sound in STRESS_MARKS:
        return 0.0
    if sound in "ᵊəj":
        return 0.6
    return 1.2
