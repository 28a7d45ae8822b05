"""What changed between two versions of a song, small enough for an agent to read."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from songwright.music.base import Model, Seconds

__all__ = [
    "MAX_CHANGED_SECTIONS",
    "Change",
    "Comparison",
    "NullTest",
    "PartChange",
    "Relation",
    "SectionChange",
    "Stretch",
    "WordChanges",
]

MAX_CHANGED_SECTIONS = 16

Share = Annotated[float, Field(ge=0, le=1)]
Relation = Literal["same song", "made from it", "its source", "same source", "not related"]


class Change(Model):
    """A fact that differs."""

    first: str | float | None = None
    second: str | float | None = None


class Stretch(Model):
    """A stretch of time, on the clock of both songs."""

    start_seconds: Seconds
    end_seconds: Seconds


class NullTest(Model):
    """The second master minus the first, sample by sample; where one is longer the other is silent."""

    max_abs_diff: float = Field(ge=0, description="Full scale 1.0; 0 is bit-identical.")
    difference_db: float = Field(description="Level of the difference relative to full scale.")
    differs_at: tuple[Stretch, ...] = Field(description="Where they differ; gaps below 1 s are joined.")
    stretches_left_out: int = Field(default=0, ge=0)


class SectionChange(Model):
    """One section that is not the same in both songs. Fields that do not apply are None."""

    name: str
    change: Literal["different", "moved", "added", "removed"] = Field(
        description="'moved': the same samples at another time."
    )
    start_seconds: Seconds = Field(description="In the second song; of a removed section, in the first.")
    end_seconds: Seconds
    difference_db: float | None = Field(
        default=None, description="Level of the difference relative to the first; 0 is as loud as it."
    )
    level_change_db: float | None = None
    colour_change_db: float | None = Field(
        default=None, description="How far the mean spectra lie apart with the level taken out."
    )
    notes_kept: Share | None = Field(default=None, description="Of all parts, by place in the section.")
    melody_kept: Share | None = Field(default=None, description="Of the sung notes.")
    words_changed: bool | None = None


class PartChange(Model):
    """How one part of the score differs: notes by place, length and pitch."""

    part: str
    kept: int = Field(ge=0)
    added: int = Field(ge=0)
    removed: int = Field(ge=0)
    instrument: Change | None = None


class WordChanges(Model):
    """Lines of the lyric that are sung in one song alone, in order."""

    kept: int = Field(ge=0)
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    left_out: int = Field(default=0, ge=0, description="Changed lines that are not shown.")


class Comparison(Model):
    """What changed from a first song to a second."""

    first_id: str = Field(description="Song's id.")
    second_id: str = Field(description="Song's id.")
    relation: Relation = Field(description="What the second is to the first.")
    summary: str = Field(description="In a sentence.")
    identical: bool = Field(description="Same samples?")
    null_test: NullTest | None = Field(
        default=None, description="None where sample rates or channels differ."
    )
    facts: dict[str, Change] = Field(description="Facts that differ, by name; loudness in LUFS and dBTP.")
    transposed_semitones: int | None = Field(
        default=None,
        ge=-5,
        le=6,
        description="From first to second tonic, the short way.",
    )
    identical_sections: tuple[str, ...] = Field(default=(), description="Names.")
    changed_sections: tuple[SectionChange, ...] = ()
    sections_left_out: int = Field(default=0, ge=0, description="Changed, not shown.")
    words: WordChanges | None = Field(default=None, description="None where the words are the same.")
    parts: tuple[PartChange, ...] = Field(default=(), description="Parts of the score that differ.")
    chords_changed: int | None = Field(default=None, description="Bars whose chords differ.")
