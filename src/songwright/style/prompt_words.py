"""Reading a prompt: which of its words mean something musical, and what."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from songwright.music.score import TimeSignature
from songwright.style.genre import genre_names, load_genre
from songwright.style.prompt_figures import MODES, read_figures
from songwright.style.wishes import Era, Mood, Wishes

__all__ = ["lexicon", "read_prompt"]

_TOKEN = re.compile(
    r"y2k\b|\d+th\b|\d+/\d+|\d+(?:[.:]\d+)?s?\b|[a-z]+(?:'[a-z]+)?(?:[#\u266f\u266d](?![a-z]))?|\d+|[,;.!?|]"
)
_DECADE = re.compile(r"(\d0)'s\b")
_BREAKS = frozenset(",;.!?|")
_LONGEST_PHRASE = 4
_NEGATORS = frozenset({"no", "without", "minus", "not", "skip", "avoid", "excluding", "except"})
_LINKS = frozenset({"with", "featuring", "feat", "plus"})
_JOINERS = frozenset({"and", "or", "nor", "any", "a", "the"})
_METER_WORDS = {
    "waltz": TimeSignature(3, 4), "waltz time": TimeSignature(3, 4), "three four": TimeSignature(3, 4),
    "four four": TimeSignature(4, 4), "common time": TimeSignature(4, 4), "six eight": TimeSignature(6, 8),
    "five four": TimeSignature(5, 4), "jig": TimeSignature(6, 8),
}  # fmt: skip


def read_prompt(prompt: str) -> Wishes:
    """Read a prompt's wishes; every word is either understood, a filler, a topic or not understood."""
    wishes = Wishes()
    text = unicodedata.normalize("NFKC", prompt).replace("\u2019", "'")
    text = read_figures(text, wishes)
    # Sharps and flats are signs of their own; what is left are accents, which English does without.
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _DECADE.sub(r"\1s", text)
    words = _TOKEN.findall(text.lower().replace("-", " ").replace("&", " and "))
    _read_words(words, wishes)
    return wishes


@cache
def lexicon() -> dict[str, Any]:
    """The tables of ``lexicon/prompt.toml``."""
    source = files("songwright.style") / "lexicon" / "prompt.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


_Polarity = Literal["wanted", "unwanted"]
_Reader = Callable[[str, _Polarity, Wishes], bool]


def _read_words(words: list[str], wishes: Wishes) -> None:
    fillers = frozenset(lexicon()["fillers"]["words"])
    subjects = frozenset(word for words in lexicon()["themes"].values() for word in words)
    polarity: _Polarity = "wanted"
    about = False
    named: list[list[str]] = [[]]
    index = 0
    while index < len(words):
        word = words[index]
        if word in _BREAKS or word in _LINKS:
            polarity, about = "wanted", False
            named.append([])
            index += 1
            continue
        taken = _read_phrase(words, index, polarity, wishes, named[-1], about=about)
        if taken:
            index += taken
            # "no drums or piano" declines both; "no drums with piano" doesn't.
            following = words[index] if index < len(words) else ""
            if following not in _JOINERS:
                polarity = "wanted"
            continue
        if word in _NEGATORS:
            polarity, about = "unwanted", False
        elif word == "about":
            about = True
        elif word not in fillers and not word.isdigit():
            (wishes.topics if about or word in subjects else wishes.not_understood).append(word)
        index += 1
    # English puts the head of a phrase last: "folk rock" is a kind of rock. What follows colours it.
    for group in named:
        wishes.genres += [name for name in reversed(group) if name not in wishes.genres]


def _read_phrase(
    words: list[str], index: int, polarity: _Polarity, wishes: Wishes, named: list[str], *, about: bool
) -> int:
    """Read the longest phrase that begins here; the number of words it took, 0 for none.

    After "about", a single word is what the song is about, whatever else it may mean.
    """
    for length in range(min(_LONGEST_PHRASE, len(words) - index), 0, -1):
        phrase = " ".join(words[index : index + length])
        for spelling in _spellings(phrase):
            if about and length == 1 and spelling not in lexicon()["voices"]:
                continue
            genre = _genre_words().get(spelling) if polarity == "wanted" else None
            if any(read(spelling, polarity, wishes) for read in _READERS):
                if genre is not None:
                    wishes.hinted.append(genre)
                return length
            if genre is not None:
                named.append(genre)
                wishes.understand(f"genre {load_genre(genre).title}")
                return length
    return 0


def _spellings(phrase: str) -> Iterator[str]:
    yield phrase
    if phrase.endswith("s") and len(phrase) > 4:
        yield phrase[:-1]
    if phrase.endswith("ly"):
        yield phrase[:-2]


