"""Fonts for words on pictures."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

__all__ = ["Font", "fitted", "font_for", "font_within"]

Font = ImageFont.FreeTypeFont

_OWN = Path(__file__).parent / "fonts" / "DejaVuSans.ttf"
"""Latin, Greek, Cyrillic, Hebrew, Arabic, Armenian, Georgian; so pictures in them are alike everywhere."""

# Tried in turn for letters that it lacks, Chinese, Japanese and Korean above all.
_SYSTEM_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "DroidSansFallbackFull.ttf",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "malgun.ttf",
    "NotoSans-Regular.ttf",
)


def font_for(text: str, size_pixels: int) -> Font:
    """The font with letters for most of a text: the one that comes with songwright, or one of the system's.

    Letters that no font has are drawn as boxes.
    """
    wanted = "".join(sorted({character for character in text if not character.isspace()}))
    own = ImageFont.truetype(_OWN, size_pixels)
    best, fewest = own, _missing(own, wanted)
    for name in _SYSTEM_FONTS:
        if fewest == 0:
            break
        font = _system(name, size_pixels)
        missing = fewest if font is None else _missing(font, wanted)
        if font is not None and missing < fewest:
            best, fewest = font, missing
    return best


def font_within(text: str, size_pixels: int, width_pixels: float) -> Font:
    """The font for a text, smaller where the text is too wide, but no smaller than three fifths."""
    font = font_for(text, size_pixels)
    share = width_pixels / max(1.0, font.getlength(text))
    return (
        font if share >= 1.0 else font.font_variant(size=max(size_pixels * 3 // 5, int(size_pixels * share)))
    )


def fitted(text: str, font: Font, width_pixels: float) -> str:
    """The text, shortened with an ellipsis where it is wider than it may be."""
    if font.getlength(text) <= width_pixels:
        return text
    while text and font.getlength(text + "...") > width_pixels:
        text = text[:-1]
    return text.rstrip() + "..."


@lru_cache(maxsize=128)
def _system(name: str, size_pixels: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size_pixels)
    except OSError:
        return None


def _missing(font: Font, characters: str) -> int:
    box = bytes(font.getmask("\uffff"))
    return sum(bytes(font.getmask(character)) == box for character in characters)
