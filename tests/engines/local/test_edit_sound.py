"""What edits leave alone, heard on the files themselves."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from songwright.audio.flac import read_flac
from songwright.engines.base import Context, Source
from songwright.engines.local.mixing.strips import sung_channel
from songwright.engines.local.render_action import render
from songwright.engines.local.session import SESSION_FILE, read_session, write_session
from songwright.music.actions import (
    Action,
    Extend,
    Generate,
    ReplaceSection,
    StemName,
    Stems,
    SwapInstrumentals,
    SwapVocals,
)
from songwright.music.song import Song

RATE_HZ = 44_100
SHEET = "[Verse]\nWalking down the street\n[Chorus]\nCome and find me\n"


def _say_nothing(*_: object) -> None:
    """Take reports and leave it at that."""


class Songs:
    """Makes songs and edits in folders of their own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, name: str, action: Action, *sources: Source) -> Source:
        folder = self._folder / name
        folder.mkdir()
        made = render(action, sources, Context(folder, "a", _say_nothing))
        song = Song(
            id=name,
            task_id=name,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            engine="local",
            engine_version="1",
            action=action,
            parents=made.parents,
            facts=made.facts,
            stems=tuple(made.stems),
            has_score=True,
        )
        stems: dict[StemName, Path] = {stem: folder / file for stem, file in made.stems.items()}
        return Source(song, folder / made.master, stems, folder / (made.score or ""))


@pytest.fixture(scope="module")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Songs:
    return Songs(tmp_path_factory.mktemp("songs"))


@pytest.fixture(scope="module")
def song(songs: Songs) -> Source:
    prompt = "pop in C major, 140 bpm, female voice, 25 seconds"
    return songs.make("song", Generate(prompt=prompt, lyric=SHEET * 2, seed="a"))


@pytest.fixture(scope="module")
def replaced(songs: Songs, song: Source) -> Source:
    action = ReplaceSection(
        audio_id="song", replace_section_start=6.1, replace_section_end=8.3, prompt="heavy metal"
    )
    return songs.make("replaced", action, song)


def residual(song: Source) -> int:
    rest = read_flac(song.master)
    for stem in song.stems.values():
        rest -= read_flac(stem)
    return int(np.abs(rest).max())


def files(song: Source) -> list[Path]:
    return [song.master, *(song.stems[stem] for stem in sorted(song.stems))]


def level(samples: NDArray[np.int32]) -> float:
    return float(np.sqrt(np.square(samples / 2**23).mean()))


def test_outside_a_replaced_stretch_every_sample_stays(song: Source, replaced: Source) -> None:
    start, stop = round(6.1 * RATE_HZ), round(8.3 * RATE_HZ)
    for before, behind in zip(files(song), files(replaced), strict=True):
        old, new = read_flac(before), read_flac(behind)
        assert np.array_equal(old[:, :start], new[:, :start])
        assert np.array_equal(old[:, stop:], new[:, stop:])
    old, new = read_flac(song.master), read_flac(replaced.master)
    assert not np.array_equal(old[:, start:stop], new[:, start:stop])


def test_the_promise_is_what_was_measured(replaced: Source) -> None:
    promise = replaced.song.facts.promise
    assert promise is not None
    assert promise.kept == "outside 6.10-8.30 s"
    assert promise.outside_max_abs_diff == 0
    assert promise.stems_residual_dbfs == -200
    assert promise.seam_max_step is not None
    assert promise.song_max_step is not None
    assert promise.seam_max_step <= promise.song_max_step


def test_an_edited_songs_stems_sum_to_it(replaced: Source) -> None:
    assert residual(replaced) == 0


def test_a_new_song_and_an_edited_one_say_what_is_heard_in_them(song: Source, replaced: Source) -> None:
    for made in (song, replaced):
        heard = made.song.facts.measured
        assert heard is not None
        assert heard.duration_seconds == pytest.approx(made.song.facts.duration_seconds, abs=0.001)
        assert heard.clipped_samples == 0
        assert heard.vocals is not None
        assert heard.vocals.within_50_cents is not None
        assert heard.vocals.within_50_cents > 0.8
    assert song.song.facts.measured != replaced.song.facts.measured


def test_loudness_after_an_edit_is_that_of_the_file(replaced: Source) -> None:
    from songwright.audio.loudness import measure_loudness

    said = replaced.song.facts.loudness
    heard = measure_loudness(read_flac(replaced.master), RATE_HZ)
    assert said is not None
    assert said.integrated_lufs == pytest.approx(heard.integrated_lufs, abs=0.02)
    assert said.true_peak_dbtp == pytest.approx(heard.true_peak_dbtp, abs=0.02)


