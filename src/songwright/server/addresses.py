"""The addresses of a song's files as resources."""

from __future__ import annotations

from collections.abc import Mapping

from songwright.exports.formats import EXPORT_FORMATS, ExportFormat

__all__ = ["EXPORTS_BY_NAME", "export_uri"]

_NAMES: Mapping[ExportFormat, str] = {
    "lrc": "lyrics.lrc",
    "midi": "score.mid",
    "musicxml": "score.musicxml",
    "waveform": "waveform.png",
}

EXPORTS_BY_NAME: Mapping[str, ExportFormat] = {
    _NAMES.get(export_format, f"exports/{export_format}"): export_format for export_format in EXPORT_FORMATS
}
"""What stands behind each address below a song's own that is made by an export."""


def export_uri(song_id: str, export_format: ExportFormat) -> str:
    """The address of a song in another form."""
    return f"song://{song_id}/{_NAMES.get(export_format, f'exports/{export_format}')}"
