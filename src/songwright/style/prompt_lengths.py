"""Reading how long a song is to be: seconds, minutes, bars, or a form that says it, such as a jingle."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from songwright.music.song import LONGEST_SONG_SECONDS
from songwright.style.wishes import Wishes

__all__ = ["SHORTEST_SONG_SECONDS", "read_length"]

SHORTEST_SONG_SECONDS = 5.0
_MOST_BARS = 400

_WORDS: dict[str, float] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "sixteen": 16, "twenty": 20,
    "twenty-five": 25, "thirty": 30, "thirty-two": 32, "forty": 40, "forty-five": 45, "fifty": 50,
    "sixty": 60, "seventy-five": 75, "ninety": 90, "a couple of": 2, "couple of": 2, "half a": 0.5,
    "half": 0.5, "a half": 0.5,
}  # fmt: skip
_WORD = "|".join(sorted((word.replace(" ", r"\s+").replace("-", "[- ]") for word in _WORDS), key=len)[::-1])
_N = rf"\d{{1,3}}(?:[.,]\d{{1,2}})?|{_WORD}"
_MINUTES = r"(?:minutes?|mins?)"
_SECONDS = r"(?:seconds?|secs?)"
_BARS = r"(?:bars?|measures?)"

# The parts of a song and other things whose length is not the song's.
_PART = (
    r"intro|introduction|outro|solo|fade|build|pause|break|breakdown|silence|drop|ending|delay|bridge|verse|"
    r"chorus|interlude|riser|ago|old|later|before|after|earlier|apart|into|per\b|then\b|each|blues|hook|tag"
)
_BEHIND = re.compile(rf"^[\s-]*(?:long\s+|of\s+|\w+\s+)?(?:{_PART})", re.IGNORECASE)
_AHEAD = re.compile(
    r"(?:\b(?:after|first|last|at|every|within|until|till|next|from|final|opening|closing)"
    r"(?:\s+(?:the|a|about))*"
    r"|\bfad(?:e|es|ing|ed)\b[^,;.]*"
    r"|\b(?:intro|outro|solo|break|breakdown|bridge|pause|silence|build(?:-?up)?)\s+(?:of|for|over|lasting|lasts)"
    r"|\b(?:no|without|not|only|just)\b[^,;.]{0,40}\b\w+\s+for(?:\s+(?:the|about|at\s+least))*)\s*$",
    re.IGNORECASE,
)
_BELOW = re.compile(r"\b(?:under|below|less\s+than|shorter\s+than)\s*$", re.IGNORECASE)
_JUST_BELOW = 0.95

_FORMS: tuple[tuple[re.Pattern[str], str, float], ...] = (
    (re.compile(r"\b(?:sting|stinger|ident|(?:sonic|audio)\s+logo)s?\b", re.IGNORECASE), "sting", 6.0),
    (re.compile(r"\bbumper\b", re.IGNORECASE), "bumper", 10.0),
    (re.compile(r"\bjingle(?!\s+bell)s?\b", re.IGNORECASE), "jingle", 15.0),
    (re.compile(r"\bringtone\b", re.IGNORECASE), "ringtone", 25.0),
)
"""Short forms and how long they usually are: stings 3 to 8 s, jingles 10 to 30 s, ringtones up to 30 s."""

_WHOLE = r"(?:song|track|piece|version|mix|cut|tune|edit|jam|instrumental|number|composition)"
_SIZED = re.compile(
    rf"\b(?P<size>short|brief|long|extended|lengthy)(?P<between>(?:\s+[\w'&-]+){{0,3}}?)\s+{_WHOLE}\b",
    re.IGNORECASE,
)
_SIZE_ALONE = re.compile(
    r"(?:^|(?<=[,;.]))\s*(?:a\s+|very\s+|quite\s+|rather\s+|(?:keep|make)\s+it\s+)?"
    r"(?P<size>short|brief|long)\s*(?=$|[,;.])",
    re.IGNORECASE,
)
_SIZES = {"short": 92.0, "brief": 92.0, "long": 195.0, "extended": 195.0, "lengthy": 195.0}


@dataclass(frozen=True, slots=True)
class _Found:
    """A length that a prompt names, in seconds or in bars, and where it stands."""

    start: int
    stop: int
    seconds: float = 0.0
    bars: int = 0


def read_length(text: str, wishes: Wishes) -> str:
    """Read how long the song is to be into the wishes; the text without it comes back."""
    found = next((each for each in _candidates(text) if _is_the_songs(text, each)), None)
    if found is not None:
        _take(found, text, wishes)
        text = text[: found.start] + ", " + text[found.stop :]
    for pattern, name, seconds in _FORMS:
        match = pattern.search(text)
        if match is not None:
            if wishes.target_seconds is None and wishes.target_bars is None:
                wishes.target_seconds = seconds
                wishes.understand(f"length about {seconds:g} s, a {name}")
            text = text[: match.start()] + " " + text[match.end() :]
    return _without_size(text, wishes)


def _number(text: str) -> float:
    plain = " ".join(text.lower().split())
    if plain in _WORDS:
        return float(_WORDS[plain])
    return float(_WORDS[plain.replace(" ", "-")]) if plain[0].isalpha() else float(plain.replace(",", "."))


_SECONDS_A_MINUTE = 60.0
_Reading = Callable[[re.Match[str]], tuple[float, int]]


def _minutes(match: re.Match[str]) -> tuple[float, int]:
    return _number(match["n"]) * _SECONDS_A_MINUTE, 0


def _seconds(match: re.Match[str]) -> tuple[float, int]:
    return _number(match["n"]), 0


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE)


# Longer forms stand first, as they hold shorter ones.
_READINGS: tuple[tuple[re.Pattern[str], _Reading], ...] = (
    (
        _pattern(r"(?<![\d:])(?P<n>\d{1,2}):(?P<s>[0-5]\d)(?![\d:])(?!\s*[ap]\.?m\b)"),
        lambda match: (int(match["n"]) * _SECONDS_A_MINUTE + int(match["s"]), 0),
    ),
    (
        _pattern(
            rf"\b(?P<n>{_N})[\s-]*(?:{_MINUTES}|m)[\s,]*(?:and\s+)?(?P<s>\d{{1,2}})\s*-?(?:{_SECONDS}|s\b|(?=$|[,;.]))"
        ),
        lambda match: (_number(match["n"]) * _SECONDS_A_MINUTE + int(match["s"]), 0),
    ),
    (
        _pattern(
            rf"\b(?P<n>{_N})[\s-]+(?:and[\s-]+a[\s-]+half[\s-]+{_MINUTES}|{_MINUTES}\s+and\s+a\s+half)\b"
        ),
        lambda match: ((_number(match["n"]) + 0.5) * _SECONDS_A_MINUTE, 0),
    ),
    (
        _pattern(rf"\b(?P<n>{_N})(?:\s+to\s+|(?<=\d)\s*[-\u2013]\s*(?=\d))(?P<m>{_N})[\s-]*{_MINUTES}\b"),
        lambda match: (30.0 * (_number(match["n"]) + _number(match["m"])), 0),
    ),
    (
        _pattern(rf"\b(?P<n>{_N})(?:\s+to\s+|(?<=\d)\s*[-\u2013]\s*(?=\d))(?P<m>{_N})[\s-]*{_SECONDS}\b"),
        lambda match: (0.5 * (_number(match["n"]) + _number(match["m"])), 0),
    ),
    (_pattern(rf"\b(?P<n>{_N})[\s-]*{_MINUTES}\b(?!\s*/)"), _minutes),
    (_pattern(rf"\b(?P<n>{_N})[\s-]*{_SECONDS}\b(?!\s*/)"), _seconds),
    # "30s" is a decade unless something short follows; "8 s" and "15s" are seconds.
    (_pattern(r"\b(?P<n>\d{1,3}(?=\s+s\b)|\d{1,2}(?<!0)(?=s\b))\s*s\b(?!')"), _seconds),
    (_pattern(r"\b(?P<n>\d{1,3})s\b(?=\s+(?:jingle|loop|clip|ad\b|spot|sting|long|ringtone))"), _seconds),
    (_pattern(rf"\b(?P<n>{_N})[\s-]*(?:hours?|hrs?)\b"), lambda match: (_number(match["n"]) * 3600.0, 0)),
    (_pattern(rf"\b(?P<n>{_N})[\s-]*{_BARS}\b"), lambda match: (0.0, int(_number(match["n"])))),
)  # fmt: skip


def _candidates(text: str) -> Iterator[_Found]:
    for pattern, read in _READINGS:
        for match in pattern.finditer(text):
            seconds, bars = read(match)
            if seconds or bars:
                yield _Found(match.start(), match.end(), seconds, bars)


def _is_the_songs(text: str, found: _Found) -> bool:
    """Whether the length is the song's, rather than that of a part of it or of something else."""
    return not _BEHIND.match(text[found.stop :]) and not _AHEAD.search(text[: found.start])


