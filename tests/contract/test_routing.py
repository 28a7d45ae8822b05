"""Which tool a sentence of a user points to, by its words alone.

No model reads the descriptions here: the tools are ranked by BM25 (Robertson and Zaragoza, *The
Probabilistic Relevance Framework: BM25 and Beyond*, 2009) over their names, titles and descriptions. A
description that loses the words that set it apart from its siblings shows as a new confusion.

``routing.tsv`` holds the sentences with the tool that each should lead to. Sentences for tools that the
catalogue does not have are left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from pathlib import Path

import pytest

from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

NAMES = {tool.name for tool in CATALOGUE}
SENTENCES = [
    tuple(line.split("\t"))
    for line in (Path(__file__).parent / "routing.tsv").read_text(encoding="utf-8").splitlines()
]
LEAST_SHARE = 0.9
K1, B = 1.2, 0.75
STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can did do does for from give has have how i in is it its me my of on or "
        "please so that the them these this those to was what where which will with you your",
    )
)


def terms(text: str) -> list[str]:
    """The words of a text without endings, by the first step of Porter's stemmer, roughly."""
    words = re.findall(r"[a-z0-9]+", text.lower().replace("_", " "))
    return [stem(word) for word in words if word not in STOP_WORDS]


def stem(word: str) -> str:
    for ending in ("ing", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            return word.removesuffix(ending)
    return word


def documents(tools: tuple[Tool, ...]) -> dict[str, Counter[str]]:
    """The words for each tool; what it is called weighs as much as three mentions.

    A sentence that sends the reader to another tool, such as "For another singer use swap_vocals.", speaks
    for that tool and not for the one it stands in.
    """
    found = {tool.name: Counter(3 * terms(f"{tool.name} {tool.title}")) for tool in tools}
    for tool in tools:
        for clause in re.split(r"(?<=[.;])\s", tool.description):
            others = [name for name in re.findall(r"\buse ([a-z_]+)", clause) if name in found]
            words = terms(re.sub(r"\buse [a-z_]+", "", clause))
            found[others[0] if others else tool.name].update(words)
    return found


DOCUMENTS = documents(CATALOGUE)
MEAN_LENGTH = sum(sum(words.values()) for words in DOCUMENTS.values()) / len(DOCUMENTS)


def rarity(term: str) -> float:
    holding = sum(term in words for words in DOCUMENTS.values())
    return math.log(1 + (len(DOCUMENTS) - holding + 0.5) / (holding + 0.5))


def score(query: list[str], words: Counter[str]) -> float:
    norm = K1 * (1 - B + B * sum(words.values()) / MEAN_LENGTH)
    return sum(
        rarity(term) * words[term] * (K1 + 1) / (words[term] + norm) for term in query if term in words
    )


def best(sentence: str) -> str:
    query = terms(sentence)
    return max(sorted(DOCUMENTS), key=lambda name: score(query, DOCUMENTS[name]))


def test_there_are_enough_sentences_for_every_tool() -> None:
    counted = Counter(wanted for wanted, _ in SENTENCES)
    assert len(SENTENCES) >= 120
    assert len(set(SENTENCES)) == len(SENTENCES)
    assert all(counted[name] >= 5 for name in NAMES)


def test_sentences_lead_to_the_tool_that_they_mean(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [(wanted, sentence, best(sentence)) for wanted, sentence in SENTENCES if wanted in NAMES]
    confused = Counter((wanted, found) for wanted, _, found in asked if wanted != found)
    share = 1 - confused.total() / len(asked)
    with capsys.disabled():
        print(f"\nrouting: {share:.1%} of {len(asked)} sentences")  # noqa: T201
        for (wanted, found), times in sorted(confused.items(), key=lambda item: (-item[1], item[0])):
            print(f"  {times}  {wanted} -> {found}")  # noqa: T201
    missed = [f"{wanted} -> {found}: {sentence}" for wanted, sentence, found in asked if wanted != found]
    assert share >= LEAST_SHARE, "\n".join(missed)
