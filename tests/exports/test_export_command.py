from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from songwright.commands import cli


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SONGWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SONGWRIGHT_ENGINE", "scripted")
    return tmp_path / "home"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


def test_export_writes_a_song_where_it_was_asked_to(home: Path, tmp_path: Path) -> None:
    assert run("make", "folk", "--title", "Über", "--seed", "1").exit_code == 0

    out = tmp_path / "song.mp3"
    done = run("export", "last", "--format", "mp3", "--artist", "Émile", "-o", str(out))
    assert (done.exit_code, done.stdout.strip()) == (0, str(out))
    assert out.read_bytes().startswith(b"ID3")

    kept = Path(run("export", "last", "--format", "wav", "--bit-depth", "16").stdout.strip())
    assert kept.name == "Über.wav"
    assert kept.is_relative_to(home)


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["last", "--format", "mp3"], "there is no such song"),
        (["last", "--format", "vinyl"], "'vinyl' is not one of"),
        (["last", "--format", "mp3", "-o", "song.wav"], "must end in .mp3"),
        (["last"], "Missing option '--format'"),
    ],
)
def test_a_wrong_export_gets_one_line_and_no_traceback(arguments: list[str], words: str) -> None:
    done = run("export", *arguments)
    assert done.exit_code == 2
    assert words in done.stderr
    assert "Traceback" not in done.output
