"""The documents name files that are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "src" / "songwright"
_ROW = re.compile(r"^\| (?P<term>[^|]+) \| [^|]+ \| (?P<where>[^|]+) \|$", re.MULTILINE)


def glossary() -> list[tuple[str, str]]:
    """Every term and the cell that says where it is, without the table's head."""
    text = (ROOT / "docs" / "style.md").read_text("utf-8").partition("## Glossary")[2]
    return [(row["term"], row["where"]) for row in _ROW.finditer(text)][1:]


def test_every_term_of_the_glossary_stands_there_once() -> None:
    terms = [term for term, _ in glossary()]

    assert terms
    assert len(terms) == len(set(terms))


@pytest.mark.parametrize(("term", "where"), glossary())
def test_every_term_of_the_glossary_is_where_it_says(term: str, where: str) -> None:
    named = re.findall(r"`([\w/.*]+(?:\.py|\.toml|/))`", where)

    assert named, term
    folder = Path(named[0]).parent
    for path in named:
        # A second file may be named alone, beside the first.
        places = [PACKAGE / path, ROOT / path, PACKAGE / folder / path]
        assert any(list(place.parent.glob(place.name)) for place in places), path


@pytest.mark.parametrize("document", ["AGENTS.md", "CONTRIBUTING.md", "docs/architecture.md"])
def test_python_files_that_a_document_names_are_there(document: str) -> None:
    named = set(re.findall(r"`((?:[\w]+/)*\w+\.py)`", (ROOT / document).read_text("utf-8")))

    # A path is below the package or the repository; a name alone stands in a text about its folder.
    missing = [path for path in named if not (any(PACKAGE.rglob(path)) or (ROOT / path).exists())]
    assert named
    assert not missing
