"""swap_vocals: new singing over the same backing."""

from __future__ import annotations

from songwright.music.actions import SwapVocals
from songwright.server.tools.submission import action_tool

__all__ = ["SWAP_VOCALS"]

SWAP_VOCALS = action_tool(
    name="swap_vocals",
    title="Swap the vocals",
    description=(
        "Puts another singer or voice over a song's backing, which stays as it is, sample for sample. To "
        "mash two songs give `swap_audio_id`: that song's singing goes over this backing. Without it: new "
        "vocals by `lyric` and `vocal_gender`. To keep the voice and change the band use swap_instrumentals."
    ),
    action=SwapVocals,
    omitted=frozenset({"custom", "instrumental"}),
)
