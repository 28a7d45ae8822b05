"""The songs that the transcription is measured on: twelve genres, three meters, with and without a voice."""

from __future__ import annotations

from tools.listening.requests import Request

__all__ = ["REQUESTS"]

_LYRIC = """[Verse]
Paper boats along the harbour wall
Every name we wrote has washed away
Still I hear the summer when you call
Golden like the middle of the day

[Chorus]
Turn the lights up over the avenue
I am coming home to you
Turn the radio up and sing it too
Nothing here is old or new

[Verse]
Morning comes in silver on the water
I can hear the city start to sing
Every window opens like a letter
Every little bird is on the wing

[Chorus]
Turn the lights up over the avenue
I am coming home to you
Turn the radio up and sing it too
Nothing here is old or new"""

REQUESTS: tuple[Request, ...] = tuple(
    Request(name, genre, style, tempo_bpm, key, lyric)
    for name, genre, style, tempo_bpm, key, lyric in (
        ("pop", "pop", "bright pop, female voice, piano and synths", 112, "C major", _LYRIC),
        ("rock", "rock", "driving rock, male voice, electric guitars", 138, "E minor", _LYRIC),
        ("waltz", "country", "country waltz in 3/4, male voice", 126, "D major", _LYRIC),
        ("ballad", "pop", "slow pop ballad in 6/8, female voice", 84, "G major", _LYRIC),
        ("jazz", "jazz", "swinging jazz, female voice", 120, "F major", _LYRIC),
        ("hip-hop", "hip hop", "hip hop, male voice", 90, "C minor", _LYRIC),
        ("reggae", "reggae", "sunny reggae, male voice", 80, "A major", _LYRIC),
        ("folk", "indie folk", "gentle indie folk, female voice, acoustic guitar", 98, "Bb major", _LYRIC),
        ("metal", "metal", "heavy metal, male voice", 150, "D minor", _LYRIC),
        ("bossa", "bossa nova", "bossa nova, female voice", 132, "A minor", _LYRIC),
        ("house", "house", "instrumental house", 124, "F minor", ""),
        ("orchestra", "orchestral", "instrumental orchestral piece in 3/4", 100, "Eb major", ""),
    )
)
