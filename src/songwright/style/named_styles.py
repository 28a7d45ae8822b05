"""Styles and qualities that prompts name: what each changes of the genre that plays it."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import Field

from songwright.music.base import Model
from songwright.music.score import Mode, VoiceName
from songwright.style.genre import Chance, Range, genre_names, load_genre
from songwright.style.traits import UNCOLOURED, Traits

__all__ = ["Style", "genre_styles", "plain_words", "qualities", "styles"]


class Style(Model):
    """A style that has no genre of its own, or a quality that colours any genre.

    Attributes:
        title: As it is said back.
        words: Further words for it, besides the title.
        genre: The genre that plays it; "" for a quality.
        hint: The genre that a quality brings to mind where none is named.
        weak: Whether it gives way to any other genre that is named: "electronic", "dance".
        stand_in: Whether the genre is another idiom, which lends its band and its grooves.
        tempo_bpm: Its range of tempos, where it is not the genre's.
        tempo_place: Where in the genre's range, as for a pace.
        kit: A drum kit; "none" for no drums.
        instruments: Catalogue names that must be heard.
        without: Catalogue names that must not.
        swing, meter, mode, voice: Its own, where it has them.
        mood: Valence and energy.
        traits: What else it changes.
    """

    title: str
    words: tuple[str, ...] = ()
    genre: str = ""
    hint: str = ""
    weak: bool = False
    stand_in: bool = False
    tempo_bpm: Range | None = None
    tempo_place: float | None = None
    kit: str = ""
    instruments: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    swing: Chance | None = None
    meter: str = ""
    mode: Mode | None = None
    voice: VoiceName | None = None
    mood: tuple[Annotated[float, Field(ge=-1, le=1)], Chance] | None = None
    traits: Traits = UNCOLOURED

    @property
    def all_words(self) -> tuple[str, ...]:
        """Every phrase that names it, in plain small letters."""
        return tuple(dict.fromkeys(plain_words(word) for word in (self.title, *self.words)))


def plain_words(text: str) -> str:
    """A phrase as the reader sees it: small letters, no hyphens."""
    return " ".join(text.lower().replace("-", " ").replace("&", " and ").split())


@cache
def genre_styles() -> dict[str, Style]:
    """The genres themselves, by every word that names them."""
    table: dict[str, Style] = {}
    for name in genre_names():
        genre = load_genre(name)
        style = Style(title=genre.title, words=(*genre.words, name.replace("_", " ")), genre=name)
        table |= {word: style for word in style.all_words if word not in table}
    return table


@cache
def styles() -> dict[str, Style]:
    """Every style by every word that names it; a genre's own words come before a stand-in's."""
    table = dict(genre_styles())
    for style in _read("styles.toml", stand_in=True):
        table |= {word: style for word in style.all_words if word not in table}
    return table


@cache
def qualities() -> dict[str, Style]:
    """Every quality by every word that names it."""
    return {word: style for style in _read("qualities.toml", stand_in=False) for word in style.all_words}


def _read(name: str, *, stand_in: bool) -> tuple[Style, ...]:
    source = files("songwright.style") / "lexicon" / name
    rows: dict[str, dict[str, Any]] = tomllib.loads(source.read_text(encoding="utf-8"))
    return tuple(
        Style.model_validate({"title": title, "stand_in": stand_in, **row}) for title, row in rows.items()
    )
