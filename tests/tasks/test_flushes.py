"""What is acknowledged is on the disk: every file of a song, and every folder on the way to it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from songwright.engines.registry import Engines
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import parse_action
from songwright.settings import Settings
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.workshop import Workshop

pytestmark = pytest.mark.skipif(os.name == "nt", reason="folders can't be flushed there")

File = tuple[int, int]


def file_of(status: os.stat_result) -> File:
    return status.st_dev, status.st_ino


@pytest.fixture
def flushed(monkeypatch: pytest.MonkeyPatch) -> set[File]:
    """The files and folders that the system was asked to flush; it still is asked."""
    found: set[File] = set()
    really: Callable[[int], None] = os.fsync

    def watched(descriptor: int) -> None:
        really(descriptor)
        found.add(file_of(os.fstat(descriptor)))

    monkeypatch.setattr(os, "fsync", watched)
    return found


@pytest.fixture
def workshop(settings: Settings) -> Iterator[Workshop]:
    workshop = Workshop(settings, Engines({"scripted": ScriptedEngine}, settings), InProcessJobs)
    yield workshop
    workshop.close()


async def test_a_rendition_is_on_the_disk_before_it_is_said_to_be_made(
    workshop: Workshop, settings: Settings, flushed: set[File]
) -> None:
    task = accepted(workshop)
    assert "made" in await workshop.performer.perform(task)

    work = settings.home / "work" / task
    made = [path for path in work.rglob("*") if path.suffix in (".flac", ".json")]
    assert {path.suffix for path in made} == {".flac", ".json"}
    assert [path.name for path in made if file_of(path.stat()) not in flushed] == []


async def test_a_song_is_on_the_disk_when_its_task_has_succeeded(
    workshop: Workshop, settings: Settings, flushed: set[File], monkeypatch: pytest.MonkeyPatch
) -> None:
    task = accepted(workshop)
    outcome = await workshop.performer.perform(task)
    flushed.clear()
    missing: list[Path] = []
    succeed = workshop.ledger.succeed

    def looking(*given: object, **named: object) -> bool:
        songs = settings.home / "songs"
        there = [songs, *songs.rglob("*")]
        missing.extend(path for path in there if file_of(path.stat()) not in flushed)
        return succeed(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(workshop.ledger, "succeed", looking)
    await workshop.performer.keep(task, outcome)

    assert workshop.ledger.task(task, "me").state.status == "succeeded"
    assert missing == []


def test_a_lent_token_and_its_folder_are_on_the_disk_when_it_is_kept(
    workshop: Workshop, settings: Settings, flushed: set[File]
) -> None:
    workshop.vault.keep("a-task", SecretStr("token"))
    kept = settings.home / "tokens" / "a-task"
    assert {file_of(kept.stat()), file_of(kept.parent.stat())} <= flushed


def accepted(workshop: Workshop) -> str:
    return workshop.ledger.accept(
        parse_action({"action": "generate", "prompt": "warm folk"}),
        engine="scripted",
        seed="7",
        principal="me",
        request_id=None,
        print_="",
    ).id
