"""From a score to sound: perform it, sing it, mix it, master it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.backing_vocals import DOUBLED_IN
from songwright.engines.local.mixing.effects.blocks import Audio
from songwright.engines.local.mixing.mastering import (
    GRID_SAMPLES,
    Finish,
    MasterState,
    MasterTarget,
    master,
)
from songwright.engines.local.mixing.mixdown import (
    Desk,
    MixState,
    SectionEnergy,
    StemBus,
    blend_stems,
    kick_seconds,
)
from songwright.engines.local.mixing.strips import Strip, VoiceRole, strips_for, sung_channel, voice_strip
from songwright.engines.local.playing.humanize import perform
from songwright.engines.local.playing.performed_notes import PerformedPart
from songwright.engines.local.playing.player import render_part
from songwright.engines.local.rendering.allocator import (
    forget_sounds,
    forget_words_but,
    keep_large_arrays_apart,
    keep_what_is_freed,
)
from songwright.engines.local.rendering.spill import Aside, set_aside, take_back
from songwright.engines.local.session import Manuscript, Session
from songwright.engines.local.singing.singer import LineTimes, sing
from songwright.music.actions import StemName
from songwright.music.score import Score, SungLine, VocalPart
from songwright.music.song import Loudness
from songwright.style.genre import load_genre
from songwright.style.swing import swing_beats

__all__ = [
    "MASTERED_LUFS",
    "Sound",
    "StemsInTheRough",
    "Window",
    "fade_out",
    "make_sound",
    "mix_stems",
    "song_samples",
    "window_about",
]

MASTERED_LUFS = -14.0
"""The integrated loudness of a master."""

_LONGEST_FADE_SECONDS = 1.5
_SHORTEST_FADE_SECONDS = 0.5
_LOOP_TAIL_SECONDS = 4.0
_LOOP_CONTEXT_SECONDS = 3.0
_JOINT_SAMPLES = 2048
_LONGEST_RING_SECONDS = 8.0
# Rooms have fallen by 60 dB after this time, and every compressor and limiter has let go.
_BEFORE_SECONDS = 3.0
_PUSH_SECONDS = 0.5
_A_LITTLE = 1e-6
_LONG_SECONDS = 60.0
# What comes is seen by the limiter 2 ms and by the master's compressor 50 ms ahead.
_BEHIND_SECONDS = 0.25

Say = Callable[[str], None]
"""Told when a stage is done."""


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of a song, in samples from its start; ``start`` is a multiple of the master's grid."""

    start: int
    stop: int

    @property
    def samples(self) -> int:
        """Its length."""
        return self.stop - self.start

    @property
    def origin_seconds(self) -> float:
        """The time in the song at which it begins."""
        return self.start / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class StemsInTheRough:
    """Mixed stems before they are set into balance and mastered.

    Attributes:
        stems: Shape (2, samples) each.
        desk: What the stems share.
        part_gains_db: For ``MixState``.
        lines: When each sung line is heard.
    """

    stems: dict[StemName, Audio]
    desk: Desk
    part_gains_db: dict[str, float]
    lines: tuple[LineTimes, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sound:
    """A finished song, or a stretch of one, as sound.

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
    """The length of a song's sound in samples, with what rings behind its last bar."""
    return round(score.duration_seconds * SAMPLE_RATE_HZ)


def _fade_samples(score: Score) -> int:
    """How long the end of a song fades: through its ring, and where that is short, a shaped release."""
    if score.fade_out_seconds is not None:
        return round(score.fade_out_seconds * SAMPLE_RATE_HZ)
    seconds = min(_LONGEST_FADE_SECONDS, max(_SHORTEST_FADE_SECONDS, score.ring_seconds))
    return round(seconds * SAMPLE_RATE_HZ)


def window_about(score: Score, start: int, stop: int) -> Window:
    """The window that must be made for the samples from ``start`` to ``stop`` to be as in the whole song."""
    before = round(_BEFORE_SECONDS * SAMPLE_RATE_HZ)
    behind = round(_BEHIND_SECONDS * SAMPLE_RATE_HZ)
    whole = song_samples(score)
    first = max(0, start - before) // GRID_SAMPLES * GRID_SAMPLES
    last = stop + behind
    # Within the last fade only the whole rest is as in the song.
    if last > whole - _fade_samples(score):
        last = whole
    return Window(first, last)


def make_sound(
    song: Manuscript,
    *,
    raw: bool,
    done: Say,
    window: Window | None = None,
    given: Session | None = None,
    aim_lufs: float = MASTERED_LUFS,
) -> Sound:
    """Turn a song, or a stretch of it, into mastered sound.

    Args:
        song: What is played and sung.
        raw: Whether to leave the mix unmastered.
        done: Told after each stage.
        window: The stretch; None for the whole song.
        given: The song whose mix and master are to be met; None to find both anew.
        aim_lufs: The integrated loudness of a master that is found anew.
    """
    if song.score.loops and window is None:
        return _make_loop(song, raw=raw, done=done, aim_lufs=aim_lufs)
    rough = mix_stems(song, _ORDER, done=done, window=window, given=given.mix if given else None)
    stem_gains_db = blend_stems(rough.stems, rough.desk, given.mix if given else None)
    fade_in(rough.stems, song.score, window)
    fade_out(rough.stems, song.score, window)
    done("mixing")
    finish: Finish = "raw" if raw else "mastered"
    target = MasterTarget(integrated_lufs=aim_lufs, tilt_db=rough.desk.mix.tilt_db, finish=finish)
    mastered = master(rough.stems, target, given.master if given else None)
    done("mastering")
    known = given.mix.part_gains_db if given else {}
    return Sound(
        mix=mastered.mix,
        stems=mastered.stems,
        lines=rough.lines,
        mix_state=MixState(part_gains_db=known | rough.part_gains_db, stem_gains_db=stem_gains_db),
        master_state=mastered.state,
        loudness=mastered.loudness,
    )


def _make_loop(song: Manuscript, *, raw: bool, done: Say, aim_lufs: float) -> Sound:
    """A song whose end joins its beginning: what rings behind the last bar sounds on in the first ones.

    It is mastered between copies of its own end and beginning, so that the gain curve goes round as well.
    """
    length = song_samples(song.score)
    tail = round(_LOOP_TAIL_SECONDS * SAMPLE_RATE_HZ)
    rough = mix_stems(song, _ORDER, done=done, window=Window(0, length + tail))
    stem_gains_db = blend_stems(rough.stems, rough.desk)
    done("mixing")
    before = round(_LOOP_CONTEXT_SECONDS * SAMPLE_RATE_HZ) // GRID_SAMPLES * GRID_SAMPLES
    around = np.arange(-before, length + before) % length
    stems: dict[StemName, Audio] = {}
    for name, audio in rough.stems.items():
        whole = audio[:, :length].copy()
        for start in range(length, length + tail, length):
            more = audio[:, start : start + length]
            whole[:, : more.shape[1]] += more
        stems[name] = np.ascontiguousarray(whole[:, around])
    finish: Finish = "raw" if raw else "mastered"
    target = MasterTarget(integrated_lufs=aim_lufs, tilt_db=rough.desk.mix.tilt_db, finish=finish)
    mastered = master(stems, target)
    joined = {name: _joined(audio, before, length) for name, audio in mastered.stems.items()}
    mix = np.zeros_like(joined["vocals"])
    for stem in joined.values():
        mix += stem
    done("mastering")
    return Sound(
        mix=mix,
        stems=joined,
        lines=rough.lines,
        mix_state=MixState(part_gains_db=rough.part_gains_db, stem_gains_db=stem_gains_db),
        master_state=mastered.state,
        loudness=mastered.loudness,
    )


def _joined(audio: NDArray[np.int32], before: int, length: int) -> NDArray[np.int32]:
    """The loop out of its surroundings; its last moments pass into what was mastered ahead of its first."""
    loop = audio[:, before : before + length].copy()
    size = min(_JOINT_SAMPLES, length)
    rising = np.linspace(0.0, 1.0, size)
    ending, ahead = loop[:, -size:], audio[:, before - size : before]
    loop[:, -size:] = np.rint(ending * (1.0 - rising) + ahead * rising).astype(np.int32)
    return loop


def mix_stems(
    song: Manuscript,
    wanted: Sequence[StemName],
    *,
    done: Say,
    window: Window | None = None,
    given: MixState | None = None,
) -> StemsInTheRough:
    """Perform and mix some of a song's stems, without balance.

    Args:
        song: What is played and sung.
        wanted: Which stems.
        done: Told after each stem.
        window: The stretch; None for the whole song.
        given: Gains of parts that are to be kept.
    """
    genre = song.brief.coloured_genre
    facts = genre.mix.model_copy(update={"vocal_db": genre.mix.vocal_db + song.vocal_gain_db})
    window = window or Window(0, song_samples(song.score))
    parts, strips = _performed(song, window)
    desk = Desk(
        samples=window.samples,
        tempo_bpm=song.score.tempo_bpm,
        mix=facts,
        kicks=kick_seconds(parts),
        sections=tuple(_energies(song.score)),
        origin_seconds=window.origin_seconds,
    )
    lines: list[LineTimes] = []
    gains_db: dict[StemName, dict[str, float]] = {}
    aside: dict[StemName, Aside] = {}

    def finish(stem: StemName, bus: StemBus) -> None:
        mixed = bus.finished()
        gains_db[stem] = mixed.part_gains_db
        aside[stem] = set_aside(mixed.audio)
        done(_STAGES[stem])

    work: list[Callable[[], None]] = []
    for stem in wanted:
        bus = StemBus(stem, desk, given)
        channels: list[_Channel | None]
        if stem == "vocals":
            channels = [
                (
                    sung_channel(role),
                    voice_strip(role, facts),
                    partial(_sung, song, window, role, take, lines),
                )
                for role, take in _takes(song)
            ]
        else:
            channels = [
                (part.name, strips[part.name], partial(_played, part, window))
                for part in parts
                if part.stem == stem and _is_heard(part, window)
            ]
        channels = channels or [None]
        left = _Countdown(len(channels))
        ending = partial(finish, stem, bus)
        work += [partial(_mix_part, bus, channel, left, ending) for channel in channels]
    is_long = window.samples > _LONG_SECONDS * SAMPLE_RATE_HZ
    if is_long:
        keep_large_arrays_apart()
        forget_words_but(song.score)
    else:
        keep_what_is_freed()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda piece: piece(), work))
    if is_long:
        forget_sounds()
    return StemsInTheRough(
        stems={stem: take_back(aside.pop(stem)) for stem in wanted},
        desk=desk,
        # In one order, whichever stem was ready first.
        part_gains_db={name: gain for stem in wanted for name, gain in gains_db[stem].items()},
        lines=tuple(lines),
    )


