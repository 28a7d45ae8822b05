"""Vorbis comments, the tags of FLAC, Ogg Vorbis and Opus.

After Xiph's "Vorbis I specification", section 5.
"""

from __future__ import annotations

import base64
import struct

from songwright.exports.tags import Tags

__all__ = ["picture_block", "vorbis_comment"]

_FRONT_COVER = 3


def vorbis_comment(tags: Tags, vendor: str, *, with_picture: bool) -> bytes:
    """The comment header without framing.

    Args:
        tags: What to say.
        vendor: The encoder's name, which the header starts with.
        with_picture: Whether the cover goes in as ``METADATA_BLOCK_PICTURE``, as Ogg files have it.
    """
    comments = [
        ("TITLE", tags.title),
        ("ARTIST", tags.artist),
        ("DATE", tags.date),
        ("GENRE", tags.genre),
        ("BPM", f"{tags.tempo_bpm:g}" if tags.tempo_bpm else None),
        ("INITIALKEY", tags.key),
        ("LYRICS", tags.lyric),
        ("COMMENT", tags.provenance.statement),
        *tags.provenance.fields().items(),
    ]
    if with_picture and tags.cover:
        comments.append(("METADATA_BLOCK_PICTURE", base64.b64encode(picture_block(tags.cover)).decode()))
    said = [f"{name}={value}".encode() for name, value in comments if value]
    return b"".join(
        [_sized(vendor.encode()), struct.pack("<I", len(said)), *(_sized(comment) for comment in said)]
    )


def picture_block(png: bytes) -> bytes:
    """A FLAC picture block's content: a front cover, after RFC 9639, section 8.8."""
    # The first chunk of a PNG file is IHDR: width and height follow its name.
    width, height = struct.unpack(">II", png[16:24])
    media_type = b"image/png"
    return b"".join(
        [
            struct.pack(">II", _FRONT_COVER, len(media_type)),
            media_type,
            struct.pack(">I", 0),
            struct.pack(">IIIII", width, height, 24, 0, len(png)),
            png,
        ]
    )


def _sized(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text
