"""What tools answer, as typed values that fit into ``MAX_TOKENS``.

What is cut for that is said, with the call that shows the rest.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, assert_never

from pydantic import AwareDatetime, Field, WithJsonSchema

from songwright.music.base import Model
from songwright.music.imports import WorkName
from songwright.music.song import EditPromise, Loudness, Parent, Section, Song, SongInBrief, Understanding
from songwright.music.task import Cancelled, Failed, Failure, Queued, Running, Succeeded, Task
from songwright.server.heard import HeardInBrief, heard_in_brief

__all__ = [
    "MAX_LYRIC_LINES",
    "MAX_TOKENS",
    "NOWHERE",
    "Cancellation",
    "Export",
    "Outcome",
    "Place",
    "SongDetails",
    "SongPage",
    "SongSummary",
    "TaskStatus",
    "TimedLine",
    "WorkUnderWay",
    "estimated_tokens",
    "song_details",
    "song_summaries",
    "task_status",
]

MAX_TOKENS = 2000
MAX_LYRIC_LINES = 100
"""More never fit beside the other facts of a song."""

_RESERVE_TOKENS = 250
_POLL_SECONDS = 5.0
_TITLE_TOKENS = 25


class TimedLine(Model):
    """One sung line."""

    text: str
    start_seconds: float
    end_seconds: float


_UnderstandingInDetails = Annotated[
    Understanding | None,
    WithJsonSchema({"type": "object", "description": "understood, not_understood, notes"}),
]
_PromiseInDetails = Annotated[
    EditPromise | None,
    WithJsonSchema({"type": "object", "description": "What an edit left alone"}),
]


_SectionsInDetails = Annotated[
    tuple[Section, ...],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "object"},
            "description": "name, start_seconds, end_seconds, start_bar, bars",
        }
    ),
]
_LinesInDetails = Annotated[
    tuple[TimedLine, ...],
    WithJsonSchema(
        {"type": "array", "items": {"type": "object"}, "description": "text, start_seconds, end_seconds"}
    ),
]


_LoudnessInDetails = Annotated[
    Loudness | None,
    WithJsonSchema({"type": "object", "description": "integrated_lufs, true_peak_dbtp"}),
]
_HeardInDetails = Annotated[
    HeardInBrief | None,
    WithJsonSchema({"type": "object", "description": "Tempo, key, flaws and pitch in the sound, as meant?"}),
]
_ParentsInDetails = Annotated[
    tuple[Parent, ...],
    WithJsonSchema({"type": "array", "items": {"type": "object"}, "description": "song_id, role"}),
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a client finds a song's sound, besides its resources.

    Attributes:
        file: Path of the master, where the client shares this machine.
        url: Public address of the song as MP3, where the server has a public URL.
        size_bytes: Of the master; None where nobody looked.
    """

    file: str | None = None
    url: str | None = None
    size_bytes: int | None = None


NOWHERE = Place()
"""Known by its resources alone."""


class SongDetails(Model):
    """A song in full, as far as fits in one answer."""

    id: str = Field(description="Song's id")
    title: str = Field(description="Its title")
    uri: str = Field(description="Resource: all facts")
    audio_url: str | None = Field(default=None, description="MP3, for a time")
    audio_uri: str = Field(description="Resource: FLAC")
    file: str | None = Field(default=None, description="FLAC on this machine")
    lyrics_uri: str | None = Field(default=None, description="Resource: LRC")
    stem_uris: dict[str, str] | None = Field(default=None, description="Resource by stem")
    duration_seconds: float = Field(description="Length")
    tempo_bpm: float | None = Field(default=None, description="Tempo")
    key: str | None = Field(default=None, description="As 'A minor'")
    time_signature: str | None = Field(default=None, description="As '4/4'")
    genre: str | None = Field(default=None, description="Style")
    voice: str | None = Field(default=None, description="Who sings")
    sections: _SectionsInDetails = ()
    lyric_lines: _LinesInDetails = ()
    lyric_lines_total: int = Field(description="Sung lines in all")
    loudness: _LoudnessInDetails = None
    heard: _HeardInDetails = None
    engine: str = Field(description="What made it")
    engine_version: str = Field(description="Version")
    model: str = Field(description="What really ran")
    seed: str = Field(description="For the same again")
    cost_usd: float = Field(description="Cost")
    action: WorkName = Field(description="How it was made")
    parents: _ParentsInDetails = ()
    created_at: AwareDatetime = Field(description="When")
    understanding: _UnderstandingInDetails = None
    promise: _PromiseInDetails = None


