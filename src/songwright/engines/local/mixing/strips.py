"""Channel strips: how each part is treated on its way into its stem, from the genre and the instrument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never

from songwright.engines.local.mixing.effects.dynamics import Compression
from songwright.engines.local.mixing.effects.equaliser import Band
from songwright.engines.local.playing.performed_notes import PerformedPart
from songwright.style.genre import Genre, Layer, MixFacts
from songwright.style.instruments import INSTRUMENTS, Family

__all__ = ["Strip", "VoiceRole", "is_sung_channel", "strips_for", "sung_channel", "voice_strip"]

VoiceRole = Literal["lead", "double", "harmony"]

_SUNG = "sung:"


def sung_channel(role: VoiceRole) -> str:
    """The name of a sung take's channel. No part has one like it, though parts may be called "lead"."""
    return f"{_SUNG}{role}"


def is_sung_channel(name: str) -> bool:
    """Whether a channel is a sung take's."""
    return name.startswith(_SUNG)


@dataclass(frozen=True, slots=True)
class Strip:
    """The settings of one channel, in the order in which sound passes them.

    Every part is first brought to the same loudness, -20 LUFS while it plays, so levels and thresholds
    mean the same for all.

    Attributes:
        high_pass_hz: Corner of a high-pass filter.
        eq: Further filters.
        amplifier: 0 for none .. 1, drive of a guitar amplifier.
        drive: 0 for none .. 1, saturation.
        chorus: 0 for none .. 1.
        de_essing: Whether hiss is lowered.
        compression: Compressors, in series.
        ducking: Whether the kick pushes the part down as far as the genre says.
        level_db: Relative to the other parts of the stem.
        pan: -1 left .. 1 right.
        width: 0 mono .. 1 as rendered .. 2.
        reverb_send: 0..1, to the stem's room.
        delay_send: 0..1, to the stem's tempo delay.
    """

    high_pass_hz: float = 80.0
    eq: tuple[Band, ...] = ()
    amplifier: float = 0.0
    drive: float = 0.0
    chorus: float = 0.0
    de_essing: bool = False
    compression: tuple[Compression, ...] = ()
    ducking: bool = False
    level_db: float = 0.0
    pan: float = 0.0
    width: float = 1.0
    reverb_send: float = 0.0
    delay_send: float = 0.0

    @property
    def bands(self) -> tuple[Band, ...]:
        """The high-pass filter and the equaliser as one chain."""
        return (Band("high_pass", self.high_pass_hz), *self.eq)


_KIT_COMPRESSION = Compression(threshold_db=-10.0, ratio=2.5, attack_seconds=0.012, release_seconds=0.12)
_BASS_COMPRESSION = Compression(threshold_db=-16.0, ratio=3.5, attack_seconds=0.015, release_seconds=0.18)
_RIDING = Compression(threshold_db=-17.0, ratio=2.2, attack_seconds=0.06, release_seconds=0.45, knee_db=12.0)
_CATCHING = Compression(threshold_db=-13.0, ratio=3.0, attack_seconds=0.004, release_seconds=0.09)

_VOICE_EQ = (
    Band("peak", 280.0, -2.5, 0.9),
    Band("peak", 3200.0, 2.5, 0.8),
    Band("high_shelf", 9500.0, 3.5, 0.6),
)


def voice_strip(role: VoiceRole, mix: MixFacts) -> Strip:
    """The strip of a sung part.

    The lead is compressed twice, slowly to ride its level and quickly to catch its peaks, and stands
    forward; doubles and harmonies are quieter, wider, darker and wetter.
    """
    lead = Strip(
        high_pass_hz=105.0,
        eq=_VOICE_EQ,
        drive=0.08,
        de_essing=True,
        compression=(_RIDING, _CATCHING),
        width=0.6,
        reverb_send=0.1,
        delay_send=0.05,
    )
    back = replace(
        lead,
        high_pass_hz=170.0,
        drive=0.0,
        eq=(Band("peak", 300.0, -3.0, 0.9), Band("high_shelf", 7000.0, -1.5, 0.6)),
        width=0.8 + 0.6 * mix.width,
        reverb_send=0.22,
        delay_send=0.04,
    )
    match role:
        case "lead":
            return lead
        case "double":
            return replace(back, level_db=-9.0)
        case "harmony":
            return replace(back, level_db=-7.0)
        case _:
            assert_never(role)


def strips_for(parts: Sequence[PerformedPart], genre: Genre) -> dict[str, Strip]:
    """A strip for each played part, by the part's name.

    Level, place and room come from the genre's layer of that name, colour from the instrument's family.
    Parts of a genre's own drums and bass need no layer.
    """
    layers = {layer.name: layer for layer in genre.layers}
    return {part.name: _strip(part, layers.get(part.name), genre.mix) for part in parts}


def _strip(part: PerformedPart, layer: Layer | None, mix: MixFacts) -> Strip:
    known = INSTRUMENTS.get(part.instrument)
    family = known.family if known else Family.LEAD
    strip = _family_strip(family, mix)
    if part.instrument == "distortion_guitar":
        strip = replace(strip, amplifier=0.45, chorus=0.0)
    elif part.instrument == "overdriven_guitar":
        strip = replace(strip, amplifier=0.25, chorus=0.0)
    if part.stem != "drums" and family is not Family.BASS:
        strip = replace(strip, width=strip.width * (0.4 + 0.75 * mix.width), ducking=mix.ducking_db > 0)
    if part.stem == "bass" and mix.ducking_db > 0:
        strip = replace(strip, ducking=True)
    if layer is not None:
        strip = replace(strip, level_db=layer.level_db, pan=layer.pan, reverb_send=0.75 * layer.reverb)
    return strip


def _family_strip(family: Family, mix: MixFacts) -> Strip:
    match family:
        case Family.KIT:
            return Strip(
                high_pass_hz=30.0,
                eq=(Band("peak", 380.0, -2.0, 0.9), Band("high_shelf", 8500.0, 1.5)),
                drive=0.6 * mix.drive,
                compression=(_KIT_COMPRESSION,),
                reverb_send=0.1,
            )
        case Family.BASS:
            return Strip(
                high_pass_hz=32.0,
                eq=(Band("peak", 260.0, -2.0, 0.9), Band("peak", 900.0, 1.5, 0.9)),
                drive=0.8 * mix.drive,
                compression=(_BASS_COMPRESSION,),
                width=0.0,
            )
        case Family.PIANO | Family.MALLET | Family.ORGAN | Family.PLUCKED:
            return Strip(high_pass_hz=110.0, eq=(Band("peak", 320.0, -1.5, 0.8),), reverb_send=0.16)
        case Family.GUITAR:
            return Strip(
                high_pass_hz=120.0, eq=(Band("peak", 240.0, -2.0, 0.9),), chorus=0.15, reverb_send=0.14
            )
        case Family.STRINGS | Family.ENSEMBLE | Family.BRASS | Family.REED | Family.PIPE:
            return Strip(
                high_pass_hz=130.0, eq=(Band("high_shelf", 8000.0, 1.0),), width=1.2, reverb_send=0.28
            )
        case Family.PAD:
            return Strip(
                high_pass_hz=180.0,
                eq=(Band("peak", 350.0, -2.0, 0.8),),
                chorus=0.4,
                width=1.5,
                reverb_send=0.3,
            )
        case Family.LEAD:
            return Strip(high_pass_hz=140.0, width=1.1, reverb_send=0.2, delay_send=0.12)
        case Family.EFFECT:
            return Strip(high_pass_hz=60.0, width=1.4, reverb_send=0.3)
        case _:
            assert_never(family)