@cache
def _genre_words() -> dict[str, str]:
    table: dict[str, str] = {}
    for name in genre_names():
        genre = load_genre(name)
        for word in (*genre.words, genre.title, name.replace("_", " ")):
            table.setdefault(" ".join(word.lower().replace("-", " ").replace("&", "and").split()), name)
    return table


def _mood(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    row = lexicon()["moods"].get(phrase)
    if row is None:
        return False
    sign = -1.0 if polarity == "unwanted" else 1.0
    wishes.moods.append(Mood(phrase, sign * row[0], row[1] if sign > 0 else 1.0 - row[1]))
    wishes.understand(f"mood {phrase}" if sign > 0 else f"not {phrase}")
    if phrase in lexicon()["paces"] and sign > 0 and wishes.tempo_place is None:
        wishes.tempo_place = lexicon()["paces"][phrase]
    return True


def _pace(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    tables = lexicon()
    if phrase in tables["tempos"] and polarity == "wanted":
        if wishes.tempo_bpm is None:
            wishes.tempo_bpm = float(tables["tempos"][phrase])
        wishes.understand(f"tempo {phrase}")
        return True
    place = tables["paces"].get(phrase)
    if place is None:
        return False
    wishes.tempo_place = place if polarity == "wanted" else 1.0 - place
    wishes.understand(f"tempo {phrase}" if polarity == "wanted" else f"not {phrase}")
    return True


def _instrument(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    names = lexicon()["instruments"].get(phrase)
    if names is None:
        return False
    if polarity == "unwanted":
        wishes.unwanted += [name for name in names if name not in wishes.unwanted]
        if phrase == "bass":
            wishes.unwanted_bass = True
        wishes.understand(f"no {phrase}")
    else:
        wishes.wanted.append(tuple(names))
        wishes.understand(f"with {phrase}")
    return True


def _kit(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    if phrase == "drumless":
        wishes.unwanted_kit = True
        wishes.understand("no drums")
        return True
    kits = lexicon()["kits"].get(phrase)
    if kits is None:
        return False
    if polarity == "unwanted":
        if not kits or len(phrase.split()) == 1:
            wishes.unwanted_kit = True
        wishes.unwanted += kits
        wishes.understand(f"no {phrase}")
    else:
        wishes.wants_kit = True
        if kits:
            wishes.kit = kits[0]
        wishes.understand(f"with {phrase}")
    return True


def _voice(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    voice = lexicon()["voices"].get(phrase)
    if voice is None or polarity == "unwanted":
        return False
    if wishes.voice in (None, voice):
        wishes.voice = voice
        wishes.understand(phrase if " " in phrase else f"{phrase} voice")
    else:
        wishes.not_understood.append(phrase)
        wishes.notes.append("one lead voice; the first one named")
    return True


def _singing(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    table = lexicon()["instrumental"]
    if phrase not in table and not (polarity == "unwanted" and f"no {phrase}" in table):
        return False
    wishes.instrumental = True
    wishes.understand("instrumental")
    return True


def _era(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    for name, facts in lexicon()["eras"].items():
        if phrase in facts["words"] and polarity == "wanted":
            tables = lexicon()["instruments"]
            played = tuple(tables[word][0] for word in facts["wanted"])
            wishes.era = Era(name, facts["genre"], played, facts["kit"])
            wishes.understand(f"era {name}")
            return True
    return False


def _language(phrase: str, _polarity: _Polarity, wishes: Wishes) -> bool:
    languages = lexicon()["languages"]
    if phrase in languages["sung"]:
        wishes.understand("sung in English")
        return True
    if phrase in languages["unsung"]:
        wishes.languages.append(phrase)
        return True
    return False


def _form(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    meter = _METER_WORDS.get(phrase)
    if meter is not None and polarity == "wanted":
        if wishes.meter in (None, meter):
            wishes.meter = meter
            wishes.understand(f"time signature {meter}")
        else:
            wishes.notes.append(f"time signature {wishes.meter}, the one given in figures")
        return True
    if phrase in ("swing", "swung", "shuffle", "swinging", "shuffled"):
        wishes.swing = 0.0 if polarity == "unwanted" else 0.75
        wishes.understand("swing" if polarity == "wanted" else "no swing")
        return True
    mode = MODES.get(phrase) if len(phrase) > 3 else None
    if mode is not None and polarity == "wanted":
        if wishes.mode is None:
            wishes.mode = mode
        wishes.understand(f"{mode} mode")
        return True
    return False


_READERS: tuple[_Reader, ...] = (
    _singing, _instrument, _kit, _voice, _era, _mood, _pace, _form, _language,
)  # fmt: skip
