"""Where a file comes from, in words that programs read: it is AI-generated, by what, from which song."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape

import songwright
from songwright.music.song import Song

__all__ = ["DIGITAL_SOURCE_TYPE", "Provenance", "provenance_of", "xmp"]

DIGITAL_SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
"""IPTC's term for media that a trained model made, which readers of provenance look for."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """What every exported file says of itself.

    Attributes:
        software: songwright and its version.
        engine: The engine's name and version.
        model: What really ran, in the engine's words.
        song_id: Id of the song in the library.
        created_at: When the song was made, ISO 8601.
    """

    software: str
    engine: str
    model: str
    song_id: str
    created_at: str

    @property
    def statement(self) -> str:
        """One sentence for people."""
        return f"AI-generated with {self.software}, engine {self.engine}, song {self.song_id}."

    def fields(self) -> dict[str, str]:
        """Names and values for programs, in the order they are written."""
        return {
            "AI_GENERATED": "true",
            "DIGITAL_SOURCE_TYPE": DIGITAL_SOURCE_TYPE,
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
    )


def xmp(title: str, provenance: Provenance) -> str:
    """An XMP packet with the title and the source type, after the IPTC Photo Metadata Standard."""
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
        f"<Iptc4xmpExt:DigitalSourceType>{DIGITAL_SOURCE_TYPE}</Iptc4xmpExt:DigitalSourceType>"
        "</rdf:Description></rdf:RDF></x:xmpmeta>"
        '<?xpacket end="r"?>'
    )
