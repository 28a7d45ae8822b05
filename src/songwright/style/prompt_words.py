"""Reading a prompt: which of its words mean something musical, and what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from typing import Literal

from songwright.music.figures import MODES
from songwright.music.score import TimeSignature
from songwright.style.artists import read_artists
from songwright.style.ending_words import read_endings
from songwright.style.genre import load_genre
from songwright.style.lexicon_tables import lexicon
from songwright.style.named_styles import Style, qualities, styles
from songwright.style.place_words import read_places
from songwright.style.players_words import read_players
from songwright.style.prompt_chords import read_chords
from songwright.style.prompt_figures import read_figures
from songwright.style.translation import in_english
from songwright.style.unplayed_words import read_unplayed
from songwright.style.wishes import Era, Mood, Wishes

__all__ = ["read_prompt"]

_TOKEN = re.compile(
    r"y2k\b|\d+th\b|\d+/\d+|\d+(?:[.:]\d+)?s?\b|[a-z]+(?:'[a-z]+)?(?:[#\u266f\u266d](?![a-z]))?|\d+|[,;.!?|]"
)
_DECADE = re.compile(r"(\d0)'s\b")
_BREAKS = frozenset(",;.!?|")
_LONGEST_PHRASE = 4
_SHORTEST_MISSPELT = 7
_UNHURRIED = 0.2
_UNDRAGGED = 0.7
_NEGATORS = frozenset({"no", "without", "minus", "not", "skip", "avoid", "excluding", "except", "never"})
# They stand in the names of styles, and are everyday words elsewhere.
_FOREIGN_TITLES = frozenset({"de", "son", "musette", "rumba", "forro", "chanson", "la"})
_LINKS = frozenset({"with", "featuring", "feat", "plus"})
_CLOSERS = frozenset({"and", "or", "nor"})
_DEGREES = frozenset({"any", "a", "an", "the", "too", "very", "so", "really", "overly", "more", "much"})
_FRESH_STARTS = frozenset({"just", "only", "with", "but"})
_RELATIVES = frozenset({"who", "whose", "that", "which"})
_REGISTERS = frozenset({"alto", "tenor", "soprano", "baritone", "contralto", "bass"})
_PEOPLE = frozenset({"man", "woman"})
# "Jazz club" says where jazz is played, and names no second style.
_PLACES = frozenset({"club", "lounge", "garage", "tavern", "rave", "party music"})
_VIBES_PLAYED_AFTER = frozenset({"with", "featuring", "feat", "plus", "jazz", "and"})
_DECLINED_SINGING = frozenset({"vocals", "vocal", "voice", "singing", "singer", "lyrics", "words"})
_METER_WORDS = {
    "waltz": TimeSignature(3, 4), "waltz time": TimeSignature(3, 4), "three four": TimeSignature(3, 4),
    "four four": TimeSignature(4, 4), "common time": TimeSignature(4, 4), "six eight": TimeSignature(6, 8),
    "five four": TimeSignature(5, 4), "jig": TimeSignature(6, 8),
}  # fmt: skip


def read_prompt(prompt: str) -> Wishes:
    """Read a prompt's wishes; every word is either understood, a filler, a topic or not understood."""
    wishes = Wishes()
    text = unicodedata.normalize("NFKC", prompt).replace("\u2019", "'")
    text = read_chords(text, wishes)
    text = read_artists(in_english(text, _english_words()), wishes)
    for read in (read_unplayed, read_places, read_players, read_endings, read_figures):
        text = read(text, wishes)
    # Sharps and flats are signs of their own; what is left are accents, which English does without.
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    text = _DECADE.sub(r"\1s", text)
    words = _TOKEN.findall(text.lower().replace("-", " ").replace("&", " and "))
    _read_words(words, wishes)
    return wishes


_Polarity = Literal["wanted", "unwanted"]
_Reader = Callable[[str, _Polarity, Wishes], bool]


