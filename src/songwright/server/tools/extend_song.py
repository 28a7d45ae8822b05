"""extend_song: continue a song."""

from __future__ import annotations

from songwright.music.actions import Extend
from songwright.server.tools.submission import action_tool

__all__ = ["EXTEND_SONG"]

EXTEND_SONG = action_tool(
    name="extend_song",
    title="Extend a song",
    description=(
        "Continues a song that ends too early and makes it longer: adds to its end, or goes on from a point"
        " in time. What lies before `continue_at` stays as it is, sample for sample; what followed is "
        "replaced. Give `lyric` for a verse, bridge or outro to append. To change the middle and keep the "
        "end use replace_section."
    ),
    action=Extend,
)
