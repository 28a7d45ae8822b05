"""From a score to sound: perform it, sing it, mix it, master it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from songwright.engines.local.effects.blocks import Audio
from songwright.engines.local.genre import load_genre
from songwright.engines.local.instruments import render_part
from songwright.engines.local.mastering import MasterState, MasterTarget, master
from songwright.engines.local.mixdown import (
    Desk,
    MixState,
    SectionEnergy,
    StemMix,
    blend_stems,
    kick_seconds,
    mix_stem,
)
from songwright.engines.local.perform import perform
from songwright.engines.local.performance import SAMPLE_RATE_HZ, PerformedPart
from songwright.engines.local.singing.performance import LineTimes, sing
from songwright.engines.local.strips import VoiceRole, strips_for, voice_strip
from songwright.music.actions import StemName
from songwright.music.score import Score, SectionKind, VocalPart
from songwright.music.song import Loudness

__all__ = ["RING_OUT_SECONDS", "Sound", "make_sound", "song_samples"]

RING_OUT_SECONDS = 3.5
"""How long the last bar rings on."""

_FADE_SECONDS = 1.5
_DOUBLED_IN: frozenset[SectionKind] = frozenset({"chorus", "post-chorus", "drop"})

Say = Callable[[str], None]
"""Told when a stage is done."""


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A finished song as sound.

    Attributes:
        mix: Shape (2, samples), 24-bit integers: the exact sum of the stems.
        stems: Shape (2, samples) each; a stem that the song does not have is silent.
        lines: When each sung line is heard.
        mix_state, master_state: For mixing a stretch of the song again alike.
        loudness: Of the mix.
    """

    mix: NDArray[np.int32]
    stems: dict[StemName, NDArray[np.int32]]
    lines: tuple[LineTimes, ...]
    mix_state: MixState
    master_state: MasterState
    loudness: Loudness


def song_samples(score: Score) -> int:
    """The length of a song's sound in samples, with the last bar's ring-out."""
    return round((score.seconds(score.duration_beats) + RING_OUT_SECONDS) * SAMPLE_RATE_HZ)


def make_sound(
    score: Score,
    backing: VocalPart | None,
    seed: str,
    *,
    vocal_gain_db: float,
    raw: bool,
    done: Say,
) -> Sound:
    """Turn a score into a mastered song.

    Args:
        score: What is played and sung.
        backing: A second voice.
        seed: Of the song: decides how it is performed.
        vocal_gain_db: How far the voice is lifted over the genre's habit.
        raw: Whether to leave the mix unmastered.
        done: Told after each stage.
    """
    genre = load_genre(score.genre)
    facts = genre.mix.model_copy(update={"vocal_db": genre.mix.vocal_db + vocal_gain_db})
    parts = perform(score, genre, seed)
    strips = strips_for(parts, genre)
    desk = Desk(
        samples=song_samples(score),
        tempo_bpm=score.tempo_bpm,
        mix=facts,
        kicks=kick_seconds(parts),
        sections=tuple(_energies(score)),
    )
    lines: list[LineTimes] = []

    def mix_one(stem: StemName) -> StemMix:
        if stem == "vocals":
            takes = _takes(score, backing, seed, desk.samples, lines)
            mixed = mix_stem(
                stem, takes, {role: voice_strip(role, facts) for role in get_args(VoiceRole)}, desk
            )
        else:
            mixed = mix_stem(stem, _played(parts, stem, desk.samples), strips, desk)
        done(_STAGES[stem])
        return mixed

    with ThreadPoolExecutor(2) as pool:
        mixed = dict(zip(_ORDER, pool.map(mix_one, _ORDER), strict=True))
    stems = {stem: mix.audio for stem, mix in mixed.items()}
    stem_gains_db = blend_stems(stems, desk)
    _fade_out(stems)
    done("mixing")
    target = MasterTarget(tilt_db=facts.tilt_db, finish="raw" if raw else "mastered")
    mastered = master(stems, target)
    done("mastering")
    part_gains_db = {name: gain for mix in mixed.values() for name, gain in mix.part_gains_db.items()}
    return Sound(
        mix=mastered.mix,
        stems=mastered.stems,
        lines=tuple(lines),
        mix_state=MixState(part_gains_db=part_gains_db, stem_gains_db=stem_gains_db),
        master_state=mastered.state,
        loudness=mastered.loudness,
    )


# The longest first, so that two at a time end together.
_ORDER: tuple[StemName, ...] = ("other", "vocals", "drums", "bass")
_STAGES: dict[StemName, str] = {
    "vocals": "singing",
    "drums": "playing the drums",
    "bass": "playing the bass",
    "other": "playing the band",
}


def _energies(score: Score) -> Iterator[SectionEnergy]:
    bar = score.time_signature.beats_per_bar
    for section in score.sections:
        start = score.seconds(section.start_bar * bar)
        end = score.seconds((section.start_bar + section.bars) * bar)
        yield SectionEnergy(start, end, section.energy)


def _played(parts: tuple[PerformedPart, ...], stem: StemName, samples: int) -> Iterator[tuple[str, Audio]]:
    """The stem's parts one at a time, in one piece of memory."""
    audio = np.empty((2, samples), np.float32)
    for part in parts:
        if part.stem == stem:
            audio[:] = 0
            render_part(part, audio)
            yield part.name, audio


def _takes(
    score: Score, backing: VocalPart | None, seed: str, samples: int, lines: list[LineTimes]
) -> Iterator[tuple[VoiceRole, Audio]]:
    """The sung takes one at a time, in one piece of memory. The lead's lines go to ``lines``."""
    if score.vocal is None:
        return
    energy = tuple(section.energy for section in score.sections)
    doubled = tuple(line for line in score.vocal.lines if score.sections[line.section].kind in _DOUBLED_IN)
    takes: list[tuple[VoiceRole, VocalPart]] = [("lead", score.vocal)]
    if doubled:
        takes.append(("double", replace(score.vocal, lines=doubled)))
    if backing is not None:
        takes.append(("harmony", backing))
    audio = np.empty((2, samples), np.float32)
    for role, part in takes:
        sung = sing(part, score.tempo_bpm, samples, seed=seed, role=role, section_energy=energy)
        if role == "lead":
            lines.extend(sung.lines)
        audio[:] = sung.samples
        yield role, audio


def _fade_out(stems: dict[StemName, Audio]) -> None:
    """Let the last of the ring-out fade into silence, in every stem alike."""
    length = round(_FADE_SECONDS * SAMPLE_RATE_HZ)
    fade = np.square(np.cos(np.linspace(0, np.pi / 2, length))).astype(np.float32)
    for audio in stems.values():
        audio[:, -length:] *= fade[-audio.shape[1] :]
