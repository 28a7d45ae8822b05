"""A song: immutable, with its parents, the request that made it, and facts about its sound."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from songwright.music.actions import StemName
from songwright.music.base import Model, Seconds
from songwright.music.imports import Work, WorkName
from songwright.music.measured import AskedAndHeard, Measured

__all__ = [
    "LONGEST_SONG_SECONDS",
    "EditPromise",
    "Facts",
    "Loudness",
    "LyricLine",
    "Parent",
    "Section",
    "Song",
    "SongInBrief",
    "Understanding",
]

LONGEST_SONG_SECONDS = 600.0
"""No song is longer, made here or imported; a service may draw its own line below."""


class Section(Model):
    """A named stretch of a song."""

    name: str = Field(description="Such as 'verse 1' or 'chorus 2'; usable wherever a section is asked for.")
    start_seconds: Seconds
    end_seconds: Seconds
    start_bar: int = Field(ge=1, description="First bar, counted from 1.")
    bars: int = Field(ge=1)


class LyricLine(Model):
    """One sung line and when it sounds."""

    text: str
    start_seconds: Seconds
    end_seconds: Seconds
    section: str = Field(description="Name of the section it belongs to.")


class Loudness(Model):
    """Measured level of the master."""

    integrated_lufs: float = Field(description="Integrated loudness, ITU-R BS.1770, in LUFS.")
    true_peak_dbtp: float = Field(description="True peak, four times oversampled, in dBTP.")


class Understanding(Model):
    """What an engine made of the prompt."""

    understood: tuple[str, ...] = Field(default=(), description="Wishes it obeyed, such as 'tempo 120 bpm'.")
    not_understood: tuple[str, ...] = Field(default=(), description="Words of the prompt it did not use.")
    notes: tuple[str, ...] = Field(default=(), description="What it decided instead, and why.")

    def taking_back(self, wishes: Collection[str], notes: Iterable[str] = ()) -> Understanding:
        """The same without the claim that some wishes were obeyed, and with notes on why."""
        obeyed = tuple(wish for wish in self.understood if wish not in wishes)
        return self.model_copy(update={"understood": obeyed, "notes": (*self.notes, *notes)})

    def wishes_about(self, *beginnings: str) -> tuple[str, ...]:
        """The wishes that were obeyed and begin with certain words, such as "length "."""
        return tuple(wish for wish in self.understood if wish.startswith(beginnings))


class EditPromise(Model):
    """What an edit left alone, measured on the FLAC masters of parent and child."""

    kept: str = Field(description="What was to stay as it was, e.g. 'outside 31.20-47.20 s'.")
    outside_max_abs_diff: float | None = Field(
        default=None, ge=0, description="Largest sample difference there; 0 is identical."
    )
    seam_max_step: float | None = Field(
        default=None, ge=0, description="Largest sample step within 1 ms of a seam."
    )
    song_max_step: float | None = Field(
        default=None, ge=0, description="Largest sample step of the parent, to compare with."
    )
    seam_max_jump_db: float | None = Field(
        default=None, ge=0, description="Largest change of level from the 50 ms before a seam to those after."
    )
    song_max_jump_db: float | None = Field(
        default=None, ge=0, description="Largest such change of the parent, to compare with."
    )
    stems_residual_dbfs: float | None = Field(
        default=None, description="Peak of the master minus the sum of its stems; -200 for nothing at all."
    )
    notes_kept: float | None = Field(
        default=None, ge=0, le=1, description="Share of the sung notes, with words and rhythm, that stayed."
    )


class Parent(Model):
    """A song that this one was made from."""

    song_id: str
    role: Literal["source", "vocals", "instrumentals"] = "source"


class Facts(Model):
    """What an engine knows of the song it made. Times are in seconds from the start."""

    title: str
    duration_seconds: Annotated[float, Field(gt=0)]
    tempo_bpm: float | None = None
    key: str | None = Field(default=None, description="Such as 'A minor'.")
    time_signature: str | None = Field(default=None, description="Such as '4/4'.")
    genre: str | None = None
    voice: str | None = Field(default=None, description="None for an instrumental.")
    lyric: str = Field(default="", description="The words as sung, with section markers.")
    sections: tuple[Section, ...] = ()
    bar_seconds: tuple[float, ...] = Field(
        default=(),
        description="Where every bar starts and the last one ends, where people kept the time; the first may "
        "start before 0. () where the bars of a section are of one length.",
    )
    lyric_lines: tuple[LyricLine, ...] = ()
    loudness: Loudness | None = None
    seed: str = Field(description="The seed that was used, given or drawn.")
    model: str = Field(description="What really ran, in the engine's words.")
    understanding: Understanding = Understanding()
    promise: EditPromise | None = None
    silent_stems: tuple[StemName, ...] = Field(default=(), description="Stems in which nothing sounds.")
    measured: Measured | None = Field(default=None, description="What was heard in the finished sound.")
    agreement: AskedAndHeard | None = Field(default=None, description="What was asked beside what was heard.")
    remote_id: str | None = Field(default=None, description="What the service that made the song calls it.")
    from_recording: bool = Field(
        default=False, description="Whether it is, or was made from, a recording that was imported."
    )


class Song(Model):
    """A finished song in the library. Never changes; every edit makes another."""

    id: str
    task_id: str
    created_at: AwareDatetime
    engine: str
    engine_version: str
    action: Work
    parents: tuple[Parent, ...] = ()
    facts: Facts
    stems: tuple[StemName, ...] = Field(default=(), description="Stems kept with the song.")
    has_score: bool = False
    cost_usd: float = Field(default=0.0, ge=0)

    @property
    def made_by(self) -> WorkName:
        """The action that made the song, or that it was imported."""
        return self.action.action


class _FactsInBrief(Model):
    title: str
    duration_seconds: float
    tempo_bpm: float | None = None
    key: str | None = None
    genre: str | None = None


class _WorkInBrief(Model):
    action: WorkName


class SongInBrief(Model):
    """What a list says of a song; a small part of :class:`Song`, under the same names."""

    id: str
    created_at: AwareDatetime
    action: _WorkInBrief
    parents: tuple[Parent, ...] = ()
    facts: _FactsInBrief

    @property
    def made_by(self) -> WorkName:
        """The action that made the song, or that it was imported."""
        return self.action.action
