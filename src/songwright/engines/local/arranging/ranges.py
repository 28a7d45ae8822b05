"""What each instrument of the catalogue can play, and how it is usually played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Family", "Playing", "fold_into_range", "playing_of"]

Family = Literal[
    "keys", "mallets", "organ", "plucked", "electric-guitar", "bass", "bowed", "voices", "brass", "reeds",
    "flutes", "synth-lead", "pad", "pluck", "effect", "kit",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Playing:
    """How an instrument is played.

    Attributes:
        family: Its family.
        lowest: Lowest MIDI pitch of its comfortable range.
        highest: Highest MIDI pitch of its comfortable range.
    """

    family: Family
    lowest: int
    highest: int


_TABLE: dict[Family, dict[str, tuple[int, int]]] = {
    "keys": {
        "acoustic_grand_piano": (28, 96),
        "bright_acoustic_piano": (28, 96),
        "electric_piano_1": (28, 96),
        "electric_piano_2": (28, 96),
        "harpsichord": (36, 89),
        "celesta": (60, 105),
        "accordion": (53, 89),
    },
    "mallets": {
        "glockenspiel": (72, 105),
        "vibraphone": (53, 89),
        "marimba": (45, 93),
        "xylophone": (65, 105),
        "tubular_bells": (60, 77),
        "kalimba": (55, 79),
        "steel_drums": (52, 84),
        "fm_bell": (55, 96),
        "timpani": (38, 57),
    },
    "organ": {
        "drawbar_organ": (36, 96),
        "percussive_organ": (36, 96),
        "rock_organ": (36, 96),
        "church_organ": (36, 96),
    },
    "plucked": {
        "nylon_guitar": (40, 83),
        "steel_guitar": (40, 83),
        "banjo": (48, 84),
        "sitar": (48, 77),
        "harp": (36, 96),
    },
    "electric-guitar": {
        "jazz_guitar": (40, 83),
        "clean_guitar": (40, 86),
        "muted_guitar": (40, 83),
        "overdriven_guitar": (40, 86),
        "distortion_guitar": (40, 86),
    },
    "bass": {
        "acoustic_bass": (28, 60),
        "fingered_bass": (28, 60),
        "picked_bass": (28, 60),
        "fretless_bass": (28, 60),
        "slap_bass": (28, 60),
        "synth_bass_1": (24, 60),
        "synth_bass_2": (24, 60),
        "sub_bass": (24, 55),
        "bass_808": (24, 55),
        "reese_bass": (24, 55),
        "acid_bass": (24, 64),
    },
    "bowed": {
        "violin": (55, 96),
        "viola": (48, 84),
        "cello": (36, 72),
        "contrabass": (28, 55),
        "fiddle": (55, 91),
        "tremolo_strings": (36, 91),
        "pizzicato_strings": (36, 91),
        "string_ensemble": (36, 93),
        "slow_strings": (36, 93),
        "synth_strings": (36, 93),
    },
    "voices": {
        "choir_aahs": (48, 79),
        "voice_oohs": (48, 79),
    },
    "brass": {
        "trumpet": (55, 82),
        "muted_trumpet": (55, 82),
        "trombone": (40, 70),
        "tuba": (29, 55),
        "french_horn": (41, 74),
        "brass_section": (43, 82),
        "synth_brass": (40, 84),
    },
    "reeds": {
        "soprano_sax": (56, 87),
        "alto_sax": (49, 80),
        "tenor_sax": (44, 75),
        "baritone_sax": (36, 68),
        "oboe": (58, 89),
        "english_horn": (52, 81),
        "bassoon": (34, 70),
        "clarinet": (50, 89),
        "harmonica": (60, 89),
    },
    "flutes": {
        "piccolo": (74, 105),
        "flute": (60, 93),
        "pan_flute": (60, 90),
    },
    "synth-lead": {
        "square_lead": (43, 91),
        "saw_lead": (43, 91),
        "supersaw": (40, 91),
    },
    "pad": {
        "warm_pad": (36, 91),
        "polysynth_pad": (36, 91),
        "halo_pad": (36, 91),
        "sweep_pad": (36, 91),
        "saw_pad": (36, 91),
    },
    "pluck": {
        "synth_pluck": (40, 96),
        "square_pluck": (40, 96),
    },
    "effect": {
        "riser": (48, 72),
        "impact": (36, 60),
        "noise_sweep": (48, 72),
    },
}
_PLAYING: dict[str, Playing] = {
    name: Playing(family, lowest, highest)
    for family, instruments in _TABLE.items()
    for name, (lowest, highest) in instruments.items()
}


def playing_of(instrument: str) -> Playing:
    """How an instrument of the catalogue is played; a kit takes every percussion key."""
    if instrument.endswith("_kit"):
        return Playing("kit", 0, 127)
    return _PLAYING.get(instrument, Playing("keys", 36, 96))


def fold_into_range(midi_pitch: int, instrument: str) -> int:
    """Move a pitch by octaves into an instrument's range."""
    playing = playing_of(instrument)
    while midi_pitch < playing.lowest:
        midi_pitch += 12
    while midi_pitch > playing.highest:
        midi_pitch -= 12
    return midi_pitch
