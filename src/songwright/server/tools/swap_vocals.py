"""swap_vocals: new singing over the same backing."""

from __future__ import annotations

from songwright.music.actions import SwapVocals
from songwright.server.tools.submission import action_tool

__all__ = ["SWAP_VOCALS"]

SWAP_VOCALS = action_tool(
    name="swap_vocals",
    title="Swap the vocals",
    description=(
        "Puts other singing over a song's backing, which stays as it is, sample for sample. Give "
        "`swap_audio_id` to take the singing of a second song, or leave it out for new singing by `lyric`"
        " and `vocal_gender`. To keep the singing and change the backing use swap_instrumentals."
    ),
    action=SwapVocals,
)
