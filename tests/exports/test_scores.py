from __future__ import annotations

import json
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from typing import get_args
from xml.etree import ElementTree as ET

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.exports.songs_help import SONG_ID, TEMPO_BPM, TITLE, WORDS, small_score, small_song, small_sung

from songwright.exports.lyrics import lrc, lyrics_json
from songwright.exports.midi import midi_file
from songwright.exports.musicxml import musicxml_file
from songwright.exports.notation import DIVISIONS, Sound, into_voices, notated, snap, triplet_beats
from songwright.exports.pitch_spelling import spell
from songwright.exports.provenance import provenance_of
from songwright.music.score import Chord, ChordSpan, Key, Mode, Note, TimeSignature

PROVENANCE = provenance_of(small_song())


@pytest.fixture
def midi() -> mido.MidiFile:
    return mido.MidiFile(file=BytesIO(midi_file(small_score(), TITLE, PROVENANCE)), charset="utf-8")


@pytest.fixture
def sheet() -> ET.Element:
    return ET.fromstring(musicxml_file(small_score(), TITLE, "songwright", PROVENANCE))  # noqa: S314 - ours


def measures(part: ET.Element) -> list[ET.Element]:
    return part.findall("measure")


def voice_durations(measure: ET.Element) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for note in measure.findall("note"):
        if note.find("chord") is None:
            voice = note.findtext("voice", "")
            lengths[voice] = lengths.get(voice, 0) + int(note.findtext("duration", "0"))
    return lengths


def test_midi_has_tempo_key_and_meter(midi: mido.MidiFile) -> None:
    said = {message.type: message for message in midi.tracks[0]}
    assert mido.tempo2bpm(said["set_tempo"].tempo) == pytest.approx(TEMPO_BPM)
    assert said["key_signature"].key == "Dm"
    assert (said["time_signature"].numerator, said["time_signature"].denominator) == (4, 4)
    assert midi.length == pytest.approx(8.0)


def test_midi_follows_the_beats_that_people_kept() -> None:
    times = (0.0, 0.5, 1.1, 1.6)
    score = replace(small_score(), beat_seconds=times)
    file = mido.MidiFile(file=BytesIO(midi_file(score, TITLE, PROVENANCE)))
    at, tempi = 0, []
    for message in file.tracks[0]:
        at += message.time
        if message.type == "set_tempo":
            tempi.append((at, message.tempo))
    assert tempi[:3] == [(0, 500_000), (480, 600_000), (960, 500_000)]


def test_midi_tracks_have_the_names_of_their_parts(midi: mido.MidiFile) -> None:
    assert [track.name for track in midi.tracks] == [TITLE, "vocals", "drums", "bass", "piano"]
    channels = [
        {message.channel for message in track if message.type == "note_on"} for track in midi.tracks[1:]
    ]
    assert channels == [{0}, {9}, {1}, {2}]


def timeline(track: mido.MidiTrack) -> list[tuple[float, mido.Message | mido.MetaMessage]]:
    """Every message with its place in quarter notes, at 480 ticks each."""
    at, found = 0, []
    for message in track:
        at += message.time
        found.append((at / 480, message))
    return found


def sounding(track: mido.MidiTrack) -> list[tuple[float, float, int, int]]:
    """Start and end in quarter notes, key and velocity of every note, as a sequencer pairs them."""
    down: dict[int, tuple[float, int]] = {}
    notes = []
    for at, message in timeline(track):
        if message.type == "note_on" and message.velocity > 0:
            assert message.note not in down
            down[message.note] = (at, message.velocity)
        elif message.type in ("note_on", "note_off"):
            start, velocity = down.pop(message.note)
            notes.append((start, at, message.note, velocity))
    assert down == {}
    return sorted(notes)


