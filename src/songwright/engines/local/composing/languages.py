"""Which language are the words in? Small words tell, since every line needs some."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache
from importlib.resources import files

from songwright.music.lyrics import parse_lyric

__all__ = ["foreign_language"]

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")
_OWN = "English"
_FEWEST_WORDS = 4
_FEWEST_DIFFERENT = 3
_LEAST_SHARE = 0.25
_LEAD = 1.5


@cache
def _small_words() -> dict[str, frozenset[str]]:
    source = files("songwright.engines.local") / "lexicon" / "languages.toml"
    tables: dict[str, list[str]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return {name: frozenset(words) for name, words in tables.items()}


def foreign_language(lyric: str) -> str | None:
    """The language of a lyric in Latin letters, where it is clearly another one than English.

    A quarter of the words must be small words of that language, and they must outnumber the English ones
    by half; three of them must differ, which "da da da" does not. A few words of another language, as many
    English songs have, do not count.

    Args:
        lyric: As requested, with section markers.

    Returns:
        Its English name, such as "Spanish"; None for English, for syllables and for what can't be told.
    """
    lines = " ".join(parse_lyric(lyric).lines).lower().replace("\u2019", "'")
    bare = "".join(c for c in unicodedata.normalize("NFKD", lines) if not unicodedata.combining(c))
    words = _WORD.findall(bare)
    if len(words) < _FEWEST_WORDS:
        return None
    hits = {name: sum(word in known for word in words) for name, known in _small_words().items()}
    english = hits.pop(_OWN)
    language = max(hits, key=hits.__getitem__)
    various = len(_small_words()[language] & set(words)) >= _FEWEST_DIFFERENT
    clear = hits[language] >= max(_LEAST_SHARE * len(words), _LEAD * english + 1)
    return language if various and clear else None
