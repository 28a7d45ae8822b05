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
    wording=(
        (
            "lyric",
            (
                "Words to sing, one line per sung line, under markers such as [Verse], [Chorus], [Bridge] or "
                "[Instrumental] on lines of their own."
            ),
        ),
        (
            "prompt",
            (
                "Style, mood, tempo, key, instruments and voice in plain words, e.g. 'warm indie folk, "
                "96 bpm, in G major, female voice'."
            ),
        ),
        (
            "custom",
            "True: sing `lyric`. False: write words from `prompt`. Left out: true if `lyric` has words.",
        ),
        ("seed", "Same request and seed: same song. Left out: one is drawn and reported."),
        ("request_id", "Your own id for this request. Repeat it on a retry and no second song is made."),
    ),
)
