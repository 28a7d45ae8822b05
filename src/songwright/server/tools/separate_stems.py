"""separate_stems: the parts of a song."""

from __future__ import annotations

from songwright.music.actions import Stems
from songwright.server.tools.submission import action_tool

__all__ = ["SEPARATE_STEMS"]

SEPARATE_STEMS = action_tool(
    name="separate_stems",
    title="Separate the stems",
    description=(
        "Separates a song into stems: isolated vocals, drums, bass and other instruments, split into files "
        "that sum to the mix. Stems are as long as the song; stem_uris lead to the audio. If get_song "
        "already shows stem_uris, this is not needed."
    ),
    action=Stems,
)
