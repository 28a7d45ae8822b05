"""Standard input as the protocol's wire, line by line."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from songwright.server.unreadable import has_odd_id

__all__ = ["wire_input"]

_NO_MESSAGE = "{}\n"


@contextmanager
def wire_input() -> Iterator[anyio.AsyncFile[str] | None]:
    """What comes on standard input, for the SDK to read; None where the SDK reads it as well itself.

    The SDK takes a request whose id is none for a notification, which nobody answers. Here such a line
    becomes one that is no message. As long as the block lasts, whoever else reads standard input finds it
    empty, as when the SDK opens it.
    """
    if sys.platform == "win32":
        yield None
        return
    import fcntl

    try:
        wire = fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 3)
    except OSError:  # it is closed
        yield None
        return
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    try:
        yield _Lines(io.TextIOWrapper(os.fdopen(wire, "rb", closefd=False), "utf-8", errors="replace"))
    finally:
        os.dup2(wire, 0)


class _Lines(anyio.AsyncFile[str]):
    async def readline(self) -> str:
        line = await super().readline()
        return _NO_MESSAGE if has_odd_id(line) else line
