"""How well are recordings by people heard? Tempo, beats and key against what is known of them.

    python tools/listen_recordings.py FOLDER

FOLDER holds recordings and a ``truth.json``: for each file's name ``beat_seconds``, ``tempo_bpm`` and
``key``, and where somebody tapped it ``annotated_tempo_bpm``. Nothing of it is shipped.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from songwright.hearing.agreement import parse_key
from songwright.hearing.key import hear_chroma, hear_key
from songwright.hearing.spectrum import ANALYSIS_RATE_HZ, to_analysis_rate
from songwright.hearing.tempo import hear_tempo
from songwright.hearing.transcribe import transcribe
from songwright.music.score import Key
from songwright.recordings.decoding import read_stereo
from songwright.recordings.formats import probe

_RATE_HZ = 44_100
_TEMPO_TOLERANCE = 0.04
_BEAT_SECONDS = 0.07
_OCTAVES = (1.0, 2.0, 0.5, 3.0, 1 / 3)


def beat_f(heard: Sequence[float], wanted: Sequence[float]) -> float:
    """F of beats within 70 ms, each matched once, as MIREX has it but for the first five seconds."""
    left = sorted(wanted)
    hits = 0
    for beat in sorted(heard):
        near = [other for other in left if abs(other - beat) <= _BEAT_SECONDS]
        if near:
            hits += 1
            left.remove(min(near, key=lambda other: abs(other - beat)))
    total = len(heard) + len(wanted)
    return 2 * hits / total if total else 0.0


def key_score(heard: Key | None, wanted: Key | None) -> float:
    """MIREX: 1 for the key, 0.5 for its fifth, 0.3 for its relative, 0.2 for its parallel."""
    if heard is None or wanted is None:
        return 0.0
    apart = (heard.tonic - wanted.tonic) % 12
    if heard.mode == wanted.mode:
        return {0: 1.0, 7: 0.5, 5: 0.5}.get(apart, 0.0)
    if apart == 0:
        return 0.2
    relative = 9 if heard.mode == "minor" else 3
    return 0.3 if apart == relative else 0.0


def _near(tempo_bpm: float | None, wanted: Sequence[float], factors: Sequence[float] = (1.0,)) -> bool:
    return tempo_bpm is not None and any(
        abs(tempo_bpm / (factor * bpm) - 1) <= _TEMPO_TOLERANCE for bpm in wanted for factor in factors
    )


def _listen(path: Path, truth: dict[str, Any]) -> dict[str, float]:
    sound = read_stereo(path, probe(path, field="path"), _RATE_HZ, field="path")
    seconds = sound.shape[1] / _RATE_HZ
    began = time.process_time()
    heard = transcribe(sound, _RATE_HZ)
    used = time.process_time() - began
    samples = to_analysis_rate(sound, _RATE_HZ)
    plain = hear_tempo(samples)
    wanted = [truth[name] for name in ("tempo_bpm", "annotated_tempo_bpm") if truth.get(name)]
    beats = [beat for beat in heard.beat_seconds if 0 <= beat <= len(samples) / ANALYSIS_RATE_HZ]
    key, plain_key = parse_key(truth.get("key", "")), hear_key(hear_chroma(samples)).key
    row = {
        "tempo": _near(heard.tempo_bpm, wanted),
        "octaves": _near(heard.tempo_bpm, wanted, _OCTAVES),
        "plain": _near(plain.tempo_bpm, wanted),
        "plain octaves": _near(plain.tempo_bpm, wanted, _OCTAVES),
        "beats F": beat_f(beats, truth["beat_seconds"]),
        "plain F": beat_f(list(plain.beats_seconds), truth["beat_seconds"]),
        "key": key_score(heard.key, key),
        "plain key": key_score(plain_key, key),
        "cpu a second": used / seconds,
    }
    told = "-" if plain.tempo_bpm is None else f"{plain.tempo_bpm:.1f}"
    print(
        f"{path.name:24} {heard.tempo_bpm:6.1f} (plain {told:>5}, truth {wanted[0]:5.1f}) "
        f"{heard.time_signature} sure {heard.beat_confidence:.2f}  F {row['beats F']:.2f} "
        f"(plain {row['plain F']:.2f})  {heard.key}, plain {plain_key}, truth {truth.get('key')}; "
        f"{len(heard.chords)} chords"
    )
    return {name: float(value) for name, value in row.items()}


def main() -> None:
    """Print a row for every recording, then the means."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    folder = Path(sys.argv[1])
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    rows = [_listen(folder / name, truth) for name, truth in truths.items()]
    print("; ".join(f"{name} {np.mean([row[name] for row in rows]):.2f}" for name in rows[0]))


if __name__ == "__main__":
    main()
