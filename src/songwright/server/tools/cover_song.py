"""cover_song: the same song in another style."""

from __future__ import annotations

from songwright.music.actions import Cover
from songwright.server.tools.submission import action_tool

__all__ = ["COVER_SONG"]

COVER_SONG = action_tool(
    name="cover_song",
    title="Cover a song",
    description=(
        "Makes a new version of a song in another style, with the same melody, words and form. Say the "
        "style in `prompt`, such as 'slow jazz trio, brushed drums, male voice'. For new notes in the "
        "same style use vary_song; to change one part alone use replace_section."
    ),
    action=Cover,
)
