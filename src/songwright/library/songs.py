"""The songs of the library: kept once, found again, never changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from songwright.errors import DamagedError, NotFoundError, RequestError
from songwright.library.blobs import LOOSE, BlobName, Blobs, StoredFile, stem_blob
from songwright.library.database import Database
from songwright.library.schema import song_files, song_parents, songs, to_microseconds
from songwright.library.search import Wanted, enter, matching, search_text
from songwright.library.search_dates import Days, days_meant
from songwright.music.actions import Action, StemName
from songwright.music.song import Song, SongInBrief

__all__ = [
    "MAX_PAGE",
    "Library",
    "Page",
    "after_cursor",
    "damaged_song",
    "insert_song",
    "names_of",
    "next_cursor",
]

MAX_PAGE = 100
_SHORTEST_PREFIX = 4
_CURSOR = re.compile(r"(-?[0-9]{1,18})\.([0-9a-f-]{36})")
_IN_ID = re.compile(r"[0-9a-f-]+").fullmatch
# As text: pydantic reads JSON faster than the driver does.
_STORED = sa.cast(songs.c.song, sa.Text).label("stored")

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
        wanted = sa.select(_STORED).where(songs.c.id == song_id, songs.c.principal == principal)
        with self._database.read() as connection:
            found = connection.execute(wanted).scalar()
        if found is None:
            raise _no_such_song(field)
        return _song(found)

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
            wanted = mine.where(_id_begins(prefix)).limit(2)
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
            query: Words that title, prompt, genre or lyric must all contain, in any order and case; days,
                such as "yesterday", "last week", "2026-11-28", stand for the songs made then as well.
                None for all songs.
            limit: At most so many, 1 to ``MAX_PAGE``.
            cursor: ``next_cursor`` of the page before.
            principal: Whose songs.

        Raises:
            RequestError: The cursor or the limit is not valid.
        """
        return self._page(_song, query, limit, cursor, principal)

    def brief_page(
        self, query: str | None, limit: int, cursor: str | None, principal: str
    ) -> Page[SongInBrief]:
        """The same as :meth:`page`, with what a list says of each song."""
        return self._page(_song_in_brief, query, limit, cursor, principal)

    def _page(
        self, read: Callable[[str], Item], query: str | None, limit: int, cursor: str | None, principal: str
    ) -> Page[Item]:
        after = _position(limit, cursor)
        readings = _readings(query or "")
        with self._database.read() as connection:
            if readings[0].words:
                pages = [
                    matching(connection, principal, wanted, before=after, limit=limit + 1)
                    for wanted in readings
                ]
                # Each is in the listing's order and goes on from one cursor, so their union does as well.
                by_id = {row.id: row for page in pages for row in page}
                found = sorted(by_id.values(), key=lambda row: (row.created_at, row.id), reverse=True)
                found = found[: limit + 1]
                stored = _stored(connection, [row.id for row in found[:limit]])
                items = tuple(read(stored[row.id]) for row in found[:limit])
                return Page(items=items, next_cursor=next_cursor(found, limit))
            listed = sa.select(_STORED, songs.c.created_at, songs.c.id).where(songs.c.principal == principal)
            rows = connection.execute(after_cursor(listed, songs, limit, cursor)).all()
        return Page(
            items=tuple(read(row.stored) for row in rows[:limit]), next_cursor=next_cursor(rows, limit)
        )

    def beginning(self, typed: str, limit: int, principal: str) -> list[str]:
        """Ids of the songs whose title, in any case, or id begins with what was typed, newest first.

        Args:
            typed: "" for every song.
            limit: At most so many.
            principal: Whose songs.
        """
        start, prefix = typed.casefold(), typed.strip().lower()
        newest = (
            sa.select(songs.c.id, songs.c.created_at)
            .where(songs.c.principal == principal)
            .order_by(songs.c.created_at.desc(), songs.c.id.desc())
            .limit(limit)
        )
        with self._database.read() as connection:
            if not start:
                return [row.id for row in connection.execute(newest)]
            titled = matching(connection, principal, Wanted(title_start=start), before=None, limit=limit)
            by_age = [term.desc() for term in _sorted_afterwards()]
            of_id = newest.where(_id_begins(prefix)).order_by(None).order_by(*by_age)
            named = connection.execute(of_id).all() if _IN_ID(prefix) else []
        found = {(row.created_at, row.id) for row in (*titled, *named)}
        return [song_id for _, song_id in sorted(found, reverse=True)[:limit]]

    def children(self, song_id: str, principal: str) -> tuple[Song, ...]:
        """The songs that were made from a song, oldest first."""
        made_from_it = sa.select(song_parents.c.song_id).where(song_parents.c.parent_id == song_id)
        wanted = (
            sa.select(_STORED)
            .where(songs.c.id.in_(made_from_it), songs.c.principal == principal)
            .order_by(*_sorted_afterwards())
        )
        with self._database.read() as connection:
            return tuple(map(_song, connection.execute(wanted).scalars()))

    def master(self, song: Song) -> Path:
        """Where the song's master is: FLAC.

        Raises:
            DamagedError: It is missing or cut off.
        """
        return self.file(song, "master.flac")

    def stem(self, song: Song, stem: StemName) -> Path:
        """Where one of the song's stems is: FLAC.

        Raises:
            NotFoundError: The song was kept without it.
            DamagedError: It is missing or cut off.
        """
        if stem not in song.stems:
            raise NotFoundError("the song has no such stem; separate_stems makes them", field="stem")
        return self.file(song, stem_blob(stem))

    def score(self, song: Song) -> Path:
        """Where the song's score is: JSON.

        Raises:
            NotFoundError: The song has none.
            DamagedError: It is missing or cut off.
        """
        if not song.has_score:
            raise NotFoundError(
                "the song has no score; songs of the embedded engine have one", field="song_id"
            )
        return self.file(song, "score.json")

    def file(self, song: Song, name: BlobName) -> Path:
        """Where one of the song's files is. Looks at its size, not into it.

        Raises:
            DamagedError: It is missing or cut off.
        """
        kept = self._kept(song)

        def is_whole(each: BlobName) -> bool:
            return _is_whole(self._where(song, kept, each), kept.get(each))

        if not is_whole(name):
            raise damaged_song([each for each in names_of(song) if not is_whole(each)] or [name])
        return self._where(song, kept, name)

    def _kept(self, song: Song) -> dict[str, tuple[int, int]]:
        """Attempt and size in bytes of each file, by its name; nothing of songs that older versions kept."""
        wanted = sa.select(song_files).where(song_files.c.song_id == song.id)
        with self._database.read() as connection:
            return {row.name: (row.attempt, row.size_bytes) for row in connection.execute(wanted)}

    def _where(self, song: Song, kept: Mapping[str, tuple[int, int]], name: BlobName) -> Path:
        attempt, _ = kept.get(name, (LOOSE, 0))
        return self._blobs.path(song.id, name, attempt)


