"""Tags in WAV files: chunks behind the sound, where players that know no tags never look.

Three kinds, because no one of them is read by all: LIST INFO (Microsoft's "Multimedia Programming Interface
and Data Specifications 1.0"), iXML (recorders and editors) and a whole ID3 tag (most players).
"""

from __future__ import annotations

import struct
from pathlib import Path
from xml.etree import ElementTree as ET

from songwright.exports.id3 import id3_tag
from songwright.exports.tags import Tags

__all__ = ["append_wav_tags"]


def append_wav_tags(path: Path, tags: Tags) -> None:
    """Add tags to a WAV file that has none.

    Raises:
        ValueError: It is no WAV file.
        OSError: The file can't be written.
    """
    chunks = _chunk(b"LIST", b"INFO" + _info(tags)) + _chunk(b"iXML", _ixml(tags))
    chunks += _chunk(b"id3 ", id3_tag(tags))
    with path.open("r+b") as file:
        if file.read(4) != b"RIFF":
            raise ValueError("not a WAV file")
        size = file.seek(0, 2)
        file.write(b"\0" * (size % 2) + chunks)
        file.seek(4)
        file.write(struct.pack("<I", size + size % 2 + len(chunks) - 8))


def _info(tags: Tags) -> bytes:
    said = {
        b"INAM": tags.title,
        b"IART": tags.artist,
        b"ICRD": tags.date,
        b"IGNR": tags.genre,
        b"ISFT": tags.provenance.software,
        b"ICMT": tags.provenance.statement,
    }
    return b"".join(_chunk(name, text.encode() + b"\0") for name, text in said.items() if text)


def _ixml(tags: Tags) -> bytes:
    root = ET.Element("BWFXML")
    ET.SubElement(root, "IXML_VERSION").text = "3.01"
    ET.SubElement(root, "PROJECT").text = tags.title
    ET.SubElement(root, "NOTE").text = tags.provenance.statement
    user = ET.SubElement(root, "USER")
    for name, value in tags.provenance.fields().items():
        ET.SubElement(user, name).text = value
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)
