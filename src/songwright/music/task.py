"""A task: one accepted action on its way to a song. A closed union of states, legal moves only."""

from __future__ import annotations

from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field

from songwright.music.base import Model
from songwright.music.imports import Work

__all__ = [
    "Cancelled",
    "Failed",
    "Failure",
    "Progress",
    "Queued",
    "Running",
    "State",
    "Succeeded",
    "Task",
    "can_move",
    "is_terminal",
]


class Progress(Model):
    """How far a running task has come."""

    fraction: float = Field(ge=0, le=1, description="0 at the start, 1 when done.")
    stage: str = Field(max_length=80, description="What is being done, in a few words.")


class Failure(Model):
    """Why a task failed, in words for its owner."""

    code: str = Field(description="A stable word for programs.")
    message: str = Field(description="What went wrong and the next step.")
    retryable: bool = Field(description="Whether the same request may succeed if made again.")


class Queued(Model):
    """Accepted and stored; not started."""

    status: Literal["queued"] = "queued"


class Running(Model):
    """Being worked on."""

    status: Literal["running"] = "running"
    started_at: AwareDatetime
    progress: Progress


class Succeeded(Model):
    """Done; the song is in the library."""

    status: Literal["succeeded"] = "succeeded"
    started_at: AwareDatetime
    finished_at: AwareDatetime
    song_id: str


class Failed(Model):
    """Ended without a song."""

    status: Literal["failed"] = "failed"
    started_at: AwareDatetime | None
    finished_at: AwareDatetime
    failure: Failure


class Cancelled(Model):
    """Stopped because its owner asked."""

    status: Literal["cancelled"] = "cancelled"
    started_at: AwareDatetime | None
    finished_at: AwareDatetime


State = Annotated[Queued | Running | Succeeded | Failed | Cancelled, Field(discriminator="status")]


class Task(Model):
    """One accepted action and the state it is in."""

    id: str
    action: Work
    engine: str = Field(description="Name of the engine that performs it.")
    created_at: AwareDatetime
    state: State


def is_terminal(state: State) -> bool:
    """Whether nothing more will happen to a task in this state."""
    match state:
        case Succeeded() | Failed() | Cancelled():
            return True
        case Queued() | Running():
            return False
        case _:
            assert_never(state)


def can_move(current: State, new: State) -> bool:
    """Whether a task may go from one state to another.

    A running task may run again: a restart resumes it, and progress is a move from running to running.
    """
    match current:
        case Queued():
            return not isinstance(new, Queued | Succeeded)
        case Running():
            return not isinstance(new, Queued)
        case Succeeded() | Failed() | Cancelled():
            return False
        case _:
            assert_never(current)
