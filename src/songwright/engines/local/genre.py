"""Genres as data: one TOML file each under ``genres/``, parsed into frozen values.

A genre file states facts about a style, never a bar number of some song. Composition modules draw from
these facts; none of them names a genre.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import Field

from songwright.music.actions import StemName
from songwright.music.base import Model
from songwright.music.score import Mode, SectionKind, VoiceName

__all__ = [
    "BassFacts",
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
    """The chords of the genre, as Roman numerals relative to the key.

    Attributes:
        progressions: For each section kind ("verse", "chorus", ... and "any"), loops of numerals such
            as "I V vi IV"; one numeral a bar unless ``chords_per_bar`` says otherwise. A numeral may carry
            a quality: "ii7", "V9", "Imaj7", "iv6", "bVII", "V/ii", "Isus4", "i5" (power chord).
        chords_per_bar: Usual harmonic rhythm.
        sevenths: Chance that a plain triad takes its diatonic seventh.
        borrowed: Chords to borrow as weirdness grows.
    """

    progressions: dict[str, tuple[str, ...]]
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
    """One bar of drums on a grid, as text.

    Each line of ``pattern`` is a drum and its steps: ``x`` an accent, ``o`` a normal hit, ``g`` a ghost
    note, ``.`` silence, ``?`` a hit that comes half of the time. The number of steps divides the bar.

    Attributes:
        name: Such as "verse", "chorus", "half-time", "fill".
        meter: The time signature that it is written for.
        energy: The energies it suits.
        pattern: Drum name to steps.
    """

    name: str
    meter: str = "4/4"
    energy: tuple[Chance, Chance] = (0.0, 1.0)
    pattern: dict[str, str]


class BassFacts(Model):
    """What the bass does.

    Attributes:
        instrument: A name from the catalogue.
        styles: Behaviours to draw from by energy: "root" (long roots), "pulse" (eighths), "octave",
            "walking", "syncopated", "arpeggio", "dub", "follow-kick", "sub" (808 slides), "offbeat".
        approach: Chance of a chromatic or scale step into the next chord.
    """

    instrument: str
    styles: dict[str, tuple[str, ...]] = Field(description="'low', 'mid', 'high' energy to styles.")
    approach: Chance = 0.3


class Layer(Model):
    """One accompanying instrument.

    Attributes:
        name: Unique in the genre: "piano", "pad".
        instruments: Catalogue names to draw from.
        behaviour: How it plays: "block", "strum", "fingerpick", "arpeggio", "pad", "stab", "comp",
            "power", "riff", "counter", "hook", "skank", "tremolo", "pulse", "drone", "fx".
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
    behaviour: str
    energy: tuple[Chance, Chance] = (0.0, 1.0)
    sections: tuple[SectionKind, ...] = ()
    octave: int = 4
    level_db: float = 0.0
    pan: Annotated[float, Field(ge=-1, le=1)] = 0.0
    reverb: Chance = 0.2
    chance: Chance = 1.0
    stem: StemName = "other"


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
    meters: tuple[str, ...] = ("4/4",)
    modes: dict[Mode, float] = Field(description="Mode to weight.")
    voices: dict[VoiceName, float] = Field(description="Voice to weight.")
    kits: tuple[str, ...] = Field(description="Drum kits to draw from; empty for no drums.")
    form: FormFacts
    harmony: HarmonyFacts
    melody: MelodyFacts
    grooves: tuple[Groove, ...]
    bass: BassFacts | None
    layers: tuple[Layer, ...]
    mix: MixFacts
    words_theme: Literal["love", "road", "night", "party", "sea", "dream", "fight", "home"] = "love"


@cache
def genre_names() -> tuple[str, ...]:
    """The names of all genres, sorted."""
    folder = files("songwright.engines.local") / "genres"
    return tuple(sorted(entry.name[:-5] for entry in folder.iterdir() if entry.name.endswith(".toml")))


@cache
def load_genre(name: str) -> Genre:
    """Load one genre by its name, such as "indie_folk".

    Raises:
        KeyError: There is no such genre.
    """
    if name not in genre_names():
        raise KeyError(name)
    text = (files("songwright.engines.local") / "genres" / f"{name}.toml").read_text(encoding="utf-8")
    return Genre.model_validate({"name": name, **tomllib.loads(text)})
