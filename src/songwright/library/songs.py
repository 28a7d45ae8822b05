"""The songs of the library: kept once, found again, never changed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from songwright.errors import NotFoundError, RequestError
from songwright.library.blobs import LOOSE, BlobName, Blobs, StoredFile, stem_blob
from songwright.library.database import Database
from songwright.library.schema import song_files, song_parents, songs, to_microseconds
from songwright.music.actions import Action, StemName
from songwright.music.song import Song

__all__ = ["MAX_PAGE", "Library", "Page", "after_cursor", "insert_song", "next_cursor"]

MAX_PAGE = 100
_SHORTEST_PREFIX = 4
_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f-]{36})")

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some items of a listing, newest first.

    Attributes:
        items: At most as many as were asked for.
        next_cursor: Where the next page starts; None when this is the last.
    """

    items: tuple[Item, ...]
    next_cursor: str | None


class Library:
    """Finds songs and their files. Each principal sees only its own."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def song(self, song_id: str, principal: str, *, field: str = "song_id") -> Song:
        """A song by its full id.

        Raises:
            NotFoundError: There is none that the principal may see.
        """
        wanted = sa.select(songs.c.song).where(songs.c.id == song_id, songs.c.principal == principal)
        with self._database.read() as connection:
            found = connection.execute(wanted).scalar()
        if found is None:
            raise _no_such_song(field)
        return Song.model_validate(found)

    def owner(self, song_id: str) -> str | None:
        """The principal whose song it is, by its full id; None where there is no such song."""
        wanted = sa.select(songs.c.principal).where(songs.c.id == song_id)
        with self._database.read() as connection:
            found = connection.execute(wanted).scalar()
        return None if found is None else str(found)

    def find(self, given: str, principal: str, *, field: str = "song_id") -> Song:
        """The song that a caller means: see :meth:`resolve`.

        Raises:
            NotFoundError: No song is meant by it.
            RequestError: More than one song is meant by it.
        """
        return self.song(self.resolve(given, principal, field=field), principal, field=field)

    def with_full_ids(self, action: Action, principal: str) -> Action:
        """An action whose songs are named by their full ids, as they are meant now.

        Raises:
            NotFoundError: It names a song that does not exist; says in which field.
            RequestError: It names more than one song by one id.
        """
        fields = [name for name in ("audio_id", "swap_audio_id") if getattr(action, name, None) is not None]
        full = {name: self.resolve(getattr(action, name), principal, field=name) for name in fields}
        return action.model_copy(update=full)

    def resolve(self, given: str, principal: str, *, field: str = "song_id") -> str:
        """The full id that a caller means: an id, the first characters of one, or ``last``.

        Raises:
            NotFoundError: No song is meant by it.
            RequestError: More than one song is meant by it.
        """
        mine = sa.select(songs.c.id).where(songs.c.principal == principal)
        prefix = given.strip().lower()
        if prefix == "last":
            wanted = mine.order_by(songs.c.created_at.desc(), songs.c.id.desc()).limit(1)
        elif len(prefix) >= _SHORTEST_PREFIX:
            wanted = mine.where(songs.c.id.startswith(prefix, autoescape=True)).limit(2)
        else:
            raise _no_such_song(field)
        with self._database.read() as connection:
            found = connection.execute(wanted).scalars().all()
        if not found:
            raise _no_such_song(field)
        if len(found) > 1:
            raise RequestError("several songs have ids that start so; give more characters", field=field)
        return str(found[0])

    def page(self, query: str | None, limit: int, cursor: str | None, principal: str) -> Page[Song]:
        """Songs, newest first.

        Args:
            query: Words that the title, prompt or genre must all contain, in any case; None for all songs.
            limit: At most so many, 1 to ``MAX_PAGE``.
            cursor: ``next_cursor`` of the page before.
            principal: Whose songs.

        Raises:
            RequestError: The cursor or the limit is not valid.
        """
        wanted = sa.select(songs.c.song, songs.c.created_at, songs.c.id).where(songs.c.principal == principal)
        for word in (query or "").casefold().split():
            wanted = wanted.where(songs.c.search_text.contains(word, autoescape=True))
        wanted = after_cursor(wanted, songs, limit, cursor)
        with self._database.read() as connection:
            rows = connection.execute(wanted).all()
        kept = rows[:limit]
        return Page(
            items=tuple(Song.model_validate(row.song) for row in kept), next_cursor=next_cursor(rows, limit)
        )

    def children(self, song_id: str, principal: str) -> tuple[Song, ...]:
        """The songs that were made from a song, oldest first."""
        made_from_it = sa.select(song_parents.c.song_id).where(song_parents.c.parent_id == song_id)
        wanted = (
            sa.select(songs.c.song)
            .where(songs.c.id.in_(made_from_it), songs.c.principal == principal)
            .order_by(songs.c.created_at, songs.c.id)
        )
        with self._database.read() as connection:
            return tuple(Song.model_validate(found) for found in connection.execute(wanted).scalars())

    def master(self, song: Song) -> Path:
        """Where the song's master is: FLAC."""
        return self._path(song, "master.flac")

    def stem(self, song: Song, stem: StemName) -> Path:
        """Where one of the song's stems is: FLAC.

        Raises:
            NotFoundError: The song was kept without it.
        """
        if stem not in song.stems:
            raise NotFoundError("the song has no such stem; separate_stems makes them", field="stem")
        return self._path(song, stem_blob(stem))

    def score(self, song: Song) -> Path:
        """Where the song's score is: JSON.

        Raises:
            NotFoundError: The song has none.
        """
        if not song.has_score:
            raise NotFoundError(
                "the song has no score; songs of the embedded engine have one", field="song_id"
            )
        return self._path(song, "score.json")

    def names_files(self, song_id: str, attempt: int) -> bool:
        """Whether a song of anyone is made of the files that an attempt left."""
        named = sa.select(song_files.c.attempt).where(song_files.c.song_id == song_id).limit(1)
        with self._database.read() as connection:
            found = connection.execute(named).scalar()
            if found is None and attempt == LOOSE:
                return (
                    connection.execute(sa.select(songs.c.id).where(songs.c.id == song_id)).first() is not None
                )
        return found == attempt

    def _path(self, song: Song, name: BlobName) -> Path:
        wanted = sa.select(song_files.c.attempt).where(
            song_files.c.song_id == song.id, song_files.c.name == name
        )
        with self._database.read() as connection:
            attempt = connection.execute(wanted).scalar()
        return self._blobs.path(song.id, name, LOOSE if attempt is None else attempt)


