"""How a line is pronounced, asked of eSpeak NG: the program where there is one, else the library of a wheel.

eSpeak NG is under the GPL, so it never becomes part of this process: the program is a process by itself, and
the library is loaded by a small child (``espeak_child.py``) that knows nothing of songwright.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from songwright.errors import EngineError

__all__ = ["Espeak", "find_espeak", "phonemes_of_lines"]

_PROGRAM = "espeak-ng"
_WHEEL = "espeakng_loader"
_LIBRARIES = {"win32": "espeak-ng.dll", "darwin": "libespeak-ng.dylib"}
_DATA = "espeak-ng-data"
_SECONDS = 20.0
_MOST_CHARACTERS = 200_000
_VOICE = re.compile(r"^[a-z]{2,3}/[a-z]{2,3}(?:-[A-Z0-9]{2,3})?$")
# A blank line ends a clause, and every clause is answered by a line.
_APART = "\n\n"
# What it needs to run and to find its data; keys and tokens are none of its business.
_ENVIRONMENT = (
    "PATH",
    "LD_LIBRARY_PATH",
    "DYLD_LIBRARY_PATH",
    "ESPEAK_DATA_PATH",
    "SYSTEMROOT",
    "TEMP",
    "TMP",
)


@dataclass(frozen=True, slots=True)
class Espeak:
    """Where eSpeak NG is: a program, or the library and data of a wheel.

    Attributes:
        program: Path of the program, or "".
        library: Path of the library, or "".
        data: Folder of the library's data, or "".
    """

    program: str = ""
    library: str = ""
    data: str = ""


def find_espeak() -> Espeak | None:
    """Look for eSpeak NG; nothing is imported or started.

    Returns:
        The program on ``PATH``, else the library of the package ``espeakng-loader``, else None.
    """
    program = shutil.which(_PROGRAM)
    if program is not None:
        return Espeak(program=str(Path(program).resolve()))
    try:
        spec = importlib.util.find_spec(_WHEEL)
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.origin:
        return None
    folder = Path(spec.origin).resolve().parent
    library = folder / _LIBRARIES.get(sys.platform, "libespeak-ng.so")
    data = folder / _DATA
    if library.is_file() and (data / "phontab").is_file():
        return Espeak(library=str(library), data=str(data))
    return None


def phonemes_of_lines(lines: Sequence[str], voice: str, espeak: Espeak) -> list[str]:
    """How eSpeak NG pronounces lines, in the International Phonetic Alphabet.

    Args:
        lines: Words parted by single blanks, without punctuation; none empty.
        voice: eSpeak's file of the language, such as "roa/es" or "roa/pt-BR".
        espeak: Which eSpeak NG to ask.

    Returns:
        One text for each line: its words parted by blanks, the sounds of a word by underscores.

    Raises:
        EngineError: It did not answer, or not in this form.
    """
    if not _VOICE.match(voice):
        raise ValueError("not the name of a voice")
    if not lines:
        return []
    if sum(map(len, lines)) > _MOST_CHARACTERS:
        raise EngineError("the words are too long to be pronounced at once; give fewer", retryable=False)
    answers = _ask(lines, voice, espeak)
    if len(answers) == len(lines):
        return answers
    # A line so long that eSpeak parts it is answered in several pieces; asked alone, they are all its own.
    return [" ".join(_ask([line], voice, espeak)) for line in lines]


def _ask(lines: Sequence[str], voice: str, espeak: Espeak) -> list[str]:
    if espeak.program:
        command = [espeak.program, "-q", "--ipa", "--sep=_", "-b", "1", "--stdin", "-v", voice]
        asked = _APART.join(lines) + "\n"
    else:
        child = Path(__file__).with_name("espeak_child.py")
        command = [sys.executable, "-I", "-S", str(child), espeak.library, espeak.data, voice]
        asked = json.dumps(list(lines))
    try:
        done = subprocess.run(  # noqa: S603 - the program and its arguments are ours, the words are its input
            command,
            input=asked.encode(),
            capture_output=True,
            timeout=_SECONDS,
            check=False,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        text = done.stdout.decode()
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError) as error:
        raise EngineError(
            f"eSpeak NG, which knows how the words are pronounced, did not answer ({type(error).__name__}); "
            "try again, or see songwright doctor",
            retryable=True,
        ) from error
    if done.returncode != 0:
        raise EngineError(
            f"eSpeak NG, which knows how the words are pronounced, failed with exit code {done.returncode}; "
            "it may lack the language's data: see songwright doctor",
            retryable=False,
        )
    return [line.strip() for line in text.splitlines() if line.strip()]