def test_a_midi_file_holds_these_very_notes(midi: mido.MidiFile) -> None:
    third = pytest.approx(1 / 3, abs=1 / 480)
    voice, drums, bass, piano = (sounding(track) for track in midi.tracks[1:])
    assert [note[:3] for note in voice] == [
        (0, 1, 69), (1, 2, 70), (2, 3, 69), (3, 4, 73), (4, 6.5, 74), (8, 9, 69), (9, 10, 69),
    ]  # fmt: skip
    assert voice[0][3] > voice[1][3] == voice[6][3]
    assert drums == [(beat, beat + 0.25, 38 if beat % 2 else 36, 90) for beat in range(16)]
    assert bass == [(0, 3.5, 38, 80), (4, 7.5, 38, 80), (8, 11.5, 38, 80), (12, 15.5, 38, 80)]
    assert piano[:5] == [(0, 1, 65, 70), (0, 4, 62, 70), (1, 2, 66, 70), (2, 3, 67, 70), (3, 4, 68, 70)]
    assert [(end - start, key) for start, end, key, _ in piano[5:]] == [(third, 69)] * 3
    ends = [timeline(track)[-1] for track in midi.tracks]
    assert {(at, message.type) for at, message in ends} == {(16, "end_of_track")}
    programs = {
        track.name: message.program
        for track in midi.tracks
        for message in track
        if hasattr(message, "program")
    }
    # General MIDI counts from 0 here: 0 is the acoustic grand piano, 33 the fingered bass; a kit has none.
    assert (programs["piano"], programs["bass"], "drums" in programs) == (0, 33, False)


def test_a_midi_file_has_the_chords_where_they_begin(midi: mido.MidiFile) -> None:
    texts = [(at, message.text) for at, message in timeline(midi.tracks[0]) if message.type == "text"]
    assert texts[-2:] == [(0, "Dm"), (8, "A7/C#")]


@pytest.mark.parametrize(
    ("meter", "chorus_at"),
    [(TimeSignature(3, 4), 6), (TimeSignature(6, 8), 6), (TimeSignature(2, 4), 4), (TimeSignature(5, 4), 10)],
)
def test_a_midi_file_marks_sections_by_the_bars_of_its_meter(meter: TimeSignature, chorus_at: float) -> None:
    score = replace(small_score(), time_signature=meter)
    file = mido.MidiFile(file=BytesIO(midi_file(score, TITLE, PROVENANCE)), charset="utf-8")
    said = timeline(file.tracks[0])
    assert [at for at, message in said if message.type == "marker"] == [0, chorus_at]
    signature = next(message for _, message in said if message.type == "time_signature")
    assert (signature.numerator, signature.denominator) == (meter.numerator, meter.denominator)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        (Key(0, "major"), "C"),
        (Key(9, "minor"), "Am"),
        (Key(10, "major"), "Bb"),
        (Key(2, "dorian"), "C"),
        (Key(7, "mixolydian"), "C"),
        (Key(4, "phrygian"), "C"),
        (Key(5, "lydian"), "C"),
        (Key(6, "minor"), "F#m"),
    ],
)
def test_a_midi_file_has_the_signature_of_the_mode(key: Key, name: str) -> None:
    file = mido.MidiFile(file=BytesIO(midi_file(replace(small_score(), key=key), TITLE, PROVENANCE)))
    assert [message.key for message in file.tracks[0] if message.type == "key_signature"] == [name]


# The kinds of MusicXML 4.0, by the pitches that its definition of kind-value gives above the root.
KINDS = [
    ((0, 4, 7), "major"),
    ((0, 3, 7), "minor"),
    ((0, 4, 8), "augmented"),
    ((0, 3, 6), "diminished"),
    ((0, 4, 7, 10), "dominant"),
    ((0, 4, 7, 11), "major-seventh"),
    ((0, 3, 7, 10), "minor-seventh"),
    ((0, 3, 6, 9), "diminished-seventh"),
    ((0, 4, 8, 10), "augmented-seventh"),
    ((0, 3, 6, 10), "half-diminished"),
    ((0, 3, 7, 11), "major-minor"),
    ((0, 4, 7, 9), "major-sixth"),
    ((0, 3, 7, 9), "minor-sixth"),
    ((0, 4, 7, 10, 14), "dominant-ninth"),
    ((0, 4, 7, 11, 14), "major-ninth"),
    ((0, 3, 7, 10, 14), "minor-ninth"),
    ((0, 2, 7), "suspended-second"),
    ((0, 5, 7), "suspended-fourth"),
    ((0, 7), "power"),
]


@pytest.mark.parametrize(("intervals", "kind"), KINDS)
def test_sheet_music_names_the_kind_of_a_chord_as_the_format_does(
    intervals: tuple[int, ...], kind: str
) -> None:
    chord = Chord(root=2, intervals=intervals, symbol="D", bass=2)
    score = replace(small_score(), chords=(ChordSpan(0, 16, chord),))
    root = ET.fromstring(musicxml_file(score, TITLE, "songwright", PROVENANCE))  # noqa: S314 - ours
    assert next(harmony.findtext("kind") for harmony in root.iter("harmony")) == kind


