"""Which files of this machine a request can name."""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

import pytest

from songwright.errors import NotFoundError, RequestError
from songwright.recordings.folders import open_allowed, open_file

needs_posix = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and devices of POSIX")


@pytest.fixture
def imports(tmp_path: Path) -> Path:
    folder = tmp_path / "imports"
    (folder / "inner").mkdir(parents=True)
    (folder / "demo.wav").write_bytes(b"sound")
    (folder / "inner" / "deep.wav").write_bytes(b"deep")
    (tmp_path / "secret.wav").write_bytes(b"secret")
    (tmp_path / "imports-too").mkdir()
    (tmp_path / "imports-too" / "secret.wav").write_bytes(b"secret")
    return folder


@pytest.mark.parametrize(
    "given", ["demo.wav", "./inner/../demo.wav", "{folder}/demo.wav", "{folder}//./demo.wav"]
)
def test_a_file_in_an_allowed_folder_is_opened_however_it_is_written(imports: Path, given: str) -> None:
    with open_allowed(given.format(folder=imports), [imports]) as file:
        assert file.read() == b"sound"


def test_a_relative_path_is_looked_for_in_every_folder(imports: Path, tmp_path: Path) -> None:
    with open_allowed("inner/deep.wav", [tmp_path / "none", imports]) as file:
        assert file.read() == b"deep"


@pytest.mark.parametrize(
    "given",
    [
        "../secret.wav",
        "{folder}/../secret.wav",
        "{folder}/inner/../../secret.wav",
        "{folder}-too/secret.wav",
        "/etc/passwd",
        "/dev/zero",
        "/proc/self/environ",
        "~/x.wav",
        "~nobody-of-this-name/x.wav",
        "file:///etc/passwd",
        "\\\\host\\share\\x.wav",
    ],
)
def test_a_file_elsewhere_is_refused_with_the_folder_and_the_setting(imports: Path, given: str) -> None:
    with pytest.raises(RequestError, match="path: ") as caught:
        open_allowed(given.format(folder=imports), [imports])
    if not isinstance(caught.value, NotFoundError):
        assert "SONGWRIGHT_IMPORT_FOLDERS" in caught.value.message
        assert str(imports) in caught.value.message


@needs_posix
def test_a_link_that_leads_out_is_refused_and_one_that_stays_inside_is_followed(
    imports: Path, tmp_path: Path
) -> None:
    (imports / "out.wav").symlink_to(tmp_path / "secret.wav")
    (imports / "folder").symlink_to(tmp_path / "imports-too")
    (imports / "in.wav").symlink_to(imports / "inner" / "deep.wav")
    for given in ("out.wav", "folder/secret.wav"):
        with pytest.raises(RequestError, match="outside"):
            open_allowed(given, [imports])
    with open_allowed("in.wav", [imports]) as file:
        assert file.read() == b"deep"


@needs_posix
def test_a_link_put_in_the_way_after_the_check_is_not_followed(
    imports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = os.path.realpath

    def check_then_swap(path: os.PathLike[str] | str) -> str:
        checked = check(path)
        if str(path).endswith("deep.wav"):
            (imports / "inner").rename(tmp_path / "moved")
            (imports / "inner").symlink_to(tmp_path / "imports-too")
            (tmp_path / "imports-too" / "deep.wav").write_bytes(b"secret")
        return checked

    monkeypatch.setattr("songwright.recordings.folders.os.path.realpath", check_then_swap)
    with pytest.raises(RequestError, match="can't be opened"):
        open_allowed("inner/deep.wav", [imports])


@needs_posix
def test_what_is_no_file_is_refused_without_waiting_for_it(imports: Path) -> None:
    os.mkfifo(imports / "pipe")
    (imports / "zero.wav").symlink_to("/dev/zero")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(imports)
        try:
            listener.bind("socket")
        finally:
            os.chdir(here)
    for given in ("pipe", "socket", "inner", "inner/", ".", str(imports)):
        with pytest.raises(RequestError, match="must be a file"):
            open_allowed(given, [imports])
    with pytest.raises(RequestError, match="outside"):
        open_allowed("zero.wav", [imports])
    with pytest.raises(RequestError, match="must be a file"):
        open_file(imports / "pipe")
    with pytest.raises(RequestError, match="must be a file"):
        open_file(Path("/dev/zero"))


@pytest.mark.parametrize("given", ["missing.wav", "inner/missing.wav", "demo.wav/more", "x" * 4000])
def test_a_file_that_is_not_there_is_named_so(imports: Path, given: str) -> None:
    with pytest.raises(RequestError, match=r"path: (there is no such file|can't be opened)"):
        open_allowed(given, [imports])
