"""Make a song for each wish in each style, and print asked, played and heard.

Played is told by the score, heard by the levels of the stems: who is said to play alone must leave the other
stems silent, who rests must be silent there, a fade must fall. ``--score`` leaves the sound out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.compose import Composition, compose
from songwright.engines.local.render_action import manuscript_of
from songwright.engines.local.rendering.score_to_audio import Sound, make_sound
from songwright.hearing.compare import rms_db
from songwright.music.actions import Generate, StemName
from songwright.music.score import Score, ScoreSection

STYLES = ("pop", "rock", "jazz", "techno", "indie folk", "reggae", "metal", "country", "bossa nova")
LYRIC = """[Verse]
The kettle sings upon the stove
[Chorus]
Stay in with me, stay in with me
[Outro]
"""
_SILENT_DB = -80.0
_FALL_DB = 12.0
# Players come in some milliseconds early, as people do.
_EARLY_SECONDS = 0.06


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish and what proves it.

    Attributes:
        words: Follow the style in the prompt.
        is_played: Whether the score has it.
        silent: The stems that must be silent, and where: None for all through.
        lyric: Words that are sung; "" for none.
    """

    words: str
    is_played: Callable[[Score], bool]
    silent: Mapping[StemName, Callable[[Score], tuple[float, float] | None]]
    lyric: str = ""
    falls: bool = False


def _whole(_score: Score) -> tuple[float, float] | None:
    return None


def _until_chorus(score: Score) -> tuple[float, float]:
    chorus = next(section for section in score.sections if section.kind == "chorus")
    return 0.0, _start(score, chorus) - _EARLY_SECONDS


def _first_section(score: Score) -> tuple[float, float]:
    return 0.0, _start(score, score.sections[1]) - _EARLY_SECONDS


def _start(score: Score, section: ScoreSection) -> float:
    return score.seconds(section.start_bar * score.time_signature.beats_per_bar)


def _only(*instruments: str) -> Callable[[Score], bool]:
    return lambda score: {part.instrument for part in score.parts} <= set(instruments)


def _has(instrument: str) -> Callable[[Score], bool]:
    return lambda score: any(part.instrument == instrument and part.notes for part in score.parts)


def _has_chorus(score: Score) -> bool:
    return any(section.kind == "chorus" for section in score.sections)


_NOBODY: Mapping[StemName, Callable[[Score], tuple[float, float] | None]] = {}
_RHYTHM: Mapping[StemName, Callable[[Score], tuple[float, float] | None]] = {"drums": _whole, "bass": _whole}
WISHES = (
    Wish("solo piano", _only("acoustic_grand_piano"), {**_RHYTHM, "vocals": _whole}),
    Wish("only acoustic guitar and voice", _only("steel_guitar", "nylon_guitar"), _RHYTHM, LYRIC),
    Wish("string quartet", _only("violin", "viola", "cello"), {**_RHYTHM, "vocals": _whole}),
    Wish("a cappella", _only(), {**_RHYTHM, "other": _whole}, LYRIC),
    Wish("no drums", lambda score: all(part.stem != "drums" for part in score.parts), {"drums": _whole}),
    Wish("with cello", _has("cello"), _NOBODY),
    Wish("no drums until the chorus", _has_chorus, {"drums": _until_chorus}, LYRIC),
    Wish(
        "starts with solo piano",
        _has("acoustic_grand_piano"),
        {"drums": _first_section, "bass": _first_section},
        LYRIC,
    ),
    Wish("fade out", lambda score: (score.fade_out_seconds or 0.0) >= 3.0, _NOBODY, falls=True),
    Wish("in D minor", lambda score: str(score.key) == "D minor", _NOBODY),
    Wish("97 bpm", lambda score: score.tempo_bpm == 97.0, _NOBODY),
    Wish("3/4", lambda score: str(score.time_signature) == "3/4", _NOBODY),
)  # fmt: skip


def main() -> int:
    """Print a line a wish and style; 0 where every wish is played and heard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--score", action="store_true", help="judge the score alone; makes no sound")
    parser.add_argument("--seed", default="11")
    options = parser.parse_args()
    met = total = 0
    for wish in WISHES:
        for style in STYLES:
            song = _composed(f"{style}, {wish.words}, 14 seconds", wish, options.seed)
            faults = [] if wish.is_played(song.score) else ["the score does not have it"]
            if not options.score:
                faults += _heard(wish, song, options.seed)
            total += 1
            met += not faults
            players = " ".join(sorted({part.instrument for part in song.parts})) or "voices"
            sys.stdout.write(
                f"{wish.words:32} {style:12} {'ok' if not faults else '; '.join(faults):8} {players}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(f"{met} of {total} wishes are played{'' if options.score else ' and heard'}\n")
    return 0 if met == total else 1


def _composed(prompt: str, wish: Wish, seed: str) -> Composition:
    sung = bool(wish.lyric)
    return compose(Generate(prompt=prompt, lyric=wish.lyric, instrumental=not sung), seed)


def _heard(wish: Wish, song: Composition, seed: str) -> Iterator[str]:
    sound = make_sound(manuscript_of(song, seed), raw=False, done=lambda _stage: None)
    for stem, where in wish.silent.items():
        level_db = _level_db(sound.stems[stem], where(song.score))
        if level_db > _SILENT_DB:
            yield f"{stem} at {level_db:.0f} dB"
    if _level_db(sound.mix, None) < _SILENT_DB:
        yield "nothing is heard"
    if wish.falls:
        yield from _does_not_fall(sound)


def _does_not_fall(sound: Sound) -> Iterator[str]:
    seconds = sound.mix.shape[1] / SAMPLE_RATE_HZ
    middle, end = (
        _level_db(sound.mix, span) for span in ((0.4 * seconds, 0.6 * seconds), (seconds - 1.0, seconds))
    )
    if end > middle - _FALL_DB:
        yield f"falls by {middle - end:.0f} dB only"


def _level_db(audio: NDArray[np.int32], span: tuple[float, float] | None) -> float:
    """The level (RMS) of a stretch in dB below full scale; what rings into it from before does not count."""
    if span is not None:
        audio = audio[:, round(span[0] * SAMPLE_RATE_HZ) : round(span[1] * SAMPLE_RATE_HZ)]
    return rms_db(audio)


if __name__ == "__main__":
    sys.exit(main())