_Channel = tuple[str, Strip, Callable[[], Audio]]
"""The name of a channel, its strip, and what makes its sound."""


class _Countdown:
    """Counts what is left to do, from several threads."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = Lock()

    def is_last(self) -> bool:
        """Note that one piece is done; whether nothing is left."""
        with self._lock:
            self._left -= 1
            return self._left == 0


def _mix_part(bus: StemBus, channel: _Channel | None, left: _Countdown, finish: Callable[[], None]) -> None:
    """Make a part's sound and add it to its stem; whoever adds the last one finishes the stem."""
    if channel is not None:
        name, strip, make = channel
        bus.add(name, make(), strip)
    if left.is_last():
        finish()


def fade_in(stems: Mapping[StemName, Audio], score: Score, window: Window | None = None) -> None:
    """Let the beginning rise out of silence, in every stem alike, in place."""
    length = round(score.fade_in_seconds * SAMPLE_RATE_HZ)
    start = window.start if window else 0
    if score.loops or start >= length:
        return
    fade = np.square(np.sin(np.linspace(0, np.pi / 2, length))).astype(np.float32)[start:]
    for audio in stems.values():
        heard = min(len(fade), audio.shape[1])
        audio[:, :heard] *= fade[:heard]


def fade_out(stems: Mapping[StemName, Audio], score: Score, window: Window | None = None) -> None:
    """Let the last of the ring-out fade into silence, in every stem alike, in place."""
    if score.loops or (window is not None and window.stop < song_samples(score)):
        return
    length = min(_fade_samples(score), *(audio.shape[1] for audio in stems.values()))
    fade = np.square(np.cos(np.linspace(0, np.pi / 2, length))).astype(np.float32)
    for audio in stems.values():
        audio[:, -length:] *= fade


