"""Genres as data: one TOML file each under ``genres/``, parsed into frozen values.

A genre file states facts about a style, never a bar number of some song. Composition modules draw from
these facts; none of them names a genre.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from songwright.music.actions import StemName
from songwright.music.base import Model
from songwright.music.score import Mode, SectionKind, VoiceName

__all__ = [
    "BassFacts",
    "BassStyle",
    "Behaviour",
    "DrumFacts",
    "DrumName",
    "FormFacts",
    "Genre",
    "Groove",
    "HarmonyFacts",
    "Layer",
    "MelodyFacts",
    "MixFacts",
    "genre_names",
    "load_genre",
]

Chance = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]
DrumName = Literal[
    "kick", "snare", "stick", "clap", "hat", "pedal", "open", "ride", "bell", "crash", "splash", "china",
    "tom1", "tom2", "tom3", "floor", "tambourine", "cowbell", "shaker", "cabasa", "conga", "conga_low",
    "conga_mute", "bongo", "bongo_low", "triangle", "clave", "block", "timbale", "brush_swirl",
]  # fmt: skip


def _check_pattern(text: str, steps: tuple[int, ...], marks: str) -> None:
    for bar in text.replace(" ", "").split("|"):
        if len(bar) not in steps:
            raise ValueError(f"a bar of a pattern has {len(bar)} steps, not {steps[0]}")
        if set(bar) - set(marks):
            raise ValueError(f"a pattern may only hold the marks {marks}")


class FormFacts(Model):
    """How songs of the genre are built.

    Attributes:
        plans: Sequences of section kinds; one is drawn when the lyric does not lay the form down.
        bars: Usual length of each kind in bars.
        energy: 0..1 for each kind: how full the arrangement is.
    """

    plans: tuple[tuple[SectionKind, ...], ...] = Field(min_length=2)
    bars: dict[SectionKind, int]
    energy: dict[SectionKind, Chance]


class HarmonyFacts(Model):
    """The chords of the genre, as Roman numerals.

    Degrees are always counted on the major scale of the tonic, in every mode, so that a minor key writes
    its flats out: "i bVI bIII bVII". The case of a numeral is its quality: "IV" is major, "iv" minor.

    Attributes:
        progressions: For each section kind ("verse", "chorus", ... and "any"), loops of numerals such
            as "I V vi IV"; one numeral a bar unless ``chords_per_bar`` says otherwise. A numeral may carry
            a quality: "ii7", "V9", "Imaj7", "iv6", "bVII", "V/ii", "Isus4", "i5" (power chord), "viiø7",
            "viidim". For major, mixolydian and lydian keys.
        minor_progressions: The same for minor, dorian and phrygian keys.
        chords_per_bar: Usual harmonic rhythm.
        sevenths: Chance that a plain triad takes its diatonic seventh.
        borrowed: Chords to borrow as weirdness grows.
    """

    progressions: dict[str, tuple[str, ...]]
    minor_progressions: dict[str, tuple[str, ...]]
    chords_per_bar: float = 1.0
    sevenths: Chance = 0.0
    borrowed: tuple[str, ...] = ("iv", "bVII", "bVI", "V/V", "V/vi")


class MelodyFacts(Model):
    """How the genre sings.

    Attributes:
        syncopation: Chance that a stressed syllable is pushed ahead of its beat by an eighth.
        notes_per_beat: Usual and densest rate of syllables.
        leap: Chance of a leap larger than a third.
        blue: Chance of a blue third or seventh.
        range_semitones: Span of the verse melody and of the whole song.
        repeat: Chance that a phrase repeats its motif instead of developing it.
    """

    syncopation: Chance = 0.25
    notes_per_beat: Range = (1.0, 2.0)
    leap: Chance = 0.2
    blue: Chance = 0.0
    range_semitones: tuple[int, int] = (9, 14)
    repeat: Chance = 0.5


class Groove(Model):
    """Drums on a grid, as text.

    Each line of ``pattern`` is a drum and its steps: ``x`` an accent, ``o`` a normal hit, ``g`` a ghost
    note, ``.`` silence, ``?`` a soft hit that comes half of the time. A bar's steps divide it evenly: 16
    in 4/4 are sixteenths, 12 in 3/4 and 6/8 too. ``|`` parts the bars of a longer pattern; blanks between
    beats are for the reader.

    Attributes:
        name: Such as "verse", "half-time", "toms".
        role: "beat" is the groove itself, "fill" the last bar before a new section, "build" the roll that
            grows before a drop.
        meter: The time signature that it is written for.
        energy: The energies it suits.
        sections: Section kinds it is for; empty for all.
        pattern: Drum name to steps.
    """

    name: str
    role: Literal["beat", "fill", "build"] = "beat"
    meter: Literal["4/4", "3/4", "6/8"] = "4/4"
    energy: tuple[Chance, Chance] = (0.0, 1.0)
    sections: tuple[SectionKind, ...] = ()
    pattern: dict[DrumName, str]

    @model_validator(mode="after")
    def _patterns_fill_their_bars(self) -> Self:
        steps = (16,) if self.meter == "4/4" else (12,)
        for text in self.pattern.values():
            _check_pattern(text, steps, "xog?.")
        return self


class DrumFacts(Model):
    """How a drummer of the genre carries the form.

    Attributes:
        crash: Chance of a cymbal on the first beat of a section, the fullest sections always having one.
        turnaround: Chance of a small change in every fourth bar.
        rest_before_drop: Beats of silence before the genre's fullest sections, 0 for none.
        enters: Section energy below which the drums are silent.
    """

    crash: Chance = 0.7
    turnaround: Chance = 0.5
    rest_before_drop: float = 0.0
    enters: Chance = 0.2


BassStyle = Literal[
    "root", "half", "pulse", "octave", "walking", "two-feel", "syncopated", "arpeggio", "dub", "follow-kick",
    "sub", "offbeat", "rolling", "gallop", "drone", "tumbao",
]  # fmt: skip


class BassFacts(Model):
    """What the bass does.

    Attributes:
        instrument: A name from the catalogue.
        styles: Behaviours to draw from for sections of "low", "mid" and "high" energy: "root" (long roots),
            "half" (two a bar), "pulse" (eighths), "octave" (disco), "walking" and "two-feel" (jazz),
            "syncopated", "arpeggio", "dub", "follow-kick", "sub" (808 slides), "offbeat", "rolling"
            (sixteenths round the kick), "gallop", "drone", "tumbao" (bossa nova).
        patterns: Own rhythms for a style, in place of the usual ones, for bars of 4/4: ``R`` root, ``5``
            fifth, ``8`` octave, ``3`` third, ``7`` seventh, ``a`` a step into the next chord, ``x`` a
            dead note, ``-`` holds on, ``.`` silence.
        approach: Chance of a chromatic or scale step into the next chord.
        slide: Chance that a note slides into the next one.
        enters: Section energy below which the bass is silent.
        lowest_midi_pitch: Roots are folded into the octave above it.
    """

    instrument: str
    styles: dict[Literal["low", "mid", "high"], tuple[BassStyle, ...]]
    patterns: dict[BassStyle, tuple[str, ...]] = Field(default_factory=dict)
    approach: Chance = 0.3
    slide: Chance = 0.0
    enters: Chance = 0.25
    lowest_midi_pitch: Annotated[int, Field(ge=21, le=48)] = 28

    @model_validator(mode="after")
    def _patterns_fill_their_bars(self) -> Self:
        for texts in self.patterns.values():
            for text in texts:
                _check_pattern(text, (16,), "R5837ax-.")
        return self


Behaviour = Literal[
    "block", "strum", "fingerpick", "arpeggio", "pad", "stab", "comp", "power", "riff", "counter", "hook",
    "lead", "skank", "tremolo", "pulse", "drone", "fx",
]  # fmt: skip


class Layer(Model):
    """One accompanying instrument.

    Attributes:
        name: Unique in the genre: "piano", "pad".
        instruments: Catalogue names to draw from.
        behaviour: How it plays: "block" (chords on the pattern), "strum", "fingerpick", "arpeggio", "pad"
            (held chords), "stab", "comp", "power" (power chords), "riff" (a figure that follows the
            chords), "counter" (a slow line against the tune), "hook" (the song's hook), "lead" (the tune
            where nobody sings, and solos), "skank", "tremolo", "pulse" (repeated chords), "drone", "fx"
            (risers into and impacts on full sections).
        patterns: Rhythms to draw from, in 4/4, as in a groove: ``x`` accent, ``o`` normal, ``g`` soft or
            muted, ``-`` holds on, ``.`` silence; a "fingerpick" names the fingers instead: ``T`` the thumb on
            the lowest string, ``t`` on the next, ``1`` to ``4`` the strings above, ``p`` thumb and top
            together. Empty for the behaviour's usual ones.
        energy: The section energies in which it plays.
        sections: Section kinds in which it plays; empty for all.
        octave: Octave of its centre (4 is the octave of middle C).
        level_db: Level in the mix relative to the genre's balance.
        pan: -1 left .. 1 right.
        reverb: 0..1, send to the hall.
        chance: Chance that an arrangement has it at all.
    """

    name: str
    instruments: tuple[str, ...] = Field(min_length=1)
    behaviour: Behaviour
    patterns: tuple[str, ...] = ()
    energy: tuple[Chance, Chance] = (0.0, 1.0)
    sections: tuple[SectionKind, ...] = ()
    octave: int = 4
    level_db: float = 0.0
    pan: Annotated[float, Field(ge=-1, le=1)] = 0.0
    reverb: Chance = 0.2
    chance: Chance = 1.0
    stem: StemName = "other"

    @model_validator(mode="after")
    def _patterns_fill_their_bars(self) -> Self:
        for text in self.patterns:
            _check_pattern(text, (16,), "Ttp1234xog-." if self.behaviour == "fingerpick" else "xog-.")
        return self


class MixFacts(Model):
    """The genre's sound.

    Attributes:
        vocal_db, drums_db, bass_db: Levels relative to the accompaniment.
        room_seconds: Length of the hall's reverberation.
        ducking_db: How far the kick pushes the accompaniment down (side chain), 0 for none.
        drive: 0..1, saturation of drums and bass.
        tilt_db: Tilt of the master's spectrum: positive is brighter.
        width: 0 mono .. 1 wide.
        timing_ms: Standard deviation of players' timing.
        push_ms: How far each stem leans: positive lays back.
    """

    vocal_db: float = 4.0
    drums_db: float = 0.0
    bass_db: float = -1.0
    room_seconds: float = 1.6
    ducking_db: Annotated[float, Field(ge=0, le=24)] = 0.0
    drive: Chance = 0.2
    tilt_db: float = 0.0
    width: Chance = 0.7
    timing_ms: float = 6.0
    push_ms: dict[StemName, float] = Field(default_factory=dict)


class Genre(Model):
    """Everything the engine knows of a genre."""

    name: str
    title: str
    words: tuple[str, ...] = Field(description="Words and phrases in a prompt that mean it.")
    family: str = Field(description="Nearest relative, for mixing genres as weirdness grows.")
    tempo_bpm: Range
    felt_half_time: bool = Field(default=False, description="Whether the beat is felt at half the tempo.")
    swing: Range = (0.0, 0.0)
    swing_unit: Literal["eighth", "sixteenth"] = "eighth"
    meters: tuple[str, ...] = ("4/4",)
    modes: dict[Mode, float] = Field(description="Mode to weight.")
    voices: dict[VoiceName, float] = Field(description="Voice to weight.")
    kits: tuple[str, ...] = Field(description="Drum kits to draw from; empty for no drums.")
    form: FormFacts
    harmony: HarmonyFacts
    melody: MelodyFacts
    grooves: tuple[Groove, ...]
    drums: DrumFacts = DrumFacts()
    bass: BassFacts | None
    layers: tuple[Layer, ...]
    mix: MixFacts
    words_theme: Literal["love", "road", "night", "party", "sea", "dream", "fight", "home"] = "love"


@cache
def genre_names() -> tuple[str, ...]:
    """The names of all genres, sorted."""
    folder = files("songwright.style") / "genres"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_genre(name: str) -> Genre:
    """Load one genre by its name, such as "indie_folk".

    Raises:
        KeyError: There is no such genre.
    """
    if name not in genre_names():
        raise KeyError(name)
    text = (files("songwright.style") / "genres" / f"{name}.toml").read_text(encoding="utf-8")
    return Genre.model_validate({"name": name, **tomllib.loads(text)})
