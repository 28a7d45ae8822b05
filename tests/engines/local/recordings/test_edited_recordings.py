"""Edits of a recording: what people played stays, sample for sample, and what is new keeps their time."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from songwright.audio.flac import read_flac, write_flac
from songwright.engines.base import Context, Source
from songwright.engines.local.mixing.levels import measure_levels
from songwright.engines.local.recordings.heard_score import session_of_recording
from songwright.engines.local.render_action import render
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import SESSION_FILE, Session, read_session, write_session
from songwright.music.actions import (
    Action,
    Cover,
    Extend,
    Generate,
    ReplaceSection,
    StemName,
    Variation,
)
from songwright.music.score import Chord, ChordSpan, Key, ScoreSection, TimeSignature
from songwright.music.song import Song, Understanding
from songwright.music.transcription import HeardNote, Transcription

RATE_HZ = 44_100
BARS = 12
LYRIC = "[Verse]\nWalking down the street\n[Chorus]\nCome and find me"
# The first bar line lies before the sound, and the players hurry: each beat is a little shorter.
BEATS = tuple(-0.7 + 0.5 * beat - 0.0005 * beat**2 for beat in range(4 * BARS + 1))
SECONDS = BEATS[-1] - 0.3


def heard(melody: tuple[HeardNote, ...]) -> Transcription:
    minor, major = Chord(9, (0, 3, 7), "Am", 9), Chord(5, (0, 4, 7), "F", 5)
    return Transcription(
        duration_seconds=SECONDS,
        tempo_bpm=125.0,
        beat_seconds=BEATS,
        time_signature=TimeSignature(),
        key=Key(9, "minor"),
        chords=tuple(ChordSpan(8.0 * k, 8.0, minor if k % 2 == 0 else major) for k in range(BARS // 2)),
        melody=melody,
        sections=(
            ScoreSection("intro", "intro", 0, 2, 0.3),
            ScoreSection("verse", "verse", 2, 4, 0.5),
            ScoreSection("chorus", "chorus", 6, 6, 0.8),
        ),
        sung=bool(melody),
        beat_confidence=0.9,
        chord_confidence=0.9,
    )


def _say_nothing(*_: object) -> None:
    """Take reports and leave it at that."""


def tune(start: float, count: int) -> list[HeardNote]:
    return [
        HeardNote(start_beats=start + 0.5 * k, duration_beats=0.5, midi_pitch=62 + k % 4, confidence=0.9)
        for k in range(count)
    ]


class Recordings:
    """Keeps a recording, and makes songs of it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, name: str, session: Session, master: np.ndarray) -> Source:
        folder = self._folder / name
        folder.mkdir()
        write_flac(folder / "master.flac", master)
        write_session(folder, session)
        facts = facts_of(
            session,
            session.sung,
            samples=master.shape[1],
            loudness=session.levels.loudness,
            seed="a",
            raw=False,
            understanding=Understanding(),
        )
        song = Song(
            id=name,
            task_id=name,
            created_at=datetime(2026, 1, 1, tzinfo=UTC),
            engine="local",
            engine_version="1",
            action=Generate(prompt="a recording"),
            facts=facts,
            has_score=True,
        )
        return Source(song, folder / "master.flac", {}, folder / SESSION_FILE)

    def make(self, name: str, action: Action, source: Source) -> Source:
        folder = self._folder / name
        folder.mkdir()
        made = render(action, (source,), Context(folder, "a", _say_nothing))
        song = source.song.model_copy(
            update={"id": name, "action": action, "facts": made.facts, "stems": tuple(made.stems)}
        )
        stems: dict[StemName, Path] = {stem: folder / file for stem, file in made.stems.items()}
        return Source(song, folder / made.master, stems, folder / (made.score or ""))


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Recordings:
    return Recordings(tmp_path_factory.mktemp("recordings"))


def noise() -> np.ndarray:
    rng = np.random.default_rng(5)
    beats = 0.2 + 0.8 * np.abs(np.sin(np.arange(round(SECONDS * RATE_HZ)) * np.pi / (0.25 * RATE_HZ)))
    return np.rint(rng.normal(0, 0.08, (2, beats.size)).clip(-0.9, 0.9) * beats * 2**23).astype(np.int32)


@pytest.fixture(scope="module")
def recording(recordings: Recordings) -> Source:
    master = noise()
    session = session_of_recording(
        heard((*tune(8, 6), *tune(24, 4))),
        measure_levels(master),
        title="Field",
        lyric=LYRIC,
        seed="a",
        instrumental=False,
    )
    return recordings.keep("recording", session, master)