# Long pieces of work first, so that two at a time end together.
_ORDER: tuple[StemName, ...] = ("vocals", "drums", "bass", "other")
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


def _performed(song: Manuscript, window: Window) -> tuple[tuple[PerformedPart, ...], dict[str, Strip]]:
    """Every part as its own band plays it where that may be heard in a window, and its channel."""
    parts: list[PerformedPart] = []
    strips: dict[str, Strip] = {}
    first, last = _sections_heard(song.score, window)
    for whole in song.score.parts:
        if whole.name not in song.seats:
            continue
        part = replace(whole, notes=tuple(note for note in whole.notes if first <= note.start_beats < last))
        seat = song.seats[part.name]
        genre = song.bands[seat.band].brief.coloured_genre
        at_home = replace(song.score, parts=(replace(part, name=seat.layer),))
        played = perform(at_home, genre, song.seed)
        strips[part.name] = strips_for(played, genre)[seat.layer]
        parts.extend(replace(performed, name=part.name) for performed in played)
    return tuple(parts), strips


def _played(part: PerformedPart, window: Window) -> Audio:
    audio = np.zeros((2, window.samples), np.float32)
    render_part(part, audio, origin_seconds=window.origin_seconds)
    return audio


def _sections_heard(score: Score, window: Window) -> tuple[float, float]:
    """From which to which beat sections may be heard: each is performed whole, and apart from the others."""
    bar = score.time_signature.beats_per_bar
    start = window.origin_seconds - _LONGEST_RING_SECONDS
    stop = window.stop / SAMPLE_RATE_HZ
    heard = [
        (section.start_bar * bar, (section.start_bar + section.bars) * bar)
        for section in score.sections
        if score.seconds(section.start_bar * bar) < stop + _PUSH_SECONDS
        and score.seconds((section.start_bar + section.bars) * bar) > start
    ]
    first = heard[0][0] if heard and heard[0][0] > 0 else float("-inf")
    last = heard[-1][1] if heard and heard[-1][1] < score.duration_beats else float("inf")
    return first - _A_LITTLE, last - _A_LITTLE


