"""The program espeak-ng, as far as songwright asks it: recorded answers for a few lines and words.

``install`` puts it on a folder for ``PATH``. It answers a clause with the line that espeak-ng 1.51 wrote for
it, and fails where it has no record, so that nothing is asked that was not foreseen.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

__all__ = ["ANSWERS", "install", "install_broken"]

ANSWERS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("espeak_answers.json").read_text(encoding="utf-8")
)
"""By voice: what was asked, and what espeak-ng 1.51 answered."""

_PROGRAM = """#!{python}
import sys
sys.path.insert(0, {folder!r})
import espeak_ng
sys.exit(espeak_ng.main(sys.argv[1:]))
"""


def install(folder: Path) -> Path:
    """Write the program into a folder; its path."""
    return _write(folder, _PROGRAM.format(python=sys.executable, folder=str(Path(__file__).parent)))


def install_broken(folder: Path, code: str) -> Path:
    """Write a program of that name that does something else."""
    return _write(folder, f"#!{sys.executable}\n{code}\n")


def _write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "espeak-ng"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def main(arguments: list[str]) -> int:
    """Answer on standard output, one line for each clause on standard input."""
    asked = ["-q", "--ipa", "--sep=_", "-b", "1", "--stdin", "-v"]
    if arguments[:-1] != asked or arguments[-1] not in ANSWERS:
        return 2
    known = ANSWERS[arguments[-1]]
    clauses = sys.stdin.buffer.read().decode().strip("\n").split("\n\n")
    if any(clause not in known for clause in clauses):
        return 1
    sys.stdout.buffer.write("".join(known[clause] + "\n" for clause in clauses).encode())
    return 0
