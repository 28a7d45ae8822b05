"""generate_song: make a new song."""

from __future__ import annotations

from songwright.music.actions import Generate
from songwright.server.tools.submission import action_tool

__all__ = ["GENERATE_SONG"]

GENERATE_SONG = action_tool(
    name="generate_song",
    title="Generate a song",
    description=(
        "Makes a new song, track or jingle from an idea, a style or lyrics: composes, writes words, plays, "
        "sings. Give `lyric` to turn your own verses and chorus into a finished song, `prompt` alone, such "
        "as 'upbeat pop, 90 bpm, female voice', to have words written, `instrumental` for a beat or other "
        "music without vocals. The result has the audio file, tempo, key, sections and the time of every "
        "line; if song is null, get_task waits on. To change a song that exists use cover_song, vary_song, "
        "extend_song or replace_section."
    ),
    action=Generate,
    omitted=frozenset(),
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