def test_midi_marks_the_sections(midi: mido.MidiFile) -> None:
    at, found = 0, {}
    for message in midi.tracks[0]:
        at += message.time
        if message.type == "marker":
            found[message.text] = at / midi.ticks_per_beat
    assert found == {"verse": 0, "chorus": 8}


def test_midi_lyrics_read_as_the_words(midi: mido.MidiFile) -> None:
    sung = "".join(message.text for message in midi.tracks[1] if message.type == "lyrics")
    assert sung == "\r".join(WORDS) + "\r"


def test_midi_notes_are_the_scores_notes(midi: mido.MidiFile) -> None:
    at, struck = 0, []
    for message in midi.tracks[4]:
        at += message.time
        if message.type == "note_on":
            struck.append((round(at / midi.ticks_per_beat, 2), message.note))
    piano = small_score().parts[2]
    assert sorted(struck) == sorted((round(note.start_beats, 2), note.midi_pitch) for note in piano.notes)


def test_midi_swings_as_the_song_is_heard() -> None:
    swung = replace(small_score(), genre="jazz", swing=1.0)
    off_beat = replace(swung.parts[1], notes=(Note(0.5, 0.5, 38, 80),))
    file = midi_file(replace(swung, parts=(off_beat,)), TITLE, PROVENANCE)
    track = mido.MidiFile(file=BytesIO(file), charset="utf-8").tracks[2]
    start = next(message.time for message in track if message.type == "note_on")
    assert start == pytest.approx(2 / 3 * 480, abs=1)


def test_sheet_music_says_swing_rather_than_writing_it_out() -> None:
    swung = replace(small_score(), genre="jazz", swing=1.0)
    root = ET.fromstring(musicxml_file(swung, TITLE, "songwright", PROVENANCE))  # noqa: S314 - ours
    swing = root.find("part/measure/direction/sound/swing")
    assert swing is not None
    assert [child.text for child in swing] == ["67", "33", "eighth"]


def test_midi_says_that_it_is_ai_generated(midi: mido.MidiFile) -> None:
    texts = [message.text for message in midi.tracks[0] if message.type == "text"]
    assert json.loads(texts[1])["SONG_ID"] == SONG_ID
    assert json.loads(texts[1])["AI_GENERATED"] == "true"


def test_sheet_music_fills_every_bar_of_every_voice(sheet: ET.Element) -> None:
    for part in sheet.findall("part"):
        assert len(measures(part)) == 4
        for measure in measures(part):
            assert set(voice_durations(measure).values()) == {4 * DIVISIONS}


def test_sheet_music_has_words_under_notes(sheet: ET.Element) -> None:
    lyrics = [
        (lyric.findtext("syllabic"), lyric.findtext("text"), lyric.find("extend") is not None)
        for lyric in sheet.findall("part")[0].iter("lyric")
    ]
    assert lyrics == [
        ("single", "Čau,", False),
        ("begin", "svě", False),
        ("end", "te", False),
        ("single", "můj!", True),
        ("begin", "При", False),
        ("end", "вет", False),
    ]


def test_sheet_music_has_chords_over_the_first_part(sheet: ET.Element) -> None:
    found = [
        (harmony.findtext("root/root-step"), harmony.findtext("kind"), harmony.findtext("bass/bass-step"))
        for harmony in sheet.iter("harmony")
    ]
    assert found == [("D", "minor", None), ("A", "dominant", "C")]


def test_sheet_music_writes_held_notes_and_moving_ones_in_two_voices(sheet: ET.Element) -> None:
    piano = sheet.findall("part")[3]
    assert set(voice_durations(measures(piano)[0])) == {"1", "2"}
    triplet = measures(piano)[2].findall("note")[:3]
    assert [note.findtext("time-modification/actual-notes") for note in triplet] == ["3"] * 3
    assert [note.findtext("type") for note in triplet] == ["eighth"] * 3


def test_sheet_music_writes_percussion_without_pitch(sheet: ET.Element) -> None:
    drums = sheet.findall("part")[1]
    assert drums.find("measure/attributes/clef/sign").text == "percussion"
    assert not list(drums.iter("pitch"))
    assert len(list(drums.iter("unpitched"))) == 16


