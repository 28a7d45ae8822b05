"""How a song begins and ends, where a prompt says so: out of silence, into silence, or at once."""

from __future__ import annotations

import re

from songwright.style.wishes import Wishes

__all__ = ["read_endings"]

_FADES = r"fad(?:e|es|ing)"
_UNITS = r"(?:seconds?|secs?|s|bars?)"
_FOR = rf"(?:\s+(?:over|of|for|in|during)\s+(?:the\s+)?(?:last\s+|first\s+)?\d+[\s-]*{_UNITS}\b)?"
_HOW = r"(?:with\s+)?(?:an?\s+|the\s+)?(?:long|slow|gradual|gentle)?\s*"
_NO_FADE = re.compile(
    r"(?i)\b(?:no|without(?: an?)?|doesn't|does not|don't|do not)\s+fad(?:e|ing)s?(?:[\s-]+out)?\b"
)
_FADE_IN = re.compile(rf"(?i)\b{_HOW}{_FADES}[\s-]*in\b(?!\s+and\s+out){_FOR}")
_FADE_IN_AND_OUT = re.compile(rf"(?i)\b{_FADES}[\s-]*in\s+and\s+(?:{_FADES}[\s-]*)?out\b")
_FADE_OUT = re.compile(
    rf"(?i)\b{_HOW}(?:{_FADES}[\s-]*(?:outs?|away)|{_FADES}\s+to\s+silence|fade[\s-]+ending"
    r"|fading\s+(?:ending|outro)|(?:end|ending|ends)\s+(?:in|with)\s+a\s+fade)(?:\s+at\s+the\s+end|\s+ending)?\b"
    rf"{_FOR}"
)
_COLD = re.compile(
    r"(?i)\b(?:with\s+)?(?:an?\s+)?(?:cold|abrupt|sudden|hard|dead)[\s-]+(?:end(?:ing)?|stop)\b"
    r"|\b(?:ends?|stops?|ending|stopping)\s+(?:abruptly|suddenly|dead|cold|on\s+a\s+dime)\b"
)


def read_endings(text: str, wishes: Wishes) -> str:
    """Read fades and cold ends into the wishes; the text without them comes back."""
    text = _NO_FADE.sub(", ", text)
    text, both = _FADE_IN_AND_OUT.subn(", ", text)
    text, begins = _FADE_IN.subn(", ", text)
    text, ends = _FADE_OUT.subn(", ", text)
    text, stops = _COLD.subn(", ", text)
    if both or begins:
        wishes.fades_in = True
        wishes.understand("fade in")
    if both or ends:
        wishes.fades_out = True
        wishes.understand("fade out")
    if stops and not wishes.fades_out:
        wishes.ends_cold = True
        wishes.understand("cold end")
    return text
