"""Who alone is to play: "solo piano", "only guitar and voice", "string quartet", "a cappella"."""

from __future__ import annotations

import re
from functools import cache

from songwright.style.lexicon_tables import any_of, players_pattern
from songwright.style.wishes import Wishes

__all__ = ["read_players"]

_VOICES = r"(?:(?:fe)?male |solo |one |lead |soft )?(?:voices?|vocals?|singing|singers?)"
_DESCRIBED = (
    r"(?:an?|the|one|some|soft|gentle|quiet|clean|slow|warm|single|sad|simple|beautiful|little|plain|basic|lonely"
    r"|sweet|dark|light|old|lone|pure)"
)
_ADDED = re.compile(
    r"(?:\b(?:with|featuring|feat|plus|and|then|into|by|starts?|begins?|ends?|intro|outro)\b|\+|&)[\s:]*"
    r"(?:an? |the )?$"
)
# "A voice with only a piano" leaves nobody else; "starts with only a piano" does.
_IN_PLACE = re.compile(
    r"\b(?:then|into|starts?|begins?|ends?|opens?|intro|outro|verses?|chorus|bridge)\b[^,.;]*$"
)
_A_CAPPELLA = re.compile(
    r"\b(?:a[\s-]?c?cap?pell?a|acap?pell?a|unaccompanied (?:voices?|vocals?|singing|choir)"
    r"|(?:only|just|nothing but) (?:voices|vocals|singing)|(?:voices|vocals) (?:only|alone)"
    r"|no instruments(?: at all)?|without (?:any )?instruments)\b",
    re.IGNORECASE,
)
_ENSEMBLES = {
    "string quartet": ("violin", "viola", "cello"),
    "string quintet": ("violin", "viola", "cello", "contrabass"),
    "string trio": ("violin", "viola", "cello"),
    "piano trio": ("piano", "violin", "cello"),
    "piano quartet": ("piano", "violin", "viola", "cello"),
    "piano quintet": ("piano", "violin", "viola", "cello"),
    "jazz trio": ("jazz", "piano", "upright bass", "brushes"),
    "power trio": ("distorted guitar", "bass", "drums"),
    "brass quartet": ("trumpet", "french horn", "trombone", "tuba"),
    "brass quintet": ("trumpet", "french horn", "trombone", "tuba"),
    "brass band": ("trumpet", "french horn", "trombone", "tuba", "drums"),
    "wind quintet": ("flute", "oboe", "clarinet", "bassoon", "french horn"),
    "woodwind quintet": ("flute", "oboe", "clarinet", "bassoon", "french horn"),
    "guitar duo": ("acoustic guitar",),
    "piano duet": ("piano",),
}
"""Ensembles and what plays in them, in words that are read. Two of one instrument are one part."""

_CLASSICAL = frozenset({"string", "wind", "woodwind"})


def read_players(text: str, wishes: Wishes) -> str:
    """Read who alone is to play; what they are stays in the text that comes back, to be read as any other.

    Args:
        text: In English.
        wishes: Told whether nobody else plays.
    """
    found = _A_CAPPELLA.search(text)
    if found:
        wishes.plays_alone, wishes.is_a_cappella = True, True
        wishes.understand("a cappella")
        return f"{text[: found.start()]}, {text[found.end() :]}"
    ensembles, alone = _patterns()
    found = ensembles.search(text)
    if found:
        name = " ".join(found["ensemble"].lower().replace("-", " ").split())
        if not _ADDED.search(text[: found.start()].lower()):
            wishes.plays_alone = True
            wishes.understand(f"only a {name}")
        if name.split()[0] in _CLASSICAL and "orchestral" not in wishes.hinted:
            wishes.hinted.append("orchestral")
        text = f"{text[: found.start()]}, {', '.join(_ENSEMBLES[name])}, {text[found.end() :]}"
    for place, pattern in enumerate(alone):
        found = pattern.search(text)
        if found is None or (_ADDED if place else _IN_PLACE).search(text[: found.start()].lower()):
            continue
        players = " ".join(found["players"].lower().split())
        wishes.plays_alone = True
        wishes.is_sung_alone = wishes.is_sung_alone or bool(re.search(rf"\b{_VOICES}\b", players))
        wishes.understand(f"only {players}")
        return f"{text[: found.start()]}, {found['players']}, {text[found.end() :]}"
    return text


@cache
def _patterns() -> tuple[re.Pattern[str], tuple[re.Pattern[str], ...]]:
    played = players_pattern()
    item = rf"(?:{_DESCRIBED}\s+)*(?:{played}|{_VOICES})\b"
    following = rf"(?:\s*(?:,\s*and|,|\+|&|\band\b|\bwith\b|\bplus\b)\s*{item})*"
    some = rf"(?P<players>{item}{following})"
    one = rf"(?P<players>{played})\b"
    # "Only piano in the intro" is about the intro.
    everywhere = r"(?!\s+(?:in|for|at|until|on)\b)"
    nobody_else = r"(?:nothing else|no other instruments|no one else|without anything else)"
    alone = (
        rf"\b(?:only|just|solely|exclusively|nothing but|nothing except)\s+{some}{everywhere}",
        # "A solo" is a section, "solo piano" is a piece.
        rf"\b(?:solo|unaccompanied|lone)\s+{one}(?!\s+(?:solo|section|break|intro|outro|in|at)\b)",
        rf"\b{some}\s+(?:only|alone)\b{everywhere}",
        rf"\b{some}\s*,?\s*(?:and\s+)?{nobody_else}\b",
        rf"^\s*(?P<players>{played}\s*(?:and|&|\+)\s*{_VOICES})\s*(?=[,.;]|$)",
        rf"^\s*(?P<players>{_VOICES}\s*(?:and|&|\+)\s*{played})\s*(?=[,.;]|$)",
        # A prompt that begins with it is about a piece for one player.
        rf"^\s*(?P<players>{played})\s+solo\s*(?=[,.;]|$)",
    )
    compiled = tuple(re.compile(pattern, re.IGNORECASE) for pattern in alone)
    return re.compile(rf"\b(?P<ensemble>{any_of(_ENSEMBLES)})s?\b", re.IGNORECASE), compiled
