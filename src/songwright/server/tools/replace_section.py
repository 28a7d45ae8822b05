"""replace_section: rewrite one stretch of a song."""

from __future__ import annotations

from songwright.music.actions import ReplaceSection
from songwright.server.tools.submission import action_tool

__all__ = ["REPLACE_SECTION"]

REPLACE_SECTION = action_tool(
    name="replace_section",
    title="Replace a section",
    description=(
        "Rewrites one section of a song, such as the second chorus, and leaves every sample outside it "
        "bit-identical. Name the stretch by `section`, such as 'verse 1', 'bridge', 'intro' or 'bars 9-16',"
        " or by `replace_section_start` and `replace_section_end` in seconds. `prompt` and `lyric` are for "
        "the stretch alone. Only that part is fixed, edited or redone; nothing else changes, and the result"
        " measures it. For a whole new take use vary_song; to add to the end use extend_song."
    ),
    action=ReplaceSection,
)
