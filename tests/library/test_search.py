"""What search and completion find, with the index and without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songwright.library import search
from songwright.library.blobs import Blobs
from songwright.library.database import Database
from songwright.library.schema import schema_version, songs
from songwright.library.search_dates import Days, days_meant
from songwright.library.songs import Library, insert_song
from songwright.music.actions import parse_action
from songwright.music.song import Facts, Song

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database.in_folder(tmp_path)
    yield database
    database.close()


@pytest.fixture(params=["with an index", "without one"])
def library(request: pytest.FixtureRequest, database: Database, tmp_path: Path) -> Library:
    if request.param == "without one":
        without_index(database)
    return Library(database, Blobs(tmp_path / "songs"))


def without_index(database: Database) -> None:
    """As where SQLite was built without full-text search."""
    database._engine = search.with_index(database._engine, there=False)


def keep(
    database: Database,
    number: int,
    title: str,
    *,
    prompt: str = "folk",
    minutes: int = 0,
    owner: str = "me",
    lyric: str = "",
) -> str:
    song = Song(
        id=str(UUID(int=(number + 1) * 2**96)),
        task_id="a task",
        created_at=FIRST + timedelta(minutes=minutes or number),
        engine="scripted",
        engine_version="1",
        action=parse_action({"action": "generate", "prompt": prompt}),
        facts=Facts(title=title, duration_seconds=1, seed="7", model="scripted", genre="Rock", lyric=lyric),
    )
    with database.write() as connection:
        insert_song(connection, song, owner, {})
    return song.id


def titles(library: Library, query: str, owner: str = "me") -> list[str]:
    return [song.facts.title for song in library.brief_page(query, 100, None, owner).items]


def test_words_are_found_as_parts_in_any_order_and_case(database: Database, library: Library) -> None:
    keep(database, 1, "Straße nach Süden", prompt="slow waltz")
    keep(database, 2, "Waltzing Alone", prompt="fast")

    assert titles(library, "waltz") == ["Waltzing Alone", "Straße nach Süden"]
    assert titles(library, "ALTZIN alone") == ["Waltzing Alone"]
    assert titles(library, "waltz STRASSE") == ["Straße nach Süden"]
    assert titles(library, "rock üde slow") == ["Straße nach Süden"]
    assert titles(library, "alone nach") == []
    # Every run of three letters is there, the word is not.
    assert titles(library, "waltzalone") == []


def test_songs_of_a_version_that_did_not_search_lyrics_are_found_by_them_after_an_upgrade(
    database: Database, tmp_path: Path
) -> None:
    keep(database, 1, "Ferry", lyric="[Verse]\nLeaves at Nine")
    keep(database, 2, "Train", lyric="Leaves at ten")
    with database.write() as connection:
        connection.execute(songs.update().values(search_text="ferry\nfolk\nrock"))
        connection.execute(schema_version.update().values(version=3))
    database.close()

    upgraded = Database.in_folder(tmp_path)
    library = Library(upgraded, Blobs(tmp_path / "songs"))
    assert titles(library, "NINE leaves") == ["Ferry"]
    assert titles(library, "leaves") == ["Train", "Ferry"]
    with upgraded.write() as connection:
        assert search.has_index(connection)
        assert search.is_whole(connection)
    upgraded.close()


def test_days_stand_for_the_songs_made_then_and_for_words_as_well(
    database: Database, library: Library
) -> None:
    noon, a_day = 12 * 60, 24 * 60
    keep(database, 1, "First", minutes=noon)
    keep(database, 2, "Second", minutes=noon + a_day)
    keep(database, 3, "Diary of 2026-01-01", minutes=noon + 40 * a_day)

    assert titles(library, "2026-01-01") == ["Diary of 2026-01-01", "First"]
    assert titles(library, "second from 2026-01") == ["Second"]
    assert titles(library, "first 2026-01-02") == []
    assert titles(library, "since 2026-01-02") == ["Diary of 2026-01-01", "Second"]
    assert titles(library, "2026-02-31") == titles(library, "9999-12-31") == titles(library, "0001-01") == []


def test_a_search_for_days_goes_on_page_by_page(database: Database, library: Library) -> None:
    for number in range(1, 6):
        keep(database, number, f"Song {number}", minutes=12 * 60 + number)
    first = library.brief_page("2026-01-01", 2, None, "me")
    second = library.brief_page("2026-01-01", 2, first.next_cursor, "me")
    third = library.brief_page("2026-01-01", 2, second.next_cursor, "me")
    found = [song.facts.title for page in (first, second, third) for song in page.items]
    assert found == [f"Song {number}" for number in (5, 4, 3, 2, 1)]
    assert third.next_cursor is None


@pytest.mark.parametrize(
    ("query", "words", "first", "last"),
    [
        ("Yesterday", "", "2026-11-28", "2026-11-28"),
        ("rain from yesterday", "rain", "2026-11-28", "2026-11-28"),
        ("today waltz", "waltz", "2026-11-29", "2026-11-29"),
        ("last  week", "", "2026-11-16", "2026-11-22"),
        ("since last week", "", "2026-11-16", "2026-11-29"),
        ("this week", "", "2026-11-23", "2026-11-29"),
        ("last month", "", "2026-10-01", "2026-10-31"),
        ("in 2024-02", "", "2024-02-01", "2024-02-29"),
    ],
)
def test_days_are_read_as_a_calendar_has_them(query: str, words: str, first: str, last: str) -> None:
    days = Days(date.fromisoformat(first), date.fromisoformat(last))
    assert days_meant(query, date(2026, 11, 29)) == (words, days)


@pytest.mark.parametrize("query", ["yesterdays", "2026-13-01", "2026-1-1", "week", "last", ""])
def test_what_is_no_day_stays_a_word(query: str) -> None:
    assert days_meant(query, date(2026, 11, 29)) is None


@pytest.mark.parametrize(
    "query", ["月", "夜の", "夜の月", "🎵", "ß", "é", "e", "'", '"', "%", "_", "-x", "c:*"]
)
def test_short_words_and_signs_of_every_script_are_found_where_they_are(
    database: Database, library: Library, query: str
) -> None:
    keep(database, 1, "nothing of that", prompt="a b c")
    keep(database, 2, "静かな夜の月 🎵 é ' \" % _ -x c:*", prompt="Straße")

    assert "静かな夜の月 🎵 é ' \" % _ -x c:*" in titles(library, query)
    assert ("nothing of that" in titles(library, query)) == (query in "nothing of that\na b c\nrock")


def test_the_newest_come_first_a_page_at_a_time_even_those_of_one_moment(
    database: Database, library: Library
) -> None:
    kept = {keep(database, number, f"Song {number}", minutes=number // 3) for number in range(3, 13)}
    keep(database, 20, "Song of another", owner="you")
    seen: list[str] = []
    cursor = None
    while True:
        page = library.page("song", 4, cursor, "me")
        seen += [song.id for song in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
        assert len(page.items) == 4

    assert sorted(seen) == sorted(kept)
    times = {song.id: song.created_at for song in library.page(None, 100, None, "me").items}
    assert [times[song_id] for song_id in seen] == sorted(times.values(), reverse=True)


def test_a_cursor_of_a_song_that_is_not_there_goes_on_at_its_time(
    database: Database, library: Library
) -> None:
    for number in (1, 2, 3):
        keep(database, number, f"Song {number}")
    at = int((FIRST + timedelta(minutes=3)).timestamp()) * 1_000_000
    page = library.page("song", 10, f"{at}.{'0' * 36}", "me")

    assert [song.facts.title for song in page.items] == ["Song 2", "Song 1"]


def test_songs_of_others_are_neither_found_nor_completed(database: Database, library: Library) -> None:
    theirs = keep(database, 1, "Secret", owner="you")

    assert titles(library, "secret") == []
    assert library.beginning("sec", 10, "me") == []
    assert library.beginning("", 10, "me") == []
    assert library.beginning(theirs[:3], 10, "me") == []
    assert library.beginning("sec", 10, "you") == [theirs]


def test_completion_finds_titles_and_ids_that_begin_so_newest_first(
    database: Database, library: Library
) -> None:
    night = keep(database, 1, "Night Drive")
    longer = keep(database, 2, "Nightfall")
    keep(database, 3, "A Night")
    fourth = keep(database, 0xABC, "Über alles", minutes=4)

    assert library.beginning("nIgHt", 10, "me") == [longer, night]
    assert library.beginning("night ", 10, "me") == [night]
    assert library.beginning("night d", 10, "me") == [night]
    assert library.beginning("n", 1, "me") == [longer]
    assert library.beginning("ü", 10, "me") == [fourth]
    assert library.beginning("nightmare", 10, "me") == []
    assert library.beginning("%", 10, "me") == []
    assert library.beginning("00000abd", 10, "me") == [fourth]
    assert library.beginning("00000ABD-0", 10, "me") == [fourth]
    assert len(library.beginning("0000", 10, "me")) == 4
    assert library.beginning("", 2, "me") == [fourth, library.resolve("00000004", "me")]


def test_a_title_that_begins_like_an_id_is_completed_once(database: Database, library: Library) -> None:
    both = keep(database, 1, "0000 Nights")

    assert library.beginning("0000", 10, "me") == [both]


LETTERS = st.text("abAß月 \t'\"%_x🎵", max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(LETTERS, min_size=1, max_size=6), st.lists(LETTERS, min_size=1, max_size=4))
def test_the_index_finds_what_looking_at_every_song_finds(
    tmp_path_factory: pytest.TempPathFactory, kept: list[str], queries: list[str]
) -> None:
    database = Database.in_folder(tmp_path_factory.mktemp("home"))
    library = Library(database, Blobs(Path()))
    for number, title in enumerate(kept):
        keep(database, number, title)

    def ask() -> list[object]:
        found = [titles(library, query) for query in queries]
        return [found, [library.beginning(query, 3, "me") for query in queries]]

    by_index = ask()
    without_index(database)
    assert ask() == by_index
    database.close()


def test_a_long_query_is_answered(database: Database, library: Library) -> None:
    words = " ".join(f"word{number}" for number in range(40))
    keep(database, 1, words)

    assert titles(library, words) == [words]
    assert titles(library, words + "s") == []


def test_songs_kept_by_a_process_without_full_text_search_are_found_by_one_that_has_it(
    tmp_path: Path,
) -> None:
    with_it, without = Database.in_folder(tmp_path), Database.in_folder(tmp_path)
    without_index(without)
    keep(with_it, 1, "Night Drive")
    keep(without, 2, "Nightfall")
    library = Library(with_it, Blobs(tmp_path))

    assert titles(library, "night") == ["Nightfall", "Night Drive"]
    with_it.close()
    without.close()
    again = Database.in_folder(tmp_path)
    with again.read() as connection:
        assert not search.has_missing(connection)
    assert titles(Library(again, Blobs(tmp_path)), "night") == ["Nightfall", "Night Drive"]
    again.close()


def test_a_song_whose_transaction_failed_is_not_in_the_index(database: Database) -> None:
    def fail_half_way() -> None:
        with database.write() as connection:
            search.enter(connection, "me", 5, "night\n\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()

    assert entries(database) == 0


def test_the_index_can_be_made_anew(database: Database, tmp_path: Path) -> None:
    keep(database, 1, "Night Drive")
    with database.write() as connection:
        search.rebuild(connection)
    library = Library(database, Blobs(tmp_path))
    assert entries(database) == 0
    assert titles(library, "night") == ["Night Drive"]

    with database.write() as connection:
        assert search.enter_missing(connection, 10) == 1

    assert entries(database) == 1
    assert titles(library, "night") == ["Night Drive"]


def entries(database: Database) -> int:
    with database.read() as connection:
        found = connection.exec_driver_sql("SELECT rowid FROM song_search WHERE song_search MATCH 'r6e'")
        return len(found.all())


def test_search_prefix_and_completion_read_the_index_and_not_every_song(
    database: Database, tmp_path: Path
) -> None:
    library = Library(database, Blobs(tmp_path))
    for number in range(3):
        keep(database, number, "Night Drive")

    def plans(ask: Callable[[], object]) -> str:
        seen: list[tuple[str, object]] = []

        def note(_c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            if statement.startswith("SELECT") and "songs" in statement:
                seen.append((statement, parameters))

        sa.event.listen(database._engine, "before_cursor_execute", note)
        ask()
        sa.event.remove(database._engine, "before_cursor_execute", note)
        with database.read() as connection:
            return "\n".join(
                str(row[-1])
                for statement, parameters in seen
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )

    for ask in (
        lambda: library.brief_page("night", 10, None, "me"),
        lambda: library.brief_page(None, 10, None, "me"),
        lambda: library.resolve("00000002", "me"),
        lambda: library.resolve("last", "me"),
        lambda: library.beginning("night", 10, "me"),
        lambda: library.beginning("0000", 10, "me"),
        lambda: library.children("00000002-0000-0000-0000-000000000000", "me"),
    ):
        plan = plans(ask)
        assert "SEARCH" in plan or "VIRTUAL TABLE" in plan
        assert "SCAN songs" not in plan.replace("SCAN songs USING COVERING INDEX", "")
    with database.read() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(songs)).scalar() == 3
