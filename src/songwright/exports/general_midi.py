"""Which General MIDI sound stands for an instrument of the engine's catalogue."""

from __future__ import annotations

from songwright.music.score import Part, VoiceName
from songwright.style.instruments import INSTRUMENTS, Family, Sampled

__all__ = ["is_kit", "part_program", "voice_program"]

# Numbers from 0, of the sound that is nearest to what a family synthesises.
_FAMILY_PROGRAMS: dict[Family, int] = {
    Family.PIANO: 0,
    Family.MALLET: 11,
    Family.ORGAN: 16,
    Family.GUITAR: 25,
    Family.BASS: 38,
    Family.STRINGS: 40,
    Family.ENSEMBLE: 48,
    Family.BRASS: 61,
    Family.REED: 65,
    Family.PIPE: 73,
    Family.PLUCKED: 45,
    Family.LEAD: 81,
    Family.PAD: 89,
    Family.EFFECT: 95,
    Family.KIT: 0,
}
_VOICE_OOHS = 53


def is_kit(part: Part) -> bool:
    """Whether a part's pitches are percussion keys."""
    known = INSTRUMENTS.get(part.instrument)
    return part.stem == "drums" if known is None else known.is_kit


def part_program(part: Part) -> int:
    """The program, 0..127, that plays a part; a grand piano where the instrument is not known."""
    known = INSTRUMENTS.get(part.instrument)
    if known is None:
        return 0
    match known.sound:
        case Sampled(bank=0, program=program):
            return program
        case _:
            return _FAMILY_PROGRAMS[known.family]


def voice_program(voice: VoiceName) -> int:
    """The program that sings for a voice: every voice is General MIDI's "Voice Oohs"."""
    del voice
    return _VOICE_OOHS
