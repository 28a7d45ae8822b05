"""The score: what is played and sung, exactly, in musical time.

Musical time is counted in beats of one quarter note from the start of the song; ``Tempo`` turns beats
into seconds. Pitches are MIDI note numbers (60 is middle C, A4 = 69 = 440 Hz).
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from songwright.music.actions import StemName

__all__ = [
    "USUAL_RING_SECONDS",
    "Chord",
    "ChordSpan",
    "Key",
    "Mode",
    "Note",
    "Part",
    "Score",
    "ScoreSection",
    "SectionKind",
    "SungLine",
    "SungNote",
    "TimeSignature",
    "VocalPart",
    "VoiceName",
]

USUAL_RING_SECONDS = 3.5
"""How long a song sounds on behind its last bar, where nothing else is wanted."""

_FROZEN = ConfigDict(extra="forbid", allow_inf_nan=False)

MidiPitch = Annotated[int, Field(ge=0, le=127)]
PitchClass = Annotated[int, Field(ge=0, le=11)]
Velocity = Annotated[int, Field(ge=1, le=127)]

Mode = Literal["major", "minor", "dorian", "mixolydian", "phrygian", "lydian"]
SCALES: dict[Mode, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
}
"""Semitones of each mode's seven degrees above its tonic."""

MINOR_MODES: frozenset[Mode] = frozenset({"minor", "dorian", "phrygian"})
"""The modes whose third is minor."""

SectionKind = Literal[
    "intro", "verse", "pre-chorus", "chorus", "post-chorus", "bridge", "solo", "break", "drop", "outro"
]
VoiceName = Literal["female", "male", "dark", "bright"]

_PITCH_NAMES_SHARP = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_PITCH_NAMES_FLAT = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
# Signatures with flats, counted on the relative major: F, Bb, Eb, Ab, Db.
_FLAT_MAJORS = frozenset({5, 10, 3, 8, 1})
_STEPS_TO_RELATIVE_MAJOR: dict[Mode, int] = {
    "major": 0,
    "minor": 3,
    "dorian": 10,
    "mixolydian": 5,
    "phrygian": 8,
    "lydian": 7,
}


@dataclass(frozen=True, slots=True, config=_FROZEN)
class TimeSignature:
    """A meter such as 4/4, 3/4 or 6/8."""

    numerator: Annotated[int, Field(ge=1, le=16)] = 4
    denominator: Literal[2, 4, 8] = 4

    @property
    def beats_per_bar(self) -> float:
        """The length of one bar in quarter-note beats: 4.0 for 4/4, 3.0 for 3/4 and for 6/8."""
        return self.numerator * 4 / self.denominator

    @property
    def is_compound(self) -> bool:
        """Whether the pulse is a dotted quarter note, which divides in three, as in 6/8, 9/8 and 12/8."""
        return self.denominator == 8 and self.numerator % 3 == 0

    def __str__(self) -> str:
        return f"{self.numerator}/{self.denominator}"


@dataclass(frozen=True, slots=True, config=_FROZEN)
class Key:
    """A tonic and a mode, such as A minor."""

    tonic: PitchClass
    mode: Mode

    @property
    def uses_flats(self) -> bool:
        """Whether the key signature is written with flats."""
        return (self.tonic + _STEPS_TO_RELATIVE_MAJOR[self.mode]) % 12 in _FLAT_MAJORS

    def pitch_name(self, pitch_class: int) -> str:
        """The name of a pitch class (0..11) as this key spells it."""
        names = _PITCH_NAMES_FLAT if self.uses_flats else _PITCH_NAMES_SHARP
        return names[pitch_class % 12]

    def __str__(self) -> str:
        return f"{self.pitch_name(self.tonic)} {self.mode}"


@dataclass(frozen=True, slots=True, config=_FROZEN)
class Chord:
    """A chord by its root, its tones above the root, and its bass.

    Attributes:
        root: Pitch class of the root.
        intervals: Semitones above the root, ascending, the first 0; (0, 4, 7) is a major triad.
        symbol: As written on a lead sheet, such as "F#m7/C#".
        bass: Pitch class of the lowest note.
    """

    root: PitchClass
    intervals: tuple[int, ...]
    symbol: str
    bass: PitchClass

    @property
    def pitch_classes(self) -> tuple[int, ...]:
        """The chord's tones as pitch classes, root first."""
        return tuple((self.root + interval) % 12 for interval in self.intervals)


@dataclass(frozen=True, slots=True, config=_FROZEN)
class ChordSpan:
    """A chord and how long it stands."""

    start_beats: float
    duration_beats: float
    chord: Chord


