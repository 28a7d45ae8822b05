"""A song's words in time: LRC for players, JSON with every word for programs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from songwright.exports.material import SungSyllable, SungWords
from songwright.exports.provenance import Origin, provenance_of
from songwright.music.lyrics import parse_lyric
from songwright.music.song import Song

__all__ = ["MADE", "TimedWord", "lrc", "lyrics_json", "timed_words"]

MADE: dict[Origin, str] = {
    "generated": "AI-generated",
    "made from a recording": "AI-edited recording",
    "recording": "imported recording",
}
"""How a song came to be, in the words of files for people."""


@dataclass(frozen=True, slots=True)
class TimedWord:
    """A word as it was sung, in seconds from the start of the song."""

    text: str
    start_seconds: float
    end_seconds: float


def lrc(song: Song, artist: str = "songwright") -> str:
    """A song's lyric as LRC: ``[mm:ss.xx]`` and the words, one line each, after a head of tags.

    The format has no written standard; players agree on these simple tags and pass over others. Where nobody
    knows when the words are sung, they follow the head as plain text, which players show unsynchronised.
    """
    provenance = provenance_of(song)
    head = {
        "ti": song.facts.title,
        "ar": artist,
        "length": _clock(song.facts.duration_seconds),
        "re": provenance.software,
        "by": MADE[provenance.origin],
        "engine": provenance.engine,
        "song_id": provenance.song_id,
    }
    lines = [f"[{tag}:{value}]" for tag, value in head.items()]
    timed = [f"[{_clock(line.start_seconds)}]{line.text}" for line in song.facts.lyric_lines]
    lines += timed or parse_lyric(song.facts.lyric).lines
    return "\n".join(lines) + "\n"


def lyrics_json(song: Song, sung: tuple[SungWords, ...]) -> str:
    """A song's lyric as JSON, with the time of each line and of each word as it was sung.

    Args:
        song: The song.
        sung: Its lines with their syllables. Where they are not told, ``words`` is null.
    """
    told = len(sung) == len(song.facts.lyric_lines)
    lines = [
        {**line.model_dump(), "words": [asdict(word) for word in timed_words(sung[index])] if told else None}
        for index, line in enumerate(song.facts.lyric_lines)
    ]
    whole = {
        "title": song.facts.title,
        "song_id": song.id,
        "duration_seconds": song.facts.duration_seconds,
        "provenance": {name.lower(): value for name, value in provenance_of(song).fields().items()},
        "lines": lines,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def timed_words(line: SungWords) -> tuple[TimedWord, ...]:
    """The words of a line, each from its first syllable to the end of its last."""
    written = line.text.split()
    by_word: dict[int, list[SungSyllable]] = {}
    for syllable in line.syllables:
        by_word.setdefault(syllable.word, []).append(syllable)
    return tuple(
        TimedWord(
            text=written[word] if word < len(written) else "".join(one.text for one in syllables),
            start_seconds=round(syllables[0].start_seconds, 3),
            end_seconds=round(syllables[-1].end_seconds, 3),
        )
        for word, syllables in by_word.items()
    )


def _clock(seconds: float) -> str:
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"
