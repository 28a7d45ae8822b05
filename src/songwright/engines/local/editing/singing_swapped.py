"""swap_vocals, the score: other singing in a song's form, over its chords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, log

from songwright.engines.local.composing.form import PlacedLine
from songwright.engines.local.composing.melody_request import chord_at
from songwright.engines.local.editing.rewriting import Placed, with_vocal
from songwright.engines.local.editing.stretch import Segment
from songwright.engines.local.editing.styles import wanted_voice
from songwright.engines.local.editing.tunes import moved, octaves_into_range, sung_anew
from songwright.engines.local.editing.words import lay_words, place_sections, rooms_for_words
from songwright.engines.local.recordings.heard_score import words_to_heard_melody
from songwright.engines.local.session import Manuscript
from songwright.errors import UnsupportedError
from songwright.music.actions import SwapVocals
from songwright.music.lyrics import LyricSection, LyricSheet
from songwright.music.score import SCALES, Key, ScoreSection, SungLine, SungNote
from songwright.style.languages import read_lyric

__all__ = ["sing_other", "sing_second"]

_LONG_BEATS = 1.0
_NEAR_SEMITONES = 2
# Losing a third of the lines weighs as much as singing at twice the speed.
_LOSS = 2.0


def sing_other(action: SwapVocals, seed: str, song: Manuscript) -> tuple[Manuscript, list[str]]:
    """New singing of the request's own: new words, another voice, or else another tune.

    New words go to the song's tune; another voice alone sings the old words and tune, an octave away where
    that suits it.

    Args:
        action: What is asked.
        seed: Of the request.
        song: The song as it is.

    Returns:
        The new song, and what was decided.
    """
    vocal = song.score.vocal
    voice = wanted_voice(action, seed, vocal.voice if vocal else song.brief.voice) or "female"
    if action.sings_given_words and song.heard:
        # A recording's tune follows from no seed: it is what was heard.
        sheet = read_lyric(action.lyric, action.prompt)
        lines = words_to_heard_melody(song, sheet, voice)
        if lines:
            left_out = len(sheet.lines) - len(lines)
            notes = ["new words to the tune that was heard"]
            if left_out:
                notes.append(f"{left_out} lines found no place in it")
            return with_vocal(song, voice, lines), notes
    if action.sings_given_words:
        new = _laid(song, read_lyric(action.lyric, action.prompt))
        seeds: dict[int, str] = {}
        notes = ["new words to the song's tune"]
    elif vocal is None:
        raise UnsupportedError(
            "the song's words are not known; give the words to sing in `lyric`", field="lyric"
        )
    elif voice != vocal.voice:
        shift = octaves_into_range(vocal.lines, voice, 0)
        lines = [
            (placed, moved(line, semitones=shift))
            for placed, line in zip(song.lines, vocal.lines, strict=True)
        ]
        return with_vocal(song, voice, lines), [f"the same words and tune in the voice '{voice}'"]
    else:
        new = list(song.lines)
        seeds = {line.section: seed for line in new}
        notes = ["the same words to a new tune"]
    return with_vocal(song, voice, sung_anew(song, voice, new, (), seeds=seeds)), notes


def _laid(song: Manuscript, sheet: LyricSheet) -> list[PlacedLine]:
    sections = song.score.sections
    sung = frozenset(line.section for line in song.lines)
    taken = place_sections(sheet, [section.kind for section in sections], sung)
    placed: list[PlacedLine] = []
    for index in sorted(taken):
        segment = Segment(index, sections[index].start_bar, sections[index].bars)
        placed.extend(lay_words((taken[index],), (segment,)))
    return placed


def sing_second(
    action: SwapVocals, seed: str, song: Manuscript, second: Manuscript
) -> tuple[Manuscript, list[str]]:
    """The singing of a second song, fitted to this song's form, key, chords and tempo.

    Sections meet their like. Notes keep their place in the bar; where one song is about twice as fast as
    the other they take half or double the beats. They are moved into the key and its mode, and long notes
    that would rub against a chord step to its nearest tone.

    Args:
        action: May ask for another voice than the second song's.
        seed: Of the request.
        song: Whose backing stays.
        second: Whose singing comes.

    Returns:
        The new song, and what was decided.

    Raises:
        UnsupportedError: The second song is not sung.
    """
    vocal = second.score.vocal
    if vocal is None:
        raise UnsupportedError(
            "has no singing whose words are known; name a song that was made or imported with its words",
            field="swap_audio_id",
        )
    voice = wanted_voice(action, seed, vocal.voice) or vocal.voice
    taken, left_out = _sections_met(song, second)
    shift = octaves_into_range(
        vocal.lines, voice, (song.score.key.tonic - second.score.key.tonic + 6) % 12 - 6
    )
    bar = song.score.time_signature.beats_per_bar

    def at_pace(pace: float) -> list[tuple[int, SungLine | None]]:
        return [
            (placed.phrase, _fitted(line, target, sections, bar, pace))
            for target, origin in sorted(taken.items())
            for sections in [(song.score.sections[target], second.score.sections[origin])]
            for placed, line in zip(second.lines, vocal.lines, strict=True)
            if placed.section == origin
        ]

    def misfit(pace: float) -> float:
        found = at_pace(pace)
        lost = sum(line is None for _, line in found) / max(1, len(found))
        return abs(log(song.score.tempo_bpm / second.score.tempo_bpm / pace)) + _LOSS * lost

    pace = min((1.0, 0.5, 2.0), key=misfit)
    lines: list[Placed] = []
    for phrase, fitted in at_pace(pace):
        if fitted is None:
            left_out += 1
        else:
            tuned = replace(
                fitted, notes=tuple(_tuned(note, song, second.score.key, shift) for note in fitted.notes)
            )
            lines.append((_place_of(tuned, tuned.section, phrase, bar), tuned))
    if not lines:
        raise UnsupportedError(
            "no line of the second song fits into this song's sections; extend this song first",
            field="swap_audio_id",
        )
    notes = [f"sung in {song.score.key} at {song.score.tempo_bpm:g} bpm, moved by {shift:+d} semitones"]
    if pace != 1:
        notes.append(f"the singing takes {pace:g} times its beats, to stay near its own speed")
    if left_out:
        notes.append(f"{left_out} lines found no room in this song's form")
    return with_vocal(song, voice, lines), notes


def _sections_met(song: Manuscript, second: Manuscript) -> tuple[dict[int, int], int]:
    """For sections of the song the section of the second song sung there, and how many lines have none."""
    kinds = [section.kind for section in song.score.sections]
    sung = frozenset(line.section for line in song.lines)
    room = len(rooms_for_words(kinds, sung))
    origins: dict[LyricSection, int] = {}
    sections: list[LyricSection] = []
    for index, section in enumerate(second.score.sections):
        lines = [line for line in second.lines if line.section == index]
        if lines:
            words = tuple(line.text for line in lines)
            sections.append(LyricSection(section.kind, words, lines[0].language))
            origins.setdefault(sections[-1], index)
    taken = place_sections(LyricSheet(tuple(sections[:room])), kinds, sung)
    left_out = sum(len(section.lines) for section in sections[room:])
    return {target: origins[section] for target, section in taken.items()}, left_out


def _fitted(
    line: SungLine, target: int, sections: tuple[ScoreSection, ScoreSection], bar: float, pace: float
) -> SungLine | None:
    """A line at its place in another section; None where that section has ended by then."""
    here, there = sections
    start, origin = here.start_bar * bar, there.start_bar * bar
    notes = tuple(
        replace(
            note,
            start_beats=round(start + (note.start_beats - origin) * pace, 6),
            duration_beats=round(note.duration_beats * pace, 6),
        )
        for note in line.notes
    )
    end = notes[-1].start_beats + notes[-1].duration_beats
    if end > start + here.bars * bar + 1e-6 or notes[0].start_beats < 0:
        return None
    return replace(line, section=target, notes=notes)


def _place_of(line: SungLine, section: int, phrase: int, bar: float) -> PlacedLine:
    # A pickup belongs to the bar that it leads to.
    first = round(line.notes[0].start_beats / bar)
    end = line.notes[-1].start_beats + line.notes[-1].duration_beats
    bars = max(1, ceil(end / bar - 1e-6) - first)
    return PlacedLine(line.text, section, first, bars, phrase, line.language)


def _tuned(note: SungNote, song: Manuscript, old: Key, shift: int) -> SungNote:
    pitch = _in_mode(note.midi_pitch, old, song.score.key) + shift
    chord = chord_at(song.score.chords, note.start_beats)
    tones = chord.pitch_classes
    if note.duration_beats >= _LONG_BEATS and pitch % 12 not in tones:
        near = sorted(
            (step for step in range(-_NEAR_SEMITONES, _NEAR_SEMITONES + 1) if (pitch + step) % 12 in tones),
            key=lambda step: (abs(step), step),
        )
        pitch += near[0] if near else 0
    return replace(note, midi_pitch=pitch)


def _in_mode(pitch: int, old: Key, new: Key) -> int:
    """A pitch on the same degree of the other mode, still on the old tonic."""
    if old.mode == new.mode:
        return pitch
    above = (pitch - old.tonic) % 12
    steps: Sequence[int] = SCALES[old.mode]
    if above not in steps:
        return pitch
    return pitch - above + SCALES[new.mode][list(steps).index(above)]
