"""cover: the same melody, words and form in another style."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log

from songwright.engines.local.arranging.plan import LeadLine
from songwright.engines.local.composing.brief import Brief
from songwright.engines.local.composing.compose import harmonist_of
from songwright.engines.local.composing.endings import with_ending
from songwright.engines.local.composing.harmony import chords_for_sections
from songwright.engines.local.composing.typed_wishes import read_wishes
from songwright.engines.local.editing.rewriting import with_parts_anew, with_vocal
from songwright.engines.local.editing.styles import restyled, wanted_voice
from songwright.engines.local.editing.tunes import moved, octaves_into_range
from songwright.engines.local.recordings.heard_score import words_to_heard_melody
from songwright.engines.local.recordings.tune import in_lead_register, leads_of
from songwright.engines.local.session import Band, Manuscript, Stint
from songwright.engines.local.singing.voices import FASTEST_SYLLABLES_PER_SECOND
from songwright.music.actions import Cover
from songwright.music.lyrics import parse_lyric
from songwright.music.score import USUAL_RING_SECONDS, Chord, ChordSpan, Key, Note, VoiceName
from songwright.music.song import Understanding
from songwright.style.languages import read_lyric
from songwright.style.wishes import Wishes

__all__ = ["cover_of", "transposed_chords"]

_FURTHEST = log(1.35)
# Beyond these a tune is no longer heard as the same one.
_SLOWEST, _QUICKEST = 0.6, 1.6
_RING_SHARE = 0.12
_EXACT_SECONDS = 0.5


def cover_of(action: Cover, seed: str, song: Manuscript) -> tuple[Manuscript, Understanding, list[str]]:
    """Perform a song in the style of a prompt.

    The tempo moves toward the style's own, the further the stronger ``sound_strength``; a tempo or a key
    that the prompt names is taken. The melody keeps every note's place and length, and its intervals.

    Args:
        action: What is asked.
        seed: Of the request; the new band's notes are drawn from it.
        song: The song as it is.

    Returns:
        The new song, what was understood of the prompt, and what was decided.
    """
    score = song.score
    old = replace(song.brief, tempo_bpm=score.tempo_bpm, key=score.key, time_signature=score.time_signature)
    wishes = read_wishes(action)
    is_free = wishes.tonic is not None or (bool(wishes.chords) and song.score.vocal is None)
    fixed = frozenset() if is_free else frozenset({"key"})
    brief = restyled(action, seed, old, fixed=fixed)
    notes: list[str] = []
    # The melody's scale is the song's own: a cover moves it, and keeps its mode.
    key = Key(brief.key.tonic, score.key.mode)
    if brief.key.mode != key.mode:
        notes.append(f"the key is {key}: the melody keeps its mode")
    tempo_bpm = _tempo(
        action, song, brief, named=wishes.tempo_bpm is not None or wishes.tempo_place is not None, notes=notes
    )
    song = _with_known_words(action, song)
    score = song.score
    voice = wanted_voice(action, seed, score.vocal.voice if score.vocal else None) if song.lines else None
    if action.sings_given_words and score.vocal is None:
        notes.append("no melody was heard that the words could be sung to")
    elif action.sings_given_words and _words(song) != parse_lyric(action.lyric).lines:
        notes.append("a cover keeps the words; swap_vocals sings others")
    tempo_bpm, ring_seconds = _timed(song, wishes, tempo_bpm)
    brief = replace(brief, key=key, tempo_bpm=tempo_bpm, voice=voice)
    shift = (key.tonic - score.key.tonic + 6) % 12 - 6
    new = song.model_copy(
        update={
            "score": with_ending(
                replace(
                    score,
                    genre=brief.genre,
                    tempo_bpm=tempo_bpm,
                    key=key,
                    swing=brief.swing,
                    chords=_chords(song, brief, seed, shift),
                    parts=(),
                    beat_seconds=(),
                    ring_seconds=ring_seconds,
                    loops=brief.loops or score.loops,
                ),
                brief,
            ),
            "bands": (Band(brief, seed),),
            "seats": {},
            "stints": (Stint(0, 0.0, score.duration_beats),),
            "lead": _moved_lead(song.lead, shift) or leads_of(_unsung(song), score, shift),
            "hook": _moved_notes(song.hook, shift),
            "vocal_gain_db": round(4.0 * (action.lyrics_strength - 0.5), 2),
        }
    )
    new = _sung(new, song, voice, shift)
    understanding = brief.understanding
    asked_seconds = brief.target_seconds
    if brief.target_bars or (
        asked_seconds is not None and abs(new.score.duration_seconds - asked_seconds) > _EXACT_SECONDS
    ):
        notes.append(f"length {new.score.duration_seconds:.0f} s: a cover keeps the song's {score.bars} bars")
        understanding = understanding.taking_back(understanding.wishes_about("length "))
    return with_parts_anew(new, 0.0, score.duration_beats, {}), understanding, notes


def _timed(song: Manuscript, wishes: Wishes, tempo_bpm: float) -> tuple[float, float]:
    """The tempo, and the ring behind the last bar, at which the song's bars are as long as asked.

    Both are as without such a wish where that would be too far from the song's own tempo.
    """
    score = song.score
    ring_seconds = 0.0 if wishes.loop or score.loops else USUAL_RING_SECONDS
    seconds = wishes.target_seconds
    if seconds is None:
        return tempo_bpm, ring_seconds
    if wishes.tempo_bpm is None:
        ring_seconds = min(ring_seconds, _RING_SHARE * seconds)
        wanted = score.duration_beats * 60.0 / (seconds - ring_seconds)
        if not score.tempo_bpm * _SLOWEST <= wanted <= min(score.tempo_bpm * _QUICKEST, _fastest(song)):
            return tempo_bpm, ring_seconds
        return wanted, ring_seconds
    rest = seconds - score.duration_beats * 60.0 / tempo_bpm
    bar = score.time_signature.beats_per_bar * 60.0 / tempo_bpm
    return tempo_bpm, rest if -bar < rest <= USUAL_RING_SECONDS + bar else ring_seconds


def _chords(song: Manuscript, brief: Brief, seed: str, shift: int) -> tuple[ChordSpan, ...]:
    """The chords that are asked for, round and round; else the song's own in the new key."""
    score = song.score
    if brief.chords:
        return chords_for_sections(harmonist_of(brief, seed), score.sections, score.time_signature)
    return transposed_chords(score.chords, shift, score.key, brief.key)


