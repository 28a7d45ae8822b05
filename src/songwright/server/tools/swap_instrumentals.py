"""swap_instrumentals: a new backing under the same singing."""

from __future__ import annotations

from songwright.music.actions import SwapInstrumentals
from songwright.server.tools.submission import action_tool

__all__ = ["SWAP_INSTRUMENTALS"]

SWAP_INSTRUMENTALS = action_tool(
    name="swap_instrumentals",
    title="Swap the instrumentals",
    description=(
        "Puts another backing under a song's singing, which stays as it is, sample for sample. Give "
        "`swap_audio_id` to take the backing of a second song, or leave it out for a new backing in the "
        "style of `prompt`. To keep the backing and change the singing use swap_vocals; to change melody "
        "and voice too use cover_song."
    ),
    action=SwapInstrumentals,
)
