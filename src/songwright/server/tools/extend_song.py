"""extend_song: continue a song."""

from __future__ import annotations

from songwright.music.actions import Extend
from songwright.server.tools.submission import action_tool

__all__ = ["EXTEND_SONG"]

EXTEND_SONG = action_tool(
    name="extend_song",
    title="Extend a song",
    description=(
        "Continues a song that ends too early: makes it longer at its end or from `continue_at`. Every "
        "sample before stays; the rest is replaced. Give `lyric` for a verse, bridge or outro. For "
        "the middle use replace_section."
    ),
    action=Extend,
)