@pytest.fixture(scope="module")
def replaced(recordings: Recordings, recording: Source) -> Source:
    return recordings.make(
        "replaced", ReplaceSection(audio_id="recording", section="verse", prompt="rock"), recording
    )


def test_a_recording_says_where_its_bars_and_lines_are(recording: Source) -> None:
    facts = recording.song.facts
    assert [section.name for section in facts.sections] == ["intro", "verse", "chorus", "outro"]
    assert facts.sections[0].start_seconds == 0
    assert facts.bar_seconds[0] == BEATS[0]
    assert [line.text for line in facts.lyric_lines] == ["Walking down the street", "Come and find me"]
    assert facts.lyric_lines[0].start_seconds == pytest.approx(BEATS[8], abs=1e-3)
    assert facts.voice == "female"
    assert facts.genre is None


def test_replacing_leaves_every_sample_outside_as_it_was(recording: Source, replaced: Source) -> None:
    promise = replaced.song.facts.promise
    assert promise is not None
    assert promise.outside_max_abs_diff == 0
    old, new = read_flac(recording.master), read_flac(replaced.master)
    start, stop = round(BEATS[8] * RATE_HZ), round(BEATS[24] * RATE_HZ)
    assert old.shape == new.shape
    assert np.array_equal(old[:, :start], new[:, :start])
    assert np.array_equal(old[:, stop:], new[:, stop:])
    assert not np.array_equal(old[:, start:stop], new[:, start:stop])


def test_new_sound_is_as_loud_as_what_is_around_it(recording: Source, replaced: Source) -> None:
    was, now = recording.song.facts.loudness, replaced.song.facts.loudness
    assert was is not None
    assert now is not None
    assert abs(now.integrated_lufs - was.integrated_lufs) < 1.5


def test_new_notes_fall_on_the_beats_that_people_kept(replaced: Source) -> None:
    assert replaced.score is not None
    score = read_session(replaced.score).score
    starts = {round(note.start_beats, 3) for part in score.parts for note in part.notes}
    assert 8.0 in starts
    assert score.seconds(8.0) == BEATS[8]
    assert score.seconds(24.0) == BEATS[24]


def test_edits_of_a_recording_chain(recordings: Recordings, replaced: Source) -> None:
    again = recordings.make(
        "again",
        ReplaceSection(audio_id="replaced", section="bars 9-10", lyric="Sing it to me softly"),
        replaced,
    )
    promise = again.song.facts.promise
    assert promise is not None
    assert promise.outside_max_abs_diff == 0
    assert "Sing it to me softly" in [line.text for line in again.song.facts.lyric_lines]
    # What was replaced before stays on record.
    assert again.score is not None
    stints = read_session(again.score).stints
    assert [stint.band is None for stint in stints] == [True, False, True, False, True]


def test_a_recording_goes_on_from_its_end(recordings: Recordings, recording: Source) -> None:
    longer = recordings.make(
        "longer", Extend(audio_id="recording", lyric="[Chorus]\nCome and find me"), recording
    )
    facts = longer.song.facts
    assert facts.promise is not None
    assert facts.promise.outside_max_abs_diff == 0
    assert facts.duration_seconds > SECONDS + 4
    assert longer.score is not None
    chords = read_session(longer.score).score.chords
    # The chorus comes back with the chords that were heard in it.
    assert {span.chord.symbol for span in chords if 48 <= span.start_beats < 56} <= {"Am", "F"}


def test_a_cover_of_a_recording_sings_its_words_in_a_steady_tempo(
    recordings: Recordings, recording: Source
) -> None:
    cover = recordings.make("cover", Cover(audio_id="recording", prompt="synthwave"), recording)
    facts = cover.song.facts
    assert facts.promise is not None
    assert facts.promise.notes_kept == 1
    assert facts.genre == "Synthwave"
    assert facts.bar_seconds == ()
    assert set(cover.stems) == {"vocals", "drums", "bass", "other"}


def test_a_variation_of_a_recording_without_words_is_played(recordings: Recordings) -> None:
    master = noise()
    session = session_of_recording(
        heard(tuple(tune(8, 8))),
        measure_levels(master),
        title="Tune",
        lyric="",
        seed="a",
        instrumental=True,
    )
    source = recordings.keep("tune", session, master)
    assert source.song.facts.voice is None
    varied = recordings.make("varied", Variation(audio_id="tune"), source)
    assert varied.song.facts.voice is None
    assert varied.song.facts.key == "A minor"
