"""The mix: parts through their strips into stems, and stems into balance.

A stem has a room and a delay of its own, so the stems still sum to the mix. A part's memory is used up: while
a stem is mixed there are its bus, its two mono sends, and the parts that are on their way into it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from math import log10
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from songwright.audio.loudness import SILENT_DB, integrated_loudness, weighted_energies
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.mixing.effects.blocks import (
    Audio,
    active_regions,
    apply_gain,
    blocks,
    hop_peaks,
    ramps,
)
from songwright.engines.local.mixing.effects.colour import amplify, chorus, place, saturate
from songwright.engines.local.mixing.effects.dynamics import (
    HOP_SAMPLES,
    Compression,
    compression_db,
    de_ess,
    ducking_db,
)
from songwright.engines.local.mixing.effects.equaliser import Band, equalise, halve_rate
from songwright.engines.local.mixing.effects.space import Echo, Room, add_space, echo_response, room_response
from songwright.engines.local.mixing.levels import STEP_SAMPLES
from songwright.engines.local.mixing.strips import Strip
from songwright.engines.local.playing.performed_notes import PerformedPart
from songwright.music.actions import StemName
from songwright.music.base import Model
from songwright.style.genre import MixFacts

__all__ = [
    "MIX_CONTEXT_SECONDS",
    "Desk",
    "MixState",
    "SectionEnergy",
    "StemBus",
    "StemMix",
    "blend_stems",
    "kick_seconds",
    "mix_stem",
]

MIX_CONTEXT_SECONDS = 4.0
"""How long before a stretch its parts must be heard, at least, for its rooms and compressors to be as in the
whole song."""

PART_LUFS = -20.0
"""The loudness that every part is brought to, before its strip's level."""

_PEAK_OVER_LOUDNESS_DB = 12.0
_MOST_STAGING_DB = 40.0
_KICK_KEYS = frozenset({35, 36})

_WINDOW_SECONDS = 1.0
_PART_WINDOWS = 16
_STEM_WINDOWS = 40

_MARGIN_SAMPLES = 256
_ROOM_FOR_VOICE = Band("band_pass", 2000.0, q=0.6)
_ROOM_FOR_VOICE_DB = 3.0
_ROOM_UNDER_WORDS_DB = 10.0
_VOICE_KEY = Compression(threshold_db=-30.0, ratio=50.0, attack_seconds=0.03, release_seconds=0.25)


@dataclass(frozen=True, slots=True)
class SectionEnergy:
    """A section of the song and how full it is, 0..1. Times are from the start of the song."""

    start_seconds: float
    end_seconds: float
    energy: float


@dataclass(frozen=True, slots=True)
class Desk:
    """What the mix of all stems shares.

    Attributes:
        samples: Length of the sound that is mixed.
        tempo_bpm: Quarter notes a minute, for the delay.
        mix: The genre's sound.
        kicks: When the kick strikes, in seconds from the start of the song.
        sections: In order; the fuller ones are opened up.
        origin_seconds: The time in the song at which the sound begins; a multiple of the master's grid.
    """

    samples: int
    tempo_bpm: float
    mix: MixFacts
    kicks: tuple[float, ...] = ()
    sections: tuple[SectionEnergy, ...] = ()
    origin_seconds: float = 0.0


class MixState(Model):
    """The few numbers by which a stretch of the same song can be mixed alike. Stored with the song.

    Attributes:
        part_gains_db: What brought each channel, of a part or a sung take, to the common loudness.
        stem_gains_db: What brought the stems into balance.
    """

    part_gains_db: dict[str, float] = Field(default_factory=dict)
    stem_gains_db: dict[StemName, float] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StemMix:
    """A mixed stem.

    Attributes:
        audio: Shape (2, samples).
        part_gains_db: For ``MixState``.
    """

    audio: Audio
    part_gains_db: dict[str, float]


def kick_seconds(parts: Sequence[PerformedPart]) -> tuple[float, ...]:
    """When the bass drum strikes in a performance, sorted."""
    return tuple(
        sorted(
            note.start_seconds
            for part in parts
            if part.stem == "drums"
            for note in part.notes
            if note.midi_pitch in _KICK_KEYS
        )
    )


