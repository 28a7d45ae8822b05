"""What a song says of itself: its facts, from the manuscript and the finished sound."""

from __future__ import annotations

from collections.abc import Iterable

from songwright.audio.pcm import SAMPLE_RATE_HZ
from songwright.engines.local.composing.compose import lyric_as_sung
from songwright.engines.local.session import Manuscript
from songwright.engines.local.singing.singer import LineTimes
from songwright.music.score import Score
from songwright.music.song import EditPromise, Facts, Loudness, LyricLine, Section, Understanding
from songwright.style.genre import load_genre

__all__ = ["PRO_MODEL", "facts_of", "model_name", "understood"]

PRO_MODEL = "local Pro"
"""What a song of several takes says of its model."""


def facts_of(
    song: Manuscript,
    sung: Iterable[LineTimes],
    *,
    samples: int,
    loudness: Loudness,
    seed: str,
    raw: bool,
    understanding: Understanding,
    promise: EditPromise | None = None,
) -> Facts:
    """A song's facts.

    Args:
        song: The song as written.
        sung: When each line is heard.
        samples: Length of its sound.
        loudness: Of its master.
        seed: That was used for the request.
        raw: Whether it was left unmastered.
        understanding: Of the request's prompt.
        promise: What an edit left alone.
    """
    score = song.score
    return Facts(
        title=score.title,
        duration_seconds=samples / SAMPLE_RATE_HZ,
        tempo_bpm=score.tempo_bpm,
        key=str(score.key),
        time_signature=str(score.time_signature),
        genre=None if song.is_recorded else load_genre(score.genre).title,
        voice=score.vocal.voice if score.vocal else (song.brief.voice if song.heard else None),
        lyric=lyric_as_sung(song.form),
        sections=_sections(score, samples / SAMPLE_RATE_HZ),
        bar_seconds=_bar_seconds(score) if score.beat_seconds else (),
        lyric_lines=tuple(
            LyricLine(
                text=line.text,
                start_seconds=round(line.start_seconds, 3),
                end_seconds=round(line.end_seconds, 3),
                section=score.sections[line.section].name,
            )
            for line in sung
        ),
        loudness=loudness,
        seed=seed,
        model=model_name(raw=raw),
        understanding=understanding,
        promise=promise,
    )


def model_name(*, raw: bool) -> str:
    """What really ran."""
    return "local Raw" if raw else "local"


def understood(understanding: Understanding, model: str, notes: Iterable[str] = ()) -> Understanding:
    """What was understood of a request, with what the engine decided about it.

    Args:
        understanding: Of the prompt.
        model: The model that was asked for.
        notes: What was decided, and why.
    """
    more = list(notes)
    if model.endswith("Pro"):
        more.append("several takes are made of new songs only; this was made once, by the standard model")
    return understanding.model_copy(update={"notes": tuple(dict.fromkeys((*understanding.notes, *more)))})


def _sections(score: Score, duration_seconds: float) -> tuple[Section, ...]:
    bar = score.time_signature.beats_per_bar
    return tuple(
        Section(
            name=section.name,
            start_seconds=max(0.0, round(score.seconds(section.start_bar * bar), 6)),
            # A recording may end inside its last bar.
            end_seconds=round(
                min(score.seconds((section.start_bar + section.bars) * bar), duration_seconds), 6
            ),
            start_bar=section.start_bar + 1,
            bars=section.bars,
        )
        for section in score.sections
    )


def _bar_seconds(score: Score) -> tuple[float, ...]:
    bar = score.time_signature.beats_per_bar
    return tuple(round(score.seconds(number * bar), 6) for number in range(score.bars + 1))