def test_a_stretch_that_is_made_again_unchanged_sounds_as_before(song: Source) -> None:
    from songwright.engines.local.rendering.score_to_audio import make_sound, window_about

    assert song.score is not None
    session = read_session(song.score)
    start, stop = 8 * RATE_HZ, 10 * RATE_HZ
    window = window_about(session.score, start, stop)
    again = make_sound(session, raw=False, done=_say_nothing, window=window, given=session)
    old = read_flac(song.master, start, stop)
    new = again.mix[:, start - window.start : stop - window.start]
    assert level(new - old) < 10 ** (-40 / 20) * level(old)


def test_a_part_named_as_a_sung_take_keeps_a_gain_of_its_own(songs: Songs) -> None:
    prompt = "ambient in C major, 180 bpm, female voice, 12 seconds"
    lyric = "[Verse]\nWalking home\n[Solo]\n"
    made = songs.make("named alike", Generate(prompt=prompt, lyric=lyric, seed="a"))
    assert made.score is not None
    session = read_session(made.score)
    assert "lead" in {part.name for part in session.score.parts}
    assert {"lead", sung_channel("lead")} <= session.mix.part_gains_db.keys()


def test_an_older_session_gives_the_gains_of_sung_takes_to_the_takes(song: Source, tmp_path: Path) -> None:
    assert song.score is not None
    session = read_session(song.score)
    gains = session.mix.part_gains_db
    sung = {name.removeprefix("sung:"): gain for name, gain in gains.items() if name.startswith("sung:")}
    played = {name: gain for name, gain in gains.items() if not name.startswith("sung:")}
    older = played | sung
    assert "lead" in sung
    older_mix = session.mix.model_copy(update={"part_gains_db": older})
    write_session(tmp_path, session.model_copy(update={"mix": older_mix}))
    read = read_session(tmp_path / SESSION_FILE).mix.part_gains_db
    assert read == {name: gain for name, gain in gains.items() if name not in sung}


def test_an_extension_keeps_what_was_before_and_can_be_edited_again(songs: Songs, replaced: Source) -> None:
    action = Extend(audio_id="replaced", lyric="[Chorus]\nFind me", duration_seconds=8)
    longer = songs.make("longer", action, replaced)
    ending = replaced.song.facts.sections[-1]
    end = ending.start_seconds if ending.name == "outro" else ending.end_seconds
    kept = round(end * RATE_HZ)
    for before, behind in zip(files(replaced), files(longer), strict=True):
        assert np.array_equal(read_flac(before, 0, kept), read_flac(behind, 0, kept))
    before_seconds = replaced.song.facts.duration_seconds
    assert longer.song.facts.duration_seconds == pytest.approx(before_seconds + 8, abs=0.5)
    assert any("continued at" in note for note in longer.song.facts.understanding.notes)
    assert residual(longer) == 0
    names = [section.name for section in longer.song.facts.sections]
    again = songs.make("again", ReplaceSection(audio_id="longer", section=names[-2]), longer)
    assert again.song.facts.promise is not None
    assert again.song.facts.promise.outside_max_abs_diff == 0


def test_swaps_keep_the_other_side_and_its_level(songs: Songs, song: Source) -> None:
    sung = songs.make("sung", SwapVocals(audio_id="song", vocal_gender="m"), song)
    for stem in ("drums", "bass", "other"):
        assert sung.stems[stem].read_bytes() == song.stems[stem].read_bytes()
    assert residual(sung) == 0
    played = songs.make("played", SwapInstrumentals(audio_id="sung", prompt="folk"), sung)
    assert played.stems["vocals"].read_bytes() == sung.stems["vocals"].read_bytes()
    assert residual(played) == 0
    loudness = played.song.facts.loudness
    assert loudness is not None
    assert loudness.true_peak_dbtp <= -1
    assert loudness.integrated_lufs == pytest.approx(-14, abs=1)


def test_stems_are_the_songs_own_and_silent_ones_are_flagged(songs: Songs, song: Source) -> None:
    part = songs.make("part", Stems(audio_id="song", stems=("bass", "vocals")), song)
    assert set(part.stems) == {"bass", "vocals"}
    assert part.stems["bass"].read_bytes() == song.stems["bass"].read_bytes()
    assert part.song.facts.silent_stems == ()
    assert part.song.parents[0].song_id == "song"


def test_the_same_edit_gives_the_same_bytes(songs: Songs, song: Source, replaced: Source) -> None:
    again = songs.make("twin", replaced.song.action, song)
    assert [path.read_bytes() for path in files(again)] == [path.read_bytes() for path in files(replaced)]
