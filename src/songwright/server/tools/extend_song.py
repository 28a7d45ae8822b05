"""extend_song: continue a song."""

from __future__ import annotations

from songwright.music.actions import Extend
from songwright.server.tools.submission import action_tool

__all__ = ["EXTEND_SONG"]

EXTEND_SONG = action_tool(
    name="extend_song",
    title="Extend a song",
    description=(
        "Continues a song from a point in time into a longer new song. Everything before `continue_at` "
        "stays as it is, sample for sample; what followed it is replaced by the continuation. Give "
        "`lyric` for the words to be added. To change the middle and keep the end use replace_section."
    ),
    action=Extend,
)