def _take(found: _Found, text: str, wishes: Wishes) -> None:
    if found.bars:
        if found.bars <= _MOST_BARS:
            wishes.target_bars = found.bars
            wishes.understand(f"length {found.bars} bars" if found.bars > 1 else "length 1 bar")
        else:
            wishes.notes.append(f"no song has more than {_MOST_BARS} bars")
        return
    below = _BELOW.search(text[: found.start]) is not None
    seconds = found.seconds * _JUST_BELOW if below else found.seconds
    if seconds > LONGEST_SONG_SECONDS:
        wishes.notes.append(f"no song is longer than {LONGEST_SONG_SECONDS:g} s")
    elif seconds < SHORTEST_SONG_SECONDS:
        wishes.target_seconds = SHORTEST_SONG_SECONDS
        wishes.notes.append(f"no song is shorter than {SHORTEST_SONG_SECONDS:g} s")
    else:
        wishes.target_seconds = seconds
        wishes.understand(f"length about {seconds:g} s")


def _without_size(text: str, wishes: Wishes) -> str:
    """Read "a long song" and "short", but leave a long solo, a long road and long years alone."""
    part = re.compile(rf"\b(?:{_PART}|years?|days?|nights?|road|way|time)\b", re.IGNORECASE)
    for pattern in (_SIZED, _SIZE_ALONE):
        for match in pattern.finditer(text):
            if part.search(match.groupdict().get("between") or ""):
                continue
            size = match["size"].lower()
            if wishes.target_seconds is None and wishes.target_bars is None:
                wishes.target_seconds = _SIZES[size]
                wishes.understand(f"length about {_SIZES[size]:g} s, as {size}")
            return text[: match.start("size")] + " " + text[match.end("size") :]
    return text
