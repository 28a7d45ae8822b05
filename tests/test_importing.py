"""A recording becomes a song: accepted whole or not at all, kept whatever happens, and named truly."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import numpy as np
import pytest
import soundfile

from songwright.engines.local import LocalEngine
from songwright.engines.scripted import ScriptedEngine
from songwright.errors import ConflictError, RequestError, UnsupportedError
from songwright.music.actions import parse_action
from songwright.music.imports import ImportAudio, LocalFile, WebFile, parse_work
from songwright.music.song import Song
from songwright.music.task import Cancelled, Failed, Succeeded, Task
from songwright.outbound import ForbiddenAddressError
from songwright.settings import Settings
from songwright.studio import Studio
from songwright.tasks.in_process import InProcessJobs
from standins.plain_http import answering, found
from standins.sound import encoded, tones

RATE_HZ = 44_100


@pytest.fixture
def imports(settings: Settings) -> Path:
    folder = settings.home / "imports"
    folder.mkdir(parents=True)
    (folder / "night_drive.wav").write_bytes(encoded(tones(2, (220.0, 277.2, 329.6))))
    return folder


@pytest.fixture
async def listening(settings: Settings) -> AsyncIterator[Studio]:
    """A studio with the embedded engine."""
    async with Studio.open(settings, engines={"local": LocalEngine}, jobs=InProcessJobs) as studio:
        yield studio


def of_file(path: Path | str = "night_drive.wav", **known: str) -> ImportAudio:
    return ImportAudio.model_validate({"source": LocalFile(path=str(path)), **known})


async def ended(studio: Studio, task: Task) -> Song:
    done = await studio.wait(task.id, 60)
    assert isinstance(done.state, Succeeded), done.state
    return await studio.song(done.state.song_id)


def left_behind(settings: Settings) -> list[Path]:
    return [path for name in ("incoming", "work") for path in settings.home.glob(f"{name}/*")]


async def test_a_recording_becomes_a_song_with_its_samples_and_its_own_words(
    listening: Studio, imports: Path, settings: Settings
) -> None:
    request = of_file(lyric="[Verse]\nOne line to sing")
    task = await listening.import_audio(request)
    sent = soundfile.read(imports / "night_drive.wav", dtype="int32")[0]
    (imports / "night_drive.wav").unlink()
    song = await ended(listening, task)

    assert (song.engine, song.made_by, song.parents) == ("local", "import_audio", ())
    facts = song.facts
    assert (facts.title, facts.model, facts.lyric) == ("night drive", "imported recording", request.lyric)
    assert facts.duration_seconds == 2
    assert facts.loudness is not None
    assert facts.from_recording
    assert facts.agreement is None
    assert "night_drive.wav: WAV (PCM_24), 44100 Hz, 2 channels, 2.00 s" in facts.understanding.notes[0]
    master = soundfile.read(await listening.audio_path(song.id), dtype="int32")[0]
    assert np.array_equal(master, sent)
    assert str(imports) not in song.model_dump_json()
    with anyio.fail_after(10):
        while left_behind(settings):  # noqa: ASYNC110 - the worker clears up after it has told of the end
            await anyio.sleep(0.01)


@pytest.mark.usefixtures("imports")
async def test_an_imported_song_is_exported_as_what_it_is(listening: Studio) -> None:
    song = await ended(listening, await listening.import_audio(of_file(artist="The Agents")))
    mp3 = await anyio.Path(await listening.export(song.id, "mp3")).read_bytes()
    assert b"The Agents" in mp3
    assert b"A recording, imported and not made" in mp3
    assert b"AI-generated" not in mp3
    assert b"trainedAlgorithmicMedia" not in mp3
    # Its score is what was heard.
    midi = await anyio.Path(await listening.export(song.id, "midi")).read_bytes()
    assert b"AI-generated" not in midi
    assert (await anyio.Path(await listening.export(song.id, "musicxml")).read_text()).count("<measure") > 0
    lineage = await listening.lineage(song.id)
    assert lineage.again is None
    assert [step.made_by for step in lineage.steps] == ["import_audio"]
    with pytest.raises(UnsupportedError, match="import_audio"):
        await listening.again(song.id)


@pytest.mark.usefixtures("imports")
async def test_what_is_made_from_a_recording_says_that_ai_worked_on_it(studio: Studio) -> None:
    source = await ended(studio, await studio.import_audio(of_file()))
    song = source
    for _ in range(2):
        action = parse_action({"action": "cover", "audio_id": song.id, "prompt": "jazz"})
        song = await ended(studio, await studio.submit(action))
    assert song.facts.from_recording
    told = json.loads(await anyio.Path(await studio.export(song.id, "lyrics_json")).read_text())["provenance"]
    assert told["ai_generated"] == "true"
    assert told["digital_source_type"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert told["origin"] == "made from a recording"


def _sparse(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(101 * 1024**2)


BAD = {
    "empty": (lambda path: path.write_bytes(b""), "is empty"),
    "no sound": (lambda path: path.write_bytes(b"words"), "no recording of a kind"),
    "no samples": (lambda path: path.write_bytes(encoded(np.zeros((0, 2)))), "no sound"),
    "too large": (_sparse, "100 MB"),
    "too long": (
        lambda path: soundfile.write(path, np.zeros(601 * 8000, np.int16), 8000, format="WAV"),
        "600 s",
    ),
    "a folder": (lambda path: path.mkdir(), "must be a file"),
    "a pipe": (os.mkfifo if hasattr(os, "mkfifo") else Path.mkdir, "must be a file"),
    "missing": (lambda _: None, "no such file"),
    "a link out": (lambda path: path.symlink_to("/etc/passwd"), "SONGWRIGHT_IMPORT_FOLDERS"),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_files_are_refused_before_there_is_a_task_and_leave_nothing(
    studio: Studio, imports: Path, settings: Settings, name: str
) -> None:
    make, said = BAD[name]
    make(imports / "bad")
    with pytest.raises(RequestError, match=said):
        await studio.import_audio(of_file("bad"))
    assert (await studio.tasks()).items == ()
    assert left_behind(settings) == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/a.wav", "http://localhost/a.wav", "http://10.0.0.1/a.wav", "http://[::1]/a.wav"]
)
async def test_private_addresses_are_refused_before_there_is_a_task(studio: Studio, url: str) -> None:
    with pytest.raises(ForbiddenAddressError, match="url"):
        await studio.import_audio(ImportAudio(source=WebFile.model_validate({"url": url})))
    assert (await studio.tasks()).items == ()


async def test_another_folder_is_open_where_the_operator_names_it(tmp_path: Path, settings: Settings) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.wav").write_bytes(encoded(tones(2, (220.0,))))
    async with Studio.open(settings, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs) as studio:
        with pytest.raises(RequestError, match="outside"):
            await studio.import_audio(of_file(elsewhere / "a.wav"))
    named = settings.model_copy(update={"import_folders": (elsewhere,)})
    async with Studio.open(named, engines={"scripted": ScriptedEngine}, jobs=InProcessJobs) as studio:
        await ended(studio, await studio.import_audio(of_file(elsewhere / "a.wav")))


@pytest.mark.usefixtures("imports")
async def test_files_are_not_for_those_who_come_with_a_token(studio: Studio) -> None:
    with pytest.raises(RequestError, match="not for you"):
        await studio.import_audio(of_file(), principal="token-of-somebody")


async def test_a_repeated_request_is_one_task_even_when_the_file_has_gone(
    studio: Studio, imports: Path
) -> None:
    first = await studio.import_audio(of_file(), request_id="once")
    (imports / "night_drive.wav").unlink()
    assert (await studio.import_audio(of_file(), request_id="once")).id == first.id
    with pytest.raises(ConflictError):
        await studio.import_audio(of_file("other.wav"), request_id="once")


@pytest.mark.usefixtures("imports")
async def test_cancelling_an_import_frees_its_file(settings: Settings) -> None:
    engine = ScriptedEngine(hold=lambda: True)
    async with Studio.open(settings, engines={"scripted": lambda: engine}, jobs=InProcessJobs) as studio:
        task = await studio.import_audio(of_file())
        assert [path.name for path in settings.home.glob("incoming/*")] == [task.id]
        assert isinstance((await studio.cancel(task.id)).state, Cancelled)
        assert list(settings.home.glob("incoming/*")) == []


async def test_an_import_goes_on_in_the_next_studio(imports: Path, settings: Settings) -> None:
    holding = ScriptedEngine(hold=lambda: True, name="local")
    async with Studio.open(settings, engines={"local": lambda: holding}, jobs=InProcessJobs) as studio:
        task = await studio.import_audio(of_file())
        with anyio.fail_after(20):
            while not holding.performed:  # noqa: ASYNC110 - the job engine's thread says so nowhere else
                await anyio.sleep(0.01)
    (imports / "night_drive.wav").unlink()
    async with Studio.open(settings, engines={"local": LocalEngine}, jobs=InProcessJobs) as studio:
        await studio.resume()
        assert (await ended(studio, task)).facts.duration_seconds == 2


async def test_a_url_that_the_operator_allows_is_fetched(settings: Settings) -> None:
    async with answering(found(encoded(tones(2, (220.0,), 48_000), rate_hz=48_000))) as url:
        allowing = settings.model_copy(update={"allowed_hosts": (urlsplit(url).netloc,)})
        engine = LocalEngine.from_settings(allowing)
        async with Studio.open(allowing, engines={"local": lambda: engine}, jobs=InProcessJobs) as studio:
            source = WebFile.model_validate({"url": url})
            song = await ended(studio, await studio.import_audio(ImportAudio(source=source)))
    assert song.facts.title == "a"
    assert song.facts.duration_seconds == pytest.approx(2, abs=0.001)
    assert "converted from 48000 to 44100 Hz" in song.facts.understanding.notes


async def test_a_name_that_leads_to_a_private_address_fails_the_task(settings: Settings) -> None:
    async with answering(b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\n\r\n") as url:
        allowing = settings.model_copy(update={"allowed_hosts": (urlsplit(url).netloc,)})
        engine = LocalEngine.from_settings(allowing)
        async with Studio.open(allowing, engines={"local": lambda: engine}, jobs=InProcessJobs) as studio:
            source = WebFile.model_validate({"url": url})
            task = await studio.import_audio(ImportAudio(source=source))
            state = (await studio.wait(task.id, 20)).state
    assert isinstance(state, Failed)
    assert state.failure.code == "forbidden_address"


def test_what_was_stored_before_there_were_imports_is_still_read() -> None:
    assert parse_work({"action": "generate", "prompt": "folk"}) == parse_action(
        {"action": "generate", "prompt": "folk"}
    )
