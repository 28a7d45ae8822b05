"""How many of the tags that people type are read: ``make tags FILE=tags.tsv``; lines of uses, kind, tag."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Literal

from songwright.style.prompt_words import read_prompt

__all__ = ["reading_of"]

Reading = Literal["read", "partly", "not"]

# A prompt that says nothing of music is a subject; beside a wish, a word has to be read for itself.
_BESIDE = "in 4/4, "


def reading_of(tag: str) -> Reading:
    """Whether a tag is read whole, partly or not at all.

    A subject is read where the words that the engine writes have a theme for it.
    """
    alone = read_prompt(_BESIDE)
    wishes = read_prompt(_BESIDE + tag)
    read = len(wishes.understood) > len(alone.understood) or bool(wishes.topics)
    if not read:
        return "not"
    return "partly" if wishes.not_understood else "read"


def main(path: Path) -> None:
    """Print the share of uses by kind of tag, and the most used tags that are not read."""
    uses: dict[str, Counter[Reading]] = {}
    missed: list[tuple[int, str]] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        count, kind, tag = line.split("\t")
        reading = reading_of(tag)
        for row in ("ALL", kind):
            uses.setdefault(row, Counter())[reading] += int(count)
        if reading != "read":
            missed.append((int(count), tag))
    print(f"{'kind':12} {'uses':>8} {'read':>7} {'partly':>7} {'not':>7}")
    for kind, counted in uses.items():
        total = counted.total()
        shares = (f"{100 * counted[reading] / total:6.1f}%" for reading in ("read", "partly", "not"))
        print(f"{kind:12} {total:8,} {' '.join(shares)}")
    print(
        "not wholly read:", ", ".join(f"{tag} ({count})" for count, tag in sorted(missed, reverse=True)[:40])
    )


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: make tags FILE=tags.tsv")
    main(Path(sys.argv[1]))
