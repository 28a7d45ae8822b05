"""Finding songs by words of title, prompt, genre and lyric, newest first, however many songs there are.

On SQLite each song stands in a full-text index under every run of one, two or three letters of its words,
and under the first letters of its title. A word of a query is in a song's words only where all the runs of
the word are, so the index names the candidates, and the few there are get looked at. That finds parts of
words as well as their beginnings, in every script, and needs no tokenizer that older versions of SQLite lack.
The index's numbers follow the songs' age, so the newest come first without sorting.

Where there is no index (another database, or an SQLite without FTS5), every song's text is looked at.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from songwright.library.schema import songs
from songwright.music.lyrics import parse_lyric

__all__ = [
    "Wanted",
    "enter",
    "enter_missing",
    "has_index",
    "has_missing",
    "is_there",
    "is_whole",
    "matching",
    "prepare",
    "rebuild",
    "rewrite_texts",
    "search_text",
    "with_index",
]

_HAS_INDEX = "songwright_search_index"
_RUN = 3
_MOST_RUNS = 60  # Every run narrows the candidates; the words are looked for in them whole.
_LATEST = 2**63 - 1
_REWRITTEN_AT_ONCE = 500

_CREATE = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS song_search USING fts5("
    "runs, content='', detail=none, columnsize=0, tokenize='ascii')"
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What songs are looked for.

    Attributes:
        words: Case-folded; each must be in title, prompt, genre or lyric.
        title_start: Case-folded; how the title begins. "" for any.
        made: From when and before when it was made, in microseconds since 1970; None for any time.
    """

    words: tuple[str, ...] = ()
    title_start: str = ""
    made: tuple[int, int] | None = None

    @classmethod
    def of_query(cls, query: str, made: tuple[int, int] | None = None) -> Wanted:
        """The words of a query."""
        return cls(words=tuple(dict.fromkeys(query.casefold().split())), made=made)


def search_text(song: Mapping[str, Any]) -> str:
    """What a song is found by, case-folded, one a line, its title first.

    Args:
        song: As it is stored. What this version does not know is passed over.
    """
    action, facts = song.get("action") or {}, song.get("facts") or {}
    told = (facts.get("title"), action.get("prompt"), facts.get("genre"))
    # Section markers are in nearly every song.
    sung = parse_lyric(facts.get("lyric") or "").lines
    return "\n".join([*(text or "" for text in told), *sung]).casefold()


def rewrite_texts(connection: sa.Connection) -> None:
    """Say anew what each song is found by, within a write transaction, and begin the index anew.

    For songs that a version kept which looked at less of them.
    """
    last = ""
    while True:
        some = sa.select(songs.c.id, songs.c.song).where(songs.c.id > last).order_by(songs.c.id)
        rows = connection.execute(some.limit(_REWRITTEN_AT_ONCE)).all()
        for row in rows:
            rewritten = songs.update().where(songs.c.id == row.id)
            connection.execute(rewritten.values(search_text=search_text(row.song)))
        if len(rows) < _REWRITTEN_AT_ONCE:
            break
        last = rows[-1].id
    if connection.dialect.name == "sqlite" and _can(connection):
        rebuild(connection)


def is_there(connection: sa.Connection) -> bool:
    """Whether the database has an index that this process can use."""
    if connection.dialect.name != "sqlite" or not _exists(connection):
        return False
    try:
        connection.exec_driver_sql("SELECT rowid FROM song_search WHERE song_search MATCH 'o' LIMIT 1")
    except sa.exc.DatabaseError:
        # This SQLite was built without FTS5, or the index is damaged: what it holds can be had without it.
        return False
    return True


def prepare(connection: sa.Connection) -> None:
    """Create the index where there is none and this SQLite can, within a write transaction.

    The songs there are count as missing in it then.
    """
    if connection.dialect.name != "sqlite" or _exists(connection) or not _can(connection):
        return
    connection.exec_driver_sql(_CREATE)
    connection.execute(songs.update().where(songs.c.number.is_not(None)).values(number=None))