def mix_stem(
    stem: StemName,
    parts: Iterable[tuple[str, Audio]],
    strips: Mapping[str, Strip],
    desk: Desk,
    given: MixState | None = None,
) -> StemMix:
    """Mix one stem.

    Args:
        stem: Which; it decides the room.
        parts: Names and sound of shape (2, desk.samples), or (1, desk.samples) for what has no sides. Taken
            one at a time, and **used up**: a generator may render each into the same memory.
        strips: For every name.
        desk: What all stems share.
        given: The state of the song that this stretch belongs to. Parts that it knows keep their gain.

    Returns:
        The stem, before balance.
    """
    bus = StemBus(stem, desk, given)
    for name, audio in parts:
        bus.add(name, audio, strips[name])
    return bus.finished()


class StemBus:
    """Where the parts of a stem meet, in any order and from several threads at once.

    They are added as integers, and their gains are told in the order of their names, so that both are the
    same whichever part comes first.

    Args:
        stem: Which; it decides the room.
        desk: What all stems share.
        given: The state of the song that this stretch belongs to. Parts that it knows keep their gain.
    """

    def __init__(self, stem: StemName, desk: Desk, given: MixState | None = None) -> None:
        self._stem = stem
        self._desk = desk
        self._given = given
        self._adding = Lock()
        self._sum = np.zeros((2, desk.samples), np.int32)
        self._room_send = np.zeros(desk.samples, np.int32)
        self._echo_send = np.zeros(desk.samples, np.int32)
        self._gains_db: dict[str, float] = {}
        self._heard: list[Strip] = []

    def add(self, name: str, audio: Audio, strip: Strip) -> None:
        """Send a part through its strip and add it; its memory is used up.

        Args:
            name: Of the part.
            audio: Shape (2, samples), or (1, samples) for what has no sides.
            strip: Its channel.
        """
        known = self._given.part_gains_db.get(name) if self._given else None
        staging_db = _staging_db(audio) if known is None else known
        sends = [
            (np.float32(level / 2), send)
            for level, send in ((strip.reverb_send, self._room_send), (strip.delay_send, self._echo_send))
            if level
        ]
        for start, piece in _through_strip(audio, strip, self._desk, staging_db):
            stop = start + piece.shape[1]
            if sends:
                mono = piece[0] + piece[1]
                sent = [(_fixed(mono * level), send) for level, send in sends]
            else:
                sent = []
            whole = _fixed(piece)
            with self._adding:
                self._sum[:, start:stop] += whole
                for more, send in sent:
                    send[start:stop] += more
        with self._adding:
            self._gains_db[name] = staging_db
            self._heard.append(strip)

    def finished(self) -> StemMix:
        """The stem with its room, before balance. All its parts must have been added; call it once."""
        desk = self._desk
        energy = _energy(desk)
        bus = self._sum.view(np.float32)
        for start, stop in blocks(desk.samples):
            np.multiply(self._sum[:, start:stop], _FIXED_STEP, out=bus[:, start:stop], casting="unsafe")
        if self._stem == "other":
            _widen(bus, energy)
        returns: list[tuple[Audio, Audio]] = []
        if any(strip.reverb_send for strip in self._heard):
            sent = _at_half_rate(self._room_send, 0.8 + 0.4 * energy)
            returns.append((sent, room_response(_room(self._stem, desk.mix))))
        if any(strip.delay_send for strip in self._heard):
            sent = _at_half_rate(self._echo_send, np.ones(1))
            returns.append((sent, echo_response(_echo(desk.tempo_bpm))))
        del self._sum, self._room_send, self._echo_send
        add_space(bus, tuple(returns), _stepping_back(bus) if self._stem == "vocals" else None)
        return StemMix(audio=bus, part_gains_db=dict(sorted(self._gains_db.items())))


# The sum of a stem's parts has room for 30 dB above full scale, and is rounded 156 dB below it.
_FIXED_BITS = 26
_FIXED_STEP = np.float32(2.0**-_FIXED_BITS)


