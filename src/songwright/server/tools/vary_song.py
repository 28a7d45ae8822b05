"""vary_song: another take on a song."""

from __future__ import annotations

from songwright.music.actions import Variation
from songwright.server.tools.submission import action_tool

__all__ = ["VARY_SONG"]

VARY_SONG = action_tool(
    name="vary_song",
    title="Vary a song",
    description=(
        "Makes a variation of a song: another take, with different notes and a new melody, that keeps its "
        "style, form and words. Raise `weirdness` for a wilder alternative, further from the original. To "
        "keep the melody and change the style use cover_song; for one part alone use replace_section."
    ),
    action=Variation,
)
