"""A song's stems in one ZIP file."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from songwright.errors import NotFoundError
from songwright.exports.flac_tags import copy_flac_with_tags
from songwright.exports.formats import ExportOptions
from songwright.exports.material import Material, file_stem
from songwright.exports.provenance import provenance_of
from songwright.exports.tags import tags_of

__all__ = ["write_stems_zip"]


def write_stems_zip(material: Material, target: Path, options: ExportOptions) -> None:
    """Write the stems as tagged FLAC files, with ``provenance.json`` beside them.

    Raises:
        NotFoundError: The song was kept without stems.
    """
    if not material.stems:
        raise NotFoundError("the song has no stems; separate_stems makes them", field="format")
    song = material.song
    year, month, day = song.created_at.year, song.created_at.month, song.created_at.day
    moment = (year, month, day, song.created_at.hour, song.created_at.minute, 0)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:

        def add(name: str, content: bytes) -> None:
            archive.writestr(zipfile.ZipInfo(name, moment), content)

        for stem, path in material.stems.items():
            tagged = target.with_suffix(f".{stem}")
            copy_flac_with_tags(path, tagged, tags_of(song, options, title=f"{song.facts.title} ({stem})"))
            add(f"{file_stem(song.facts.title)} - {stem}.flac", tagged.read_bytes())
            tagged.unlink()
        facts = {
            "title": song.facts.title,
            **{name.lower(): value for name, value in provenance_of(song).fields().items()},
            "stems": list(material.stems),
        }
        add("provenance.json", (json.dumps(facts, ensure_ascii=False, indent=1) + "\n").encode())
