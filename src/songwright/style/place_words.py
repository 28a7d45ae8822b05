"""Who plays where: "starts with solo piano", "no drums until the chorus", "only guitar in the bridge"."""

from __future__ import annotations

import re
from functools import cache
from typing import Literal, get_args

from songwright.music.score import SectionKind
from songwright.style.lexicon_tables import lexicon, players_pattern
from songwright.style.wishes import PlayersInPlace, Wishes

__all__ = ["read_places"]

_SECTIONS: dict[str, SectionKind] = {kind: kind for kind in get_args(SectionKind)}
_KINDS = "|".join(sorted((kind.replace("-", "[ -]?") for kind in _SECTIONS), key=len, reverse=True))
_NUMBERS = {"first": 1, "second": 2, "third": 3, "1": 1, "2": 2, "3": 3, "last": -1, "final": -1}
_NUMBER = "|".join(_NUMBERS)
_PLACE = (
    rf"(?:the\s+)?(?:(?P<number>{_NUMBER})\s+)?(?P<kind>{_KINDS}|hook|refrain|breakdown|middle eight)e?s?"
    rf"(?:\s+(?P<after>{_NUMBER})\b)?"
)
_OTHER_NAMES: dict[str, SectionKind] = {
    "hook": "chorus", "refrain": "chorus", "breakdown": "break", "middle eight": "bridge",
}  # fmt: skip
_ONLY = r"(?:only|just|nothing but|solo|lone|a\s+lone|a\s+solo)"
_Rule = Literal["only", "without", "from", "after"]
_Where = Literal["", "start", "end"]


def read_places(text: str, wishes: Wishes) -> str:
    """Read who plays in which section; the players' words stay in the text that comes back, the rest goes.

    The text is in English.
    """
    for pattern, rule, where in _patterns():
        while found := pattern.search(text):
            place = _read(found, rule, where)
            wishes.places.append(place)
            wishes.understand(place.said)
            text = f"{text[: found.start()]}, {found['players']}, {text[found.end() :]}"
    return text


def _read(found: re.Match[str], rule: _Rule, where: _Where) -> PlayersInPlace:
    instruments, kits = lexicon()["instruments"], lexicon()["kits"]
    names: list[str] = []
    has_kit = has_bass = False
    for word in re.split(r"\s*(?:,|\+|&|\band\b)\s*", found["players"].lower()):
        bare = re.sub(r"^(?:(?:the|an?|some)\s+)+", "", word).replace("-", " ").strip()
        spelling = bare if bare in instruments or bare in kits else bare.removesuffix("s")
        has_kit = has_kit or spelling in kits
        has_bass = has_bass or spelling in ("bass", "bass guitar")
        names += instruments.get(spelling, ())
    said = " ".join(found[0].lower().strip(" ,.;").split())
    if where:
        return PlayersInPlace(said, tuple(names), has_kit, has_bass, where, 0, rule)
    kind = re.sub(r"^(pre|post)[ -]?", r"\1-", " ".join(found["kind"].lower().split()))
    section = (_SECTIONS | _OTHER_NAMES)[kind]
    number = _NUMBERS.get((found["number"] or found["after"] or "").lower(), 0)
    return PlayersInPlace(said, tuple(names), has_kit, has_bass, section, number, rule)


@cache
def _patterns() -> tuple[tuple[re.Pattern[str], _Rule, _Where], ...]:
    played = players_pattern()
    item = rf"(?:(?:the|an?|some|soft|gentle|quiet|slow)\s+)*{played}\b"
    some = rf"(?P<players>{item}(?:\s*(?:,\s*and|,|\+|&|\band\b)\s*{item})*)"
    starts = r"(?:starts?|begins?|opens?|starting|beginning|opening|intro)"
    ends = r"(?:ends?|ending|closes?|closing|outro|finish(?:es)?)"
    enters = r"(?:enters?|comes?\s+in|kicks?\s+in|joins?(?:\s+in)?|drops?\s+in|starts?|entering|coming\s+in)"
    rows: tuple[tuple[str, _Rule, _Where], ...] = (
        (rf"\b{starts}\s*(?:with|on|:)\s*(?:{_ONLY}\s+)?{some}(?:\s+(?:only|alone)\b)?", "only", "start"),
        (rf"\b(?:{_ONLY}\s+)?{some}\s+(?:only\s+)?intro(?:duction)?\b", "only", "start"),
        (rf"\b{ends}\s*(?:with|on|:)\s*(?:{_ONLY}\s+)?{some}(?:\s+(?:only|alone)\b)?", "only", "end"),
        (rf"\b(?:{_ONLY}\s+)?{some}\s+(?:only\s+)?outro\b", "only", "end"),
        (rf"\b(?:no|without(?:\s+any)?)\s+{some}\s+(?:until|till|before)\s+{_PLACE}\b", "from", ""),
        (rf"\b{some}\s+{enters}\s+(?:in|at|on|with|from|only\s+in)\s+{_PLACE}\b", "from", ""),
        (rf"\b{some}\s+{enters}\s+after\s+{_PLACE}\b", "after", ""),
        (rf"\b(?:no|without(?:\s+any)?)\s+{some}\s+(?:in|during|for|on)\s+{_PLACE}\b", "without", ""),
        (rf"\b{_ONLY}\s+{some}\s+(?:in|during|for|on)\s+{_PLACE}\b", "only", ""),
        (rf"\b{_PLACE}\s*(?:with|:)\s*{_ONLY}\s+{some}", "only", ""),
    )
    return tuple((re.compile(rf"(?i){pattern}"), rule, where) for pattern, rule, where in rows)
