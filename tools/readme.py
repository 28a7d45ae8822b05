"""Writes the parts of the README that are made from the code: the table of tools.

``python tools/readme.py`` writes them; with ``--check`` it only says whether they are in step.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from songwright.server.parameters import EDIT_WORDING
from songwright.server.tool import Tool
from songwright.server.tools import CATALOGUE

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- tools:begin -->", "<!-- tools:end -->"
_SHARED = {name for name, _ in EDIT_WORDING} - {"audio_id", "prompt", "lyric"}


def table(tools: tuple[Tool, ...]) -> str:
    """The tools as a Markdown table: what each does, and the arguments that set it apart."""
    rows = ["| tool | what it does | main arguments |", "| --- | --- | --- |"]
    rows += [f"| `{tool.name}` | {_purpose(tool)} | {_arguments(tool)} |" for tool in tools]
    return "\n".join(rows)


def with_tables(readme: str) -> str:
    """The README with its made parts made anew."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        sys.exit(f"{README.name} must have the lines {BEGIN} and {END}")
    return f"{before}{begin}\n{table(CATALOGUE)}\n{end}{after}"


def _purpose(tool: Tool) -> str:
    return re.split(r"(?<=[.])\s", tool.description)[0].removesuffix(".").replace("|", "\\|")


def _arguments(tool: Tool) -> str:
    return ", ".join(f"`{name}`" for name in tool.input_schema["properties"] if name not in _SHARED)


def main() -> None:
    """Write the README, or check it."""
    written = README.read_text(encoding="utf-8")
    made = with_tables(written)
    if "--check" in sys.argv[1:]:
        sys.exit(f"{README.name} is out of step; run 'make docs'" if made != written else 0)
    README.write_text(made, encoding="utf-8")


if __name__ == "__main__":
    main()
