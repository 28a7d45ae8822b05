"""Which languages are sung besides English, and how eSpeak NG calls them."""

from __future__ import annotations

from dataclasses import dataclass

from songwright.engines.local.singing.abroad.espeak import find_espeak
from songwright.music.lyrics import ENGLISH

__all__ = ["TONGUES", "Tongue", "sung_here"]


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
    "sv": Tongue("Swedish", "gmq/sv"),
    "pl": Tongue("Polish", "zlw/pl"),
    "tr": Tongue("Turkish", "trk/tr"),
    "id": Tongue("Indonesian", "poz/id"),
}
"""By ISO 639-1 code: those that a recogniser understands when sung (tools/listening/languages.py)."""


def sung_here() -> tuple[str, ...]:
    """ISO 639-1 codes of the languages that this machine sings. Starts and loads nothing."""
    return (ENGLISH, *TONGUES) if find_espeak() is not None else (ENGLISH,)
