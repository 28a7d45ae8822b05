"""The arguments that tools share: how to submit work, how long to wait, which song or task is meant."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from songwright.music.base import Line, Model

__all__ = [
    "DEFAULT_WAIT_SECONDS",
    "EDIT_WORDING",
    "MAX_WAIT_SECONDS",
    "SongId",
    "Submission",
    "TaskId",
    "WaitSeconds",
    "Waiting",
]

DEFAULT_WAIT_SECONDS = 45.0
"""Below the 60 seconds after which several clients give a call up, progress or not."""

MAX_WAIT_SECONDS = 300.0

SongId = Annotated[
    Line, Field(min_length=1, max_length=64, description="Song id, its beginning, title or 'last'")
]

TaskId = Annotated[
    Line,
    Field(min_length=1, max_length=64, description="Task id or 'last'"),
]

WaitSeconds = Annotated[
    float,
    Field(
        ge=0,
        le=MAX_WAIT_SECONDS,
        description="Longest wait for the song, in seconds. The work goes on either way.",
    ),
]


class Waiting(Model):
    """How a retry is told from a new request, and how long a call waits."""

    request_id: Line | None = Field(
        default=None,
        min_length=1,
        max_length=128,
        description="Your own id for this request. Give the same one when you retry: no second song is made.",
    )
    wait_seconds: WaitSeconds = DEFAULT_WAIT_SECONDS


class Submission(Waiting):
    """What every tool that performs an action takes besides the action itself."""

    engine: Line = Field(
        default="auto", min_length=1, max_length=40, description="Engine to use; 'auto' chooses one that can."
    )


EDIT_WORDING: tuple[tuple[str, str], ...] = (
    ("audio_id", "Song id, title or 'last'"),
    ("prompt", "Wanted style"),
    ("lyric", "Words to sing"),
    ("instrumental", "No singing"),
    ("title", "New title"),
    ("seed", "Same seed: same song"),
    ("weirdness", "Distance from habit"),
    ("sound_strength", "Hold on prompt"),
    ("lyrics_strength", "Weight of words"),
    ("vocal_gender", "Voice"),
    ("tempo_bpm", "Tempo"),
    ("key", "As in generate_song"),
    ("time_signature", "Meter"),
    ("chords", "As in generate_song"),
    ("model", "As in generate_song"),
    ("callback_url", "URL to POST to"),
    ("engine", "Engine name"),
    ("request_id", "Same on a retry"),
    ("wait_seconds", "Longest wait"),
)
"""Shorter words for arguments that ``generate_song`` explains in full."""