def _with_known_words(action: Cover, song: Manuscript) -> Manuscript:
    """A recording whose words were not known, with the words that the request gives."""
    if song.lines or not song.heard or not action.sings_given_words:
        return song
    voice = song.brief.voice or "female"
    return with_vocal(
        song, voice, words_to_heard_melody(song, read_lyric(action.lyric, action.prompt), voice)
    )


def _words(song: Manuscript) -> tuple[str, ...]:
    return tuple(line.text for line in song.lines)


def _unsung(song: Manuscript) -> tuple[Note, ...]:
    """The melody of a recording, for an instrument where nobody will sing it."""
    return () if song.score.vocal is not None else song.heard


def transposed_chords(
    chords: tuple[ChordSpan, ...], semitones: int, old: Key, new: Key
) -> tuple[ChordSpan, ...]:
    """The same chords in another key, spelled as it spells them."""
    if not semitones % 12:
        return chords
    return tuple(
        replace(
            span,
            chord=Chord(
                root=(span.chord.root + semitones) % 12,
                intervals=span.chord.intervals,
                symbol=_symbol(span.chord, semitones, old, new),
                bass=(span.chord.bass + semitones) % 12,
            ),
        )
        for span in chords
    )


def _symbol(chord: Chord, semitones: int, old: Key, new: Key) -> str:
    """A chord's symbol elsewhere: root and bass have other names, its kind the same."""
    kind = chord.symbol.removeprefix(old.pitch_name(chord.root)).partition("/")[0]
    name = new.pitch_name(chord.root + semitones) + kind
    return name if chord.bass == chord.root else f"{name}/{new.pitch_name(chord.bass + semitones)}"


def _tempo(action: Cover, song: Manuscript, brief: Brief, *, named: bool, notes: list[str]) -> float:
    old = song.score.tempo_bpm
    if named:
        wanted = brief.tempo_bpm
    else:
        slowest, fastest = brief.coloured_genre.tempo_bpm
        # A style is at home at half and at double time too.
        homes = [min(max(old, slowest * f), fastest * f) for f in (0.5, 1.0, 2.0)]
        nearest = min(homes, key=lambda tempo: abs(log(tempo / old)))
        way = min(_FURTHEST, max(-_FURTHEST, log(nearest / old)))
        wanted = float(round(old * exp(action.sound_strength * way)))
    fastest = _fastest(song)
    if wanted > fastest:
        notes.append(f"tempo {fastest:g} bpm: at {wanted:g} the words could not be sung")
        wanted = fastest
    return wanted


def _fastest(song: Manuscript) -> float:
    """The tempo at which the densest line is as fast as a voice can sing it."""
    rates = []
    for line in song.score.vocal.lines if song.score.vocal else ():
        beats = line.notes[-1].start_beats + line.notes[-1].duration_beats - line.notes[0].start_beats
        syllables = sum(bool(note.syllable) for note in line.notes)
        rates.append(syllables / max(1.0, beats))
    most = max(rates, default=0.5)
    return max(song.score.tempo_bpm, float(round(1.1 * FASTEST_SYLLABLES_PER_SECOND * 60.0 / most)))


def _sung(new: Manuscript, old: Manuscript, voice: VoiceName | None, shift: int) -> Manuscript:
    """The old melody in the new key; for an instrument where nobody sings any more."""
    vocal = old.score.vocal
    if vocal is None:
        return new
    if voice is None:
        return with_vocal(new, None, ()).model_copy(update={"lead": _as_lead(new, old, shift)})
    semitones = octaves_into_range(vocal.lines, voice, shift) if voice != vocal.voice or shift else 0
    lines = [
        (placed, moved(line, semitones=semitones))
        for placed, line in zip(old.lines, vocal.lines, strict=True)
    ]
    return with_vocal(new, voice, lines)


def _as_lead(new: Manuscript, old: Manuscript, shift: int) -> tuple[LeadLine, ...]:
    """The sung melody for the lead instrument, beside the tunes that it has already."""
    tunes = {line.section: list(line.notes) for line in new.lead}
    for line in old.score.vocal.lines if old.score.vocal else ():
        tunes.setdefault(line.section, []).extend(
            Note(note.start_beats, note.duration_beats, in_lead_register(note.midi_pitch + shift), 84)
            for note in line.notes
        )
    return tuple(LeadLine(section, tuple(tunes[section])) for section in sorted(tunes))


def _moved_lead(lead: tuple[LeadLine, ...], shift: int) -> tuple[LeadLine, ...]:
    return tuple(LeadLine(line.section, _moved_notes(line.notes, shift)) for line in lead)


def _moved_notes(notes: tuple[Note, ...], shift: int) -> tuple[Note, ...]:
    return tuple(replace(note, midi_pitch=in_lead_register(note.midi_pitch + shift)) for note in notes)