def test_sheet_music_says_where_it_comes_from(sheet: ET.Element) -> None:
    fields = {field.get("name"): field.text for field in sheet.iter("miscellaneous-field")}
    assert fields["ai_generated"] == "true"
    assert fields["song_id"] == SONG_ID
    assert sheet.findtext("work/work-title") == TITLE


@pytest.mark.parametrize(
    ("midi_pitch", "key", "written"),
    [
        (61, Key(2, "minor"), ("C", 1, 4)),
        (70, Key(5, "major"), ("B", -1, 4)),
        (66, Key(7, "major"), ("F", 1, 4)),
        (60, Key(0, "major"), ("C", 0, 4)),
        (59, Key(1, "minor"), ("B", 0, 3)),
        (60, Key(1, "minor"), ("B", 1, 3)),
    ],
)
def test_pitches_are_spelled_as_the_key_has_them(
    midi_pitch: int, key: Key, written: tuple[str, int, int]
) -> None:
    spelled = spell(midi_pitch, key)
    assert (spelled.step, spelled.alter, spelled.octave) == written


@pytest.mark.parametrize("mode", get_args(Mode))
@pytest.mark.parametrize("tonic", range(12))
def test_every_key_can_be_written(tonic: int, mode: Mode) -> None:
    key = Key(tonic, mode)
    names = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
    for midi_pitch in range(128):
        spelled = spell(midi_pitch, key)
        assert names[spelled.step] + spelled.alter + 12 * (spelled.octave + 1) == midi_pitch
        assert abs(spelled.alter) <= 2
    score = replace(small_score(), key=key)
    assert midi_file(score, TITLE, PROVENANCE).startswith(b"MThd")
    root = ET.fromstring(musicxml_file(score, TITLE, "songwright", PROVENANCE))  # noqa: S314 - ours
    assert abs(int(root.findtext("part/measure/attributes/key/fifths", "99"))) <= 6


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 15.9), st.floats(0.05, 6), st.sampled_from([60, 64, 67])), max_size=25),
    st.sampled_from([2, 3, 4]),
)
def test_any_notes_can_be_written_down(notes: list[tuple[float, float, int]], beats: int) -> None:
    triplets = triplet_beats(time for start, length, _ in notes for time in (start, start + length))
    sounds = [
        Sound(snap(start, triplets), snap(start + length, triplets), pitch) for start, length, pitch in notes
    ]
    sounds = [one for one in sounds if one.end > one.start]
    bar_length = beats * DIVISIONS
    for voice in into_voices(sounds, 4):
        assert all(one.end <= other.start for one, other in pairwise(voice))
        for bar in notated(voice, bar_length, 8, triplets):
            assert sum(piece.duration for piece in bar) == bar_length
            assert all(piece.what is not None or not piece.tied_to for piece in bar)


def test_lrc_has_a_time_for_each_line() -> None:
    lines = lrc(small_song()).splitlines()
    assert lines[0] == f"[ti:{TITLE}]"
    assert lines[-2:] == [f"[00:00.00]{WORDS[0]}", f"[00:04.00]{WORDS[1]}"]
    assert f"[song_id:{SONG_ID}]" in lines
    assert "[by:AI-generated]" in lines


def test_lrc_has_words_without_times_as_plain_text_after_the_head() -> None:
    lines = lrc(small_song(lyric_lines=())).splitlines()
    assert lines[-2:] == list(WORDS)
    assert all(line.startswith("[") for line in lines[:-2])


def test_lrc_of_a_song_without_words_is_its_head() -> None:
    lines = lrc(small_song(lyric="", lyric_lines=())).splitlines()
    assert all(line.startswith("[") for line in lines)


def test_lyrics_as_json_have_a_time_for_each_word() -> None:
    told = json.loads(lyrics_json(small_song(), small_sung()))
    assert [word["text"] for word in told["lines"][0]["words"]] == WORDS[0].split()
    assert told["lines"][0]["words"][1] == {"text": "světe", "start_seconds": 0.5, "end_seconds": 1.5}
    assert told["provenance"]["ai_generated"] == "true"


def test_lyrics_as_json_have_no_words_where_the_engine_tells_none() -> None:
    told = json.loads(lyrics_json(small_song(), ()))
    assert [line["words"] for line in told["lines"]] == [None, None]
