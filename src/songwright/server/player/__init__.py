"""The player: one HTML page, shown by clients with MCP Apps and by the HTTP server at ``/``.

It needs no other file and no other address than the server's. Sound is decoded from resources in the page
itself, because the policy that hosts put such pages under lets them fetch nothing.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

__all__ = ["PAGE_POLICY", "player_page"]

PAGE_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
    "img-src 'self' data:; media-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
"""Content-Security-Policy of the page where the HTTP server serves it."""


@cache
def player_page() -> str:
    """The page."""
    return (files(__name__) / "player.html").read_text(encoding="utf-8")
