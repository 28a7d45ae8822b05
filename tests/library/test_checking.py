"""``songwright check``: what it finds wrong in a home folder, and what it mends."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from filelock import FileLock

from songwright.commands import cli
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import ConfigurationError, ConflictError, DamagedError
from songwright.library.checking import Report, check_home
from songwright.library.database import Database
from songwright.music.actions import parse_action
from songwright.music.task import Succeeded
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs


def studio_of(home: Path) -> Studio:
    return Studio.open(
        Settings(home=home, workers=1), engines={"scripted": ScriptedEngine}, jobs=InProcessJobs
    )


async def made(studio: Studio, title: str) -> str:
    task = await studio.submit(parse_action({"action": "generate", "prompt": "folk", "title": title}))
    state = (await studio.wait(task.id, 60)).state
    assert isinstance(state, Succeeded)
    return state.song_id


@pytest.fixture
async def home(tmp_path: Path) -> Path:
    """A home folder with two songs."""
    async with studio_of(tmp_path / "home") as studio:
        await made(studio, "First Light")
        await made(studio, "Second Sight")
    return tmp_path / "home"


def file_of(home: Path, name: str = "master.flac") -> Path:
    return min(home.glob(f"songs/*/1/{name}"))


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def as_older_versions_kept_them(home: Path) -> list[Path]:
    """Move the files to where they lay before there were attempts; the masters."""
    for file in list(home.glob("songs/*/1/*")):
        file.rename(file.parent.parent / file.name)
    for folder in list(home.glob("songs/*/1")):
        folder.rmdir()
    in_library(home, "DELETE FROM song_files")
    return sorted(home.glob("songs/*/master.flac"))


def in_library(home: Path, *statements: str) -> list[object]:
    connection = sqlite3.connect(home / "library.db")
    found: list[object] = []
    for statement in statements:
        found = connection.execute(statement).fetchall()
    connection.commit()
    connection.close()
    return found


def change(path: Path, at: int, to: bytes = b"\xff") -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(to)


pytestmark = pytest.mark.anyio


async def test_a_home_in_order_has_nothing_wrong(home: Path) -> None:
    for repair in (False, True):
        report = check_home(home, repair=repair)
        assert (report.wrong, report.mended, report.songs) == ([], [], 2)
        assert report.files >= 2


async def test_a_home_without_a_library_is_in_order_and_none_is_made(tmp_path: Path) -> None:
    assert check_home(tmp_path, repair=True) == Report()
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (Path.unlink, "master.flac is missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes where"),
        (lambda path: change(path, path.stat().st_size // 2), "is not what was kept"),
    ],
    ids=["missing", "cut off", "changed"],
)
async def test_a_file_that_is_not_as_it_was_kept_is_named(
    home: Path, spoil: Callable[[Path], object], told: str
) -> None:
    file = file_of(home)
    spoil(file)

    for repair in (False, True):
        report = check_home(home, repair=repair)
        assert report.mended == []
        (sentence,) = report.wrong
        assert told in sentence
        assert file.parent.parent.name in sentence


async def test_files_that_no_song_names_are_told_and_removed(home: Path) -> None:
    orphan = home / "songs" / "11111111-2222-4333-8444-555555555555" / "1" / "master.flac"
    other_try = file_of(home).parent.parent / "7" / "master.flac"
    arriving = home / "songs" / ".arriving-x" / "master.flac"
    for path in (orphan, other_try, arriving):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"?")

    assert check_home(home, repair=False).wrong == [
        "1 folders in 'songs' were begun and never finished.",
        "2 folders in 'songs' hold files that no song names.",
    ]
    assert orphan.exists()
    assert len(check_home(home, repair=True).mended) == 2

    assert not orphan.exists()
    assert not other_try.parent.exists()
    assert not arriving.parent.exists()
    assert check_home(home, repair=False) == Report(songs=2, files=check_home(home, repair=False).files)


async def test_files_of_a_task_under_way_are_no_orphans(home: Path) -> None:
    in_library(home, "UPDATE tasks SET status = 'running'", "DELETE FROM song_files", "DELETE FROM songs")

    assert check_home(home, repair=True).mended == []
    assert file_of(home).exists()


async def test_songs_of_older_versions_are_decoded_and_what_they_are_is_noted(home: Path) -> None:
    damaged, whole = as_older_versions_kept_them(home)
    damaged.write_bytes(damaged.read_bytes()[: damaged.stat().st_size // 2])

    report = check_home(home, repair=True)

    (wrong,), (mended,) = report.wrong, report.mended
    assert damaged.parent.name in wrong
    assert "can't be read to its end" in wrong
    assert whole.parent.name in mended
    change(whole, whole.stat().st_size // 2)
    assert "is not what was kept" in " ".join(check_home(home, repair=False).wrong)


async def test_a_damaged_search_index_is_made_anew(home: Path) -> None:
    for trouble in ("DELETE FROM song_search_data WHERE id > 10", "UPDATE songs SET number = number + 1"):
        in_library(home, trouble)
        assert "search index" in " ".join(check_home(home, repair=False).wrong)
        assert "search index" in " ".join(check_home(home, repair=True).mended)
        assert check_home(home, repair=False).wrong == []
        async with studio_of(home) as studio:
            assert [song.facts.title for song in (await studio.songs("light")).items] == ["First Light"]


async def test_a_damaged_jobs_database_is_put_aside(home: Path) -> None:
    (home / "jobs.db").write_bytes(b"not a database at all, but long enough to be looked at" * 50)
    (home / "jobs.db-wal").write_bytes(b"of it")

    assert "jobs.db" in " ".join(check_home(home, repair=False).wrong)
    assert "jobs.db" in " ".join(check_home(home, repair=True).mended)

    assert "jobs.db" not in names_in(home)
    assert "jobs.db-wal" not in names_in(home)
    assert any(name.startswith("jobs.db.damaged-") for name in names_in(home))
    assert check_home(home, repair=False).wrong == []


def many_songs(home: Path, count: int) -> set[str]:
    """Put copies of a song's row into the library, so that it has many pages."""
    in_library(
        home,
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION SELECT i + 1 FROM n WHERE i < {count}) "  # noqa: S608
        "INSERT INTO songs (id, principal, created_at, search_text, song) "
        "SELECT printf('11111111-2222-4333-8444-%012d', i), principal, i, search_text, "
        "replace(song, songs.id, printf('11111111-2222-4333-8444-%012d', i)) "
        "FROM n, (SELECT * FROM songs LIMIT 1) AS songs",
        "PRAGMA wal_checkpoint(TRUNCATE)",
    )
    return {row[0] for row in in_library(home, "SELECT id FROM songs")}  # type: ignore[index]