@dataclass(frozen=True, slots=True, config=_FROZEN)
class ScoreSection:
    """A stretch of the form, in whole bars.

    Attributes:
        name: As a reader names it: "verse 1", "chorus 2", "intro".
        energy: 0..1, how full the arrangement is.
    """

    name: str
    kind: SectionKind
    start_bar: int
    bars: int
    energy: Annotated[float, Field(ge=0, le=1)] = 0.5


@dataclass(frozen=True, slots=True, config=_FROZEN)
class Note:
    """One played note. Velocity is MIDI's, 1..127."""

    start_beats: float
    duration_beats: float
    midi_pitch: MidiPitch
    velocity: Velocity


@dataclass(frozen=True, slots=True, config=_FROZEN)
class Part:
    """One instrument's notes.

    Attributes:
        name: Unique in the score: "drums", "bass", "piano", "strings".
        instrument: Name of an instrument in the engine's catalogue.
        stem: The stem that the part sounds in.
    """

    name: str
    instrument: str
    stem: StemName
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, config=_FROZEN)
class SungNote:
    """One sung note.

    Attributes:
        syllable: The letters sung on it; "" when it carries on the syllable before (a melisma).
        word: Index of its word in the line, from 0.
        stressed: Whether the syllable carries the word's stress.
    """

    start_beats: float
    duration_beats: float
    midi_pitch: MidiPitch
    syllable: str
    word: int
    stressed: bool = False


@dataclass(frozen=True, slots=True, config=_FROZEN)
class SungLine:
    """One line of the lyric with its melody. Notes are in order and do not overlap.

    Attributes:
        text: The line as written.
        section: Index of its section in the score.
        language: ISO 639-1 code of its words' language.
    """

    text: str
    section: int
    notes: tuple[SungNote, ...]
    language: str = "en"


@dataclass(frozen=True, slots=True, config=_FROZEN)
class VocalPart:
    """The lead vocal: who sings, and every line in order."""

    voice: VoiceName
    lines: tuple[SungLine, ...]


@dataclass(frozen=True, slots=True, config=_FROZEN)
class Score:
    """A whole song as notes.

    Attributes:
        tempo_bpm: Quarter-note beats a minute: of every beat, or where beats have times of their own
            (``beat_seconds``) the median, and that of what follows them.
        swing: 0 for straight, up to 1 for triplet eighths; applied when the score is performed.
        chords: Contiguous from beat 0 to the end.
        vocal: None for an instrumental.
        beat_seconds: The time of each beat from 0 on, rising, where people kept the time; the first may lie
            before the start of the sound. () for a steady tempo from 0 s.
        ring_seconds: How long it sounds on behind its last bar; below 0 where the last bar is cut short.
        fade_in_seconds: How long it rises out of silence.
        fade_out_seconds: How long it fades into silence, its ring included; None for what the ring needs.
        loops: Whether its end joins its beginning: what rings behind the last bar sounds in the first.
    """

    title: str
    genre: str
    tempo_bpm: Annotated[float, Field(ge=30, le=300)]
    time_signature: TimeSignature
    key: Key
    swing: Annotated[float, Field(ge=0, le=1)]
    sections: tuple[ScoreSection, ...]
    chords: tuple[ChordSpan, ...]
    parts: tuple[Part, ...]
    vocal: VocalPart | None
    beat_seconds: tuple[float, ...] = ()
    ring_seconds: float = USUAL_RING_SECONDS
    loops: bool = False
    fade_in_seconds: Annotated[float, Field(ge=0)] = 0.0
    fade_out_seconds: Annotated[float, Field(ge=0)] | None = None

    @property
    def bars(self) -> int:
        """The number of bars in the song."""
        return max((section.start_bar + section.bars for section in self.sections), default=0)

    @property
    def duration_beats(self) -> float:
        """The length of the song in beats, without the ring-out after the last bar."""
        return self.bars * self.time_signature.beats_per_bar

    @property
    def duration_seconds(self) -> float:
        """The length of the song's sound, its ring included."""
        return self.seconds(self.duration_beats) + self.ring_seconds

    def seconds(self, beats: float) -> float:
        """The time of a beat, in seconds from the start of the song."""
        times = self.beat_seconds
        if len(times) < 2:
            return beats * 60.0 / self.tempo_bpm
        last = len(times) - 1
        if beats >= last:
            return times[last] + (beats - last) * 60.0 / self.tempo_bpm
        first = max(int(beats), 0)
        return times[first] + (beats - first) * (times[first + 1] - times[first])

    def beats(self, seconds: float) -> float:
        """The beat at a time: the inverse of ``seconds``."""
        times = self.beat_seconds
        if len(times) < 2:
            return seconds * self.tempo_bpm / 60.0
        last = len(times) - 1
        if seconds >= times[last]:
            return last + (seconds - times[last]) * self.tempo_bpm / 60.0
        first = max(bisect_right(times, seconds) - 1, 0)
        return first + (seconds - times[first]) / (times[first + 1] - times[first])
