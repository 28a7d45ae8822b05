"""Do the melodies move as human songs do, and do twenty seeds give twenty melodies?"""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from collections.abc import Sequence
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from tools.listening.requests import Request

from songwright.engines.local.composing.compose import compose
from songwright.music.score import SCALES, Score

__all__ = [
    "CORPUS",
    "Variety",
    "human_statistics",
    "melody_statistics",
    "score_statistics",
    "seed_variety",
]

CORPUS = (
    "Song tunes of Bruce and Stokoe, Northumbrian Minstrelsy (1882, public domain), "
    "in the ABC of Jack Campin that music21 (BSD) ships; one line of ABC is one line of text"
)
_CORPUS_FILE = "miscFolk/northumbrianminstrelsyopus.abc"
_SONGS_END = "Pipe tunes"

Phrase = list[tuple[float, float, int]]
"""Notes as start and length in beats, and MIDI pitch."""


def melody_statistics(phrases: Sequence[Phrase], tonic: int, scale: Sequence[int]) -> dict[str, float]:
    """Numbers about intervals, note lengths, pitch classes and phrases of one song.

    Args:
        phrases: The song's lines.
        tonic: Pitch class of the tonic.
        scale: Semitones above the tonic of the mode's scale.
    """
    pitches = [pitch for phrase in phrases for _, _, pitch in phrase]
    lengths = np.array([length for phrase in phrases for _, length, _ in phrase if length > 0])
    intervals = np.array([two[2] - one[2] for phrase in phrases for one, two in pairwise(phrase)])
    degrees = [(pitch - tonic) % 12 for pitch in pitches]
    shares = np.array(list(Counter(degrees).values())) / len(degrees)
    sizes = np.abs(intervals)
    turns = [
        a * b < 0
        for phrase in phrases
        for a, b in pairwise([y - x for (_, _, x), (_, _, y) in pairwise(phrase)])
    ]
    return {
        "repeated notes": float(np.mean(sizes == 0)),
        "steps": float(np.mean((sizes > 0) & (sizes <= 2))),
        "leaps beyond a third": float(np.mean(sizes > 4)),
        "mean interval, semitones": float(sizes.mean()),
        "falling share": float(np.mean(intervals[sizes > 0] < 0)) if (sizes > 0).any() else 0.5,
        "changes of direction": float(np.mean(turns)) if turns else 0.0,
        "range, semitones": float(max(pitches) - min(pitches)),
        "spread of note lengths, octaves": float(np.std(np.log2(lengths))),
        "commonest note length": Counter(np.round(lengths, 2)).most_common(1)[0][1] / len(lengths),
        "notes of the scale": float(np.mean([degree in scale for degree in degrees])),
        "notes of the tonic triad": float(np.mean([degree in (0, scale[2], 7) for degree in degrees])),
        "pitch-class entropy, bits": float(-(shares * np.log2(shares)).sum()),
        "notes in a phrase": float(np.mean([len(phrase) for phrase in phrases])),
    }


def score_statistics(score: Score) -> dict[str, float] | None:
    """The statistics of a song's lead vocal, or None where nobody sings."""
    if score.vocal is None:
        return None
    phrases = [
        [(note.start_beats, note.duration_beats, note.midi_pitch) for note in line.notes]
        for line in score.vocal.lines
        if len(line.notes) > 2
    ]
    return melody_statistics(phrases, score.key.tonic, SCALES[score.key.mode]) if phrases else None


def human_statistics(cache: Path) -> list[dict[str, float]] | str:
    """The same statistics of each song of the corpus, or a sentence that says why they are absent."""
    if cache.exists():
        found: list[dict[str, float]] = json.loads(cache.read_text(encoding="utf-8"))
        return found
    if importlib.util.find_spec("music21") is None:
        return "not measured: music21 missing; install the dependency group 'listen'"
    import music21

    path = Path(music21.__file__).parent / "corpus" / _CORPUS_FILE
    songs = [
        statistics
        for tune in _tunes(path.read_text(encoding="utf-8", errors="replace").split(_SONGS_END)[0])
        if (statistics := _tune_statistics(tune)) is not None
    ]
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps(songs), encoding="utf-8")
    return songs


