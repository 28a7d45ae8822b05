"""Which songs a song was made from, directly or not?"""

from __future__ import annotations

from songwright.errors import NotFoundError
from songwright.library.songs import Library
from songwright.music.comparison import Relation
from songwright.music.song import Song

__all__ = ["MAX_ANCESTORS", "ancestors", "relation"]

MAX_ANCESTORS = 500


def ancestors(library: Library, song: Song, principal: str) -> tuple[Song, ...]:
    """Parents, their parents and so on, nearest first, each once, at most ``MAX_ANCESTORS``.

    Parents that the principal's library does not have are left out.
    """
    found: dict[str, Song] = {}
    seen = {song.id}
    waiting = [parent.song_id for parent in song.parents]
    while waiting and len(found) < MAX_ANCESTORS:
        song_id = waiting.pop(0)
        if song_id in seen:
            continue
        seen.add(song_id)
        try:
            ancestor = library.song(song_id, principal)
        except NotFoundError:
            continue
        found[song_id] = ancestor
        waiting.extend(parent.song_id for parent in ancestor.parents)
    return tuple(found.values())


def relation(library: Library, first: Song, second: Song, principal: str) -> Relation:
    """What a second song is to a first."""
    if first.id == second.id:
        return "same song"
    before = {song.id for song in ancestors(library, first, principal)}
    behind = {song.id for song in ancestors(library, second, principal)}
    if first.id in behind:
        return "made from it"
    if second.id in before:
        return "its source"
    return "same source" if before & behind else "not related"
