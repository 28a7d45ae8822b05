"""Where the time of a sung song goes, stage by stage, and what the floor of each stage is.

Processor seconds of one thread. A floor is what a stage can't do without in numpy and its like: the sums and
transforms themselves, without what decides about them. Run it as ``python benchmarks/stages.py``.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import soundfile
from scipy.fft import rfft
from threadpoolctl import threadpool_limits

import songwright.engines.local.playing.player as players
import songwright.engines.local.singing.singer as voices
from songwright.audio.flac import write_flac
from songwright.audio.loudness import weighted_energies
from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.compose import compose
from songwright.engines.local.mixing.levels import measure_levels
from songwright.engines.local.mixing.mastering import MasterTarget, master
from songwright.engines.local.mixing.mixdown import StemBus, blend_stems
from songwright.engines.local.render_action import manuscript_of, prepare
from songwright.engines.local.rendering import score_to_audio
from songwright.engines.local.rendering.self_measurement import hear_song, hear_voice
from songwright.music.actions import Generate, StemName

Result = TypeVar("Result")

STEMS: tuple[StemName, ...] = ("vocals", "drums", "bass", "other")
_BLOCK = 65_536


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=180, help="length of the song")
    seconds = parser.parse_args().seconds
    prepare()
    with threadpool_limits(limits=1), tempfile.TemporaryDirectory() as folder:
        song_seconds, spent, floors = _measured(seconds, Path(folder))
    print(f"a sung song of {song_seconds:.0f} s, processor seconds")
    print(f"  {'stage':<12}{'spent':>7}{'floor':>7}   the floor")
    for stage, (floor, words) in floors.items():
        print(f"  {stage:<12}{spent[stage]:7.2f}{floor:7.2f}   {words}")
    total, least = sum(spent.values()), sum(floor for floor, _ in floors.values())
    print(f"  {'all':<12}{total:7.2f}{least:7.2f}")
    for words, cost in (("spent", total), ("floor", least)):
        print(f"  {words}, shared by two cores without loss: {2 * song_seconds / cost:.0f} x real time")


def _measured(seconds: int, folder: Path) -> tuple[float, dict[str, float], dict[str, tuple[float, str]]]:
    spent: dict[str, float] = defaultdict(float)
    within: dict[str, float] = defaultdict(float)
    # Parts are made in threads, each of them in one.
    _clocked(score_to_audio, "_played", spent, "playing")
    _clocked(score_to_audio, "_sung", spent, "singing")
    _clocked(StemBus, "add", spent, "mixing")
    _clocked(StemBus, "finished", spent, "mixing")
    _clocked(players, "_add", within, "playing")
    _clocked(voices, "speak", within, "singing")

    prompt = f"pop, 110 bpm, in C major, female voice, {seconds} seconds"
    song, spent["composing"] = _timed(lambda: manuscript_of(compose(Generate(prompt=prompt), "1"), "1"))
    rough, all_parts = _timed(lambda: score_to_audio.mix_stems(song, STEMS, done=lambda _stage: None))
    spent["between"] = all_parts - spent["playing"] - spent["singing"] - spent["mixing"]
    _, blending = _timed(lambda: blend_stems(rough.stems, rough.desk))
    spent["mixing"] += blending
    score_to_audio.fade_out(rough.stems, song.score)
    mix = np.add.reduce(list(rough.stems.values()))
    energies, weighing = _timed(lambda: weighted_energies(mix, SAMPLE_RATE_HZ, 32))
    del energies
    mixing = _multiply_add_seconds(mix.shape[1]) * (len(song.score.parts) + 3)
    done, spent["mastering"] = _timed(lambda: master(rough.stems, MasterTarget()))
    levels, levelling = _timed(lambda: measure_levels(done.mix))
    voice, listening = _timed(lambda: hear_voice(song.score, done.stems["vocals"]))
    _, more = _timed(lambda: hear_song(done.mix, voice, levels.loudness))
    spent["listening"] = levelling + listening + more
    for number, audio in enumerate([*done.stems.values(), done.mix]):
        _, saving = _timed(partial(write_flac, folder / f"{number}.flac", audio))
        spent["saving"] += saving
    floors = {
        "composing": (0.0, "none: decisions"),
        "playing": (within["playing"], "adding each note's sound to its part"),
        "singing": (within["singing"], "the voice's network"),
        "mixing": (mixing, "one multiply-and-add for each part and send"),
        "between": (0.0, "none: setting stems aside, collecting garbage"),
        "mastering": (weighing, "weighing the mix once, to know its loudness"),
        "listening": (_transform_seconds(mix), "one short-time Fourier transform of mix and voice"),
        "saving": (_encoding_seconds(done.mix) * (len(STEMS) + 1), "libFLAC's own time for five files"),
    }
    return mix.shape[1] / SAMPLE_RATE_HZ, spent, floors


def _timed(work: Callable[[], Result]) -> tuple[Result, float]:
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def _clocked(owner: Any, name: str, spent: dict[str, float], stage: str) -> None:
    """Count what a function takes, in the thread that it runs in."""
    function = getattr(owner, name)

    def clocked(*arguments: Any, **named: Any) -> Any:
        before = time.thread_time()
        try:
            return function(*arguments, **named)
        finally:
            spent[stage] += time.thread_time() - before

    setattr(owner, name, clocked)


def _multiply_add_seconds(samples: int) -> float:
    """One pass of two channels through a gain into a sum, in blocks that stay in the cache."""
    part, total = np.ones((2, _BLOCK), np.float32), np.zeros((2, _BLOCK), np.float32)
    gain = np.ones(_BLOCK, np.float32)
    before = time.process_time()
    for _ in range(samples // _BLOCK):
        total += part * gain
    return time.process_time() - before


def _transform_seconds(mix: np.ndarray[Any, Any]) -> float:
    mono = mix[0, ::2].copy()
    frames = np.lib.stride_tricks.sliding_window_view(mono, 2048)[::512]
    before = time.process_time()
    for first in range(0, len(frames), 1024):
        rfft(frames[first : first + 1024])
    return 2 * (time.process_time() - before)


def _encoding_seconds(audio: np.ndarray[Any, Any]) -> float:
    ready = np.ascontiguousarray(np.left_shift(audio.T, 8))
    with tempfile.TemporaryDirectory() as folder:
        before = time.process_time()
        with soundfile.SoundFile(
            f"{folder}/a.flac", "w", SAMPLE_RATE_HZ, 2, "PCM_24", format="FLAC", compression_level=0.25
        ) as file:
            file.write(ready)
        return time.process_time() - before


if __name__ == "__main__":
    main()
