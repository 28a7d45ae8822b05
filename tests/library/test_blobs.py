from __future__ import annotations

import errno
import hashlib
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.library.blobs import LOOSE, BlobName, Blobs, StoredFile

SONG_ID = "11111111-2222-4333-8444-555555555555"


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def two_files(folder: Path) -> dict[BlobName, Path]:
    return {
        "master.flac": written(folder / "work" / "a", "sound"),
        "score.json": written(folder / "work" / "b", "notes"),
    }


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_kept_files_are_found_by_song_attempt_and_name(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    kept = blobs.keep(SONG_ID, 2, two_files(tmp_path))

    assert blobs.path(SONG_ID, "master.flac", 2).read_text() == "sound"
    assert blobs.path(SONG_ID, "score.json", 2).read_text() == "notes"
    assert everything(tmp_path / "songs") == {
        SONG_ID,
        f"{SONG_ID}/2",
        f"{SONG_ID}/2/master.flac",
        f"{SONG_ID}/2/score.json",
    }
    assert kept["master.flac"] == StoredFile(
        name="master.flac", attempt=2, size_bytes=5, sha256=hashlib.sha256(b"sound").hexdigest()
    )
    assert kept == blobs.stored(SONG_ID, 2)


def test_what_is_kept_stays_where_it_was(tmp_path: Path) -> None:
    files = two_files(tmp_path)

    Blobs(tmp_path / "songs").keep(SONG_ID, 1, files)

    assert [path.read_text() for path in files.values()] == ["sound", "notes"]


def test_files_are_linked_so_that_keeping_them_takes_no_room(tmp_path: Path) -> None:
    files = two_files(tmp_path)
    blobs = Blobs(tmp_path / "songs")

    blobs.keep(SONG_ID, 1, files)

    assert blobs.path(SONG_ID, "master.flac", 1).samefile(files["master.flac"])


def test_where_files_cannot_be_linked_they_are_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_self: Path, _target: Path) -> None:
        raise OSError(errno.EXDEV, "another file system")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    blobs = Blobs(tmp_path / "songs")
    files = two_files(tmp_path)

    kept = blobs.keep(SONG_ID, 1, files)

    assert files["master.flac"].read_text() == "sound"
    assert blobs.stored(SONG_ID, 1) == kept
    assert not blobs.path(SONG_ID, "master.flac", 1).samefile(files["master.flac"])


def test_when_one_file_is_missing_none_becomes_visible(tmp_path: Path) -> None:
    files = two_files(tmp_path) | {"vocals.flac": tmp_path / "missing"}

    with pytest.raises(FileNotFoundError):
        Blobs(tmp_path / "songs").keep(SONG_ID, 1, files)

    assert everything(tmp_path / "songs") == set()


