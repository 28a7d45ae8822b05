"""The states of a task and the moves between them."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product

from songwright.music.actions import Generate
from songwright.music.task import (
    Cancelled,
    Failed,
    Failure,
    Progress,
    Queued,
    Running,
    Succeeded,
    Task,
    can_move,
    is_terminal,
)

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUEUED = Queued()
RUNNING = Running(started_at=NOW, progress=Progress(fraction=0.5, stage="singing"))
SUCCEEDED = Succeeded(started_at=NOW, finished_at=NOW, song_id="s")
FAILED = Failed(started_at=NOW, finished_at=NOW, failure=Failure(code="engine", message="m", retryable=True))
CANCELLED = Cancelled(started_at=None, finished_at=NOW)
STATES = (QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED)


def test_nothing_moves_out_of_a_terminal_state() -> None:
    for current, new in product(STATES, STATES):
        if is_terminal(current):
            assert not can_move(current, new)


def test_the_legal_moves_are_these_and_no_others() -> None:
    legal = {
        (current.status, new.status) for current, new in product(STATES, STATES) if can_move(current, new)
    }
    assert legal == {
        ("queued", "running"),
        ("queued", "failed"),
        ("queued", "cancelled"),
        ("running", "running"),
        ("running", "succeeded"),
        ("running", "failed"),
        ("running", "cancelled"),
    }


def test_a_task_survives_a_round_trip_through_json_in_every_state() -> None:
    for state in STATES:
        task = Task(id="t", action=Generate(prompt="p"), engine="local", created_at=NOW, state=state)
        assert Task.model_validate_json(task.model_dump_json()) == task