class TaskStatus(Model):
    """Where a task stands."""

    id: str
    uri: str
    status: str = Field(description="queued, running, succeeded, failed or cancelled.")
    action: WorkName
    engine: str
    progress: float = Field(description="0 to 1.")
    stage: str | None = None
    poll_after_seconds: float | None = Field(default=None, description="When to call get_task again.")
    failure: Failure | None = None


# Ten tools answer with an outcome; writing both out in each would double the list of tools.
_TaskInOutcome = Annotated[
    TaskStatus,
    WithJsonSchema({"type": "object", "description": "id, status, progress"}),
]
_SongInOutcome = Annotated[
    SongDetails | None,
    WithJsonSchema(
        {"oneOf": [{"type": "object"}, {"type": "null"}], "description": "As get_song; null until done"}
    ),
]


class Outcome(Model):
    """What has come of a task: the song, or where the work stands."""

    task: _TaskInOutcome
    song: _SongInOutcome
    next_steps: str = Field(description="Calls to make")


class SongSummary(Model):
    """A song on one line."""

    id: str
    title: str
    duration_seconds: float
    tempo_bpm: float | None = None
    key: str | None = None
    action: WorkName
    parents: tuple[str, ...] | None = None
    created_at: AwareDatetime


_SongsOnPage = Annotated[
    tuple[SongSummary, ...],
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "object"},
            "description": "id, title, duration_seconds, tempo_bpm, key, action, parents, created_at",
        }
    ),
]


class WorkUnderWay(Model):
    """A task that has not ended, on one line."""

    id: str
    action: WorkName
    title: str | None = None
    progress: float


_UnderWayOnPage = Annotated[
    tuple[WorkUnderWay, ...] | None,
    WithJsonSchema({"type": "array", "items": {"type": "object"}, "description": "Tasks under way"}),
]


class SongPage(Model):
    """Songs, newest first, and before the first of them what is being made."""

    songs: _SongsOnPage
    being_made: _UnderWayOnPage = None
    next_cursor: str | None = Field(default=None, description="For the next page")


class Cancellation(Model):
    """What came of asking a task to stop."""

    cancelled: bool = Field(description="Whether this call stopped it")
    task: _TaskInOutcome
    next_steps: str = Field(description="Calls to make")


class Export(Model):
    """A song in another form."""

    song_id: str = Field(description="Song's id")
    format: str = Field(description="As asked")
    uri: str = Field(description="Resource: its bytes")
    file: str | None = Field(default=None, description="On this machine")
    url: str | None = Field(default=None, description="Public, for a time")
    media_type: str = Field(description="MIME type")
    size_bytes: int = Field(description="Size")


def estimated_tokens(text: str) -> float:
    """Roughly how many tokens a text is: 3.5 ASCII characters, or one other character, to a token."""
    plain = sum(character.isascii() for character in text)
    return plain / 3.5 + (len(text) - plain)


def song_details(
    song: Song,
    place: Place = NOWHERE,
    *,
    first_lyric_line: int = 1,
    most_lyric_lines: int = MAX_LYRIC_LINES,
) -> SongDetails:
    """The song for an answer.

    Args:
        song: The song.
        place: Where its sound is, for this client.
        first_lyric_line: The sung line, counted from 1, from which on as many are shown as fit.
        most_lyric_lines: How many are shown at most.
    """
    facts = song.facts
    base = f"song://{song.id}"
    understood = facts.understanding
    full = SongDetails(
        id=song.id,
        title=facts.title,
        uri=base,
        audio_url=place.url,
        audio_uri=f"{base}/audio",
        file=place.file,
        lyrics_uri=f"{base}/lyrics.lrc" if facts.lyric_lines else None,
        stem_uris={name: f"{base}/stems/{name}" for name in song.stems} or None,
        duration_seconds=round(facts.duration_seconds, 3),
        tempo_bpm=facts.tempo_bpm,
        key=facts.key,
        time_signature=facts.time_signature,
        genre=facts.genre,
        voice=facts.voice,
        sections=tuple(_rounded(section) for section in facts.sections[:40]),
        lyric_lines_total=len(facts.lyric_lines),
        loudness=facts.loudness,
        heard=heard_in_brief(facts),
        engine=song.engine,
        engine_version=song.engine_version,
        model=facts.model,
        seed=facts.seed,
        cost_usd=song.cost_usd,
        action=song.made_by,
        parents=song.parents,
        created_at=song.created_at,
        understanding=_brief(understood) if understood != Understanding() else None,
        promise=facts.promise,
    )
    lines = [
        TimedLine(
            text=line.text, start_seconds=round(line.start_seconds, 2), end_seconds=round(line.end_seconds, 2)
        )
        for line in facts.lyric_lines[first_lyric_line - 1 :][:most_lyric_lines]
    ]
    room = MAX_TOKENS - _RESERVE_TOKENS - estimated_tokens(_json(full))
    return full.model_copy(update={"lyric_lines": _fitting(lines, room)})


