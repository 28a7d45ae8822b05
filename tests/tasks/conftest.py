from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from workshops import LendingEngine

from songwright.engines.registry import Engines
from songwright.settings import Settings
from songwright.tasks.in_process import InProcessJobs
from songwright.tasks.performer import Performer
from songwright.tasks.port import JobEngine
from songwright.tasks.queue import TaskQueue
from songwright.tasks.worker import Worker
from songwright.tasks.workshop import Workshop


@pytest.fixture
def engine() -> LendingEngine:
    return LendingEngine()


@pytest.fixture
def workshop(settings: Settings, engine: LendingEngine) -> Iterator[Workshop]:
    workshop = Workshop(settings, Engines({"scripted": lambda: engine}, settings), InProcessJobs)
    yield workshop
    workshop.close()


@pytest.fixture
def make_worker(workshop: Workshop, settings: Settings) -> Iterator[Callable[..., Worker]]:
    made: list[Worker] = []

    def make(
        jobs: Callable[[], JobEngine] = InProcessJobs,
        *,
        performer: Performer | None = None,
        queue: TaskQueue | None = None,
        idle_seconds: float = 30,
        trouble_patience_seconds: float = 60,
    ) -> Worker:
        worker = Worker(
            home=settings.home,
            ledger=workshop.ledger,
            queue=queue or TaskQueue(workshop.database),
            performer=performer or workshop.performer,
            leftovers=workshop.leftovers,
            wakeups=workshop.wakeups,
            jobs=jobs,
            slots=lambda _lane: 1,
            idle_seconds=idle_seconds,
            trouble_patience_seconds=trouble_patience_seconds,
        )
        made.append(worker)
        return worker

    yield make
    for worker in made:
        worker.close()
