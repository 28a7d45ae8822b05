"""Fonts for words on pictures."""

from __future__ import annotations

from functools import lru_cache

from PIL import ImageFont

__all__ = ["Font", "fitted", "font_for"]

Font = ImageFont.FreeTypeFont

# Tried in turn for words that Pillow's own font, which is Latin, has no letters for.
_SYSTEM_FONTS = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "NotoSansCJK-Regular.ttc",
    "Arial Unicode.ttf",
    "PingFang.ttc",
    "msyh.ttc",
    "YuGothM.ttc",
    "arial.ttf",
)


def font_for(text: str, size_pixels: int) -> Font:
    """A font that has letters for all of a text, where this machine has one.

    Latin text is always set in the font that comes with Pillow, so its pictures are alike everywhere.
    """
    wanted = "".join(sorted({character for character in text if not character.isspace()}))
    own = _own(size_pixels)
    if _has_all(own, wanted):
        return own
    for name in _SYSTEM_FONTS:
        font = _system(name, size_pixels)
        if font is not None and _has_all(font, wanted):
            return font
    return own


def fitted(text: str, font: Font, width_pixels: float) -> str:
    """The text, shortened with an ellipsis where it is wider than it may be."""
    if font.getlength(text) <= width_pixels:
        return text
    while text and font.getlength(text + "...") > width_pixels:
        text = text[:-1]
    return text.rstrip() + "..."


@lru_cache(maxsize=32)
def _own(size_pixels: int) -> Font:
    font = ImageFont.load_default(size_pixels)
    if not isinstance(font, Font):  # a Pillow without FreeType, which no wheel is
        raise TypeError("Pillow was built without FreeType")
    return font


@lru_cache(maxsize=128)
def _system(name: str, size_pixels: int) -> Font | None:
    try:
        return ImageFont.truetype(name, size_pixels)
    except OSError:
        return None


@lru_cache(maxsize=256)
def _has_all(font: Font, characters: str) -> bool:
    missing = bytes(font.getmask("\uffff"))
    return all(bytes(font.getmask(character)) != missing for character in characters)
