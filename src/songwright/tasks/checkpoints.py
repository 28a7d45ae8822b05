"""What an attempt has made, written down beside its files, so that a later one finds it and need not make it.

The file is the last thing to be written, when everything that it names is on the disk.
"""

from __future__ import annotations

import logging
from pathlib import Path

from pydantic import ValidationError

from songwright.disk import write_durably
from songwright.engines.base import Rendition
from songwright.music.base import Model

__all__ = ["Made", "read_checkpoint", "write_checkpoint"]

_NAME = "made.json"

_log = logging.getLogger(__name__)


class Made(Model):
    """A rendition that is complete.

    Attributes:
        folder: Name of the folder with its files, within the task's work folder.
    """

    rendition: Rendition
    folder: str
    engine_version: str


def write_checkpoint(work: Path, made: Made) -> None:
    """Write down what is in a task's work folder.

    Raises:
        OSError: The disk is full or can't be written to.
    """
    write_durably(work / _NAME, made.model_dump_json().encode())


def read_checkpoint(work: Path) -> Made | None:
    """What an earlier attempt has made; None where nothing is, or it is no longer whole."""
    try:
        made = Made.model_validate_json((work / _NAME).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        _log.warning("what an earlier attempt made can't be read, and is made anew")
        return None
    rendition = made.rendition
    names = [rendition.master, *rendition.stems.values(), rendition.score]
    if all((work / made.folder / name).is_file() for name in names if name is not None):
        return made
    return None
