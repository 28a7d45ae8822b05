"""swap_instrumentals: a new backing under the same singing."""

from __future__ import annotations

from songwright.music.actions import SwapInstrumentals
from songwright.server.tools.submission import action_tool

__all__ = ["SWAP_INSTRUMENTALS"]

SWAP_INSTRUMENTALS = action_tool(
    name="swap_instrumentals",
    title="Swap the instrumentals",
    description=(
        "Puts a different backing under a song's singing. The voice stays exactly where and how it was; "
        "drums, bass and everything else are new, in the style of `prompt`, or come from a second song "
        "named by `swap_audio_id`. To do the opposite use swap_vocals; to change melody and voice as well "
        "use cover_song."
    ),
    action=SwapInstrumentals,
)