def names_of(song: Song) -> tuple[BlobName, ...]:
    """The names of the files that a song has."""
    stems = tuple(map(stem_blob, song.stems))
    return ("master.flac", *stems, "score.json") if song.has_score else ("master.flac", *stems)


def damaged_song(names: Sequence[BlobName]) -> DamagedError:
    """Files of a song are missing or damaged."""
    are, them = ("is", "it") if len(names) == 1 else ("are", "them")
    return DamagedError(
        f"of this song's files {', '.join(names)} {are} missing or damaged, any others are whole; bring "
        f"{them} back from a copy of the home folder ('songwright check' names every such file), or make the "
        "song again from its request"
    )


def insert_song(
    connection: sa.Connection, song: Song, principal: str, files: Mapping[BlobName, StoredFile]
) -> None:
    """Add a song's facts, and where its files are, within a transaction that also ends its task."""
    stored = song.model_dump(mode="json")
    created_at, text = to_microseconds(song.created_at), search_text(stored)
    connection.execute(
        songs.insert().values(
            id=song.id,
            principal=principal,
            created_at=created_at,
            search_text=text,
            number=enter(connection, principal, created_at, text),
            song=stored,
        )
    )
    if song.parents:
        parents = [
            {"song_id": song.id, "position": position, "parent_id": parent.song_id}
            for position, parent in enumerate(song.parents)
        ]
        connection.execute(song_parents.insert(), parents)
    if files:
        connection.execute(
            song_files.insert(), [{"song_id": song.id, **asdict(file)} for file in files.values()]
        )


