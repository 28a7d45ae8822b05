from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import assume, example, given
from hypothesis import strategies as st

from songwright.errors import ConfigurationError, NotFoundError, RequestError
from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.schema import from_microseconds, songs, to_microseconds
from songwright.library.songs import Library, after_cursor, insert_song
from songwright.music.actions import parse_action
from songwright.music.song import Facts, Parent, Song

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    yield database
    database.close()


@pytest.fixture
def library(database: Database, tmp_path: Path) -> Library:
    return Library(database, Blobs(tmp_path / "songs"))


def keep(
    database: Database,
    number: int,
    *,
    title: str = "A Song",
    prompt: str = "folk",
    parents: tuple[Parent, ...] = (),
    minutes: int | None = None,
    principal: str = "me",
) -> Song:
    song = Song(
        id=str(UUID(int=number * 2**96 + 1)),
        task_id="a task",
        created_at=FIRST + timedelta(minutes=number if minutes is None else minutes),
        engine="scripted",
        engine_version="1",
        action=parse_action({"action": "generate", "prompt": prompt}),
        parents=parents,
        facts=Facts(title=title, duration_seconds=1, seed="7", model="scripted"),
    )
    with database.write() as connection:
        insert_song(connection, song, principal, {})
    return song


def titles(library: Library, query: str | None) -> list[str]:
    return [song.facts.title for song in library.page(query, 100, None, "me").items]


def test_songs_are_listed_newest_first_a_page_at_a_time(database: Database, library: Library) -> None:
    # Songs of one moment too: a page may end between them.
    kept = [keep(database, number, minutes=number // 3) for number in range(1, 11)]
    listed: list[Song] = []
    cursor = None
    while True:
        page = library.page(None, 4, cursor, "me")
        listed.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == 4

    assert listed == kept[::-1]


def test_a_full_last_page_has_no_next_one(database: Database, library: Library) -> None:
    for number in range(1, 5):
        keep(database, number)

    assert library.page(None, 4, None, "me").next_cursor is None


def test_a_song_added_meanwhile_moves_no_page(database: Database, library: Library) -> None:
    kept = [keep(database, number) for number in range(1, 5)]
    page = library.page(None, 2, None, "me")
    keep(database, 9)

    assert library.page(None, 2, page.next_cursor, "me").items == (kept[1], kept[0])


def test_every_word_of_a_query_must_be_in_title_or_prompt_in_any_case(
    database: Database, library: Library
) -> None:
    keep(database, 1, title="Straße nach Süden", prompt="slow waltz")
    keep(database, 2, title="100% Sure", prompt="fast_waltz")

    assert titles(library, "WALTZ süden") == ["Straße nach Süden"]
    assert titles(library, "STRASSE") == ["Straße nach Süden"]
    assert titles(library, "100%") == ["100% Sure"]
    assert titles(library, "fast_") == ["100% Sure"]
    assert titles(library, "%") == ["100% Sure"]
    assert titles(library, "waltz polka") == []
    assert len(titles(library, "  ")) == 2


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_a_page_has_from_1_to_100_songs(library: Library, limit: int) -> None:
    with pytest.raises(RequestError, match="limit"):
        library.page(None, limit, None, "me")


@given(st.text() | st.from_regex(r"-?[0-9]+\.[0-9a-g-]*"))
@example("9" * 30 + "." + "0" * 36)
@example("\u0661." + "0" * 36)
def test_a_cursor_that_no_listing_gave_is_refused(cursor: str) -> None:
    assume(not re.fullmatch(r"-?[0-9]{1,18}\.[0-9a-f-]{36}", cursor))
    with pytest.raises(RequestError, match="cursor"):
        after_cursor(sa.select(songs), songs, 10, cursor)


def test_the_start_of_an_id_names_a_song_when_it_names_one_only(database: Database, library: Library) -> None:
    one, two = keep(database, 0x11112222), keep(database, 0x11113333)

    assert library.resolve("11112", "me") == one.id
    assert library.resolve(two.id.upper(), "me") == two.id
    with pytest.raises(RequestError, match="audio_id: several songs"):
        library.resolve("1111", "me", field="audio_id")
    with pytest.raises(NotFoundError):
        library.resolve("111", "me")
    with pytest.raises(NotFoundError):
        library.resolve("11112", "you")


def test_children_are_the_songs_made_from_a_song(database: Database, library: Library) -> None:
    parent = keep(database, 1)
    child = keep(database, 2, parents=(Parent(song_id=parent.id),))
    both = keep(database, 3, parents=(Parent(song_id=child.id), Parent(song_id=parent.id, role="vocals")))
    keep(database, 4, parents=(Parent(song_id=parent.id),), principal="you")

    assert library.children(parent.id, "me") == (child, both)
    assert library.children(both.id, "me") == ()


def test_a_song_comes_back_as_it_was_kept(database: Database, library: Library) -> None:
    song = keep(database, 1, title="Ünïcode 🎵", prompt="folk")

    assert library.song(song.id, "me") == song


def test_a_failed_transaction_leaves_nothing_behind(database: Database, library: Library) -> None:
    song = keep(database, 1)

    def fail_half_way() -> None:
        with database.write() as connection:
            connection.execute(songs.delete())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert library.song(song.id, "me") == song


def test_a_file_that_is_no_database_is_the_operators_to_mend(tmp_path: Path) -> None:
    (tmp_path / "library.db").write_text("not a database at all, but long enough to be looked at" * 50)

    with pytest.raises(ConfigurationError, match="SONGWRIGHT_HOME"):
        Database.in_folder(tmp_path)


@given(st.datetimes(timezones=st.just(UTC)))
def test_times_come_back_as_they_were_stored(time: datetime) -> None:
    assert from_microseconds(to_microseconds(time)) == time
