"""The end of every performance: progress on the way, the files, and what is said of them."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from math import log10
from pathlib import Path

import numpy as np

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import FULL_SCALE_INT24
from songwright.engines.base import MASTER_FILE, Context, Rendition, Report, stem_file
from songwright.engines.local.mixing.levels import NOTHING_DBFS, Levels, measure_levels
from songwright.engines.local.mixing.mastering import MasterState
from songwright.engines.local.mixing.mixdown import MixState
from songwright.engines.local.rendering.allocator import return_what_is_free
from songwright.engines.local.rendering.score_to_audio import Sound
from songwright.engines.local.rendering.self_measurement import hear_files, hear_song, hear_voice
from songwright.engines.local.rendering.song_facts import facts_of
from songwright.engines.local.session import SESSION_FILE, Manuscript, Session, write_session
from songwright.engines.local.singing.singer import LineTimes
from songwright.engines.local.version import ENGINE_VERSION
from songwright.music.actions import StemName
from songwright.music.lyrics import ENGLISH
from songwright.music.measured import Measured
from songwright.music.score import Score
from songwright.music.song import EditPromise, Parent, Understanding
from songwright.style.languages import language_name

__all__ = ["Stages", "finish", "finish_whole", "session_of", "silent_among"]


# Shares of the whole time, as measured on a song of three minutes.
_SHARES = {
    "writing the song": 0.06,
    "playing the band": 0.24,
    "singing": 0.22,
    "playing the drums": 0.12,
    "playing the bass": 0.06,
    "mixing": 0.06,
    "mastering": 0.12,
    "saving": 0.12,
}
_PIECE = 2**20
_LOOK_SAMPLES = 2**16


class Stages:
    """Turns stages that are done, some of them side by side, into progress."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._ahead = dict(_SHARES)
        self._say()

    def done(self, stage: str) -> None:
        """Note that a stage is done, and report the first that is not."""
        self._ahead.pop(stage, None)
        self._say()

    def _say(self) -> None:
        self._report(1.0 - sum(self._ahead.values()), next(iter(self._ahead), "done"))


def session_of(
    song: Manuscript, mix: MixState, master: MasterState, sung: tuple[LineTimes, ...], levels: Levels
) -> Session:
    """The session of a finished song."""
    values = {name: getattr(song, name) for name in Manuscript.model_fields}
    return Session(**values, engine_version=ENGINE_VERSION, mix=mix, master=master, sung=sung, levels=levels)


def silent_among(folder: Path, names: Mapping[StemName, str]) -> tuple[StemName, ...]:
    """The stems in which every sample is zero."""
    return tuple(stem for stem, name in names.items() if _is_silent(folder / name))


def _is_silent(path: Path) -> bool:
    start = 0
    while True:
        # Few stems are silent, and the others are soon heard.
        piece = read_flac(path, start, start + _LOOK_SAMPLES)
        if piece.any():
            return False
        if not piece.shape[1]:
            return True
        start += piece.shape[1]


def finish(
    session: Session,
    stems: Mapping[StemName, str],
    context: Context,
    *,
    samples: int,
    understanding: Understanding,
    promise: EditPromise | None = None,
    parents: tuple[Parent, ...] = (),
    heard: Measured | None = None,
    silent: tuple[StemName, ...] | None = None,
) -> Rendition:
    """Store the session beside the sound, and say what was made and what is heard in it.

    Args:
        session: The finished song.
        stems: File names of its stems.
        context: Where to write.
        samples: Length of the sound.
        understanding: Of the request's prompt.
        promise: What an edit left alone.
        parents: What it was made from.
        heard: What is heard in it, where that has been measured; left out, the files are listened to.
        silent: The stems without sound, where that is known; left out, the files are read.
    """
    write_session(context.folder, session)
    if heard is None:
        vocals = context.folder / stems["vocals"] if "vocals" in stems else None
        heard = hear_files(session.score, context.folder / MASTER_FILE, vocals, session.levels.loudness)
    if silent is None:
        silent = silent_among(context.folder, stems)
    facts = facts_of(
        session,
        session.sung,
        samples=samples,
        loudness=session.levels.loudness,
        seed=context.seed,
        raw=session.master.finish == "raw",
        understanding=_with_languages(understanding, session.score),
        promise=promise,
    )
    return Rendition(
        facts=facts.model_copy(update={"silent_stems": silent, "measured": heard}),
        master=MASTER_FILE,
        stems=dict(stems),
        score=SESSION_FILE,
        parents=parents,
    )


def _with_languages(understanding: Understanding, score: Score) -> Understanding:
    """What was understood, and in which other languages than English there is singing."""
    spoken = dict.fromkeys(line.language for line in score.vocal.lines) if score.vocal else {}
    told = tuple(f"sung in {language_name(code)}" for code in spoken if code != ENGLISH)
    if not told:
        return understanding
    return understanding.model_copy(update={"understood": (*understanding.understood, *told)})


def finish_whole(
    song: Manuscript,
    sound: Sound,
    context: Context,
    *,
    understanding: Understanding,
    promise: EditPromise | None = None,
    parents: tuple[Parent, ...] = (),
) -> Rendition:
    """Write a song that was made whole, and listen to it on the way. **Uses up** the sound's stems.

    Listening takes memory: to the voice it begins when but one stem of the band is left, and to the mix when
    all of them have been written and let go.
    """
    stems: dict[StemName, str] = {stem: stem_file(stem) for stem in sound.stems}
    silent = tuple(stem for stem, audio in sound.stems.items() if not audio.any())
    residual_dbfs, vocals = _residual_dbfs(sound), sound.stems.pop("vocals", None)

    def save_next() -> None:
        stem, audio = sound.stems.popitem()
        write_flac(context.folder / stems[stem], audio)

    def save_rest() -> None:
        if vocals is not None:
            write_flac(context.folder / stems["vocals"], vocals)
        write_flac(context.folder / MASTER_FILE, sound.mix)

    with ThreadPoolExecutor(1) as beside:
        backing = [beside.submit(save_next) for _ in range(len(sound.stems))]
        levels = measure_levels(sound.mix, residual_dbfs)
        for saving in backing[:-1]:
            saving.result()
        voice = hear_voice(song.score, vocals)
        for saving in backing[-1:]:
            saving.result()
        return_what_is_free()
        rest = beside.submit(save_rest)
        heard = hear_song(sound.mix, voice, levels.loudness)
        rest.result()
    return finish(
        session_of(song, sound.mix_state, sound.master_state, sound.lines, levels),
        stems,
        context,
        samples=sound.mix.shape[1],
        understanding=understanding,
        promise=promise,
        parents=parents,
        heard=heard,
        silent=silent,
    )


def _residual_dbfs(sound: Sound) -> float:
    """The peak of the master minus the sum of its stems, both as they are written."""
    largest = 0
    for start in range(0, sound.mix.shape[1], _PIECE):
        rest = sound.mix[:, start : start + _PIECE].copy()
        for stem in sound.stems.values():
            rest -= stem[:, start : start + _PIECE]
        largest = max(largest, int(np.abs(rest).max()))
    return 20 * log10(largest / FULL_SCALE_INT24) if largest else NOTHING_DBFS
