"""Make twelve songs, cut off a random lead-in, write them down by ear and compare with their scores.

The melody is heard from the mix, from the true vocal stem, and from the stem that separation gives. Songs are
kept under ``build/listen-transcription`` until the engine's sources change.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

import anyio
import numpy as np
import soundfile as sf

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.listening.figures import read_score  # noqa: E402
from tools.listening.renders import Render, render_all  # noqa: E402
from tools.transcribing.figures import Figures, compare  # noqa: E402
from tools.transcribing.requests import REQUESTS  # noqa: E402

from songwright.engines.separation import separate  # noqa: E402
from songwright.hearing.transcribe import transcribe  # noqa: E402

BUILD = ROOT / "build" / "listen-transcription"
_LONGEST_LEAD_IN_SECONDS = 9.0


def main() -> int:
    """Print a line a song, then the means; the exit code is 0 when the aims are reached."""
    options = _options()
    wanted = [each for each in REQUESTS if not options.only or each.name in options.only]
    renders, failures = anyio.run(render_all, wanted, BUILD / "home", 1)
    for failure in failures:
        print(failure)
    print(
        "song        tempo beats meter bars key   root third  melody F1: mix  stem  separated  sections  CPU"
    )
    rows = [_listen(render, separated=not options.no_separation) for render in renders]
    return 0 if rows and _reached(rows) and not failures else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="a song, e.g. waltz")
    parser.add_argument("--no-separation", action="store_true", help="leave the separated stem out")
    return parser.parse_args()


def _listen(render: Render, *, separated: bool) -> tuple[Figures, Figures]:
    """Figures from the mix alone and with the true stem."""
    score = read_score(render.score)
    mix, rate_hz = sf.read(render.master, dtype="float32", always_2d=True)
    most = round(_LONGEST_LEAD_IN_SECONDS * rate_hz)
    cut = random.Random(render.request.name).randrange(rate_hz // 2, most)  # noqa: S311
    cut_seconds = cut / rate_hz
    audio = np.ascontiguousarray(mix[cut:].T)
    started = time.process_time()
    alone = compare(score, transcribe(audio, rate_hz), cut_seconds)
    took = time.process_time() - started
    with_stem, f1_separated = alone, "    -"
    if render.vocals is not None and score.vocal is not None:
        stem = sf.read(render.vocals, dtype="float32", always_2d=True)[0][cut:].T
        with_stem = compare(score, transcribe(audio, rate_hz, stem), cut_seconds)
        if separated:
            vocals = separate(audio, cache=BUILD / "networks").stems["vocals"]
            f1_separated = _f1(compare(score, transcribe(audio, rate_hz, vocals), cut_seconds))
    print(
        f"{render.request.name:<11} {alone.tempo:5.2f} {alone.beats_near:5.2f} {_tick(alone.meter)} "
        f"{_tick(alone.downbeat)} {_tick(alone.key)} {alone.roots:5.2f} {alone.qualities:5.2f} "
        f"{_f1(alone):>15} {_f1(with_stem)} {f1_separated:>10} {alone.sections:9.2f} "
        f"{took / (audio.shape[1] / rate_hz):5.3f}",
        flush=True,
    )
    return alone, with_stem


def _tick(right: bool) -> str:  # noqa: FBT001
    return "right" if right else "wrong"


def _f1(figures: Figures) -> str:
    return "    -" if figures.melody is None else f"{figures.melody[2]:5.2f}"


def _reached(rows: list[tuple[Figures, Figures]]) -> bool:
    mixes = [alone for alone, _ in rows]
    sung = [(alone.melody[2], own.melody[2]) for alone, own in rows if alone.melody and own.melody]
    beats = float(np.mean([each.beats_near for each in mixes]))
    downbeats = float(np.mean([each.downbeat for each in mixes]))
    roots = float(np.mean([each.roots for each in mixes]))
    stem = float(np.mean([own for _, own in sung])) if sung else 1.0
    print(f"\nbeats within 40 ms {beats:.0%} (aim 95 %), bar lines right {downbeats:.0%} (aim 80 %)")
    print(f"chord roots {roots:.0%} (aim 80 %), thirds {np.mean([each.qualities for each in mixes]):.0%}")
    print(f"melody F1 from the stem {stem:.2f} (aim 0.80)", end="")
    print(f", from the mix {np.mean([mix for mix, _ in sung]):.2f}" if sung else "")
    print(f"section starts {np.mean([each.sections for each in mixes]):.0%}")
    return beats >= 0.95 and downbeats >= 0.8 and roots >= 0.8 and stem >= 0.8


if __name__ == "__main__":
    sys.exit(main())
