"""Where a journey takes place."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from mcp import Client

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