def test_keeping_again_changes_nothing_whether_the_sources_are_still_there_or_not(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    files = two_files(tmp_path)
    kept = blobs.keep(SONG_ID, 1, files)

    assert blobs.keep(SONG_ID, 1, files) == kept
    files["master.flac"].unlink()
    assert blobs.keep(SONG_ID, 1, files) == kept
    assert blobs.stored(SONG_ID, 1) == kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda folder: (folder / "score.json").unlink(),
        lambda folder: (folder / "vocals.flac").write_text("more"),
        lambda folder: ((folder / "score.json").unlink(), (folder / "score.json").write_text("notez")),
    ],
    ids=["a file too few", "a file too many", "other content"],
)
def test_an_attempt_that_is_not_what_is_to_be_kept_is_kept_anew(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    blobs = Blobs(tmp_path / "songs")
    files = two_files(tmp_path)
    kept = blobs.keep(SONG_ID, 1, files)
    spoil(tmp_path / "songs" / SONG_ID / "1")

    assert blobs.keep(SONG_ID, 1, files) == kept
    assert blobs.stored(SONG_ID, 1) == kept


@pytest.mark.parametrize("step", range(8))
def test_keeping_succeeds_after_an_end_at_any_step_and_leaves_nothing_else(tmp_path: Path, step: int) -> None:
    files = two_files(tmp_path)
    dying = multiprocessing.get_context("spawn").Process(
        target=_keep_and_end_at, args=(tmp_path / "songs", files, step)
    )
    dying.start()
    dying.join()
    assert dying.exitcode in {0, 9}

    blobs = Blobs(tmp_path / "songs")
    kept = blobs.keep(SONG_ID, 1, files)
    blobs.sweep(lambda song_id, attempt: (song_id, attempt) == (SONG_ID, 1))

    assert blobs.stored(SONG_ID, 1) == kept
    assert len(kept) == 2
    assert everything(tmp_path / "songs") == {
        SONG_ID,
        f"{SONG_ID}/1",
        f"{SONG_ID}/1/master.flac",
        f"{SONG_ID}/1/score.json",
    }


def _keep_and_end_at(folder: Path, files: dict[BlobName, Path], step: int) -> None:
    """Keep files, but end the process for good at one of the calls that change or flush a file or folder."""
    import sys

    done = 0

    def watch(event: str, _arguments: object) -> None:
        nonlocal done
        if event in {"os.mkdir", "os.link", "os.rename", "os.rmdir", "shutil.rmtree", "os.truncate"}:
            if done == step:
                os._exit(9)
            done += 1

    sys.addaudithook(watch)
    Blobs(folder).keep(SONG_ID, 1, files)


def test_discarding_removes_one_attempt_only_and_may_be_repeated(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    blobs.keep(SONG_ID, 1, two_files(tmp_path))
    kept = blobs.keep(SONG_ID, 2, two_files(tmp_path))

    blobs.discard(SONG_ID, 1)
    blobs.discard(SONG_ID, 1)

    assert blobs.stored(SONG_ID, 1) == {}
    assert blobs.stored(SONG_ID, 2) == kept
    blobs.discard(SONG_ID, 2)
    assert everything(tmp_path / "songs") == set()


def test_files_that_an_older_version_kept_are_found_and_discarded_alone(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    written(tmp_path / "songs" / SONG_ID / "master.flac", "old")
    kept = blobs.keep(SONG_ID, 1, two_files(tmp_path))

    assert blobs.stored(SONG_ID, LOOSE)["master.flac"].size_bytes == 3
    assert set(blobs.attempts()) == {(SONG_ID, LOOSE), (SONG_ID, 1)}
    blobs.discard(SONG_ID, LOOSE)

    assert set(blobs.attempts()) == {(SONG_ID, 1)}
    assert blobs.stored(SONG_ID, 1) == kept


def test_a_sweep_leaves_what_is_wanted_and_what_it_does_not_know(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    unwanted, empty = str(uuid4()), str(uuid4())
    kept = blobs.keep(SONG_ID, 2, two_files(tmp_path))
    blobs.keep(SONG_ID, 1, two_files(tmp_path))
    blobs.keep(unwanted, 1, two_files(tmp_path))
    (tmp_path / "songs" / empty).mkdir()
    written(tmp_path / "songs" / ".arriving-x" / "master.flac", "half")
    written(tmp_path / "songs" / "notes.txt", "somebody's own")

    assert blobs.sweep(lambda song_id, attempt: (song_id, attempt) == (SONG_ID, 2)) == 4

    assert {path.name for path in (tmp_path / "songs").iterdir()} == {SONG_ID, "notes.txt"}
    assert blobs.stored(SONG_ID, 2) == kept
    assert not (tmp_path / "songs" / SONG_ID / "1").exists()


def test_a_sweep_of_a_store_that_is_not_there_yet_does_nothing(tmp_path: Path) -> None:
    assert Blobs(tmp_path / "songs").sweep(lambda *_: False) == 0


@pytest.mark.skipif(os.name == "nt", reason="a folder can't be locked there; the worker's lock has to do")
def test_what_another_living_process_writes_is_not_swept(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    started, finish = context.Event(), context.Event()
    other = context.Process(
        target=_keep_slowly, args=(tmp_path / "songs", two_files(tmp_path), started, finish)
    )
    other.start()
    assert started.wait(60)

    assert Blobs(tmp_path / "songs").sweep(lambda *_: False) == 0
    finish.set()
    other.join()

    assert set(Blobs(tmp_path / "songs").stored(SONG_ID, 1)) == {"master.flac", "score.json"}


def _keep_slowly(folder: Path, files: dict[BlobName, Path], started: Event, finish: Event) -> None:
    import sys

    def watch(event: str, _arguments: object) -> None:
        if event == "os.link":
            started.set()
            finish.wait(60)

    sys.addaudithook(watch)
    Blobs(folder).keep(SONG_ID, 1, files)


@given(st.text(), st.integers())
def test_no_id_name_or_attempt_leads_out_of_the_folder(text: str, attempt: int) -> None:
    folder = Path("/nowhere/songs")
    blobs = Blobs(folder)
    try:
        path = blobs.path(text, "master.flac", attempt)
    except ValueError:
        pass
    else:
        assert folder in path.parents
        assert ".." not in path.parts
    with pytest.raises(ValueError, match="not the name"):
        blobs.path(SONG_ID, text, 1)  # type: ignore[arg-type]
    if attempt < 0:
        with pytest.raises(ValueError, match="from 1"):
            blobs.path(SONG_ID, "master.flac", attempt)
