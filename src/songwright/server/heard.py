"""What was heard in a song, as answers tell it: briefly, beside what was asked or written."""

from __future__ import annotations

from songwright.music.base import Model
from songwright.music.measured import KeyRelation, TempoRelation
from songwright.music.song import Facts

__all__ = ["HeardInBrief", "heard_in_brief", "heard_words"]


class HeardInBrief(Model):
    """What the sound alone shows. All of it is in the resource of the song."""

    tempo_bpm: float | None = None
    tempo: TempoRelation | None = None
    key: str | None = None
    key_relation: KeyRelation | None = None
    longest_silence_seconds: float
    clicks: int
    clipped_samples: int
    parts: str
    sung_in_tune: float | None = None


def heard_in_brief(facts: Facts) -> HeardInBrief | None:
    """What was heard in a song, where it was listened to."""
    heard, beside = facts.measured, facts.agreement
    if heard is None:
        return None
    return HeardInBrief(
        tempo_bpm=heard.tempo_bpm,
        tempo=beside.tempo if beside else None,
        key=heard.key,
        key_relation=beside.key if beside else None,
        longest_silence_seconds=heard.longest_inner_silence_seconds,
        clicks=heard.clicks,
        clipped_samples=heard.clipped_samples,
        parts=" ".join(part.label for part in heard.sections[:40]),
        sung_in_tune=heard.vocals.within_50_cents if heard.vocals else None,
    )


def heard_words(heard: HeardInBrief) -> str:
    """The same in one line."""
    tempo = "no steady tempo" if heard.tempo_bpm is None else f"{heard.tempo_bpm:g} bpm"
    key = heard.key or "no key"
    parts = [
        _beside(tempo, heard.tempo),
        _beside(key, heard.key_relation),
        f"longest silence {heard.longest_silence_seconds:g} s",
        f"{heard.clicks} clicks",
        f"{heard.clipped_samples} clipped samples",
    ]
    if heard.sung_in_tune is not None:
        parts.append(f"{heard.sung_in_tune:.1%} of sung frames in tune")
    return ", ".join(parts)


def _beside(found: str, relation: str | None) -> str:
    match relation:
        case None | "not heard":
            return found
        case "same":
            return f"{found} (as meant)"
        case _:
            return f"{found} ({relation} beside what was meant)"
