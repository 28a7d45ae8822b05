"""What the server tells a client about itself, before any tool is called."""

from __future__ import annotations

__all__ = ["INSTRUCTIONS"]

INSTRUCTIONS = """\
songwright makes songs and revises them.

Usual path: generate_song waits and returns the finished song with its file, tempo, key, sections and \
timed lyric lines. If the song takes longer than wait_seconds the result has song: null and a task; call \
get_task with that id until the song is there. Leaving a call never stops the work; cancel_task does.

Songs never change. Every edit (cover_song, extend_song, vary_song, swap_vocals, swap_instrumentals, \
replace_section, separate_stems) takes audio_id, the id of a song, and makes a new song that knows its \
parents. Name a stretch by its section, such as "chorus 2", by bars, such as "bars 9-16", or in seconds; \
the sections are in every result.

Units: times are seconds from the start of the song, tempo is beats per minute, loudness is LUFS, bars \
count from 1. Ranges are in each argument's description.

Words to sing go into lyric, one sung line per line, under [Verse], [Chorus], [Bridge] and the like. The \
style goes into prompt: genre, mood, tempo, key, instruments, voice. Same request and same seed: same song.

Give request_id when a retry must not make a second song. Audio is never inlined: it is a file on disk \
and a resource, song://ID/audio. import_audio makes a recording a song to edit. list_songs finds \
earlier songs, get_song shows one in full.\
"""
