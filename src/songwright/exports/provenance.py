"""Where a file comes from, in words that programs read: whether AI made it, by what, from which song."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, assert_never
from xml.sax.saxutils import escape

import songwright
from songwright.music.imports import ImportAudio
from songwright.music.song import Song

__all__ = ["DIGITAL_SOURCE_TYPE", "Origin", "Provenance", "provenance_of", "xmp"]

Origin = Literal["generated", "made from a recording", "recording"]
"""Whether a model made all of the sound, or worked on what somebody had recorded, or had no part in it."""

_TERMS = "http://cv.iptc.org/newscodes/digitalsourcetype/"
DIGITAL_SOURCE_TYPE = f"{_TERMS}trainedAlgorithmicMedia"
"""IPTC's term for media that a trained model made."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every exported file says of itself.

    Attributes:
        software: songwright and its version.
        engine: The engine's name and version.
        model: What really ran, in the engine's words.
        song_id: Id of the song in the library.
        created_at: When the song was made, or imported, ISO 8601.
        origin: Where its sound comes from.
    """

    software: str
    engine: str
    model: str
    song_id: str
    created_at: str
    origin: Origin = "generated"

    @property
    def digital_source_type(self) -> str | None:
        """IPTC's term for media made so, which readers of provenance look for.

        None of a recording that was imported: who or what made it is not known here.
        """
        match self.origin:
            case "generated":
                return DIGITAL_SOURCE_TYPE
            case "made from a recording":
                return f"{_TERMS}compositeWithTrainedAlgorithmicMedia"
            case "recording":
                return None
            case _:
                assert_never(self.origin)

    @property
    def statement(self) -> str:
        """One sentence for people."""
        made_with = f"with {self.software}, engine {self.engine}, song {self.song_id}."
        match self.origin:
            case "generated":
                return f"AI-generated {made_with}"
            case "made from a recording":
                return f"AI-edited, from an imported recording, {made_with}"
            case "recording":
                return f"A recording, imported and not made {made_with}"
            case _:
                assert_never(self.origin)

    def fields(self) -> dict[str, str]:
        """Names and values for programs, in the order they are written."""
        source_type = self.digital_source_type
        made = {"AI_GENERATED": "true", "DIGITAL_SOURCE_TYPE": source_type} if source_type else {}
        recorded = {} if self.origin == "generated" else {"ORIGIN": self.origin}
        return {
            **made,
            **recorded,
            "SOFTWARE": self.software,
            "ENGINE": self.engine,
            "MODEL": self.model,
            "SONG_ID": self.song_id,
            "CREATED_AT": self.created_at,
        }


def provenance_of(song: Song) -> Provenance:
    """What files made from a song say of themselves."""
    return Provenance(
        software=f"songwright {songwright.__version__}",
        engine=f"{song.engine} {song.engine_version}",
        model=song.facts.model,
        song_id=song.id,
        created_at=song.created_at.isoformat(timespec="seconds"),
        origin=_origin(song),
    )


def _origin(song: Song) -> Origin:
    if isinstance(song.action, ImportAudio):
        return "recording"
    return "made from a recording" if song.facts.from_recording else "generated"


def xmp(title: str, provenance: Provenance) -> str:
    """An XMP packet with the title and the source type, after the IPTC Photo Metadata Standard."""
    kind = provenance.digital_source_type
    source_type = f"<Iptc4xmpExt:DigitalSourceType>{kind}</Iptc4xmpExt:DigitalSourceType>" if kind else ""
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        'xmlns:xmp="http://ns.adobe.com/xap/1.0/" '
        'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
        f'<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{escape(title)}</rdf:li></rdf:Alt></dc:title>'
        f"<dc:identifier>{escape(provenance.song_id)}</dc:identifier>"
        f"<xmp:CreatorTool>{escape(provenance.software)}</xmp:CreatorTool>"
        f"{source_type}"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    )