async def test_what_can_be_read_of_a_damaged_library_is_saved(home: Path) -> None:
    before = many_songs(home, 300)
    pages = (home / "library.db").stat().st_size // 4096
    for page in range(pages // 2, pages // 2 + 3):
        change(home / "library.db", page * 4096, b"\xa5" * 4096)

    assert check_home(home, repair=False).wrong == [
        "library.db is damaged; nothing of what it holds was checked."
    ]
    report = check_home(home, repair=True)

    assert "rows were saved" in report.mended[0]
    after = {row[0] for row in in_library(home, "SELECT id FROM songs")}  # type: ignore[index]
    assert after <= before
    assert len(after) > len(before) - 60
    assert in_library(home, "PRAGMA integrity_check") == [("ok",)]
    assert any(name.startswith("library.db.damaged-") for name in names_in(home))
    async with studio_of(home) as studio:
        assert len((await studio.songs("folk", limit=100)).items) == 100
        await made(studio, "After all")


async def test_files_stay_while_a_damaged_library_is_kept(home: Path) -> None:
    (home / "library.db.damaged-1").touch()
    in_library(home, "DELETE FROM song_files", "DELETE FROM songs")

    report = check_home(home, repair=True)

    assert "2 folders in 'songs' hold files that no song names; they stay" in report.wrong[0]
    assert file_of(home).exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b"not a database at all, but long enough to be looked at" * 50),
        lambda path: change(path, 100, b"\xa5" * 3996),
        lambda path: path.write_bytes(path.read_bytes()[:5000]),
    ],
    ids=["another file", "first page gone", "cut off"],
)
async def test_a_damaged_library_says_so_and_names_the_way_out(
    home: Path, spoil: Callable[[Path], object]
) -> None:
    in_library(home, "PRAGMA wal_checkpoint(TRUNCATE)")
    spoil(home / "library.db")

    with pytest.raises(ConfigurationError, match=r"is damaged.*songwright check --repair"):
        Database.in_folder(home)

    check_home(home, repair=True)
    Database.in_folder(home).close()
    assert file_of(home).exists()


async def test_nothing_is_repaired_while_a_songwright_works_there(home: Path) -> None:
    with FileLock(home / "worker.lock"):
        with pytest.raises(ConflictError, match="stop it"):
            check_home(home, repair=True)
        assert check_home(home, repair=False).wrong == []


async def test_the_command_tells_in_sentences_and_counts_and_exits_with_1(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SONGWRIGHT_HOME", str(home))
    clean = CliRunner().invoke(cli, ["check"])
    file_of(home).unlink()
    wrong = CliRunner().invoke(cli, ["check"])

    assert clean.exit_code == 0
    assert clean.output.splitlines()[-1].startswith("2 songs with ")
    assert wrong.exit_code == 1
    assert "master.flac is missing." in wrong.output
    assert wrong.output.splitlines()[-1].endswith("0 mended, 1 wrong")
    assert str(home) not in wrong.output


async def test_a_song_with_a_damaged_file_says_so_everywhere_and_gives_what_is_whole(home: Path) -> None:
    master = file_of(home)
    master.write_bytes(master.read_bytes()[:-1])
    damaged = master.parent.parent.name
    async with studio_of(home) as studio:
        for ask in (
            lambda: studio.audio_path(damaged),
            lambda: studio.export(damaged, "mp3"),
            lambda: studio.export(damaged, "waveform"),
            lambda: studio.compare(damaged, damaged),
        ):
            with pytest.raises(DamagedError, match=r"master\.flac is missing or damaged.*copy") as told:
                await ask()
            assert str(home) not in told.value.message
        assert (await studio.export(damaged, "lrc")).exists()
        edit = await studio.submit(
            parse_action({"action": "variation", "audio_id": damaged, "prompt": "x"}), engine="scripted"
        )
        state = (await studio.wait(edit.id, 60)).state
        assert state.status == "failed"
        assert "master.flac is missing or damaged" in state.failure.message
