"""From what was heard in a recording to a song that can be edited like one of the engine's own."""

from __future__ import annotations

from dataclasses import replace
from statistics import median

from songwright.engines.local.composing.brief import Brief, read_brief
from songwright.engines.local.editing.rewriting import Placed
from songwright.engines.local.editing.tunes import octaves_into_range
from songwright.engines.local.mixing.levels import Levels
from songwright.engines.local.mixing.mastering import MasterState
from songwright.engines.local.mixing.mixdown import MixState
from songwright.engines.local.recordings.form_of_words import form_of_words
from songwright.engines.local.recordings.words_on_melody import in_sections, words_on_melody
from songwright.engines.local.session import Band, Manuscript, Session, Stint
from songwright.engines.local.singing.singer import LineTimes, SyllableTimes
from songwright.engines.local.version import ENGINE_VERSION
from songwright.music.actions import Generate
from songwright.music.lyrics import LyricSheet
from songwright.music.score import Note, Part, Score, SungLine, VocalPart, VoiceName
from songwright.music.transcription import HeardNote, Transcription
from songwright.style.languages import read_lyric

__all__ = ["HEARD_PART", "line_times", "session_of_recording", "words_to_heard_melody"]

HEARD_PART = "melody as heard"
"""The name of the part that holds a recording's melody: it has no seat in any band, so nobody plays it."""

_SLOWEST_BPM, _FASTEST_BPM = 30.0, 300.0
_VELOCITY = 84
_HIGHEST_MALE_PITCH = 57
_STYLE = "pop"


def session_of_recording(
    heard: Transcription, levels: Levels, *, title: str, lyric: str, seed: str, instrumental: bool
) -> Session:
    """What the engine keeps beside a recording.

    Its form, chords and beats are the recording's. No band of ours plays anywhere; the first band is the one
    that an edit calls in, in a plain style with the recording's tempo and key.

    Args:
        heard: What was heard.
        levels: Of the master.
        title: Of the song.
        lyric: The words that are sung in it; "" where they are not known.
        seed: Decides what an edit draws.
        instrumental: Whether nobody sings in it.
    """
    tempo_bpm = min(_FASTEST_BPM, max(_SLOWEST_BPM, heard.tempo_bpm))
    melody = tuple(_note(note) for note in heard.melody)
    sung = not instrumental and (heard.sung or bool(lyric))
    voice = _voice(melody) if sung else None
    sheet = read_lyric(lyric)
    words = words_on_melody(sheet, melody) if sung else []
    sections = form_of_words(sheet, words, heard.sections, heard.time_signature)
    lines = in_sections(words, sections, heard.time_signature)
    score = Score(
        title=title,
        genre=_STYLE,
        tempo_bpm=tempo_bpm,
        time_signature=heard.time_signature,
        key=heard.key,
        swing=0.0,
        sections=sections,
        chords=heard.chords,
        parts=_heard_parts(melody, is_sung=sung),
        vocal=VocalPart(voice, tuple(line for _, line in lines)) if voice and lines else None,
        beat_seconds=heard.beat_seconds,
    )
    song = Manuscript(
        seed=seed,
        score=score,
        backing=None,
        lines=tuple(place for place, _ in lines) if voice else (),
        lead=(),
        hook=(),
        bands=(Band(_brief(score, voice, seed), seed),),
        seats={},
        stints=(Stint(None, 0.0, score.duration_beats),),
        vocal_gain_db=0.0,
    )
    return Session(
        **{name: getattr(song, name) for name in Manuscript.model_fields},
        engine_version=ENGINE_VERSION,
        mix=MixState(),
        master=MasterState(
            static_gain_db=0.0,
            ceiling_dbtp=-1.0,
            release_db_per_second=40.0,
            tilt_db=0.0,
            finish="mastered",
        ),
        sung=tuple(line_times(score, line) for line in (score.vocal.lines if score.vocal else ())),
        levels=levels,
    )


def words_to_heard_melody(song: Manuscript, sheet: LyricSheet, voice: VoiceName) -> list[Placed]:
    """Words sung to the melody that was heard in a recording, in the octave that suits a voice."""
    score = song.score
    words = words_on_melody(sheet, song.heard)
    placed = in_sections(words, score.sections, score.time_signature)
    shift = octaves_into_range([line for _, line in placed], voice, 0)
    return [
        (
            place,
            replace(
                line,
                notes=tuple(replace(note, midi_pitch=note.midi_pitch + shift) for note in line.notes),
            ),
        )
        for place, line in placed
    ]


def line_times(score: Score, line: SungLine) -> LineTimes:
    """When a line of a recording is heard, as far as its notes tell."""
    syllables: list[SyllableTimes] = []
    for note in line.notes:
        start = round(max(0.0, score.seconds(note.start_beats)), 4)
        end = round(max(0.0, score.seconds(note.start_beats + note.duration_beats)), 4)
        if note.syllable:
            syllables.append(SyllableTimes(note.syllable, note.word, start, start, end))
        elif syllables:
            syllables[-1] = replace(syllables[-1], end_seconds=end)
    return LineTimes(
        text=line.text,
        section=line.section,
        start_seconds=syllables[0].start_seconds,
        end_seconds=syllables[-1].end_seconds,
        syllables=tuple(syllables),
    )


def _note(note: HeardNote) -> Note:
    return Note(note.start_beats, note.duration_beats, note.midi_pitch, _VELOCITY)


def _heard_parts(melody: tuple[Note, ...], *, is_sung: bool) -> tuple[Part, ...]:
    if not melody:
        return ()
    if is_sung:
        return (Part(HEARD_PART, "voice_oohs", "vocals", melody),)
    return (Part(HEARD_PART, "acoustic_grand_piano", "other", melody),)


def _voice(melody: tuple[Note, ...]) -> VoiceName:
    """The voice of ours that is nearest to the one heard."""
    if melody and median(note.midi_pitch for note in melody) < _HIGHEST_MALE_PITCH:
        return "male"
    return "female"


def _brief(score: Score, voice: VoiceName | None, seed: str) -> Brief:
    plain = read_brief(Generate(prompt=_STYLE, instrumental=voice is None), seed)
    energy = sum(section.energy * section.bars for section in score.sections) / max(1, score.bars)
    return replace(
        plain,
        tempo_bpm=score.tempo_bpm,
        key=score.key,
        time_signature=score.time_signature,
        swing=0.0,
        energy=round(energy, 3),
        voice=voice,
        vocal_gain_db=0.0,
    )
