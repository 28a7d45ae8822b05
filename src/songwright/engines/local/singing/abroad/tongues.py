"""Which languages are sung besides English, and how eSpeak NG calls them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["TONGUES", "Tongue"]


@dataclass(frozen=True, slots=True)
class Tongue:
    """A language that is sung.

    Attributes:
        name: In English.
        voice: Its file in eSpeak NG. A bare name could be taken by a voice of another program.
    """

    name: str
    voice: str


TONGUES: dict[str, Tongue] = {
    "es": Tongue("Spanish", "roa/es-419"),
    "it": Tongue("Italian", "roa/it"),
    "pt": Tongue("Portuguese", "roa/pt-BR"),
    "fr": Tongue("French", "roa/fr"),
    "de": Tongue("German", "gmw/de"),
    "nl": Tongue("Dutch", "gmw/nl"),
    "sv": Tongue("Swedish", "gmq/sv"),
    "id": Tongue("Indonesian", "poz/id"),
}
"""By ISO 639-1 code: those that a recogniser understands when sung (tools/listening/languages.py)."""