def _fixed(audio: Audio) -> NDArray[np.int32]:
    """Sound in integers of ``_FIXED_STEP``, if it comes in their unit."""
    return np.rint(audio, out=audio).astype(np.int32)


def _at_half_rate(sent: NDArray[np.int32], nodes: NDArray[np.float64]) -> Audio:
    """A send as sound at half of its sample rate, after a gain curve."""
    out = np.empty(sent.size // 2, np.float32)
    for start, stop in blocks(sent.size):
        first, last = max(0, start - _MARGIN_SAMPLES), min(sent.size, stop + _MARGIN_SAMPLES)
        piece = sent[first:last]
        if not piece.any():
            out[start // 2 : stop // 2] = 0
            continue
        heard = piece * (_FIXED_STEP * ramps(nodes, HOP_SAMPLES, first, last))
        out[start // 2 : stop // 2] = halve_rate(heard)[(start - first) // 2 :][: stop // 2 - start // 2]
    return out


def _stepping_back(voice: Audio) -> NDArray[np.float64]:
    """Gains for a voice's room: it steps back while words are sung, so that it doesn't blur them."""
    key = compression_db(hop_peaks(voice, HOP_SAMPLES), _VOICE_KEY)
    return 10 ** (np.maximum(key, -_ROOM_UNDER_WORDS_DB) / 20)


def _staging_db(audio: Audio) -> float:
    """The gain that brings a part to the common loudness while it plays; 0 for silence."""
    peaks = hop_peaks(audio, SAMPLE_RATE_HZ)
    active = np.flatnonzero(peaks > 1e-3 * peaks.max(initial=0.0))
    if not active.size:
        return 0.0
    chosen = active[np.linspace(0, active.size - 1, min(_PART_WINDOWS, active.size)).astype(int)]
    # Sound without sides comes from both loudspeakers.
    energies = _window_energies(audio, chosen.tolist()) * (2 / len(audio))
    loudness = integrated_loudness(energies, STEP_SAMPLES, SAMPLE_RATE_HZ)
    if loudness <= SILENT_DB:
        return 0.0
    return float(np.clip(PART_LUFS - loudness, -_MOST_STAGING_DB, _MOST_STAGING_DB))


def _window_energies(audio: Audio, windows: Sequence[int]) -> NDArray[np.float64]:
    """The weighted energies of tenths of a second, over the seconds whose numbers are given."""
    length = round(_WINDOW_SECONDS * SAMPLE_RATE_HZ)
    return np.concatenate(
        [
            weighted_energies(audio[:, second * length : (second + 1) * length], SAMPLE_RATE_HZ, STEP_SAMPLES)
            for second in windows
        ]
    )


def _through_strip(audio: Audio, strip: Strip, desk: Desk, staging_db: float) -> Iterator[tuple[int, Audio]]:
    """A part through its strip: where it sounds, pieces of shape (2, any) in units of ``_FIXED_STEP``."""
    audio, matrix = _folded(audio, strip)
    regions = active_regions(audio)
    for start, stop in regions:
        _colour(audio[:, start:stop], strip, staging_db, desk.origin_seconds + start / SAMPLE_RATE_HZ)

    gains_db = np.full(-(-desk.samples // HOP_SAMPLES) + 1, staging_db)
    if strip.compression:
        peaks = hop_peaks(audio, HOP_SAMPLES)
        for setting in strip.compression:
            gains_db += compression_db(peaks * 10 ** (gains_db[:-1] / 20), setting)
    if strip.ducking and desk.mix.ducking_db:
        kicks = [kick - desk.origin_seconds for kick in desk.kicks]
        recovery_seconds = min(0.35, 0.75 * 60 / desk.tempo_bpm)
        gains_db += ducking_db(kicks, desk.mix.ducking_db, recovery_seconds, desk.samples)
    nodes = 10 ** ((gains_db + strip.level_db) / 20) * 2.0**_FIXED_BITS
    for start, stop in regions:
        for offset, end in blocks(stop - start):
            first, last = start + offset, start + end
            yield first, _placed(audio[:, first:last], matrix, ramps(nodes, HOP_SAMPLES, first, last))


def _placed(audio: Audio, matrix: Audio, gains: Audio) -> Audio:
    """A part's sides, or its one channel, times a 2 x n matrix and a gain for every sample."""
    out = np.empty((2, gains.size), np.float32)
    if len(audio) == 1:
        gained = audio[0] * gains
        np.multiply(gained, matrix[0, 0], out=out[0])
        np.multiply(gained, matrix[1, 0], out=out[1])
        return out
    left, right = audio[0] * gains, audio[1] * gains
    for side, row in zip(out, matrix, strict=True):
        np.multiply(left, row[0], out=side)
        np.add(side, right * row[1], out=side)
    return out


def _folded(audio: Audio, strip: Strip) -> tuple[Audio, Audio]:
    """A part with one channel where that is all there is to hear, and the matrix that places it."""
    matrix = place(strip.pan, strip.width)
    if len(audio) == 1:
        if strip.chorus:
            return np.repeat(audio, 2, axis=0), matrix
        return audio, matrix.sum(axis=1, keepdims=True)
    if strip.width and not np.array_equal(audio[0], audio[1]):
        return audio, matrix
    if not strip.width:
        audio[0] += audio[1]
        audio[0] *= np.float32(0.5)
    if strip.chorus:
        audio[1] = audio[0]
        return audio, matrix
    return audio[:1], matrix.sum(axis=1, keepdims=True)


def _colour(audio: Audio, strip: Strip, staging_db: float, origin_seconds: float) -> None:
    """The part of a strip that shapes a part's sound, over a stretch that begins and ends in silence."""
    peak = 10 ** ((PART_LUFS + _PEAK_OVER_LOUDNESS_DB - staging_db) / 20)
    equalise(audio, strip.bands)
    if strip.amplifier:
        amplify(audio, strip.amplifier, peak)
    saturate(audio, strip.drive, peak)
    chorus(audio, strip.chorus, origin_seconds=origin_seconds)
    if strip.de_essing:
        de_ess(audio, peak)


def _energy(desk: Desk) -> NDArray[np.float64]:
    """How full the song is at every node of a gain curve, 0..1; 0.5 where no section says."""
    nodes = -(-desk.samples // HOP_SAMPLES) + 1
    if not desk.sections:
        return np.full(nodes, 0.5)
    bends: list[float] = []
    for section in desk.sections:
        edge = min(0.25, (section.end_seconds - section.start_seconds) / 4)
        bends += [section.start_seconds + edge, section.end_seconds - edge]
    levels = np.repeat([section.energy for section in desk.sections], 2)
    times = np.arange(nodes) * (HOP_SAMPLES / SAMPLE_RATE_HZ) + desk.origin_seconds
    energy: NDArray[np.float64] = np.interp(times, bends, levels)
    return energy


def _widen(bus: Audio, energy: NDArray[np.float64]) -> None:
    """Make full sections wider than sparse ones, in place."""
    more = 0.15 * (energy - 0.5)
    for start, stop in blocks(bus.shape[1]):
        side = bus[0, start:stop] - bus[1, start:stop]
        side *= ramps(more, HOP_SAMPLES, start, stop)
        bus[0, start:stop] += side
        bus[1, start:stop] -= side


def _room(stem: StemName, mix: MixFacts) -> Room:
    match stem:
        case "vocals":
            return Room(min(0.9 + 0.4 * mix.room_seconds, 2.2), brightness=0.9, predelay_seconds=0.035)
        case "drums" | "bass":
            return Room(min(0.3 + 0.3 * mix.room_seconds, 1.2), brightness=0.6, predelay_seconds=0.008)
        case "other":
            return Room(mix.room_seconds, brightness=0.5)


def _echo(tempo_bpm: float) -> Echo:
    """A dotted eighth, or the note value next to it that repeats between 0.2 and 0.45 s."""
    seconds = 0.75 * 60 / tempo_bpm
    while seconds > 0.45:
        seconds /= 1.5 if seconds < 0.6 else 2
    return Echo(seconds)


def blend_stems(
    stems: Mapping[StemName, Audio], desk: Desk, given: MixState | None = None
) -> dict[StemName, float]:
    """Bring the stems into balance, in place.

    The accompaniment first makes room for the voice: while somebody sings, its middle frequencies step
    back by 3 dB. Then drums and bass are set against the accompaniment, and the vocals against everything
    else while they sound, as far as the genre says.

    Args:
        stems: From ``mix_stem``.
        desk: What all stems share.
        given: The state of the song that this stretch belongs to, for the same balance as there.

    Returns:
        The gains of the stems in dB, for ``MixState``.
    """
    if "vocals" in stems and "other" in stems:
        _make_room(stems["other"], stems["vocals"])
    gains_db = dict(given.stem_gains_db) if given else _balance_db(stems, desk.mix)
    if "vocals" in stems and "vocals" not in gains_db:
        # The song's own voice was recorded and has no gain: a new one is set over the backing as it stands.
        fresh = _balance_db(stems, desk.mix)
        gains_db["vocals"] = fresh["vocals"] - fresh.get("other", 0.0) + gains_db.get("other", 0.0)
    for name, audio in stems.items():
        np.multiply(audio, np.float32(10 ** (gains_db.get(name, 0.0) / 20)), out=audio)
    return {name: gains_db.get(name, 0.0) for name in stems}


def _make_room(other: Audio, voice: Audio) -> None:
    key = compression_db(hop_peaks(voice, HOP_SAMPLES), _VOICE_KEY)
    nodes = 10 ** (np.maximum(key, -_ROOM_FOR_VOICE_DB) / 20) - 1
    for start, stop in active_regions(voice):
        middle = equalise(other[:, start:stop].copy(), (_ROOM_FOR_VOICE,))
        apply_gain(middle, nodes[start // HOP_SAMPLES :], HOP_SAMPLES)
        other[:, start:stop] += middle


def _balance_db(stems: Mapping[StemName, Audio], mix: MixFacts) -> dict[StemName, float]:
    samples = max((audio.shape[1] for audio in stems.values()), default=0)
    seconds = max(1, samples // SAMPLE_RATE_HZ)
    windows = np.unique(np.linspace(0, seconds - 1, min(_STEM_WINDOWS, seconds)).astype(int)).tolist()
    with ThreadPoolExecutor(2) as pool:
        heard_in = pool.map(partial(_window_energies, windows=windows), stems.values())
        energies = dict(zip(stems, heard_in, strict=True))
    wanted: dict[StemName, float] = {"other": 0.0, "drums": mix.drums_db, "bass": mix.bass_db}
    gains_db: dict[StemName, float] = {}
    backing = np.zeros(0)
    for name, level_db in wanted.items():
        if name in energies:
            loudness = integrated_loudness(energies[name], STEP_SAMPLES, SAMPLE_RATE_HZ)
            gains_db[name] = PART_LUFS + level_db - loudness if loudness > SILENT_DB else 0.0
            heard = energies[name] * 10 ** (gains_db[name] / 10)
            backing = heard if not backing.size else backing + heard
    if "vocals" in energies:
        gains_db["vocals"] = _voice_gain_db(energies["vocals"], backing, mix.vocal_db)
    return gains_db


def _voice_gain_db(voice: NDArray[np.float64], backing: NDArray[np.float64], over_backing_db: float) -> float:
    """The gain that sets a voice this far over its backing, where it sings."""
    singing = voice > 0.05 * voice.max(initial=0.0)
    if not singing.any():
        return 0.0
    sung = float(voice[singing].mean())
    behind = float(backing[singing].mean()) if backing.size else 0.0
    if behind <= 0:
        loudness = integrated_loudness(voice, STEP_SAMPLES, SAMPLE_RATE_HZ)
        return PART_LUFS - loudness if loudness > SILENT_DB else 0.0
    return over_backing_db + 10 * log10(behind / sung)
