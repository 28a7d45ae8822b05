from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songwright.library.blobs import Blobs

SONG_ID = str(uuid4())


def written(path: Path, content: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


def test_kept_files_are_found_by_song_and_name(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    blobs.keep(
        SONG_ID,
        {"master.flac": written(tmp_path / "a", "sound"), "score.json": written(tmp_path / "b", "notes")},
    )

    assert blobs.path(SONG_ID, "master.flac").read_text() == "sound"
    assert blobs.path(SONG_ID, "score.json").read_text() == "notes"
    assert not blobs.path(SONG_ID, "vocals.flac").exists()
    assert [folder.name for folder in (tmp_path / "songs").iterdir()] == [SONG_ID]


def test_when_one_file_is_missing_none_becomes_visible(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    files = {"master.flac": written(tmp_path / "a", "sound"), "score.json": tmp_path / "missing"}

    with pytest.raises(FileNotFoundError):
        blobs.keep(SONG_ID, files)

    assert list((tmp_path / "songs").iterdir()) == []


def test_keeping_again_after_a_crash_changes_nothing(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    blobs.keep(SONG_ID, {"master.flac": written(tmp_path / "a", "sound")})

    blobs.keep(SONG_ID, {"master.flac": tmp_path / "a"})

    assert blobs.path(SONG_ID, "master.flac").read_text() == "sound"


def test_discarding_removes_every_file_and_may_be_repeated(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "songs")
    blobs.keep(SONG_ID, {"master.flac": written(tmp_path / "a", "sound")})

    blobs.discard(SONG_ID)
    blobs.discard(SONG_ID)

    assert list((tmp_path / "songs").iterdir()) == []


@given(st.text())
def test_no_id_and_no_name_leads_out_of_the_folder(text: str) -> None:
    folder = Path("/nowhere/songs")
    blobs = Blobs(folder)
    try:
        path = blobs.path(text, "master.flac")
    except ValueError:
        pass
    else:
        assert path.parent.parent == folder
        assert ".." not in path.parts
    with pytest.raises(ValueError, match="not the name"):
        blobs.path(SONG_ID, text)  # type: ignore[arg-type]