def rebuild(connection: sa.Connection) -> None:
    """Begin the index anew, within a write transaction; every song is missing in it then."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS song_search")
    prepare(connection)


def enter(connection: sa.Connection, principal: str, created_at: int, search_text: str) -> int | None:
    """Put a song's text into the index, within the transaction that adds the song.

    Returns:
        The song's number; None where there is no index.
    """
    if not has_index(connection):
        return None
    number = _free_number(connection, created_at)
    runs = {_owner(principal), *_start_runs(search_text.partition("\n")[0])}
    for word in search_text.split():
        runs.update(_runs_within(word))
    connection.exec_driver_sql("INSERT INTO song_search(rowid, runs) VALUES (?, ?)", (number, " ".join(runs)))
    return number


def enter_missing(connection: sa.Connection, most: int) -> int:
    """Put songs into the index that are not in there, within a write transaction; how many were."""
    if not has_index(connection):
        return 0
    missing = (
        sa.select(songs.c.id, songs.c.principal, songs.c.created_at, songs.c.search_text)
        .where(songs.c.number.is_(None))
        .limit(most)
    )
    rows = connection.execute(missing).all()
    for row in rows:
        number = enter(connection, row.principal, row.created_at, row.search_text)
        connection.execute(songs.update().where(songs.c.id == row.id).values(number=number))
    return len(rows)


def is_whole(connection: sa.Connection) -> bool:
    """Whether the index is sound and every song is in it, within a write transaction.

    Where this SQLite can't have one, none is missed.
    """
    if connection.dialect.name != "sqlite" or not _can(connection):
        return True
    owners = sa.select(songs.c.principal, sa.func.count()).group_by(songs.c.principal)
    try:
        connection.exec_driver_sql("INSERT INTO song_search(song_search) VALUES ('integrity-check')")
        for principal, songs_of_theirs in connection.execute(owners):
            found = connection.exec_driver_sql(
                "SELECT count(*) FROM song_search AS f CROSS JOIN songs AS s ON s.number = f.rowid "
                "WHERE f.song_search MATCH ? AND s.principal = ?",
                (_owner(principal), principal),
            )
            if found.scalar() != songs_of_theirs:
                return False
    except sa.exc.DatabaseError:
        return False
    return not has_missing(connection)


def has_missing(connection: sa.Connection) -> bool:
    """Whether there are songs that are not in the index."""
    missing = sa.select(songs.c.id).where(songs.c.number.is_(None)).limit(1)
    return connection.execute(missing).first() is not None


def has_index(connection: sa.Connection) -> bool:
    """Whether the index is kept on this connection, as :func:`with_index` said."""
    return bool(connection.get_execution_options().get(_HAS_INDEX))


def with_index(engine: sa.Engine, *, there: bool) -> sa.Engine:
    """An engine whose connections keep and use the index, or not."""
    return engine.execution_options(**{_HAS_INDEX: there})


def matching(
    connection: sa.Connection,
    principal: str,
    wanted: Wanted,
    *,
    before: tuple[int, str] | None,
    limit: int,
) -> list[sa.Row[Any]]:
    """Id and ``created_at`` of the newest songs that match, newest first.

    Args:
        connection: Any transaction.
        principal: Whose songs.
        wanted: What they have to contain.
        before: ``created_at`` and id of a song; only songs after it in the listing.
        limit: At most so many.
    """
    if has_index(connection) and not has_missing(connection):
        return _by_index(connection, principal, wanted, before, limit)
    return _by_looking(connection, principal, wanted, before, limit)


def _by_index(
    connection: sa.Connection, principal: str, wanted: Wanted, before: tuple[int, str] | None, limit: int
) -> list[sa.Row[Any]]:
    last = _LATEST if before is None else _number(connection, before)
    values = {"runs": _match(principal, wanted), "principal": principal, "last": last, "most": limit}
    looks = ["s.principal = :principal"]
    for position, word in enumerate(wanted.words):
        if len(word) > _RUN:
            looks.append(f"instr(s.search_text, :word{position}) > 0")
            values[f"word{position}"] = word
    if wanted.made is not None:
        # A song's number is never below its time, so the index need not be read further back.
        looks.append("f.rowid >= :since AND s.created_at >= :since AND s.created_at < :until")
        values |= {"since": wanted.made[0], "until": wanted.made[1]}
    if wanted.title_start:
        looks.append("substr(s.search_text, 1, :start_length) = :start")
        values |= {"start": wanted.title_start, "start_length": len(wanted.title_start)}
    # CROSS JOIN keeps SQLite from turning the loops round: the index has to lead, it is what has the order.
    found = sa.text(
        "SELECT s.id, s.created_at FROM song_search AS f CROSS JOIN songs AS s ON s.number = f.rowid "  # noqa: S608 - of our own words alone
        f"WHERE f.song_search MATCH :runs AND f.rowid < :last AND {' AND '.join(looks)} "
        "ORDER BY f.rowid DESC LIMIT :most"
    )
    return [*connection.execute(found.columns(songs.c.id, songs.c.created_at), values)]


def _by_looking(
    connection: sa.Connection, principal: str, wanted: Wanted, before: tuple[int, str] | None, limit: int
) -> list[sa.Row[Any]]:
    found = sa.select(songs.c.id, songs.c.created_at).where(songs.c.principal == principal)
    for word in wanted.words:
        found = found.where(songs.c.search_text.contains(word, autoescape=True))
    if wanted.title_start:
        found = found.where(songs.c.search_text.startswith(wanted.title_start, autoescape=True))
    if wanted.made is not None:
        since, until = wanted.made
        found = found.where(songs.c.created_at >= since, songs.c.created_at < until)
    if before is not None:
        found = found.where(sa.tuple_(songs.c.created_at, songs.c.id) < sa.tuple_(*before))
    found = found.order_by(songs.c.created_at.desc(), songs.c.id.desc()).limit(limit)
    return [*connection.execute(found)]


def _match(principal: str, wanted: Wanted) -> str:
    runs = [_owner(principal)]
    start = wanted.title_start
    if start:
        runs.append(_start_run(start[:_RUN]))
    for word in (*wanted.words, *_whole_words(start)):
        runs += _covering(word)
    return " ".join(dict.fromkeys(runs[:_MOST_RUNS]))


def _whole_words(start: str) -> list[str]:
    return start.split() if len(start) > _RUN else []


def _covering(word: str) -> Iterator[str]:
    """The longest runs that cover a word."""
    if len(word) <= _RUN:
        yield _run(word)
        return
    for position in range(len(word) - _RUN + 1):
        yield _run(word[position : position + _RUN])


def _runs_within(word: str) -> Iterator[str]:
    for length in range(1, _RUN + 1):
        for position in range(len(word) - length + 1):
            yield _run(word[position : position + length])


def _start_runs(title: str) -> Iterator[str]:
    for length in range(1, min(_RUN, len(title)) + 1):
        yield _start_run(title[:length])


def _run(letters: str) -> str:
    # In figures and letters alone, whatever the script, so that no tokenizer takes it apart.
    return "r" + "x".join(f"{ord(letter):X}".lower() for letter in letters)


def _start_run(letters: str) -> str:
    return "s" + _run(letters)


def _owner(principal: str) -> str:
    return "o" + hashlib.sha256(principal.encode()).hexdigest()[:16]


def _number(connection: sa.Connection, before: tuple[int, str]) -> int:
    """Where a listing goes on after a song."""
    created_at, song_id = before
    number = connection.execute(sa.select(songs.c.number).where(songs.c.id == song_id)).scalar()
    return created_at if number is None else number


def _free_number(connection: sa.Connection, created_at: int) -> int:
    """The first number from a time on that no song has."""
    free = created_at
    taken = sa.select(songs.c.number).where(songs.c.number >= created_at).order_by(songs.c.number)
    with connection.execute(taken) as numbers:
        for number in numbers.scalars():
            if number != free:
                break
            free += 1
    return free


def _exists(connection: sa.Connection) -> bool:
    found = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'song_search'")
    return found.first() is not None


def _can(connection: sa.Connection) -> bool:
    found = connection.exec_driver_sql("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
    return found.first() is not None
