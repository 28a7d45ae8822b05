"""separate_stems: the parts of a song."""

from __future__ import annotations

from songwright.music.actions import Stems
from songwright.server.tools.submission import action_tool

__all__ = ["SEPARATE_STEMS"]

SEPARATE_STEMS = action_tool(
    name="separate_stems",
    title="Separate the stems",
    description=(
        "Gives a song's vocals, drums, bass and other instruments as separate audio that sums to the mix. "
        "Stems are as long as the song; the result's stem_uris lead to them. If get_song already shows "
        "stem_uris, the stems are there and this is not needed."
    ),
    action=Stems,
)