def after_cursor(wanted: sa.Select[Any], table: sa.Table, limit: int, cursor: str | None) -> sa.Select[Any]:
    """Narrow a listing to one page and one row more, newest first.

    Raises:
        RequestError: The cursor or the limit is not valid.
    """
    after = _position(limit, cursor)
    if after is not None:
        created_at, last_id = after
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


def _position(limit: int, cursor: str | None) -> tuple[int, str] | None:
    """Where a page starts: after the song of a time and an id, or at the newest.

    Raises:
        RequestError: The cursor or the limit is not valid.
    """
    if not 1 <= limit <= MAX_PAGE:
        raise RequestError(f"must be from 1 to {MAX_PAGE}", field="limit")
    return None if cursor is None else _read_cursor(cursor)


def _read_cursor(cursor: str) -> tuple[int, str]:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise RequestError(
            "not a cursor of this listing; leave it out to start at the newest", field="cursor"
        )
    return int(match[1]), match[2]


def _is_whole(path: Path, kept: tuple[int, int] | None) -> bool:
    try:
        size_bytes = path.stat().st_size
    except OSError:
        return False
    return size_bytes > 0 if kept is None else size_bytes == kept[1]


def _sorted_afterwards() -> tuple[sa.ColumnElement[int], sa.ColumnElement[str]]:
    # A sum stands in no index. The column itself would, and the database would rather walk through all songs
    # by their age than sort the few there are.
    return songs.c.created_at + 0, songs.c.id


def _id_begins(prefix: str) -> sa.ColumnElement[bool]:
    # A range of the index, where LIKE would look at every id. Ids are figures, letters and dashes of ASCII.
    return sa.and_(songs.c.id >= prefix, songs.c.id < prefix + "\x7f")


def _song(stored: str) -> Song:
    """A song from its JSON; fields of a newer version are passed over."""
    return Song.model_validate_json(stored, extra="ignore")


def _song_in_brief(stored: str) -> SongInBrief:
    return SongInBrief.model_validate_json(stored, extra="ignore")


def _stored(connection: sa.Connection, song_ids: Sequence[str]) -> dict[str, str]:
    rows = connection.execute(sa.select(songs.c.id, _STORED).where(songs.c.id.in_(song_ids)))
    return {row.id: row.stored for row in rows}


def _readings(query: str) -> list[Wanted]:
    """What a query may mean: its words, and where it names days, the other words among the songs of those."""
    # By this machine's clock and zone: whoever says "yesterday" has a wall to look at.
    dated = days_meant(query, date.today())  # noqa: DTZ011
    readings = [Wanted.of_query(query)]
    if dated is not None:
        words, days = dated
        readings.append(Wanted.of_query(words, _bounds(days)))
    return readings


def _bounds(days: Days) -> tuple[int, int]:
    """From when and before when, in microseconds since 1970, days are in this machine's zone."""
    try:
        first = datetime.combine(days.first, time.min).astimezone()
        behind = datetime.combine(days.last + timedelta(days=1), time.min).astimezone()
    except (ValueError, OverflowError, OSError):
        return 0, 0  # Days outside of what a clock can show: no song is of them.
    return to_microseconds(first), to_microseconds(behind)


def _no_such_song(field: str) -> NotFoundError:
    return NotFoundError("there is no such song; list_songs names the songs there are", field=field)
