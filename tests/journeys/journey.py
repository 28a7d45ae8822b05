"""Where a journey takes place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

import pytest
from mcp import Client

# What a journey does and how client and server talk are told apart by no line of the code, so that each goes
# both ways at least, the five together all four, and the rest is for `make evidence`.
_WAYS = {
    "stdio-2026-07-28": ("stdio", "auto"),
    "stdio-2025-11-25": ("stdio", "legacy"),
    "http-2026-07-28": ("http", "auto"),
    "http-2025-11-25": ("http", "legacy"),
}


def by_way_of(*ids: str) -> pytest.MarkDecorator:
    """Makes a journey by some ways, and by the others where tests may take minutes."""
    rest = [name for name in _WAYS if name not in ids]
    return pytest.mark.parametrize(
        ("transport", "mode"),
        [
            *(pytest.param(*_WAYS[name], id=name) for name in ids),
            *(pytest.param(*_WAYS[name], id=name, marks=pytest.mark.evidence) for name in rest),
        ],
    )


SERVER = Path(__file__).parent / "scripted_server.py"


@dataclass(frozen=True)
class Journey:
    """Where a journey takes place.

    Attributes:
        home: The home folder, which outlives a server.
        hold: While this file is there, songs wait in mid-render.
        connect: Starts a server and connects a client; both end with the block.
    """

    home: Path
    hold: Path
    connect: Callable[[], AbstractAsyncContextManager[Client]]
