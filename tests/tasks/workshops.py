"""What the tests of tasks share: an engine that may be paid by a caller, and ways to accept and to wait."""

from __future__ import annotations

import time
from collections.abc import Callable

from pydantic import SecretStr

from songwright.engines.base import Engine
from songwright.engines.scripted import ScriptedEngine
from songwright.music.actions import parse_action
from songwright.music.task import Failed, Succeeded, Task
from songwright.tasks.workshop import Workshop

ACTION = parse_action({"action": "generate", "prompt": "warm folk"})


class LendingEngine(ScriptedEngine):
    """An engine that may be paid by a caller; it notes with whose token it performs."""

    def __init__(self) -> None:
        super().__init__()
        self.paid_by: list[str] = []

    def for_caller(self, token: SecretStr) -> Engine:
        self.paid_by.append(token.get_secret_value())
        return self


def accept(workshop: Workshop, **more: object) -> Task:
    known = {"engine": "scripted", "seed": "7", "principal": "me", "request_id": None, "print_": ""}
    return workshop.ledger.accept(ACTION, **{**known, **more})  # type: ignore[arg-type]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def ended(workshop: Workshop, task: Task, end: type) -> bool:
    return isinstance(workshop.ledger.task(task.id, "me").state, end)


def succeeded(workshop: Workshop, task: Task) -> bool:
    return ended(workshop, task, Succeeded)


def failure_of(workshop: Workshop, task: Task) -> tuple[str, str]:
    state = workshop.ledger.task(task.id, "me").state
    assert isinstance(state, Failed)
    return state.failure.code, state.failure.message
