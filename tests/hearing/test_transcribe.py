from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.hearing.synthetic import MAJOR_TRIAD, MINOR_TRIAD, RATE_HZ, beat, melody, noise, silence, tone

from songwright.hearing.transcribe import transcribe
from songwright.music.score import Key, TimeSignature
from songwright.music.transcription import Transcription

BAR_SECONDS = 2.0
LOOP = ((0, MAJOR_TRIAD), (9, MINOR_TRIAD), (5, MAJOR_TRIAD), (7, MAJOR_TRIAD))
TUNE = (72, 76, 79, 76, 72, 69, 72, 76, 77, 72, 69, 72, 74, 71, 67, 71)


def _song(lead_in_seconds: float = 0.7, bars: int = 8) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Eight bars in C at 120 with drums, chords and a tune in quarters; the first bar line comes late."""
    sound = silence(lead_in_seconds + bars * BAR_SECONDS + 0.5)
    voice = silence(lead_in_seconds + bars * BAR_SECONDS + 0.5)
    for bar in range(bars):
        root, intervals = LOOP[bar % 4]
        at = round((lead_in_seconds + bar * BAR_SECONDS) * RATE_HZ)
        chord = sum(
            tone(pitch, BAR_SECONDS) for pitch in (36 + root, *(48 + root + step for step in intervals))
        )
        sound[at : at + len(chord)] += chord
    sung = melody([float(pitch) for pitch in TUNE[: 4 * bars]] * (bars // 4), 0.5)
    at = round(lead_in_seconds * RATE_HZ)
    voice[at : at + len(sung)] += 0.7 * sung
    # The beats of ``beat`` begin 0.2 s late.
    drums = beat(120.0, bars * BAR_SECONDS)[round(0.2 * RATE_HZ) :]
    sound[at : at + len(drums)] += 0.4 * drums
    return sound + voice, voice


@pytest.fixture(scope="module")
def heard() -> Transcription:
    mix, voice = _song()
    return transcribe(np.stack([mix, mix]), RATE_HZ, np.stack([voice, voice]))


def test_beats_are_counted_from_a_bar_line_before_the_start(heard: Transcription) -> None:
    assert heard.tempo_bpm == pytest.approx(120, rel=0.003)
    assert heard.time_signature == TimeSignature(4, 4)
    assert heard.beat_confidence > 0.4
    lines = np.array(heard.beat_seconds[::4])
    assert np.abs(lines - 0.7).min() < 0.04
    assert lines[0] <= 0.0
    assert lines[-1] >= 0.7 + 8 * BAR_SECONDS - 0.05


def test_chords_and_key_are_those_that_were_played(heard: Transcription) -> None:
    assert heard.key == Key(tonic=0, mode="major")
    for bar in range(8):
        middle = heard.to_beats(0.7 + (bar + 0.5) * BAR_SECONDS)
        chord = next(
            span.chord
            for span in heard.chords
            if span.start_beats <= middle < span.start_beats + span.duration_beats
        )
        root, intervals = LOOP[bar % 4]
        assert (chord.root, chord.intervals[:3]) == (root, intervals)


def test_the_tune_comes_from_the_vocal_stem(heard: Transcription) -> None:
    assert heard.sung
    notes = {(round(heard.to_seconds(note.start_beats) - 0.7, 1), note.midi_pitch) for note in heard.melody}
    wanted = {(round(0.5 * number, 1), pitch) for number, pitch in enumerate(TUNE * 2)}
    assert len(notes & wanted) >= 0.8 * len(wanted)
    assert len(heard.melody) <= 1.2 * len(wanted)


def test_the_same_sound_is_written_down_the_same_way_twice(heard: Transcription) -> None:
    mix, voice = _song()
    done: list[float] = []
    assert transcribe(mix, RATE_HZ, voice, report=done.append) == heard
    assert done == sorted(done)
    assert done[-1] == 1.0


@pytest.mark.parametrize(
    "sound",
    [
        silence(0),
        silence(5),
        noise(6),
        noise(0.01),
        tone(57, 2),
        np.concatenate([silence(3), tone(60, 1)]),
        np.full(RATE_HZ, np.nan, np.float32),
    ],
    ids=["nothing", "silence", "noise", "hundredth", "fragment", "late", "not a number"],
)
def test_any_sound_is_written_down(sound: NDArray[np.float32]) -> None:
    written = transcribe(np.stack([sound, sound]), RATE_HZ)
    assert written.duration_seconds == pytest.approx(len(sound) / RATE_HZ, abs=0.001)
    assert written.beat_confidence == 0.0
    assert not written.sung
    assert written.sections[0].start_bar == 0


def test_two_channels_in_opposite_phase_are_heard_like_one() -> None:
    mix, _ = _song(bars=4)
    assert transcribe(np.stack([mix, -mix]), RATE_HZ) == transcribe(mix, RATE_HZ)


def test_a_tune_in_quarter_note_triplets_is_written_down() -> None:
    beats, step = 24, 1.0 / 3.0
    sound = beat(120.0, 0.5 * beats + 1.0)
    for number, pitch in enumerate(TUNE[:16] * 2):
        at = round((0.2 + number * step) * RATE_HZ)
        struck = tone(pitch, step)[: max(0, len(sound) - at)]
        sound[at : at + len(struck)] += struck
    written = transcribe(sound, RATE_HZ)
    assert written.melody
    assert written.tempo_bpm == pytest.approx(120, rel=0.01)


@pytest.mark.parametrize("fault", [ValueError, ZeroDivisionError, IndexError])
def test_what_can_be_no_score_is_not_heard_and_no_failure(
    fault: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise fault

    monkeypatch.setattr("songwright.hearing.transcribe.on_grid", break_down)
    written = transcribe(beat(120.0, 6.0), RATE_HZ)
    assert written.melody == ()
    assert (written.beat_confidence, written.chord_confidence, written.sung) == (0.0, 0.0, False)
    assert written.beat_seconds[-1] >= 6.0


def test_a_silent_vocal_stem_is_not_sung() -> None:
    mix, _ = _song(bars=4)
    assert not transcribe(mix, RATE_HZ, silence(len(mix) / RATE_HZ)).sung


def test_a_waltz_is_told_from_a_march() -> None:
    sound = silence(26.0)
    for bar in range(16):
        root, intervals = LOOP[bar % 4]
        for place in range(3):
            at = round((0.3 + 1.5 * bar + 0.5 * place) * RATE_HZ)
            pitches = (36 + root,) if place == 0 else tuple(60 + root + step for step in intervals)
            struck = sum(tone(pitch, 0.45) for pitch in pitches)
            sound[at : at + len(struck)] += struck
    written = transcribe(sound, RATE_HZ)
    assert written.time_signature == TimeSignature(3, 4)
    assert min(abs(line - 0.3) for line in written.beat_seconds[::3]) < 0.04


def test_swung_eighths_do_not_double_the_tempo() -> None:
    beat_seconds = 60.0 / 96
    walk = (0, 4, 7, 9)
    sound = silence(4 * 8 * beat_seconds + 1.0)

    def add(beats: float, struck: NDArray[np.float32]) -> None:
        at = round((0.3 + beats * beat_seconds) * RATE_HZ)
        sound[at : at + len(struck)] += struck

    ride = 3.0 * noise(0.08) * np.exp(-np.linspace(0.0, 6.0, round(0.08 * RATE_HZ))).astype(np.float32)
    for bar in range(8):
        root, intervals = LOOP[bar % 4]
        for place in range(4):
            add(4 * bar + place, tone(36 + root + walk[place], 0.8 * beat_seconds))
            add(4 * bar + place, ride)
            add(4 * bar + place + 2 / 3, 0.8 * ride)
        for place in (0, 1 + 2 / 3, 2 + 2 / 3):
            for step in intervals:
                add(4 * bar + place, tone(60 + root + step, 0.3))

    written = transcribe(sound, RATE_HZ)

    assert written.tempo_bpm == pytest.approx(96, rel=0.01)
    assert written.time_signature == TimeSignature(4, 4)