def insert_song(
    connection: sa.Connection, song: Song, principal: str, files: Mapping[BlobName, StoredFile]
) -> None:
    """Add a song's facts, and where its files are, within a transaction that also ends its task."""
    connection.execute(
        songs.insert().values(
            id=song.id,
            principal=principal,
            created_at=to_microseconds(song.created_at),
            search_text=_search_text(song),
            song=song.model_dump(mode="json"),
        )
    )
    for position, parent in enumerate(song.parents):
        connection.execute(
            song_parents.insert().values(song_id=song.id, position=position, parent_id=parent.song_id)
        )
    for file in files.values():
        connection.execute(
            song_files.insert().values(
                song_id=song.id,
                name=file.name,
                attempt=file.attempt,
                size_bytes=file.size_bytes,
                sha256=file.sha256,
            )
        )


def after_cursor(wanted: sa.Select[Any], table: sa.Table, limit: int, cursor: str | None) -> sa.Select[Any]:
    """Narrow a listing to one page and one row more, newest first.

    Raises:
        RequestError: The cursor or the limit is not valid.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise RequestError(f"must be from 1 to {MAX_PAGE}", field="limit")
    if cursor is not None:
        created_at, last_id = _read_cursor(cursor)
        wanted = wanted.where(
            sa.or_(
                table.c.created_at < created_at,
                sa.and_(table.c.created_at == created_at, table.c.id < last_id),
            )
        )
    return wanted.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit + 1)


def next_cursor(rows: Sequence[Any], limit: int) -> str | None:
    """Where the page after these rows starts; rows are what :func:`after_cursor` selected."""
    if len(rows) <= limit:
        return None
    last = rows[limit - 1]
    return f"{last.created_at}.{last.id}"


def _read_cursor(cursor: str) -> tuple[int, str]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise RequestError(
            "not a cursor of this listing; leave it out to start at the newest", field="cursor"
        )
    return int(match[1]), match[2]


def _search_text(song: Song) -> str:
    prompt = getattr(song.action, "prompt", "")
    return "\n".join([song.facts.title, prompt, song.facts.genre or ""]).casefold()


def _no_such_song(field: str) -> NotFoundError:
    return NotFoundError("there is no such song; list_songs names the songs there are", field=field)
