"""generate_song: make a new song."""

from __future__ import annotations

from songwright.music.actions import Generate
from songwright.server.tools.submission import action_tool

__all__ = ["GENERATE_SONG"]

GENERATE_SONG = action_tool(
    name="generate_song",
    title="Generate a song",
    description=(
        "Makes a new song from a style in plain words, from lyrics, or from both, and returns it "
        "finished. Give `lyric` to have your own words sung, `prompt` alone to have words written, "
        "`instrumental` for music without singing. The result has the audio file, tempo, key, sections "
        "and the time of every sung line. If the song takes longer than wait_seconds, song is null and "
        "get_task waits on. To change a song that exists use cover_song, vary_song, extend_song or "
        "replace_section instead; they keep what you liked."
    ),
    action=Generate,
    wording=(),
)
