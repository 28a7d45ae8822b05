"""vary_song: another take on a song."""

from __future__ import annotations

from songwright.music.actions import Variation
from songwright.server.tools.submission import action_tool

__all__ = ["VARY_SONG"]

VARY_SONG = action_tool(
    name="vary_song",
    title="Vary a song",
    description=(
        "Makes another take on a song: new notes, with its style, form and words kept. Raise `weirdness` "
        "to go further from the original. To keep the notes and change the style use cover_song; for one "
        "part alone use replace_section."
    ),
    action=Variation,
)
