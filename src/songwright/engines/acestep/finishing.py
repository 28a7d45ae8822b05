"""What a song that the server made is: facts, heard in its sound."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from songwright.audio.flac import read_flac
from songwright.audio.pcm import SAMPLE_RATE_HZ, Samples
from songwright.engines.remote.facts import hear, heard_loudness, heard_sections
from songwright.music.actions import Action
from songwright.music.lyrics import parse_lyric
from songwright.music.song import EditPromise, Facts, Song, Understanding

__all__ = ["finish", "without_leak"]

_LEAKED = 0.3


def finish(
    action: Action,
    song: Song | None,
    master: Path,
    *,
    lyric: str,
    seed: str,
    model: str,
    notes: tuple[str, ...],
    promise: EditPromise | None,
    keeps_sections: bool,
) -> Facts:
    """Listen to a master and say what it is.

    Args:
        action: What was asked.
        song: What it was made from.
        master: FLAC.
        lyric: What is sung.
        seed: The seed that was used.
        model: What ran.
        notes: What was decided on the way.
        promise: What an edit left alone.
        keeps_sections: Whether the sections are those of ``song``.
    """
    samples = read_flac(master)
    heard = hear(samples)
    title = getattr(action, "title", None) or (song.facts.title if song else None) or _title(lyric)
    way = (
        (f"the song was made by the engine '{song.engine}' and its audio was sent to the ACE-Step server",)
        if song is not None and song.engine != "acestep"
        else ()
    )
    return Facts(
        title=title,
        duration_seconds=samples.shape[1] / SAMPLE_RATE_HZ,
        tempo_bpm=heard.tempo_bpm,
        key=heard.key,
        lyric=lyric,
        sections=song.facts.sections if keeps_sections and song is not None else heard_sections(heard),
        loudness=heard_loudness(heard),
        measured=heard,
        seed=seed,
        model=model,
        understanding=Understanding(notes=(*way, *notes)),
        promise=promise,
    )


def without_leak(made: Samples, kept: Samples) -> tuple[Samples, bool]:
    """A part without what it holds of the sound it was made for, and whether it held any.

    A model may give the new part alone or together with what it was given. The share of ``kept`` in
    ``made`` is the least-squares gain; it is taken out where the two are clearly alike.
    """
    one, other = made.astype(np.float64).ravel(), kept.astype(np.float64).ravel()
    energy = float(other @ other)
    if energy <= 0 or not one.any():
        return made, False
    product = float(one @ other)
    if product / np.sqrt(energy * float(one @ one)) < _LEAKED:
        return made, False
    left: Samples = np.rint(made - kept * (product / energy)).astype(np.int32)
    return left, True


def _title(lyric: str) -> str:
    lines = parse_lyric(lyric).lines
    return lines[0][:60] if lines else "Untitled"
