"""The instruments that composers may name, with the facts that they need."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from songwright.errors import RequestError

__all__ = [
    "INSTRUMENTS",
    "KIT_KEYS",
    "REFERENCE_DBFS",
    "REFERENCE_VELOCITY",
    "DrumMachine",
    "Family",
    "Instrument",
    "Sampled",
    "Synthesised",
    "instrument",
]

REFERENCE_VELOCITY = 80
"""Mezzo-forte, the velocity at which instruments are levelled."""

REFERENCE_DBFS = -20.0
"""The level of every instrument: the RMS of both channels over the first 500 ms of one held note at
``REFERENCE_VELOCITY``, averaged over the middle of its range; of an effect, the loudest 500 ms of two
seconds; of a kit, the first 200 ms of its bass drum and snare."""

KIT_KEYS = (35, 81)
"""The General MIDI percussion keys, acoustic bass drum to open triangle."""


class Family(StrEnum):
    """Families of instruments, named as General MIDI groups them, with kits and effects of their own."""

    PIANO = "piano"
    MALLET = "mallet"
    ORGAN = "organ"
    GUITAR = "guitar"
    BASS = "bass"
    STRINGS = "strings"
    ENSEMBLE = "ensemble"
    BRASS = "brass"
    REED = "reed"
    PIPE = "pipe"
    PLUCKED = "plucked"
    LEAD = "lead"
    PAD = "pad"
    EFFECT = "effect"
    KIT = "kit"


@dataclass(frozen=True, slots=True)
class Sampled:
    """Played from the sound bank.

    Attributes:
        bank: The bank in the font that the sound was cut from: 0 melodic, 128 kits.
        program: The preset's number there.
    """

    bank: Literal[0, 128]
    program: int


@dataclass(frozen=True, slots=True)
class Synthesised:
    """Played by the patch of the same name in ``synth``."""


@dataclass(frozen=True, slots=True)
class DrumMachine:
    """Played by the drum machine of the same name in ``drum_synth``."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What is known of an instrument.

    Attributes:
        name: Such as "steel_guitar".
        low: The lowest MIDI pitch that it plays well.
        high: The highest.
        sustains: Whether a held note goes on at its level (organ), rather than dying away (piano).
        polyphonic: Whether it plays chords; a monophonic instrument ends a note where the next begins.
        sound: Where the sound comes from.
    """

    name: str
    family: Family
    low: int
    high: int
    sustains: bool
    polyphonic: bool
    sound: Sampled | Synthesised | DrumMachine

    @property
    def is_kit(self) -> bool:
        """Whether its pitches are General MIDI percussion keys."""
        return self.family is Family.KIT


_Row = tuple[str, Family, int, int, int]
_DECAYING: tuple[_Row, ...] = (
    ("acoustic_grand_piano", Family.PIANO, 21, 108, 0),
    ("bright_acoustic_piano", Family.PIANO, 21, 108, 1),
    ("electric_piano_1", Family.PIANO, 28, 96, 4),
    ("electric_piano_2", Family.PIANO, 28, 96, 5),
    ("harpsichord", Family.PIANO, 29, 89, 6),
    ("celesta", Family.MALLET, 60, 108, 8),
    ("glockenspiel", Family.MALLET, 72, 108, 9),
    ("vibraphone", Family.MALLET, 53, 89, 11),
    ("marimba", Family.MALLET, 45, 96, 12),
    ("xylophone", Family.MALLET, 65, 108, 13),
    ("tubular_bells", Family.MALLET, 60, 77, 14),
    ("nylon_guitar", Family.GUITAR, 40, 83, 24),
    ("steel_guitar", Family.GUITAR, 40, 84, 25),
    ("jazz_guitar", Family.GUITAR, 40, 86, 26),
    ("clean_guitar", Family.GUITAR, 40, 86, 27),
    ("muted_guitar", Family.GUITAR, 40, 86, 28),
    ("acoustic_bass", Family.BASS, 28, 60, 32),
    ("fingered_bass", Family.BASS, 28, 60, 33),
    ("picked_bass", Family.BASS, 28, 60, 34),
    ("fretless_bass", Family.BASS, 28, 60, 35),
    ("slap_bass", Family.BASS, 28, 60, 36),
    ("pizzicato_strings", Family.STRINGS, 36, 96, 45),
    ("harp", Family.STRINGS, 24, 103, 46),
    ("timpani", Family.STRINGS, 38, 57, 47),
    ("banjo", Family.PLUCKED, 48, 84, 105),
    ("sitar", Family.PLUCKED, 48, 77, 104),
    ("kalimba", Family.PLUCKED, 48, 79, 108),
    ("steel_drums", Family.PLUCKED, 52, 84, 114),
)
_SUSTAINING: tuple[_Row, ...] = (
    ("drawbar_organ", Family.ORGAN, 36, 96, 16),
    ("percussive_organ", Family.ORGAN, 36, 96, 17),
    ("rock_organ", Family.ORGAN, 36, 96, 18),
    ("church_organ", Family.ORGAN, 24, 108, 19),
    ("accordion", Family.ORGAN, 53, 89, 21),
    ("harmonica", Family.ORGAN, 60, 96, 22),
    ("overdriven_guitar", Family.GUITAR, 40, 86, 29),
    ("distortion_guitar", Family.GUITAR, 40, 86, 30),
    ("synth_bass_1", Family.BASS, 24, 60, 38),
    ("synth_bass_2", Family.BASS, 24, 60, 39),
    ("tremolo_strings", Family.STRINGS, 28, 96, 44),
    ("string_ensemble", Family.ENSEMBLE, 28, 96, 48),
    ("slow_strings", Family.ENSEMBLE, 28, 96, 49),
    ("synth_strings", Family.ENSEMBLE, 36, 96, 50),
    ("choir_aahs", Family.ENSEMBLE, 43, 84, 52),
    ("voice_oohs", Family.ENSEMBLE, 43, 84, 53),
    ("french_horn", Family.BRASS, 41, 77, 60),
    ("brass_section", Family.BRASS, 36, 84, 61),
    ("synth_brass", Family.BRASS, 36, 84, 62),
    ("polysynth_pad", Family.PAD, 36, 96, 90),
    ("warm_pad", Family.PAD, 36, 96, 89),
    ("halo_pad", Family.PAD, 36, 96, 94),
    ("sweep_pad", Family.PAD, 36, 96, 95),
)
_MONOPHONIC: tuple[_Row, ...] = (
    ("violin", Family.STRINGS, 55, 100, 40),
    ("viola", Family.STRINGS, 48, 91, 41),
    ("cello", Family.STRINGS, 36, 76, 42),
    ("contrabass", Family.STRINGS, 28, 60, 43),
    ("fiddle", Family.STRINGS, 55, 100, 110),
    ("trumpet", Family.BRASS, 54, 86, 56),
    ("trombone", Family.BRASS, 40, 74, 57),
    ("tuba", Family.BRASS, 29, 58, 58),
    ("muted_trumpet", Family.BRASS, 54, 86, 59),
    ("soprano_sax", Family.REED, 56, 88, 64),
    ("alto_sax", Family.REED, 49, 81, 65),
    ("tenor_sax", Family.REED, 44, 76, 66),
    ("baritone_sax", Family.REED, 36, 69, 67),
    ("oboe", Family.REED, 58, 91, 68),
    ("english_horn", Family.REED, 52, 81, 69),
    ("bassoon", Family.REED, 34, 72, 70),
    ("clarinet", Family.REED, 50, 91, 71),
    ("piccolo", Family.PIPE, 74, 108, 72),
    ("flute", Family.PIPE, 60, 96, 73),
    ("pan_flute", Family.PIPE, 60, 96, 75),
    ("square_lead", Family.LEAD, 36, 96, 80),
    ("saw_lead", Family.LEAD, 36, 96, 81),
)
_KITS = {
    "standard_kit": 0,
    "room_kit": 8,
    "power_kit": 16,
    "electronic_kit": 24,
    "jazz_kit": 32,
    "brush_kit": 40,
    "orchestra_kit": 48,
}
_PATCHES: tuple[tuple[str, Family, int, int, bool, bool], ...] = (
    ("supersaw", Family.LEAD, 36, 96, True, True),
    ("saw_pad", Family.PAD, 36, 96, True, True),
    ("synth_pluck", Family.LEAD, 36, 96, False, True),
    ("square_pluck", Family.LEAD, 36, 96, False, True),
    ("fm_bell", Family.MALLET, 48, 96, False, True),
    ("sub_bass", Family.BASS, 24, 55, True, False),
    ("bass_808", Family.BASS, 24, 55, False, False),
    ("reese_bass", Family.BASS, 24, 60, True, False),
    ("acid_bass", Family.BASS, 24, 72, True, False),
    ("riser", Family.EFFECT, 36, 84, True, True),
    ("noise_sweep", Family.EFFECT, 36, 84, True, True),
    ("impact", Family.EFFECT, 24, 60, False, True),
)
_MACHINES = ("tr808_kit", "tr909_kit", "lofi_kit")


def _catalogue() -> dict[str, Instrument]:
    found: list[Instrument] = []
    for rows, sustains, polyphonic in (
        (_DECAYING, False, True),
        (_SUSTAINING, True, True),
        (_MONOPHONIC, True, False),
    ):
        found.extend(
            Instrument(name, family, low, high, sustains, polyphonic, Sampled(0, program))
            for name, family, low, high, program in rows
        )
    found.extend(
        Instrument(name, Family.KIT, *KIT_KEYS, sustains=False, polyphonic=True, sound=Sampled(128, program))
        for name, program in _KITS.items()
    )
    found.extend(
        Instrument(name, family, low, high, sustains, polyphonic, Synthesised())
        for name, family, low, high, sustains, polyphonic in _PATCHES
    )
    found.extend(
        Instrument(name, Family.KIT, *KIT_KEYS, sustains=False, polyphonic=True, sound=DrumMachine())
        for name in _MACHINES
    )
    return {entry.name: entry for entry in sorted(found, key=lambda entry: entry.name)}


INSTRUMENTS = _catalogue()
"""All instruments by name, in the order of their names."""


def instrument(name: str) -> Instrument:
    """The facts of one instrument.

    Raises:
        RequestError: There is no such instrument.
    """
    try:
        return INSTRUMENTS[name]
    except KeyError:
        raise RequestError(
            "there is no such instrument; take a name from the catalogue, such as steel_guitar, "
            "string_ensemble, fingered_bass or standard_kit",
            field="instrument",
        ) from None
