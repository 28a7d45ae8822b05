"""Plain words for a song that was only described: rhymed, singable, about what the prompt names."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np

from songwright.engines.local.composing.prosody import syllabify, unsingable
from songwright.engines.local.randomness import stream
from songwright.music.score import SectionKind

__all__ = ["MOST_SECTIONS", "Words", "write_words"]

_SUNG: dict[SectionKind, str] = {
    "verse": "Verse",
    "pre-chorus": "Pre-Chorus",
    "chorus": "Chorus",
    "post-chorus": "Post-Chorus",
    "bridge": "Bridge",
    "drop": "Chorus",
}
_LONGEST_TOPIC_SYLLABLES = 4
_NOT_THINGS = ("ing", "ed", "ly")
_DEFAULT_PLAN: tuple[SectionKind, ...] = ("verse", "chorus", "verse", "chorus", "bridge", "chorus")
MOST_SECTIONS = 9
"""A song's sung sections at most."""


@dataclass(frozen=True, slots=True)
class Words:
    """A title and a lyric sheet with section markers."""

    title: str
    lyric: str


def write_words(
    theme: str,
    topics: Sequence[str],
    plan: Sequence[SectionKind],
    seed: str,
    most_sections: int = MOST_SECTIONS,
) -> Words:
    """Write a lyric.

    Args:
        theme: One of the themes in ``lexicon/couplets.toml``.
        topics: Words that the song should name, most important first.
        plan: Kinds of sections in order; those that are played, not sung, are passed over.
        seed: Decides everything that theme and topics leave open.
        most_sections: Sung sections at most; what comes later in the plan is left out.

    Returns:
        Four lines to a verse and a chorus, two to a pre-chorus; the chorus comes back word for word and
        holds the title.
    """
    tables = _tables()
    own = tables[theme]
    common = tables["common"]
    fitting = [topic for topic in topics if _fits(topic)]
    # Things make better refrains than doings.
    named = [topic for topic in fitting if not topic.endswith(_NOT_THINGS)] or fitting
    kinds = [kind for kind in plan if kind in _SUNG]
    # Words need a verse and a chorus, also where the genre's plan is made for instruments.
    kinds = kinds if {"verse", "chorus"} <= set(kinds) else list(_DEFAULT_PLAN)
    hook = own["hooks"][int(stream(seed, "words", "hook").integers(len(own["hooks"])))]
    chorus = [*hook["lines"], *_chorus_answer(own, common, named, seed)]
    verses = _shuffled(own["verses"], stream(seed, "words", "verses"))
    topical = _shuffled(common["topic_verse"], stream(seed, "words", "topics"))
    rises = _shuffled(common["rise"], stream(seed, "words", "rise"))
    bridges = _shuffled(common["bridge"], stream(seed, "words", "bridge"))
    blocks: list[str] = []
    verse_number = 0
    for kind in _cut(kinds, most_sections):
        match kind:
            case "chorus" | "drop":
                lines = chorus
            case "verse":
                first = verses[(2 * verse_number) % len(verses)]
                second = verses[(2 * verse_number + 1) % len(verses)]
                if verse_number < len(named):
                    second = _filled(topical[verse_number % len(topical)], named[verse_number])
                lines = [*first, *second]
                verse_number += 1
            case "pre-chorus":
                lines = list(rises[0])
            case "post-chorus":
                lines = [hook["lines"][0], hook["lines"][0]]
            case _:
                lines = [*bridges[0], *bridges[1]]
        blocks.append("\n".join([f"[{_SUNG[kind]}]", *lines]))
    return Words(title=_title(hook["title"], named, seed), lyric="\n\n".join(blocks))


def _cut(kinds: Sequence[SectionKind], most_sections: int) -> list[SectionKind]:
    """The first sections of a plan, without a verse at the end that would lead nowhere."""
    kept = list(kinds[:most_sections])
    while len(kept) > 1 and len(kept) < len(kinds) and kept[-1] in ("verse", "pre-chorus"):
        kept.pop()
    return kept if "chorus" in kept or "drop" in kept else [*kept, "chorus"]


@cache
def _tables() -> dict[str, Any]:
    source = files("songwright.engines.local") / "lexicon" / "couplets.toml"
    return tomllib.loads(source.read_text(encoding="utf-8"))


def _fits(topic: str) -> bool:
    return unsingable(topic) is None and 0 < len(syllabify(topic)) <= _LONGEST_TOPIC_SYLLABLES


def _chorus_answer(own: dict[str, Any], common: dict[str, Any], named: Sequence[str], seed: str) -> list[str]:
    rng = stream(seed, "words", "answer")
    answer: list[str] = own["answers"][int(rng.integers(len(own["answers"])))]
    topical = common["topic_chorus"][int(rng.integers(len(common["topic_chorus"])))]
    return _filled(topical, named[0]) if named else answer


def _filled(couplet: Sequence[str], topic: str) -> list[str]:
    return [line.replace("{topic}", topic) for line in couplet]


def _shuffled(couplets: Sequence[list[str]], rng: np.random.Generator) -> list[list[str]]:
    return [couplets[index] for index in rng.permutation(len(couplets))]


def _title(hook: str, named: Sequence[str], seed: str) -> str:
    if named and stream(seed, "words", "title").random() < 0.35:
        return " and ".join(topic.capitalize() for topic in named[:2])
    return hook
