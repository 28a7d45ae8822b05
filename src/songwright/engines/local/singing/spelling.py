"""Which letters of a word belong to which of its syllables, as lyrics are written under notes.

Letters are aligned with sounds by least cost; words are then divided by the habits of engraved vocal
music: between doubled consonants (lit-tle), before "-ing" (shin-ing), after the consonant that closes a
stressed short vowel (riv-er), else before the consonant (o-ver).
"""

from __future__ import annotations

from songwright.engines.local.singing.phonology import STRESS_MARKS, VOWELS, onset_length

__all__ = ["split_spelling"]

_VOWEL_LETTERS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿœ")
_LETTERS_OF: dict[str, str] = {
    "b": "b", "p": "p", "t": "td", "T": "td", "d": "d", "k": "kcqxh", "ɡ": "gx", "f": "fpg", "v": "vf",
    "s": "scxzç", "z": "szx", "ʃ": "stc", "ʒ": "szgj", "ʧ": "ct", "ʤ": "jgd", "h": "hwj", "m": "m",
    "n": "nkgñ", "ŋ": "n", "l": "l", "ɹ": "rw", "w": "wuo", "j": "yuieñ", "θ": "t", "ð": "t",
}  # fmt: skip
_SHORT_VOWELS = frozenset("æɛɪʌʊɑ")
_DIGRAPHS = frozenset({"th", "sh", "ch", "ph", "gh", "wh"})
_MISMATCH = 3.0


def split_spelling(spelling: str, phonemes: str, centres: tuple[int, ...]) -> tuple[str, ...]:
    """Divide a word's letters among its syllables.

    Args:
        spelling: Letters and apostrophes, not empty.
        phonemes: The word's sounds, with stress marks.
        centres: Positions of the syllables' vowels in ``phonemes``, ascending, not empty.

    Returns:
        One text for each centre, none empty; joined they are the spelling, unless it has fewer letters
        than syllables ("W"), when hyphens stand for the rest.
    """
    count = len(centres)
    if count == 1:
        return (spelling,)
    if len(spelling) <= count:
        return tuple(spelling[k] if k < len(spelling) else "-" for k in range(count))
    lower = spelling.lower()
    if len(lower) != len(spelling):
        lower = spelling
    letter_of = _align(lower, phonemes)
    cuts: list[int] = []
    for k in range(1, count):
        cut = _cut(lower, phonemes, letter_of, centres[k - 1], centres[k], is_last=k == count - 1)
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


def _align(letters: str, phonemes: str) -> list[int]:
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
                options.append((cost[i - 1][j - 1] + _pair_cost(letters[i - 1], phonemes[j - 1]), "pair"))
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


def _pair_cost(letter: str, sound: str) -> float:
    if sound in VOWELS:
        if letter in _VOWEL_LETTERS:
            return 0.0
        return 1.0 if letter == "w" else _MISMATCH
    return 0.0 if letter in _LETTERS_OF.get(sound, "") else _MISMATCH


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