def _read_words(words: list[str], wishes: Wishes) -> None:
    fillers = frozenset(lexicon()["fillers"]["words"])
    subjects = frozenset(word for words in lexicon()["themes"].values() for word in words)
    declined = 0
    about = False
    named: list[list[Style]] = [[]]
    index = 0
    while index < len(words):
        word = words[index]
        polarity: _Polarity = "unwanted" if index < declined else "wanted"
        if word in _BREAKS or word in _LINKS:
            # "About a girl with green eyes" goes on with what it is about, "about home with a flute" doesn't.
            about = about and word in _LINKS and not _end_of_item(words, index + 1) > index + 1
            named.append([])
            index += 1
            continue
        if not about and _only_leads_to_an_instrument(words, index):
            index += 1
            continue
        taken = _read_phrase(words, index, polarity, wishes, named[-1], about=about)
        if taken:
            index += taken
            continue
        length = _negator_length(words, index)
        if length:
            about = False
            declined = _end_of_what_is_declined(words, index + length, "".join(words[index : index + 1]))
            index += length
            continue
        if word == "about" or (word in _RELATIVES and _is_somebody(words, index, fillers)):
            about = True
        elif word not in fillers and not word.isdigit():
            (wishes.topics if about or word in subjects else wishes.not_understood).append(word)
        index += 1
    _rank(named, wishes)
    if not wishes.understood:
        # A description with no word of music in it tells what the song is about.
        wishes.topics += wishes.not_understood
        wishes.not_understood.clear()
    if wishes.instrumental and wishes.voice is not None:
        wishes.instrumental = False
        wishes.understood.remove("instrumental")
        wishes.notes.append("sung, as a voice was named")


def _rank(named: list[list[Style]], wishes: Wishes) -> None:
    """Order the styles that were named, the main one first.

    English puts the head of a phrase last: "folk rock" is a kind of rock. What follows colours it. A style
    that is weak, such as "dance" or "electronic", describes any other that is named.
    """
    said = [style for group in named for style in reversed(group)]
    ranked = [style for style in said if not style.weak] + [style for style in said if style.weak]
    for style in ranked:
        if style not in wishes.styles:
            wishes.styles.append(style)
        if style.genre not in wishes.genres:
            wishes.genres.append(style.genre)


def _negator_length(words: list[str], index: int) -> int:
    if words[index : index + 2] in (["instead", "of"], ["rather", "than"]):
        return 2
    return 1 if words[index] in _NEGATORS else 0


def _end_of_what_is_declined(words: list[str], index: int, negator: str) -> int:
    """Where the list that a negation declines ends.

    "No drums or piano" declines both, and so does "without drums, bass or synths"; "no drums, soft piano"
    declines the drums alone, as no "or" or "and" closes a list there.
    """
    end = _end_of_item(words, index)
    place = end
    while place < len(words):
        word = words[place]
        comma = word == ","
        after = place + 1
        if comma and after < len(words) and words[after] in _CLOSERS:
            after += 1
        elif not comma and word not in _CLOSERS:
            break
        if after < len(words) and (words[after] in _FRESH_STARTS or _negator_length(words, after)):
            break
        item = _end_of_item(words, after)
        if item == after:
            break
        place = item
        closed = after - (0 if comma and after == end + 1 else 1)
        joined = words[closed] if closed < len(words) else ""
        if joined in ("or", "nor") or (joined == "and" and negator != "not"):
            end = item
            if not comma and joined == "and":
                break
    return end


def _end_of_item(words: list[str], index: int) -> int:
    """Where one thing of a list ends, at most one unknown adjective before it; ``index`` for none."""
    place = index
    while place < len(words) and words[place] in _DEGREES:
        place += 1
    for skipped in (0, 1):
        start = place + skipped
        if start >= len(words) or words[start] in _BREAKS:
            break
        length = _known_length(words, start)
        while length:
            start += length
            length = _known_length(words, start) if start < len(words) else 0
        if start > place + skipped:
            return start
    return index


def _known_length(words: list[str], index: int) -> int:
    for length in range(min(_LONGEST_PHRASE, len(words) - index), 0, -1):
        phrase = " ".join(words[index : index + length])
        if any(spelling in _known() for spelling in _spellings(phrase)):
            return length
    return 0


@cache
def _one_letter_away(word: str) -> tuple[str, ...]:
    """Words that are read, with one letter of this one more or less: "rythmic", "powerfull"."""
    less = {word[:place] + word[place + 1 :] for place in range(1, len(word))}
    letters = "abcdefghijklmnopqrstuvwxyz"
    more = {word[:place] + letter + word[place:] for place in range(1, len(word) + 1) for letter in letters}
    return tuple(sorted((less | {each for each in more if not each.endswith("s")}) & _known()))


