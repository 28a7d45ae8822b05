"""The stems of a recording: those that came with it, or those that a separator hears in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from songwright.audio.flac import read_flac, write_flac
from songwright.audio.pcm import FULL_SCALE_INT24, SAMPLE_RATE_HZ, to_float
from songwright.engines.base import Context, Rendition, Source, stem_file
from songwright.engines.local.editing.separating import separate
from songwright.engines.local.editing.sources import has_own_score
from songwright.engines.local.recordings.listening import hear_song
from songwright.engines.local.session import SESSION_FILE, write_session
from songwright.engines.separation import Method, Separated, methods_from, networks_folder, separate_by_first
from songwright.errors import EngineError
from songwright.hearing.presence import is_voice_alone
from songwright.hearing.spectrum import to_analysis_rate
from songwright.music.actions import StemName, Stems

__all__ = ["has_all_stems", "hear_stems", "separate_recording", "whole_stems", "with_stems"]

_FOLDER = "separated"


def has_all_stems(source: Source) -> bool:
    """Whether a song has the four stems that its sound is made of."""
    return set(source.stems) == set(get_args(StemName))


def with_stems(source: Source, context: Context) -> tuple[Source, list[str]]:
    """A song with four stems that sum to its master to the last bit, and how they came to be.

    Songs that have them are given back as they are. Of a recording, three stems are what a separator heard
    and "other" is all that is left.
    """
    if has_all_stems(source):
        return source, []
    master = read_flac(source.master)
    stems, how = _heard(source, master, context)
    folder = context.folder / _FOLDER
    folder.mkdir(exist_ok=True)
    files = {stem: folder / stem_file(stem) for stem in get_args(StemName)}
    for stem, path in files.items():
        write_flac(path, stems[stem])
    return replace(source, stems=files), [how]


def separate_recording(action: Stems, source: Source, context: Context) -> Rendition:
    """Separate a recording, or another engine's song, into stems."""
    context.report(0.05, "separating")
    whole, notes = with_stems(source, context)
    score = source.score
    if not has_own_score(source.song):
        context.report(0.7, "listening")
        write_session(context.folder / _FOLDER, hear_song(whole))
        score = context.folder / _FOLDER / SESSION_FILE
    made = separate(action, whole, context, score)
    facts = made.facts
    understanding = facts.understanding.model_copy(update={"notes": (*notes, *facts.understanding.notes)})
    return made.model_copy(update={"facts": facts.model_copy(update={"understanding": understanding})})


def hear_stems(
    master: NDArray[np.int32], methods: Sequence[Method], report: Callable[[float], None]
) -> tuple[dict[StemName, NDArray[np.int32]], str] | None:
    """Four stems that sum to a recording to the last bit, and how they came to be.

    A recording that is one voice is all in the vocals, as no separator's network finds every kind of voice.

    Args:
        master: Shape (2, samples), 24-bit integers at 44.1 kHz.
        methods: Of separation, in the order in which they are tried.
        report: Receives the share that is done, 0..1.

    Returns:
        None where no method works.
    """
    if is_voice_alone(to_analysis_rate(master, SAMPLE_RATE_HZ)):
        nothing = np.zeros_like(master)
        alone: dict[StemName, NDArray[np.int32]] = {
            "vocals": master,
            "drums": nothing,
            "bass": nothing,
            "other": nothing,
        }
        return alone, "One voice is heard alone: all of it is in the vocals."
    heard = separate_by_first(to_float(master), methods, cache=networks_folder(), report=report)
    return None if heard is None else (whole_stems(master, heard), heard.description)


def whole_stems(master: NDArray[np.int32], heard: Separated) -> dict[StemName, NDArray[np.int32]]:
    """Separated stems in 24-bit integers that sum to the master to the last bit.

    None goes beyond full scale, nor does the sum of those that are not the voice: where a separator's would,
    the rest goes to a stem that has room.
    """
    largest = FULL_SCALE_INT24 - 1
    vocals = np.clip(_whole(heard.stems["vocals"]), master - largest, master + largest)
    vocals = np.clip(vocals, -largest, largest)
    backing = master - vocals
    bass = _whole(heard.stems["bass"])
    drums = _whole(heard.stems["drums"])
    other = backing - bass - drums
    over = other - np.clip(other, -largest, largest)
    if over.any():
        other -= over
        drums += over
        over = drums - np.clip(drums, -largest, largest)
        drums -= over
        bass += over
    return {"vocals": vocals, "drums": drums, "bass": bass, "other": other}


def _heard(
    source: Source, master: NDArray[np.int32], context: Context
) -> tuple[dict[StemName, NDArray[np.int32]], str]:
    vocals = source.stems.get("vocals")
    if vocals is not None:
        nothing = np.zeros_like(master)
        voice = read_flac(vocals)
        return (
            {"vocals": voice, "drums": nothing, "bass": nothing, "other": master - voice},
            "the vocals are the song's own stem, everything else is in 'other'",
        )

    def tell(share: float) -> None:
        context.report(0.6 * share, "separating")

    heard = hear_stems(master, methods_from(context.separation), tell)
    if heard is None:
        raise EngineError(
            "the recording can't be separated; `songwright doctor` says what is amiss", retryable=False
        )
    stems, how = heard
    return stems, f"separated: {how}"


def _whole(audio: NDArray[np.float32]) -> NDArray[np.int32]:
    largest = FULL_SCALE_INT24 - 1
    whole: NDArray[np.int32] = np.rint(
        np.clip(audio * np.float32(FULL_SCALE_INT24), -largest, largest)
    ).astype(np.int32)
    return whole