def task_status(task: Task) -> TaskStatus:
    """Where a task stands, for an answer."""
    common: dict[str, Any] = {
        "id": task.id,
        "uri": f"task://{task.id}",
        "status": task.state.status,
        "action": task.action.action,
        "engine": task.engine,
    }
    match task.state:
        case Queued():
            return TaskStatus(
                **common, progress=0, stage="waiting for its turn", poll_after_seconds=_POLL_SECONDS
            )
        case Running(progress=progress):
            return TaskStatus(
                **common,
                progress=round(progress.fraction, 3),
                stage=progress.stage,
                poll_after_seconds=_POLL_SECONDS,
            )
        case Succeeded():
            return TaskStatus(**common, progress=1)
        case Failed(failure=failure):
            return TaskStatus(**common, progress=0, failure=failure)
        case Cancelled():
            return TaskStatus(**common, progress=0)
        case _:
            assert_never(task.state)


def song_summaries(
    songs: Sequence[SongInBrief], next_cursor: str | None, unfinished: Sequence[Task] = ()
) -> SongPage:
    """A page of songs, each on one line, and what is being made."""
    return SongPage(
        songs=tuple(_summary(song) for song in songs),
        being_made=tuple(_under_way(task) for task in unfinished) or None,
        next_cursor=next_cursor,
    )


def _under_way(task: Task) -> WorkUnderWay:
    title = getattr(task.action, "title", None)
    return WorkUnderWay(
        id=task.id,
        action=task.action.action,
        title=_shortened(title) if title else None,
        progress=task_status(task).progress,
    )


def _summary(song: SongInBrief) -> SongSummary:
    facts = song.facts
    return SongSummary(
        id=song.id,
        title=_shortened(facts.title),
        duration_seconds=round(facts.duration_seconds, 1),
        tempo_bpm=facts.tempo_bpm,
        key=facts.key,
        action=song.made_by,
        parents=tuple(parent.song_id for parent in song.parents) or None,
        created_at=song.created_at.replace(microsecond=0),
    )


def _shortened(title: str) -> str:
    """A title that leaves room for the others on its page."""
    if estimated_tokens(title) <= _TITLE_TOKENS:
        return title
    kept = title
    while estimated_tokens(kept) > _TITLE_TOKENS - 1:
        kept = kept[:-1]
    return kept + "\u2026"


def _brief(understanding: Understanding) -> Understanding:
    return Understanding(
        understood=tuple(words[:100] for words in understanding.understood[:12]),
        not_understood=tuple(words[:60] for words in understanding.not_understood[:12]),
        notes=tuple(words[:160] for words in understanding.notes[:6]),
    )


def _rounded(section: Section) -> Section:
    return section.model_copy(
        update={
            "start_seconds": round(section.start_seconds, 3),
            "end_seconds": round(section.end_seconds, 3),
        }
    )


def _json(value: Model) -> str:
    return json.dumps(
        value.model_dump(mode="json", exclude_none=True), ensure_ascii=False, separators=(",", ":")
    )


def _fitting(lines: Sequence[TimedLine], room_tokens: float) -> tuple[TimedLine, ...]:
    kept: list[TimedLine] = []
    for line in lines:
        room_tokens -= estimated_tokens(_json(line)) + 1
        if room_tokens < 0:
            break
        kept.append(line)
    return tuple(kept)