def _tunes(text: str) -> list[list[str]]:
    tunes: list[list[str]] = []
    for raw in text.splitlines():
        line = raw.split("%")[0].rstrip()
        if line.startswith("X:"):
            tunes.append([])
        if tunes and line.strip():
            tunes[-1].append(line)
    return tunes


def _tune_statistics(lines: list[str]) -> dict[str, float] | None:
    from music21 import converter, note
    from music21.abcFormat import ABCHandlerException
    from music21.exceptions21 import Music21Exception
    from music21.key import Key as Key21

    header = [line for line in lines if len(line) > 1 and line[1] == ":"]
    body = [line.strip().rstrip("\\").strip() for line in lines if not (len(line) > 1 and line[1] == ":")]
    fields = [line for line in header if line[0] in "XMLK"]
    phrases: list[Phrase] = []
    tonic, mode = 0, "major"
    for line in body:
        try:
            stream = converter.parse("\n".join([*fields, line]) + "\n", format="abc").flatten().stripTies()
        except (ABCHandlerException, Music21Exception, ValueError, IndexError, AttributeError):
            return None
        keys = list(stream.getElementsByClass(Key21))
        if keys:
            tonic, mode = keys[0].tonic.pitchClass, keys[0].mode
        notes = [found for found in stream.getElementsByClass(note.Note) if found.quarterLength > 0]
        if len(notes) > 2:
            phrases.append(
                [(float(found.offset), float(found.quarterLength), int(found.pitch.midi)) for found in notes]
            )
    if len(phrases) < 2:
        return None
    return melody_statistics(phrases, tonic, SCALES["minor" if mode in ("minor", "aeolian") else "major"])


class Variety:
    """How different the songs of many seeds are.

    Attributes:
        melodies: How many melodies differ.
        plans: How many forms and chord progressions differ.
        largest_overlap: The largest share of notes that two of them have in common.
    """

    def __init__(self, scores: Sequence[Score]) -> None:
        tunes = [_tune(score) for score in scores]
        self.seeds = len(scores)
        self.melodies = len({frozenset(tune.items()) for tune in tunes})
        self.forms = len({tuple(section.kind for section in score.sections) for score in scores})
        self.progressions = len({_progression(score) for score in scores})
        overlaps = [_overlap(one, other) for one, other in combinations(tunes, 2)]
        self.largest_overlap = max(overlaps, default=0.0)
        self.mean_overlap = float(np.mean(overlaps)) if overlaps else 0.0


def seed_variety(request: Request, seeds: int) -> Variety:
    """Write one request's song with many seeds; nothing is rendered, since the notes are what counts."""
    return Variety(
        [compose(request.action, f"variety-{number}").score for number in range(seeds)],
    )


def _tune(score: Score) -> Counter[tuple[int, int, int]]:
    """Notes as line, sixteenth after the start of the line's bar, and degree above the tonic."""
    lines = score.vocal.lines if score.vocal else ()
    bar = score.time_signature.beats_per_bar
    notes: Counter[tuple[int, int, int]] = Counter()
    seen: set[str] = set()
    for line in lines:
        if line.text in seen:
            continue
        seen.add(line.text)
        start = bar * (line.notes[0].start_beats // bar)
        for note in line.notes:
            notes[
                len(seen), round(4 * (note.start_beats - start)), (note.midi_pitch - score.key.tonic) % 12
            ] += 1
    return notes


def _overlap(one: Counter[tuple[int, int, int]], other: Counter[tuple[int, int, int]]) -> float:
    return (one & other).total() / max(1, one.total(), other.total())


def _progression(score: Score) -> tuple[tuple[int, tuple[int, ...]], ...]:
    bar = score.time_signature.beats_per_bar
    chorus = next((section for section in score.sections if section.kind == "chorus"), score.sections[0])
    start, end = chorus.start_bar * bar, (chorus.start_bar + chorus.bars) * bar
    return tuple(
        ((span.chord.root - score.key.tonic) % 12, span.chord.intervals)
        for span in score.chords
        if start <= span.start_beats < end
    )