def _is_heard(part: PerformedPart, window: Window) -> bool:
    stop_seconds = window.stop / SAMPLE_RATE_HZ
    return any(
        note.start_seconds < stop_seconds
        and note.start_seconds + note.duration_seconds + _LONGEST_RING_SECONDS > window.origin_seconds
        for note in part.notes
    )


def _takes(song: Manuscript) -> list[tuple[VoiceRole, VocalPart]]:
    """The takes that are sung: the lead, its double where choruses are doubled, a second voice."""
    score = song.score
    if score.vocal is None:
        return []
    doubled = tuple(line for line in score.vocal.lines if score.sections[line.section].kind in DOUBLED_IN)
    takes: list[tuple[VoiceRole, VocalPart]] = [("lead", score.vocal)]
    if doubled:
        takes.append(("double", replace(score.vocal, lines=doubled)))
    if song.backing is not None:
        takes.append(("harmony", song.backing))
    return takes


def _sung(
    song: Manuscript, window: Window, role: VoiceRole, part: VocalPart, lines: list[LineTimes]
) -> Audio:
    """One take, shape (1, samples). The lead's lines go to ``lines``."""
    score = song.score
    genre = load_genre(score.genre)

    def swung_seconds(beats: float) -> float:
        return score.seconds(swing_beats(beats, score.swing, genre, score.time_signature))

    sung = sing(
        replace(part, lines=tuple(line for line in part.lines if _is_near(line, score, window))),
        score.tempo_bpm,
        window.stop,
        seed=song.seed,
        role=role,
        section_energy=tuple(section.energy for section in score.sections),
        clock=swung_seconds,
    )
    if role == "lead":
        lines.extend(sung.lines)
    return sung.samples[None, window.start :]


def _is_near(line: SungLine, score: Score, window: Window) -> bool:
    """Whether a line may be heard in a window, or decides how the first line there breathes."""
    if not line.notes:
        return False
    start = score.seconds(line.notes[0].start_beats)
    end = score.seconds(line.notes[-1].start_beats + line.notes[-1].duration_beats)
    return start - 1.0 < window.stop / SAMPLE_RATE_HZ and end + 1.0 > window.origin_seconds
