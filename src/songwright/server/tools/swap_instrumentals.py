"""swap_instrumentals: a new backing under the same singing."""

from __future__ import annotations

from songwright.music.actions import SwapInstrumentals
from songwright.server.tools.submission import action_tool

__all__ = ["SWAP_INSTRUMENTALS"]

SWAP_INSTRUMENTALS = action_tool(
    name="swap_instrumentals",
    title="Swap the instrumentals",
    description=(
        "Puts a different backing under a song's vocals: a new band, strings, any accompaniment. Every "
        "sample of the singing is kept. With `swap_audio_id` the instrumental of a second song is taken; "
        "without it `prompt` says what the remix sounds like. For another singer use swap_vocals."
    ),
    action=SwapInstrumentals,
    # The singing stays as it is, so nothing about words and voices can be asked for.
    omitted=frozenset({"custom", "instrumental", "lyric", "lyrics_strength", "vocal_gender"}),
)
