"""A song's words as subtitles: SubRip, WebVTT and Advanced SubStation Alpha, for players and editors.

A cue is a line of the lyric, from where it begins to be sung to where it ends. Where an engine tells when
each word is sung, WebVTT and ASS say so as well, for karaoke.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from songwright.errors import UnsupportedError
from songwright.exports.lyrics import MADE, TimedWord, timed_words
from songwright.exports.material import SungWords
from songwright.exports.provenance import provenance_of
from songwright.music.song import Song

__all__ = ["ass", "srt", "webvtt"]

# ASS counts in hundredths of a second, the others in thousandths.
_ASS_SHORTEST = 10
_SHORTEST = 1
# A backslash would begin a code of ASS; a word joiner behind it, which nobody sees, keeps it a backslash.
_WORD_JOINER = "\N{WORD JOINER}"
_ASS_HEAD = """\
ScriptType: v4.00+
PlayResX: 1920
PlayResY: 1080
WrapStyle: 0
ScaledBorderAndShadow: yes

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, \
Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, \
MarginR, MarginV, Encoding
Style: Lyrics,Arial,72,&H00FFFFFF,&H00B0B0B0,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,80,80,80,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


@dataclass(frozen=True, slots=True)
class _Cue:
    text: str
    start_ms: int
    end_ms: int
    words: tuple[TimedWord, ...]


def srt(song: Song, sung: tuple[SungWords, ...] = ()) -> str:
    """A song's lyric as SubRip, one numbered cue a line.

    The format has no place for a note: unlike the others, the file does not say what made the song.

    Raises:
        UnsupportedError: Nobody knows when words are sung, or none are.
    """
    return "\n".join(
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n{cue.text}\n"
        for number, cue in enumerate(_cues(song, sung, _SHORTEST), start=1)
    )


def webvtt(song: Song, sung: tuple[SungWords, ...] = ()) -> str:
    """A song's lyric as WebVTT, after the W3C's recommendation, with the time of each word where it is known.

    Raises:
        UnsupportedError: Nobody knows when words are sung, or none are.
    """
    notes = [
        f"{name}: {value}".replace("-->", "->") for name, value in _told(song).items()
    ]  # An arrow would begin a cue.
    blocks = ["WEBVTT\n", "\n".join(["NOTE", *notes]) + "\n"]
    blocks += [
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n{_webvtt_text(cue)}\n"
        for cue in _cues(song, sung, _SHORTEST)
    ]
    return "\n".join(blocks)


def ass(song: Song, artist: str = "songwright", sung: tuple[SungWords, ...] = ()) -> str:
    r"""A song's lyric as Advanced SubStation Alpha v4.00+, with ``\kf`` sweeps where words have times.

    Raises:
        UnsupportedError: Nobody knows when words are sung, or none are.
    """
    notes = [f"; {name}: {value}" for name, value in _told(song).items()]
    head = ["[Script Info]", *notes, f"Title: {song.facts.title}", f"Original Script: {artist}"]
    events = [
        f"Dialogue: 0,{_ass_clock(cue.start_ms)},{_ass_clock(cue.end_ms)},Lyrics,,0,0,0,,{_ass_text(cue)}\n"
        for cue in _cues(song, sung, _ASS_SHORTEST)
    ]
    return "\n".join(head) + "\n" + _ASS_HEAD + "".join(events)


def _told(song: Song) -> dict[str, str]:
    provenance = provenance_of(song)
    return {
        "title": song.facts.title,
        "made": MADE[provenance.origin],
        "software": provenance.software,
        "engine": provenance.engine,
        "song_id": provenance.song_id,
    }


def _cues(song: Song, sung: tuple[SungWords, ...], shortest_ms: int) -> list[_Cue]:
    lines = song.facts.lyric_lines
    if not lines:
        raise UnsupportedError(
            "subtitles need the times of sung lines, and this song has none; lrc and lyrics_json hold the "
            "words without times, where there are any",
            field="format",
        )
    told = len(sung) == len(lines)
    cues = []
    for index, line in enumerate(lines):
        start = _milliseconds(line.start_seconds)
        end = max(start + shortest_ms, _milliseconds(line.end_seconds))
        words = timed_words(sung[index]) if told else ()
        cues.append(_Cue(" ".join(line.text.split()), start, end, words))
    return cues


def _webvtt_text(cue: _Cue) -> str:
    if not cue.words:
        return _escaped(cue.text)
    text, latest = "", cue.start_ms
    for word in cue.words:
        at = _milliseconds(word.start_seconds)
        # A time within a cue has to lie inside it and behind the one before.
        if latest < at < cue.end_ms:
            text += f"<{_clock(at, '.')}>"
            latest = at
        text += _escaped(word.text) + " "
    return text.rstrip()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _ass_text(cue: _Cue) -> str:
    if not cue.words:
        return _ass_escaped(cue.text)
    start, end = cue.start_ms // 10, cue.end_ms // 10
    # Sweeps follow one another without gaps: each lasts until the next word begins.
    begins = [min(max(_milliseconds(word.start_seconds) // 10, start), end) for word in cue.words]
    text = f"{{\\k{begins[0] - start}}}" if begins[0] > start else ""
    for word, (begin, following) in zip(cue.words, pairwise([*begins, end]), strict=True):
        text += f"{{\\kf{max(0, following - begin)}}}{_ass_escaped(word.text)} "
    return text.rstrip()


def _ass_escaped(text: str) -> str:
    return text.replace("\\", "\\" + _WORD_JOINER).replace("{", "\\{").replace("}", "\\}")


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _clock(milliseconds: int, point: str) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}{point}{thousandths:03}"


def _ass_clock(milliseconds: int) -> str:
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}.{thousandths // 10:02}"
