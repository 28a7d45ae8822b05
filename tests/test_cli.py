"""The command line: what it prints, and how it says no."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from songwright.commands import cli
from songwright.server.tools import CATALOGUE
from standins.sound import encoded, tones


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("SONGWRIGHT_HOME", str(home))
    monkeypatch.setenv("SONGWRIGHT_ENGINE", "scripted")
    return home


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, catch_exceptions=False)


@pytest.mark.usefixtures("home")
def test_make_writes_the_song_where_it_was_asked_to(tmp_path: Path) -> None:
    words = tmp_path / "words.txt"
    words.write_text("[Verse]\nMorning comes\n", encoding="utf-8")
    out = tmp_path / "song.flac"
    done = run("make", "folk", "--lyric-file", str(words), "--title", "Dawn", "--seed", "7", "-o", str(out))
    assert done.exit_code == 0
    assert out.read_bytes().startswith(b"fLaC")
    assert "Dawn" in done.stdout
    assert "seed 7" in done.stdout
    assert str(out) in done.stdout
    listed = json.loads(run("songs", "--json").stdout)
    assert [song["facts"]["title"] for song in listed] == ["Dawn"]


def test_tools_prints_the_catalogue_without_a_home(home: Path) -> None:
    listed = json.loads(run("tools", "--json").stdout)
    assert [tool["name"] for tool in listed] == [tool.name for tool in CATALOGUE]
    assert all(tool["inputSchema"]["type"] == "object" for tool in listed)
    assert not home.exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["make"], 2, "prompt and lyric: at least one must have words"),
        (["make", "x" * 201], 2, "prompt: at most 200 characters"),
        (["make", "folk", "--engine", "banjo"], 2, "engine: there is no such engine"),
        (["make", "folk", "-o", "song.mp3"], 2, "must end in .flac"),
        (["make", "folk", "-o", "no/such/folder/song.flac"], 2, "folder does not exist"),
        (["serve", "--http", "0.0.0.0:0"], 3, "SONGWRIGHT_TOKENS"),
        (["serve", "--http", "here"], 3, "HOST:PORT"),
        (["mkae"], 2, "No such command"),
    ],
)
def test_a_wrong_command_gets_one_line_and_no_traceback(
    home: Path, arguments: list[str], code: int, words: str
) -> None:
    done = run(*arguments)
    assert done.exit_code == code
    assert words in done.stderr
    assert "Traceback" not in done.output
    assert not list(home.rglob("*.flac"))


@pytest.mark.usefixtures("home")
def test_a_bad_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_WORKERS", "many")
    done = run("songs")
    assert done.exit_code == 3
    assert "SONGWRIGHT_WORKERS" in done.stderr


@pytest.mark.usefixtures("home")
def test_doctor_finds_this_machine_fit() -> None:
    done = run("doctor", "--json")
    checks = {check["name"]: check for check in json.loads(done.stdout)}
    assert checks["home"]["ok"]
    assert checks["library"]["ok"]
    assert checks["engine scripted"]["ok"]


def test_doctor_says_which_setting_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("SONGWRIGHT_HOME", str(blocked / "home"))
    done = run("doctor")
    assert done.exit_code == 1
    assert "SONGWRIGHT_HOME" in done.stdout


def test_import_takes_a_file_from_anywhere(home: Path, tmp_path: Path) -> None:
    recording = tmp_path / "night_drive.wav"
    recording.write_bytes(encoded(tones(2, (220.0,))))
    done = run("import", str(recording), "--artist", "The Agents")
    assert done.exit_code == 0, done.output
    assert "night drive" in done.stdout
    refused = run("import", str(tmp_path / "missing.wav"))
    assert refused.exit_code == 2
    assert "there is no such file" in refused.stderr
    assert list(home.glob("incoming/*")) == []


@pytest.mark.parametrize("command", ["serve", "make", "import", "songs", "tools", "doctor", "check"])
def test_every_command_shows_examples(command: str) -> None:
    helped = run(command, "--help")
    assert "Examples:" in helped.stdout
    assert f"songwright {command}" in helped.stdout