@cache
def _english_words() -> frozenset[str]:
    """Every word that stands in a phrase that is read, and what holds descriptions together."""
    tables = lexicon()
    phrases = {
        *_known(),
        *tables["tempos"],
        *tables["themes"],
        *(word for words in tables["themes"].values() for word in words),
    }
    words = {word for phrase in phrases for word in phrase.split()}
    small = {"per", "minute", "beats", "instead", "rather", "than", "under", "play", "loves", "him", "her"}
    return frozenset((words | small | set(tables["fillers"]["words"]) | _NEGATORS | _LINKS) - _FOREIGN_TITLES)


@cache
def _known() -> frozenset[str]:
    tables = lexicon()
    keyed = ("instruments", "kits", "moods", "paces", "voices", "instrumental")
    found = {phrase for name in keyed for phrase in tables[name]}
    return frozenset(found | styles().keys() | qualities().keys() | _DECLINED_SINGING)


def _only_leads_to_an_instrument(words: list[str], index: int) -> bool:
    """Whether a register is that of the instrument behind it: "alto flute", "bass clarinet"."""
    instruments = lexicon()["instruments"]
    if words[index] not in _REGISTERS or index + 1 >= len(words):
        return False
    pair = " ".join(words[index : index + 2])
    if any(spelling in instruments for spelling in _spellings(pair)):
        return False
    following = words[index + 1]
    return following != "bass" and any(spelling in instruments for spelling in _spellings(following))


def _is_somebody(words: list[str], index: int, fillers: frozenset[str]) -> bool:
    """Whether a relative clause tells of somebody or something, and not of the music."""
    before = words[index - 1] if index else ""
    if before in _PEOPLE:
        return True
    return (
        bool(before)
        and before not in fillers
        and before not in _BREAKS
        and not _known_length(words, index - 1)
    )


def _read_phrase(
    words: list[str], index: int, polarity: _Polarity, wishes: Wishes, named: list[Style], *, about: bool
) -> int:
    """Read the longest phrase that begins here; the number of words it took, 0 for none.

    After "about", a single word is what the song is about, whatever else it may mean.
    """
    for length in range(min(_LONGEST_PHRASE, len(words) - index), 0, -1):
        phrase = " ".join(words[index : index + length])
        for spelling in _spellings(phrase):
            if about and length == 1:
                continue
            if spelling == "vibes" and not (index and words[index - 1] in _VIBES_PLAYED_AFTER):
                continue
            if spelling in _PEOPLE and _tells_of_somebody(words, index):
                wishes.topics.append(spelling)
                return length
            style = styles().get(spelling) if polarity == "wanted" else None
            if any(read(spelling, polarity, wishes) for read in _READERS):
                if style is not None:
                    wishes.hinted.append(style.genre)
                return length
            if polarity == "unwanted" and spelling in styles():
                wishes.understand(f"no {spelling}")
                return length
            if style is not None and named and spelling in _PLACES:
                return length
            if style is not None:
                named.append(style)
                wishes.understand(f"genre {style.title if not style.stand_in else spelling}")
                if style.stand_in:
                    title = load_genre(style.genre).title
                    wishes.notes.append(f"{spelling} is played on the model of {title}")
                return length
    return 0


def _tells_of_somebody(words: list[str], index: int) -> bool:
    """Whether "a woman that ...", "a man who ..." tells of a person, who need not sing."""
    return index + 1 < len(words) and words[index + 1] in (*_RELATIVES, "with", "in", "on", "from")


def _spellings(phrase: str) -> Iterator[str]:
    yield phrase
    if len(phrase) >= _SHORTEST_MISSPELT and " " not in phrase and phrase not in _english_words():
        yield from _one_letter_away(phrase)
    if phrase.endswith("s") and len(phrase) > 3:
        yield phrase[:-1]
    if phrase.endswith("ly"):
        yield phrase[:-2]


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


def _quality(phrase: str, polarity: _Polarity, wishes: Wishes) -> bool:
    quality = qualities().get(phrase)
    if quality is None or polarity == "unwanted":
        return False
    if quality.voice is not None:
        if wishes.voice not in (None, quality.voice):
            return False
        wishes.voice = quality.voice
    if quality.mood is not None:
        wishes.moods.append(Mood(phrase, *quality.mood))
    if quality.hint:
        wishes.hinted.append(quality.hint)
    if quality not in wishes.qualities:
        wishes.qualities.append(quality)
    wishes.understand(phrase)
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
    # "Not too fast" is no wish for the opposite.
    wishes.tempo_place = place if polarity == "wanted" else _UNHURRIED if place > 0.5 else _UNDRAGGED
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
    _singing, _instrument, _kit, _voice, _era, _mood, _quality, _pace, _form, _language,
)  # fmt: skip
