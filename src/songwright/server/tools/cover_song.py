"""cover_song: the same song in another style."""

from __future__ import annotations

from songwright.music.actions import Cover
from songwright.server.tools.submission import action_tool

__all__ = ["COVER_SONG"]

COVER_SONG = action_tool(
    name="cover_song",
    title="Cover a song",
    description=(
        "Covers a song: makes a version with the same melody, words and form in another style or genre. Say"
        " the style in `prompt`, such as 'slow acoustic jazz trio' or 'orchestral'; the tune and the lyrics"
        " stay. For new notes in the same style use vary_song; to change one part alone use "
        "replace_section."
    ),
    action=Cover,
)
