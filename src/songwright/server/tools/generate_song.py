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
                "Words to sing, one sung line per line, under lines such as [Verse], [Chorus], [Bridge], "
                "[Instrumental]."
            ),
        ),
        (
            "prompt",
            "Style, mood, tempo, key, instruments, voice, e.g. 'warm folk in G, 96 bpm'",
        ),
        (
            "custom",
            "True: sing `lyric`. False: write words from `prompt`. Left out: true if `lyric` has words.",
        ),
        ("instrumental", "No singing"),
        ("seed", "Same request and seed: same song"),
        ("weirdness", "How far to stray from the style's habits"),
        ("sound_strength", "How closely to follow `prompt`"),
        ("lyrics_strength", "How far the words shape melody and mix"),
        ("duration_seconds", "Length of the song"),
        ("tempo_bpm", "Beats a minute"),
        ("key", "Such as 'D minor', 'F#'"),
        ("time_signature", "Such as '3/4'"),
        ("chords", "One a bar, 'Am F C G', or '| C | G/B | Am7 F |'"),
        ("vocal_gender", "Voice; left out: by `prompt`, else to suit"),
        ("model", "'FUZZ-2.0 Pro': best of several takes; 'FUZZ-2.0 Raw': unmastered; or an older one"),
        ("callback_url", "Public URL that gets the result by POST"),
        ("engine", "Engine name; 'auto': one that can"),
        ("request_id", "Your own id; the same on a retry makes no second song"),
        ("wait_seconds", "Longest wait; the work goes on either way"),
    ),
)
