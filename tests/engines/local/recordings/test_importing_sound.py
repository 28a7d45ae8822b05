"""Recordings of every kind come in, whatever is heard in them, and both swaps find a balance of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray
from tests.hearing.synthetic import RATE_HZ as LOW_RATE_HZ
from tests.hearing.synthetic import beat, chords, noise, silence, spoken, sung, tone

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.loudness import measure_loudness
from songwright.engines.base import Context, Source
from songwright.engines.local.recordings.importing import render_recording
from songwright.engines.local.render_action import render
from songwright.music.actions import Action, Generate, StemName, SwapInstrumentals, SwapVocals
from songwright.music.imports import ImportAudio, Received
from songwright.music.song import Song

RATE_HZ = 44_100
Sound = NDArray[np.float32]


def _say_nothing(*_: object) -> None:
    """Take reports and leave it at that."""


def _kept(folder: Path, action: Action, make: Callable[[Context], object]) -> Source:
    folder.mkdir()
    made = make(Context(folder, "a", _say_nothing, recording=folder.with_suffix(".wav")))
    song = Song(
        id=folder.name,
        task_id=folder.name,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        engine="local",
        engine_version="1",
        action=action,
        facts=made.facts,
        stems=tuple(made.stems),
        has_score=True,
    )
    stems = {stem: folder / name for stem, name in made.stems.items()}
    return Source(song, folder / made.master, stems, folder / made.score)


def imported(folder: Path, sound: Sound, name: str = "recording") -> Source:
    """A recording, from its sound at the rate of the synthetic ones."""
    soundfile.write(folder / f"{name}.wav", soxr.resample(sound, LOW_RATE_HZ, RATE_HZ), RATE_HZ, "PCM_24")
    request = ImportAudio(source=Received(receipt="0" * 32, name="a.wav"))
    return _kept(
        folder / name, Generate(prompt="a recording"), lambda context: render_recording(request, (), context)
    )


def edited(folder: Path, action: Action, source: Source, name: str = "edited") -> Source:
    return _kept(folder / name, action, lambda context: render(action, (source,), context))


def lufs(path: Path) -> float:
    return measure_loudness(read_flac(path), RATE_HZ).integrated_lufs


def notes_of(source: Source) -> str:
    return " / ".join(source.song.facts.understanding.notes)


def band(seconds: float = 10.0) -> Sound:
    harmony = chords(((0, (0, 4, 7)), (5, (0, 4, 7)), (7, (0, 4, 7))))
    made = 0.7 * beat(110.0, seconds) + 0.7 * np.resize(harmony, round(seconds * LOW_RATE_HZ))
    return made.astype(np.float32)


def triplets() -> Sound:
    sound = beat(120.0, 12.0)
    for number in range(30):
        at = round((0.2 + number / 3) * LOW_RATE_HZ)
        struck = tone(72 + number % 5, 0.33)[: len(sound) - at]
        sound[at : at + len(struck)] += struck
    return sound


@pytest.mark.parametrize(
    ("sound", "voice"),
    [
        (triplets(), None),
        (tone(45, 6.0), None),
        (noise(3.4), None),
        (silence(2.0), None),
        (spoken(6.0), None),
        (sung(6.0), "recorded voice"),
        (sung(1.0), "recorded voice"),
    ],
    ids=["triplets", "drone", "noise", "silence", "speech", "song", "a second"],
)
def test_every_sound_becomes_a_song_that_says_truly_who_sings(
    tmp_path: Path, sound: Sound, voice: str | None
) -> None:
    facts = imported(tmp_path, sound).song.facts
    assert facts.duration_seconds == pytest.approx(len(sound) / LOW_RATE_HZ, abs=0.01)
    assert facts.voice == voice
    assert facts.sections


def with_residue(source: Source, folder: Path) -> Source:
    """The recording of a band with the stems of a network, which left next to nothing in the vocals."""
    master = read_flac(source.master)
    voice = np.rint(1e-3 * 2**23 * soxr.resample(sung(10.0), LOW_RATE_HZ, RATE_HZ)).astype(np.int32)
    vocals = np.zeros_like(master)
    vocals[:, : len(voice)] = voice[: master.shape[1]]
    nothing = np.zeros_like(master)
    stems: dict[StemName, NDArray[np.int32]] = {
        "vocals": vocals,
        "drums": nothing,
        "bass": nothing,
        "other": master - vocals,
    }
    for stem, audio in stems.items():
        write_flac(folder / f"{stem}.flac", audio)
    return replace(source, stems={stem: folder / f"{stem}.flac" for stem in stems})


def approximate(source: Source, _: Path) -> Source:
    return source


@pytest.mark.parametrize("heard", [with_residue, approximate])
def test_another_band_in_place_of_one_without_a_singer_is_as_loud_as_that_was(
    tmp_path: Path, heard: Callable[[Source, Path], Source]
) -> None:
    source = heard(imported(tmp_path, band()), tmp_path)
    made = edited(tmp_path, SwapInstrumentals(audio_id="recording", prompt="string quartet"), source)
    assert lufs(made.master) == pytest.approx(lufs(source.master), abs=3.0)
    assert ("no voice was heard" in notes_of(made)) == (heard is with_residue)


@pytest.mark.parametrize(("heard", "least_db"), [(with_residue, 1.0), (approximate, -3.0)])
def test_a_singer_over_a_backing_track_stands_out_of_it(
    tmp_path: Path, heard: Callable[[Source, Path], Source], least_db: float
) -> None:
    source = heard(imported(tmp_path, band()), tmp_path)
    action = SwapVocals(audio_id="recording", lyric="[Verse]\nWalking home along the river")
    made = edited(tmp_path, action, source)
    backing = sum(read_flac(made.stems[stem]) for stem in ("drums", "bass", "other"))
    over_db = lufs(made.stems["vocals"]) - measure_loudness(backing, RATE_HZ).integrated_lufs
    assert least_db < over_db < 9
    louder_db = lufs(made.master) - lufs(source.master)
    assert (f"{louder_db:.1f} dB louder" in notes_of(made)) == (louder_db > 3)


@pytest.mark.parametrize("voice", [sung(8.0), spoken(8.0)], ids=["sung", "spoken"])
def test_a_band_under_a_voice_alone_leaves_it_whole_and_on_top(tmp_path: Path, voice: Sound) -> None:
    source = imported(tmp_path, voice)
    made = edited(tmp_path, SwapInstrumentals(audio_id="recording", prompt="folk"), source)
    assert np.array_equal(read_flac(made.stems["vocals"]), read_flac(source.master))
    assert lufs(made.master) == pytest.approx(lufs(source.master), abs=3.0)
    backing = sum(read_flac(made.stems[stem]) for stem in ("drums", "bass", "other"))
    assert -10 < measure_loudness(backing, RATE_HZ).integrated_lufs - lufs(source.master) < 0


def test_another_singer_in_place_of_one_alone_is_as_loud_as_that_was(tmp_path: Path) -> None:
    source = imported(tmp_path, sung(8.0))
    action = SwapVocals(audio_id="recording", lyric="[Verse]\nWalking home along the river")
    made = edited(tmp_path, action, source)
    assert lufs(made.master) == pytest.approx(lufs(source.master), abs=3.0)


def test_a_singer_who_sings_into_silence_is_heard(tmp_path: Path) -> None:
    source = imported(tmp_path, silence(8.0))
    made = edited(tmp_path, SwapVocals(audio_id="recording", lyric="[Verse]\nWalking home"), source)
    assert lufs(made.master) > -20
