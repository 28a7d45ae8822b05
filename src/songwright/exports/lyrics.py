"""A song's words in time: LRC for players, JSON with every word for programs."""

from __future__ import annotations

import json

from songwright.exports.provenance import provenance_of
from songwright.exports.syllables import words_in_time
from songwright.music.score import Score
from songwright.music.song import Song

__all__ = ["lrc", "lyrics_json"]


def lrc(song: Song, artist: str = "songwright") -> str:
    """A song's lyric as LRC: ``[mm:ss.xx]`` and the words, one line each, after a head of tags.

    The format has no written standard; players agree on these simple tags and pass over others.
    """
    provenance = provenance_of(song)
    head = {
        "ti": song.facts.title,
        "ar": artist,
        "length": _clock(song.facts.duration_seconds),
        "re": provenance.software,
        "by": "AI-generated",
        "engine": provenance.engine,
        "song_id": provenance.song_id,
    }
    lines = [f"[{tag}:{value}]" for tag, value in head.items()]
    lines += [f"[{_clock(line.start_seconds)}]{line.text}" for line in song.facts.lyric_lines]
    return "\n".join(lines) + "\n"


def lyrics_json(song: Song, score: Score | None) -> str:
    """A song's lyric as JSON, with the time of each line and, where the song has a score, of each word.

    ``words`` is null where there is no score to take them from. Word times are the score's; a singer
    comes a few hundredths of a second early or late.
    """
    sung = score.vocal.lines if score is not None and score.vocal is not None else ()
    exact = len(sung) == len(song.facts.lyric_lines)
    lines = []
    for index, line in enumerate(song.facts.lyric_lines):
        words = None
        if exact and score is not None:
            words = [
                {
                    "text": word.text,
                    "start_seconds": round(score.seconds(word.start_beats), 3),
                    "end_seconds": round(score.seconds(word.end_beats), 3),
                }
                for word in words_in_time(sung[index])
            ]
        lines.append({**line.model_dump(), "words": words})
    whole = {
        "title": song.facts.title,
        "song_id": song.id,
        "duration_seconds": song.facts.duration_seconds,
        "provenance": {name.lower(): value for name, value in provenance_of(song).fields().items()},
        "lines": lines,
    }
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _clock(seconds: float) -> str:
    minutes, hundredths = divmod(round(seconds * 100), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"
