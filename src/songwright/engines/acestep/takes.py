"""Which of several takes is best: the one whose words are heard and whose tempo is the one that was asked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from songwright.audio.pcm import Samples
from songwright.engines.remote.facts import hear
from songwright.hearing.agreement import tempo_relation
from songwright.music.lyrics import parse_lyric

__all__ = ["Choice", "Recogniser", "best_take", "installed_recogniser", "word_error_rate"]

_TEMPO_PENALTY = {"same": 0.0, "double": 0.1, "half": 0.1, "other": 0.3, "not heard": 0.3}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


class Recogniser(Protocol):
    """Writes down what is sung."""

    def __call__(self, audio: Path) -> str:
        """The words in an audio file."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """The best take.

    Attributes:
        index: Which one.
        reason: Why, in words; "" where there was nothing to choose.
    """

    index: int
    reason: str


def best_take(
    takes: Sequence[tuple[Samples, Path]],
    *,
    lyric: str,
    tempo_bpm: float | None,
    recogniser: Recogniser | None,
) -> Choice:
    """Rank takes by the error rate of their words plus a penalty for another tempo than the one asked.

    Args:
        takes: Samples of each, shape (2, samples), and a file of it.
        lyric: What should be sung; "" for nothing.
        tempo_bpm: What was asked, where something was.
        recogniser: Writes down what is sung; None where there is none.
    """
    if len(takes) < 2:
        return Choice(0, "")
    wanted = " ".join(parse_lyric(lyric).lines)
    scores = []
    for samples, path in takes:
        score = 0.0
        if wanted and recogniser is not None:
            score += word_error_rate(wanted, recogniser(path))
        if tempo_bpm is not None:
            relation, _ = tempo_relation(tempo_bpm, hear(samples).tempo_bpm)
            score += _TEMPO_PENALTY[relation]
        scores.append(score)
    index = int(np.argmin(scores))
    by = [
        *(["its words"] if wanted and recogniser is not None else []),
        *(["its tempo"] if tempo_bpm is not None else []),
    ]
    said = f"by {' and '.join(by)}" if by else "without anything to measure it by"
    if wanted and recogniser is None:
        said += "; no recogniser is installed to measure its words"
    return Choice(index, f"take {index + 1} of {len(takes)} was chosen {said}")


def word_error_rate(wanted: str, heard: str) -> float:
    """Words that were left out, added or changed, as a share of the wanted ones: Levenshtein's distance."""
    one, other = _words(wanted), _words(heard)
    if not one:
        return 0.0 if not other else 1.0
    row = list(range(len(other) + 1))
    for number, word in enumerate(one, start=1):
        before, row[0] = row[0], number
        for column, candidate in enumerate(other, start=1):
            before, row[column] = (
                row[column],
                min(row[column] + 1, row[column - 1] + 1, before + (word != candidate)),
            )
    return row[-1] / len(one)


def installed_recogniser(model: Path | None) -> Recogniser | None:
    """Whisper through faster-whisper, where that is installed and the operator names a model's folder."""
    if model is None:
        return None
    try:
        from faster_whisper import WhisperModel
    except ImportError:
        return None
    whisper = WhisperModel(str(model), device="cpu", compute_type="int8", local_files_only=True)

    def recognise(audio: Path) -> str:
        segments, _ = whisper.transcribe(str(audio), beam_size=5, vad_filter=False)
        return " ".join(segment.text for segment in segments)

    return recognise


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold().replace("’", "'"))
