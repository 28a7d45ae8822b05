"""Wishes that are understood as wishes and that nobody here can play: told as such, and never as played."""

from __future__ import annotations

import re

from songwright.style.wishes import Wishes

__all__ = ["read_unplayed"]

_PACE = r"(?:slow|fast)(?:ly|er)?"
_WHERE = r"(?:chorus|verse|bridge|end|outro|middle)"
_LATER = rf"(?:\s+(?:in|for|at|on|before|into)\s+the\s+(?:(?:last|final|second|first)\s+)?{_WHERE})?"
_BEGINNING = r"(?:(?:starts?|begins?|starting|beginning)\s+)?"
_BECOMES = r"(?:then|to|into|later|gets?|becomes?)\s+(?:gets?\s+|becomes?\s+)?"
_STEP = r"(?:whole|half)?\s*(?:step|tone|semitone|minor\s+third)"
_HIGHER = r"(?:up|higher)"
_MODULATION = r"(?:key[\s-]+changes?|modulat(?:es?|ion|ing)|truck\s+driver'?s?\s+(?:gear\s+)?change)"
_FASTER = r"(?:speeds?\s+up|speeding\s+up|accelerando|accelerates?|double[\s-]time)"
_SLOWER = r"(?:slows?\s+down|slowing\s+down|ritardando|rallentando|half[\s-]time)"
_SOMEBODY = r"(?:an?\s+)?(?:man|male|woman|female)"
_COUPLE = (
    rf"(?:\s+(?:between|of|with)\s+{_SOMEBODY}\s+and\s+{_SOMEBODY}(?:\s+(?:voices?|vocals?|singers?))?)?"
)
_PART = r"(?:verses?|intro|outro|bridge|parts?|sections?|vocals?)"

_TEMPO, _KEY = "one tempo all through", "one key all through"
_VOICE, _SUNG = "one lead voice", "sung words"
_ROWS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?i){pattern}"), instead)
    for pattern, instead in (
        (rf"\b{_BEGINNING}(?P<kept>{_PACE})\s*,?\s*(?:and\s+|but\s+)?{_BECOMES}{_PACE}\b", _TEMPO),
        (r"\b(?:tempo\s+change\s+)?from\s+(?P<kept>\d{2,3}(?:\s*bpm)?)\s+to\s+\d{2,3}\s*bpm\b", _TEMPO),
        (rf"\b(?:gradually\s+)?(?:{_FASTER}|{_SLOWER}|tempo\s+changes?){_LATER}", _TEMPO),
        (rf"\b{_MODULATION}(?:\s+(?:up|down))?(?:\s+(?:by\s+)?(?:an?|one)?\s*{_STEP})?{_LATER}", _KEY),
        (
            rf"\b(?:last|final)\s+chorus\s+(?:up\s+)?(?:an?|one|half\s+an?)\s+{_STEP}(?:\s+(?:up|higher))?\b",
            _KEY,
        ),
        (rf"\b(?:duets?|two\s+singers|call[\s-]+and[\s-]+response)\b{_COUPLE}", _VOICE),
        (rf"\bspoken(?:[\s-]+word)?(?:\s+{_PART})?\b", _SUNG),
    )
)


def read_unplayed(text: str, wishes: Wishes) -> str:
    """Take out what can't be played, and note it; the text comes back without it.

    Of a tempo that changes, the first one stays in the text.
    """
    for pattern, instead in _ROWS:
        while found := pattern.search(text):
            said = " ".join(found[0].split())
            wishes.not_understood.append(said)
            wishes.notes.append(f"not played: {said}; {instead} instead")
            kept = found.groupdict().get("kept") or ""
            kept = f"{kept} bpm" if kept.isdigit() else kept
            text = f"{text[: found.start()]}, {kept}, {text[found.end() :]}"
    return text
