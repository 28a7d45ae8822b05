"""A song's score as a Standard MIDI File, format 1: a conductor's track, the voice, then every part.

Notes are where they are heard but for the players' small deviations: a score that swings, swings here too, so
that the file lies under the song's sound.
Words are lyric events after the MIDI Manufacturers Association's RP-017: one a syllable, a blank behind a
word, a carriage return behind a line. Text is UTF-8.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from itertools import pairwise

import mido

from songwright.exports.general_midi import is_kit, part_program, voice_program
from songwright.exports.notated_swing import heard_beats
from songwright.exports.provenance import Provenance
from songwright.exports.syllables import syllables
from songwright.music.score import Key, Note, Part, Score, VocalPart

__all__ = ["TICKS_PER_BEAT", "midi_file"]

TICKS_PER_BEAT = 480

_DRUM_CHANNEL = 9
_MELODIC_CHANNELS = tuple(channel for channel in range(16) if channel != _DRUM_CHANNEL)
_VOCAL_VELOCITY = 96
_STRESSED_VELOCITY = 108

# Events of one moment: what ends comes first, then what describes, then what begins.
_OFF, _TEXT, _ON = 0, 1, 2
_Event = tuple[int, int, mido.Message | mido.MetaMessage]
_Clock = Callable[[float], int]


def midi_file(score: Score, title: str, provenance: Provenance) -> bytes:
    """The score as a MIDI file."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    end = round(score.duration_beats * TICKS_PER_BEAT)
    file.tracks.append(_track(title, _conductor(score, provenance), end))
    heard = heard_beats(score)

    def ticks(beats: float) -> int:
        return round(heard(beats) * TICKS_PER_BEAT)

    channels = [*_MELODIC_CHANNELS]
    if score.vocal is not None:
        file.tracks.append(_track("vocals", _vocal(score.vocal, channels[0], ticks), end))
        channels = channels[1:]
    melodic = 0
    for part in score.parts:
        if is_kit(part):
            channel = _DRUM_CHANNEL
        else:
            channel = channels[melodic % len(channels)]
            melodic += 1
        file.tracks.append(_track(part.name, _part(part, channel, ticks), end))
    out = BytesIO()
    file.save(file=out)
    return out.getvalue()


def _conductor(score: Score, provenance: Provenance) -> Iterable[_Event]:
    meter = score.time_signature
    said = json.dumps(provenance.fields())
    for message in (
        mido.MetaMessage("text", text=provenance.statement),
        mido.MetaMessage("text", text=said),
        mido.MetaMessage("time_signature", numerator=meter.numerator, denominator=meter.denominator),
        mido.MetaMessage("key_signature", key=_key_signature(score.key)),
    ):
        yield 0, _TEXT, message
    yield from _tempo(score)
    for section in score.sections:
        at = round(section.start_bar * meter.beats_per_bar * TICKS_PER_BEAT)
        yield at, _TEXT, mido.MetaMessage("marker", text=section.name)
    for span in score.chords:
        at = round(span.start_beats * TICKS_PER_BEAT)
        yield at, _TEXT, mido.MetaMessage("text", text=span.chord.symbol)


def _tempo(score: Score) -> Iterable[_Event]:
    """One tempo, or the tempo of every beat where people kept the time."""
    usual = mido.bpm2tempo(score.tempo_bpm)
    before = None
    for beat, (start, end) in enumerate(pairwise(score.beat_seconds)):
        microseconds = max(1, round((end - start) * 1e6))
        if microseconds != before:
            yield beat * TICKS_PER_BEAT, _TEXT, mido.MetaMessage("set_tempo", tempo=microseconds)
        before = microseconds
    if usual != before:
        at = max(0, len(score.beat_seconds) - 1) * TICKS_PER_BEAT
        yield at, _TEXT, mido.MetaMessage("set_tempo", tempo=usual)


def _key_signature(key: Key) -> str:
    """As mido names it: a tonic, and "m" for minor. Other modes are written by their own signature."""
    relative = {"dorian": 10, "mixolydian": 5, "phrygian": 8, "lydian": 7}.get(key.mode)
    if relative is not None:
        key = Key(tonic=(key.tonic + relative) % 12, mode="major")
    name = key.pitch_name(key.tonic)
    return f"{name}m" if key.mode == "minor" else name


def _vocal(vocal: VocalPart, channel: int, ticks: _Clock) -> Iterable[_Event]:
    yield 0, _TEXT, mido.Message("program_change", channel=channel, program=voice_program(vocal.voice))
    for line in vocal.lines:
        under = syllables(line)
        last = max((index for index, syllable in enumerate(under) if syllable), default=-1)
        for index, (note, syllable) in enumerate(zip(line.notes, under, strict=True)):
            at = ticks(note.start_beats)
            if syllable is not None:
                behind = "\r" if index == last else " " if syllable.place in ("single", "end") else ""
                yield at, _TEXT, mido.MetaMessage("lyrics", text=syllable.text + behind)
            velocity = _STRESSED_VELOCITY if note.stressed else _VOCAL_VELOCITY
            played = Note(note.start_beats, note.duration_beats, note.midi_pitch, velocity)
            yield from _sounding(played, at, _end(played, ticks), channel)


def _part(part: Part, channel: int, ticks: _Clock) -> Iterable[_Event]:
    if channel != _DRUM_CHANNEL:
        yield 0, _TEXT, mido.Message("program_change", channel=channel, program=part_program(part))
    following: dict[int, int] = {}
    for note in sorted(part.notes, key=lambda note: note.start_beats, reverse=True):
        # A key that is struck while it is down would be let go by the first of its two ends.
        start, end = ticks(note.start_beats), _end(note, ticks)
        end = min(end, following.get(note.midi_pitch, end))
        if end > start:
            following[note.midi_pitch] = start
            yield from _sounding(note, start, end, channel)


def _end(note: Note, ticks: _Clock) -> int:
    return max(ticks(note.start_beats) + 1, ticks(note.start_beats + note.duration_beats))


def _sounding(note: Note, start: int, end: int, channel: int) -> Iterable[_Event]:
    on = mido.Message("note_on", channel=channel, note=note.midi_pitch, velocity=note.velocity)
    yield start, _ON, on
    yield end, _OFF, mido.Message("note_off", channel=channel, note=note.midi_pitch, velocity=0)


def _track(name: str, events: Iterable[_Event], end: int) -> mido.MidiTrack:
    track = mido.MidiTrack([mido.MetaMessage("track_name", name=name)])
    now = 0
    ordered: Sequence[_Event] = sorted(events, key=lambda event: event[:2])
    for at, _, message in ordered:
        track.append(message.copy(time=at - now))
        now = at
    track.append(mido.MetaMessage("end_of_track", time=max(0, end - now)))
    return track
