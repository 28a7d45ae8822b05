"""The catalogue of tools, in the order in which clients are shown them."""

from __future__ import annotations

from songwright.server.tool import Tool
from songwright.server.tools.cancel_task import CANCEL_TASK
from songwright.server.tools.compare_songs import COMPARE_SONGS
from songwright.server.tools.cover_song import COVER_SONG
from songwright.server.tools.export_song import EXPORT_SONG
from songwright.server.tools.extend_song import EXTEND_SONG
from songwright.server.tools.generate_song import GENERATE_SONG
from songwright.server.tools.get_song import GET_SONG
from songwright.server.tools.get_task import GET_TASK
from songwright.server.tools.import_audio import IMPORT_AUDIO
from songwright.server.tools.list_songs import LIST_SONGS
from songwright.server.tools.replace_section import REPLACE_SECTION
from songwright.server.tools.separate_stems import SEPARATE_STEMS
from songwright.server.tools.swap_instrumentals import SWAP_INSTRUMENTALS
from songwright.server.tools.swap_vocals import SWAP_VOCALS
from songwright.server.tools.vary_song import VARY_SONG

__all__ = ["CATALOGUE"]

CATALOGUE: tuple[Tool, ...] = (
    CANCEL_TASK,
    COMPARE_SONGS,
    COVER_SONG,
    EXPORT_SONG,
    EXTEND_SONG,
    GENERATE_SONG,
    GET_SONG,
    GET_TASK,
    IMPORT_AUDIO,
    LIST_SONGS,
    REPLACE_SECTION,
    SEPARATE_STEMS,
    SWAP_INSTRUMENTALS,
    SWAP_VOCALS,
    VARY_SONG,
)
